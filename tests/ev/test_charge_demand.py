"""The demand of a connected car: its trip, its target charge, and its end."""

from dataclasses import replace

import pytest

from base.time import HOUR
from ev.charge_demand import Urgency, demand
from ev.facts import ChargerPhase, ChargerState, Trip
from ev.inputs import AUTO, Cable, Mode, Wish
from tests.ev.factories import EVENING, Q4, trip


def cable(*trips: Trip, soc_pct: float | None = 50.0, wish: Wish = AUTO) -> Cable:
    """A q4 on a charger."""
    state = ChargerState(charger="main", at=EVENING, phase=ChargerPhase.CONNECTED)
    return Cable(charger=state, car=Q4, soc_pct=soc_pct, soc_at=EVENING, wish=wish, trips=trips)


def test_a_car_that_has_not_left_is_waited_for_an_hour() -> None:
    """Its departure may be late; after an hour the trip is cancelled and the next one counts."""
    late, next_one = trip(0, 80), trip(30, 90)
    just = demand(cable(next_one, late), EVENING + 0.98 * HOUR)
    off = demand(cable(next_one, late), EVENING + 1.02 * HOUR)
    assert (just.urgency, just.deadline) == (Urgency.TRIP, late.departure)
    assert (off.urgency, off.deadline) == (Urgency.TRIP, next_one.departure)
    assert demand(cable(late), EVENING + 1.02 * HOUR).urgency is Urgency.CHEAP


def test_a_car_that_is_back_already_is_not_waited_for() -> None:
    """A short errand is over: the car does not charge above the peak for it again."""
    baker = trip(0, 80)
    home = replace(cable(baker, soc_pct=70.0), came=EVENING + 0.5 * HOUR)
    assert demand(home, EVENING + 0.6 * HOUR).urgency is Urgency.CHEAP
    before = replace(home, came=EVENING - HOUR)
    assert demand(before, EVENING + 0.6 * HOUR).urgency is Urgency.TRIP


@pytest.mark.parametrize(("home_h", "target_pct"), [(2.0, 95.0), (40.0, 60.0)])
def test_a_trip_too_soon_after_another_is_charged_for_before_the_first(
    home_h: float, target_pct: float
) -> None:
    """Two hours at home are too short to fill a car; forty are enough."""
    first = trip(8, 60)
    leaves = first.back + home_h * HOUR
    second = Trip(
        car="q4", departure=leaves, back=leaves + HOUR, target_pct=95.0, title="Ardennes", why=""
    )
    wanted = demand(cable(second, first), EVENING)
    assert (wanted.deadline, wanted.target_pct) == (first.departure, target_pct)


@pytest.mark.parametrize(("reached_pct", "energy"), [(0.0, True), (80.0, False)])
def test_what_was_reached_once_is_not_made_up_for_a_percent(
    reached_pct: float, energy: bool
) -> None:
    """A car that loses 1 % in the cold does not start again; one below the target does."""
    asked = cable(trip(8, 80), soc_pct=79.0)
    assert bool(demand(asked, EVENING, reached_pct=reached_pct).energy_kwh) is energy
    assert demand(cable(trip(8, 80), soc_pct=77.0), EVENING, reached_pct=80.0).energy_kwh > 0


def test_a_pause_is_a_pause_below_20_percent_too() -> None:
    """The owner's command takes precedence."""
    paused = demand(cable(soc_pct=12.0, wish=Wish(Mode.PAUSE)), EVENING)
    assert (paused.urgency, paused.energy_kwh) == (Urgency.NONE, 0.0)
