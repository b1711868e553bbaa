"""The soak reports growth, and accepts a house without it."""

from dataclasses import replace

import pytest

from tests.soak.__main__ import NOTHING, Day, grown

FIRST = Day(memory_mb=50.0, files=18, wrote=1e6, lines=2, restarts=0)


def test_a_house_that_stays_as_it_is_has_grown_nothing() -> None:
    assert grown([FIRST, replace(FIRST, memory_mb=50.4, wrote=2e6, lines=32)]) == []
    assert grown([FIRST]) == []
    assert NOTHING.wrote == 0


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (replace(FIRST, memory_mb=50.6), "memory grew from 50.00 to 50.60 MB"),
        (replace(FIRST, files=19), "open files grew from 18 to 19"),
        (replace(FIRST, wrote=12e6), "11.0 MB were written in a day"),
        (replace(FIRST, lines=33), "31 lines were logged in a day"),
        (replace(FIRST, restarts=1), "parts of it started again 1 times"),
    ],
)
def test_growth_is_reported(after: Day, said: str) -> None:
    assert grown([FIRST, after]) == [said]
