"""The choice in euro: the extra cost of a trip, and the charge at departure without it."""

from datetime import timedelta
from functools import partial

import pytest

from base import messages
from plan.ahead import ahead
from plan.answer import planned
from plan.assets import assets
from plan.choice import chosen
from plan.schedule import Plan
from plan.tuning import TUNED
from tests.plan.factories import MONTH, NOW, battery, car, needs, outlook

pytest.importorskip("highspy")


def weighed(asked: dict[str, messages.Need]) -> tuple[Plan, tuple[messages.Choice, ...]]:
    seen = ahead(outlook(), usual_eur_kwh=(0.26,) * 192)
    return chosen(seen, assets(asked, NOW), MONTH, asked, partial(planned, tuning=TUNED))


def hungry(choice: str = "accept", **more: object) -> dict[str, messages.Need]:
    """A car that needs 40 kWh by 07:30, of which 28 fit under the peak."""
    asked = needs(car(energy_kwh=40.0, soc_pct=20.0, capacity_kwh=77.0, value_eur_kwh=1.0, **more))
    return {name: need.model_copy(update={"choice": choice}) for name, need in asked.items()}


def test_a_trip_that_raises_the_peak_has_its_price_and_its_alternative() -> None:
    """The choice is a peak in kW with its cost in EUR, or a departure with less charge."""
    plan, (choice,) = weighed(hungry())
    assert not plan.missed_kwh
    assert (choice.peer, choice.car, choice.accepted) == ("ev", "q4", True)
    assert choice.leaves == NOW + timedelta(hours=13.5)
    assert choice.over_kw == pytest.approx(plan.target_kw - 2.5, abs=0.01)
    assert choice.eur >= choice.over_kw * MONTH.eur_kw - 0.03  # both are rounded
    assert choice.lacks_kwh == pytest.approx(
        40.0 - 13.0 * 2.1, abs=0.3
    )  # it is ready half an hour early
    wanted_pct = 20 + 100 * (40.0 - choice.lacks_kwh) * 0.9 / 77
    assert choice.without_pct == pytest.approx(wanted_pct, abs=0.2)


def test_refused_the_peak_holds_and_the_car_leaves_with_less() -> None:
    """The choice remains visible, so that it can still be accepted."""
    plan, (choice,) = weighed(hungry("refuse"))
    assert max(plan.grid_kw) <= 2.5 + 1e-6
    assert plan.missed_kwh["q4"] == pytest.approx(choice.lacks_kwh, abs=0.1)
    assert not choice.accepted


def test_an_expensive_hour_is_a_choice_too() -> None:
    """The car leaves before the night rate: charging costs three times the usual price."""
    dear = (0.9,) * 16 + (0.22,) * 176
    asked = needs(car(energy_kwh=5.0, deadline=NOW + timedelta(hours=4), soc_pct=40.0,
                      capacity_kwh=77.0, value_eur_kwh=1.0))  # fmt: skip
    seen = ahead(outlook(buy_eur_kwh=dear), usual_eur_kwh=(0.25,) * 192)
    _, (choice,) = chosen(seen, assets(asked, NOW), MONTH, asked, partial(planned, tuning=TUNED))
    assert choice.over_kw == 0.0
    assert choice.eur == pytest.approx(5.0 * (0.9 - 0.25), abs=0.05)


@pytest.mark.parametrize("asked", [needs(car()), needs(batteries=(battery(),)), {}])
def test_what_fits_under_the_peak_is_no_choice(asked: dict[str, messages.Need]) -> None:
    plan, choices = weighed(asked)
    assert (choices, plan.missed_kwh) == ((), {})


def test_a_car_that_must_charge_at_once_leaves_no_choice() -> None:
    """A car below its minimum charge is charged without a question."""
    plan, choices = weighed(hungry("refuse", urgency="now", deadline=None))
    assert choices == ()
    assert plan.schedules["ev", "q4"].kw[0] > 10.0
