"""Lying neighbours cause no exception, no excess grant and no month peak."""

from random import Random

import pytest

from tests.apps.dm.liars import broken


@pytest.mark.parametrize("seed", [2, 5])
def test_liars_hurt_nobody(seed: int) -> None:
    """`./do_py.sh prove liars` runs this for a million needs."""
    assert [*broken(Random(seed), 90, 2)] == []
