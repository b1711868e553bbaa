"""How a charger moves on: what it bears, how often it starts; below 6 A is nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ev.current import Ability, best_phases, fitted_a
from ev.inputs import Rules
from ev.load import Load
from ev.room import room
from ev.strategy import Memory
from tests.ev.factories import NIGHT, NOON, Bench, trip

ABLE = Ability((1, 3), 16.0)


@pytest.mark.parametrize(
    ("power_kw", "phases", "current_a"),
    [(1.37, 1, 0.0), (1.38, 1, 6.0), (1.6, 1, 6.5), (9.0, 1, 16.0), (4.13, 3, 0.0), (4.14, 3, 6.0)],
)
def test_below_6_amperes_is_nothing(power_kw: float, phases: int, current_a: float) -> None:
    """In steps of half an ampere, never more than was meant, never more than can flow."""
    assert fitted_a(power_kw, ABLE, phases) == current_a


@pytest.mark.parametrize(("power_kw", "phases"), [(0.5, 1), (4.13, 1), (4.14, 3), (11.0, 3)])
def test_as_many_phases_as_get_6_amperes_each(power_kw: float, phases: int) -> None:
    assert best_phases(power_kw, ABLE) == phases


def charging() -> Bench:
    """A car that charges for a trip in the night, under a peak of 4 kW."""
    bench = Bench(now=NIGHT, soc_pct=30.0, target_kw=4.0, trips=(trip(12, 80, NIGHT),))
    bench.run(930)
    assert bench.set.current_a > 6.0
    return bench


def test_a_car_goes_on_at_6_amperes_while_the_quarter_leaves_most_of_it() -> None:
    """1.2 kW are left of the 1.38 it takes: it holds out minutes, as a stop costs a rest of ten."""
    bench = charging()
    bench.house_kw = 2.7
    told = [point.current_a for point in bench.seconds(1500)]
    assert told[: told.index(0.0)].count(6.0) > 200


def test_the_margin_stays_free_for_the_rest_of_the_quarter() -> None:
    """What the cars may hold, or rise to, is 0.1 kW under what the target leaves."""
    house, load = Bench(used_wh=100.0).house(), Load(slow_kw=0.4, fast_kw=0.4)
    tight, free = (
        room(house, load, Rules(margin_kw=kw), NIGHT, over_kw=0.0, cars_a=0.0) for kw in (0.1, 0.0)
    )
    assert free.hold_kw - tight.hold_kw == pytest.approx(0.1)
    assert free.rise_kw - tight.rise_kw == pytest.approx(0.1)


def started(bench: Bench, starts: int) -> Bench:
    """The bench as if its car had started so often today."""
    bench.second()
    drive = replace(bench.memory.drives["main"], starts=starts)
    bench.memory = Memory(bench.memory.load, {"main": drive})
    return bench


def test_after_twelve_starts_only_a_trip_starts_it() -> None:
    """Not the sun; and tomorrow is another day."""
    sun = started(Bench(now=NOON, house_kw=-2.5, soc_pct=60.0), 12)
    assert sun.run(200).current_a == 0.0
    assert "it started 12 times today and goes on tomorrow" in sun.set.why
    must = started(Bench(now=NIGHT, soc_pct=30.0, trips=(trip(9, 80, NIGHT),)), 12)
    assert must.run(200).current_a > 0.0
    sun.now += timedelta(days=1)
    assert sun.run(200).current_a > 0.0


@pytest.mark.parametrize(("starts", "rest_s"), [(1, 600), (7, 1800)])
def test_the_more_often_it_started_the_longer_it_rests(starts: int, rest_s: int) -> None:
    """Ten minutes after a stop, and as much again for each three starts of the day."""
    bench = started(Bench(now=NOON, house_kw=-2.5, soc_pct=60.0), starts)
    drive = replace(bench.memory.drives["main"], stopped=bench.now)
    bench.memory = Memory(bench.memory.load, {"main": drive})
    waited = sum(point.current_a == 0.0 for point in bench.seconds(rest_s + 120))
    assert rest_s - 60 <= waited <= rest_s + 61
