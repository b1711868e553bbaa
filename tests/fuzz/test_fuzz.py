"""A short, reproducible run of each fuzz target; ./do_py.sh fuzz runs longer."""

from itertools import islice
from random import Random

import pytest

from tests.fuzz.mutate import inputs
from tests.fuzz.targets import TARGETS

COUNTS = {
    "p1": 3000, "wire": 1000, "need": 300, "books": 150, "device": 2000, "rates": 150,
    "calendar": 150,
}  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_escapes(name: str) -> None:
    """The seed is fixed, so a failure is reproducible."""
    target = TARGETS[name]
    for data in islice(inputs(list(target.seeds()), Random(7)), COUNTS[name]):
        target.check(data)
