"""A battery that disobeys is reported as unhealthy and counts with its measured power."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.bs.batteries import Batteries, Kept
from base import messages
from bs.inputs import Rules
from tests.bs.factories import NOON, house, scene


def lived(power_kw: float, granted_kw: float, seconds: int = 60) -> Batteries:
    """Simulate a battery with a constant power that ignores every set-point."""
    ours = Batteries(Kept(), Rules(), "")
    for second in range(seconds):
        at = NOON + timedelta(seconds=second)
        grant = messages.Grant(kw=granted_kw, until=at + timedelta(seconds=10), why="as planned")
        one = scene(0.5, told=house(0.5, at, grants={"bs": grant}), heard=at)
        (unit,) = one.units
        unit = replace(unit, state=replace(unit.state, at=at, power_kw=power_kw))
        ours.decide(replace(one, now=at, units=(unit,)))
    return ours


@pytest.mark.parametrize(
    ("power_kw", "granted_kw"), [(5.0, 0.0), (-5.0, 0.0), (-5.0, 2.0), (10.0, 1.0), (2.0, -3.0)]
)
def test_a_disobedient_one_is_reported(power_kw: float, granted_kw: float) -> None:
    """Power on hold, in the wrong direction or far too high is shown and logged once."""
    ours = lived(power_kw, granted_kw)
    (sentence,) = ours.wrong.values()
    assert f"{abs(power_kw):.1f} kW although its set-point is" in sentence
    assert ours.view(NOON).notices == (f"home: {sentence}",)
    assert [event.level for event in ours.events.events].count("warning") == 1


@pytest.mark.parametrize(("power_kw", "granted_kw"), [(0.0, 0.0), (1.9, 2.0), (0.0, 3.0)])
def test_one_that_obeys_or_cannot_is_not(power_kw: float, granted_kw: float) -> None:
    """Less power than the set-point may be the battery's own limit."""
    assert not lived(power_kw, granted_kw).wrong


def test_a_moment_is_its_way_to_the_set_point() -> None:
    assert not lived(5.0, 0.0, seconds=15).wrong
