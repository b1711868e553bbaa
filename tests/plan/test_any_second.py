"""For any cars, batteries and loads, no sum of grants exceeds fuse, phase, limiter or quarter.
`./do_py.sh prove grants` tries a million.
"""

from random import Random

import pytest

from tests.prove.grants import check

SECONDS, PARTS = 4000, 4
RARE = (67654, 120788, 135623, 244760, 456133)
"""Once above the quarter: two pulses used one margin, a battery was counted on twice, or the pulse
of a sleeping car gave back more than it had taken."""


@pytest.mark.parametrize("part", range(PARTS))
def test_no_grants_are_above_a_limit(part: int) -> None:
    size = SECONDS // PARTS
    for number in range(part * size, (part + 1) * size):
        assert not [*check(Random(number))], f"./do_py.sh prove grants --first {number} --count 1"


@pytest.mark.parametrize("number", RARE)
def test_what_is_rare_holds_too(number: int) -> None:
    assert not [*check(Random(number))]
