"""A usual trip is charged for at low prices, never above the peak, and never announced."""

from datetime import timedelta
from functools import partial

import pytest

from base import messages
from plan.ahead import ahead
from plan.answer import planned
from plan.assets import Assets, assets
from plan.choice import chosen
from plan.dynamic import dynamic
from plan.schedule import Plan
from plan.usual import Planned, under_the_peak
from tests.plan.factories import MONTH, NOW, car, needs, night, outlook

pytest.importorskip("highspy")
CAR = ("ev", "q4")
MORNING = NOW + timedelta(hours=13.5)


def habit(need_kwh: float, chance: float = 0.8, **changed: object) -> messages.CarNeed:
    """No car is connected; one usually leaves tomorrow."""
    trip = messages.Trip(
        leaves=MORNING,
        returns=MORNING + timedelta(hours=10),
        need_kwh=need_kwh,
        use_kwh=10.0,
        chance=chance,
    )
    values = {"energy_kwh": 0.0, "deadline": None, "urgency": "sun", "room_kwh": 60.0}
    return car(trips=(trip,), **{**values, **changed})


def held(need: messages.CarNeed) -> Assets:
    return assets(needs(need), NOW)


def made(need: messages.CarNeed, by: Planned = planned) -> Plan:
    return under_the_peak(by, ahead(outlook()), held(need), MONTH)


def before_morning_kwh(plan: Plan) -> float:
    return sum(plan.schedules[CAR].kw[:54]) / 4


@pytest.mark.parametrize("by", [planned, dynamic])
def test_it_is_charged_for_at_night(by: Planned) -> None:
    plan = made(habit(12.0), by)
    assert before_morning_kwh(plan) >= 11.9
    assert all(
        kw < 0.05 or low for kw, low in zip(plan.schedules[CAR].kw[:54], night(), strict=False)
    )


@pytest.mark.parametrize("by", [planned, dynamic])
def test_no_peak_is_raised_for_it_and_nobody_is_warned(by: Planned) -> None:
    plan = made(habit(50.0), by)
    assert plan.target_kw == pytest.approx(2.5)
    assert not plan.missed_kwh
    assert plan.schedules[CAR].lacks_kwh == 0.0
    assert not [note for note in plan.notes if "lack" in note]
    sure = made(habit(50.0, chance=1.0), by)
    assert sure.target_kw > 3.0


def test_a_trip_that_was_announced_may_still_raise_it() -> None:
    both = habit(50.0, energy_kwh=30.0, deadline=NOW + timedelta(hours=8), urgency="trip")
    plan = made(both)
    assert plan.target_kw > 3.0
    alone = made(car(energy_kwh=30.0, deadline=NOW + timedelta(hours=8), room_kwh=60.0))
    assert plan.target_kw == pytest.approx(alone.target_kw, abs=0.02)


def test_less_chance_is_worth_less() -> None:
    """At 0.22 EUR/kWh and a value of 1 EUR/kWh, a trip with a probability of 0.2 is not charged
    for.
    """
    assert before_morning_kwh(made(habit(12.0, chance=0.15))) < 1.0
    assert before_morning_kwh(made(habit(12.0, chance=0.6))) > 11.9


def test_the_owner_is_not_asked_about_a_habit() -> None:
    asked = needs(habit(50.0))
    seen = ahead(outlook())
    plan, choices = chosen(seen, assets(asked, NOW), MONTH, asked, partial(under_the_peak, planned))
    assert not choices
    assert plan.target_kw == pytest.approx(2.5)
