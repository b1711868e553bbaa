"""Set-point changes of a charger: number of starts, rest times, and the minimum of 6 A."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ev.electrical import Ability, best_phases, fitted_a
from ev.strategy import Memory
from tests.ev.factories import NIGHT, NOON, Bench, trip

ABLE = Ability((1, 3), 16.0)


@pytest.mark.parametrize(
    ("power_kw", "phases", "current_a"),
    [(1.37, 1, 0.0), (1.38, 1, 6.0), (1.6, 1, 6.5), (9.0, 1, 16.0), (4.13, 3, 0.0), (4.14, 3, 6.0)],
)
def test_below_6_amperes_is_nothing(power_kw: float, phases: int, current_a: float) -> None:
    """Currents are rounded down to 0.5 A and stay within the limits of the charger."""
    assert fitted_a(power_kw, ABLE, phases) == current_a


@pytest.mark.parametrize(("power_kw", "phases"), [(0.5, 1), (4.13, 1), (4.14, 3), (11.0, 3)])
def test_as_many_phases_as_get_6_amperes_each(power_kw: float, phases: int) -> None:
    assert best_phases(power_kw, ABLE) == phases


def started(bench: Bench, starts: int) -> Bench:
    """The bench as if its car had started this number of times today."""
    bench.second()
    control = replace(bench.memory.controls["main"], starts=starts, stopped=None, calm_since=None)
    bench.memory = Memory({"main": control})
    return bench


def test_after_twelve_starts_only_a_trip_starts_it() -> None:
    """Solar surplus does not; the count is reset the next day."""
    sun = started(Bench(now=NOON, granted_kw=2.5, soc_pct=60.0), 12)
    assert sun.run(200).current_a == 0.0
    assert "it started 12 times today and continues tomorrow" in sun.set.why
    must = started(Bench(now=NIGHT, soc_pct=30.0, trips=(trip(9, 80, NIGHT),)), 12)
    assert must.run(200).current_a > 0.0
    sun.now += timedelta(days=1)
    assert sun.run(200).current_a > 0.0


@pytest.mark.parametrize(("starts", "rest_s"), [(1, 600), (7, 1800)])
def test_the_more_often_it_started_the_longer_it_rests(starts: int, rest_s: int) -> None:
    """It rests ten minutes after a stop, and ten more for every three starts of the day."""
    bench = started(Bench(now=NOON, granted_kw=2.5, soc_pct=60.0), starts)
    control = replace(bench.memory.controls["main"], stopped=bench.now)
    bench.memory = Memory({"main": control})
    waited = sum(point.current_a == 0.0 for point in bench.seconds(rest_s + 120))
    assert rest_s - 60 <= waited <= rest_s + 61


def test_a_rise_waits_a_minute_and_a_fall_nothing() -> None:
    """An increase of the grant is followed after a minute, a decrease at once."""
    bench = Bench(granted_kw=2.3, soc_pct=30.0, trips=(trip(12, 80),))
    bench.run(120)
    assert bench.set.current_a == 10.0
    bench.granted_kw = 3.5
    told = [point.current_a for point in bench.seconds(90)]
    assert told.count(10.0) in range(58, 63)
    assert told[-1] == 15.0
    bench.granted_kw = 1.5
    assert bench.run(1).current_a == 6.5


def test_phases_are_added_rarely_and_removed_at_once() -> None:
    """Three phases above 4.14 kW; one phase rather than a stop; three again only after 10 min."""
    bench = Bench(now=NOON, granted_kw=6.0, soc_pct=60.0)
    assert bench.run(200).phases == 3
    bench.granted_kw = 2.0
    point = bench.run(1)
    assert (point.phases, point.current_a > 6.0) == (1, True)
    bench.granted_kw = 6.0
    assert bench.run(100).phases == 1
    assert bench.run(700).phases == 3


def test_a_charger_that_cannot_switch_phases_stays_on_its_own() -> None:
    """Its minimum is 4.14 kW, so it pauses below that."""
    bench = Bench(now=NOON, granted_kw=2.5, soc_pct=60.0, switches=False)
    assert bench.run(120).current_a == 0.0
