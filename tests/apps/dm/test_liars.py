"""Neighbours that lie raise no exception, no grant and no month peak: a small part of the proof."""

from random import Random

import pytest

from tests.apps.dm.liars import broken


@pytest.mark.parametrize("seed", [2, 5])
def test_liars_hurt_nobody(seed: int) -> None:
    """`./do_py.sh prove liars` continues to a million needs."""
    assert [*broken(Random(seed), 90, 2)] == []
