"""The optimiser: required energy is charged, expensive energy avoided, every case has a plan."""

import math
import sys
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base import messages
from plan.ahead import ahead
from plan.answer import planned
from plan.assets import assets
from plan.dynamic import dynamic
from plan.optimise import optimise
from plan.program import Floats
from plan.schedule import Plan
from tests.plan.factories import MONTH, NOW, battery, car, needs, night, outlook

pytest.importorskip("highspy")
CAR, HOME = ("ev", "q4"), ("bs", "home")


def made(asked: dict[str, messages.Need], **changed: object) -> Plan:
    return optimise(ahead(outlook(**changed)), assets(asked, NOW), MONTH)


def power(plan: Plan, key: tuple[str, str]) -> Floats:
    return np.array(plan.schedules[key].kw)


def kwh(plan: Plan, key: tuple[str, str], first: int = 0, last: int = 192) -> float:
    return float(power(plan, key)[first:last].sum()) / 4


def test_a_car_is_charged_at_night_flat_under_the_peak() -> None:
    """Charging is shifted in time, but flat and slow."""
    plan = made(needs(car()))
    kw = power(plan, CAR)
    assert kwh(plan, CAR, 0, 54) == pytest.approx(18.0, abs=1e-6)
    charging = np.flatnonzero(kw > 1e-6)
    assert all(night()[quarter] for quarter in charging)
    assert plan.target_kw == pytest.approx(2.5)
    assert max(plan.grid_kw) == pytest.approx(2.5)
    assert kw.max() == pytest.approx(2.1)
    assert list(charging[:-1]) == list(range(charging[0], charging[0] + len(charging) - 1))


def test_two_cars_charge_in_turn() -> None:
    """Cars do not alternate by quarter, because contactors wear."""
    plan = made(needs(car(energy_kwh=8.0), car(name="id3", energy_kwh=8.0)))
    for name in ("q4", "id3"):
        on = power(plan, ("ev", name))[:54] > 0.05
        assert np.count_nonzero(np.diff(on.astype(int)) == 1) <= 2


def test_a_trip_that_needs_it_raises_the_peak_and_no_more_than_that() -> None:
    plan = made(needs(car(energy_kwh=40.0, value_eur_kwh=1.0)))
    assert not plan.missed_kwh
    assert 2.5 < plan.target_kw < 5.0


def test_the_owners_ceiling_is_above_a_trip() -> None:
    """A car never exceeds it; a house that exceeds it alone raises no exception."""
    ceiling = replace(MONTH, ceiling_kw=3.0)
    asked = assets(needs(car(energy_kwh=60.0)), NOW)
    assert optimise(ahead(outlook()), asked, ceiling).target_kw == pytest.approx(3.0)
    busy = optimise(ahead(outlook(load_kw=(4.0,) * 192)), asked, ceiling)
    assert busy.target_kw == pytest.approx(4.0)
    assert busy.missed_kwh


def test_a_trip_that_cannot_be_met_degrades_with_a_note() -> None:
    soon = car(energy_kwh=60.0, deadline=NOW + timedelta(minutes=20), value_eur_kwh=50.0)
    plan = made(needs(soon))
    assert plan.missed_kwh["q4"] == pytest.approx(60.0 - 11.0 * 0.25, abs=0.3)
    assert any("q4 will be 57" in note for note in plan.notes)


def test_a_negligible_shortage_is_not_notified() -> None:
    soon = car(energy_kwh=3.05, deadline=NOW + timedelta(minutes=20), value_eur_kwh=50.0)
    plan = made(needs(soon))
    assert 0.1 < plan.missed_kwh["q4"] < 0.5
    assert not plan.notes


def test_a_car_is_ready_half_an_hour_before_when_there_is_time() -> None:
    """The last quarters before the departure are kept as a reserve."""
    assert max(power(made(needs(car())), CAR)[52:54]) == pytest.approx(0.0, abs=1e-6)
    short = made(
        needs(car(energy_kwh=12.0, deadline=NOW + timedelta(hours=1.5), value_eur_kwh=9.0))
    )
    assert not short.missed_kwh


def test_a_deadline_that_is_past_is_as_soon_as_may_be() -> None:
    plan = made(needs(car(deadline=NOW - timedelta(hours=1), value_eur_kwh=50.0)))
    assert power(plan, CAR)[0] == pytest.approx(11.0)
    assert any("should have left" in note for note in plan.notes)


def test_a_car_below_its_minimum_does_not_wait_for_the_night() -> None:
    plan = made(needs(car(urgency="now", deadline=None, energy_kwh=5.0, room_kwh=30.0)))
    assert kwh(plan, CAR, 0, 3) > 4.9


def test_the_battery_stores_sun_and_gives_it_in_the_evening() -> None:
    hours = (18 + np.arange(192) / 4) % 24
    sun = tuple(np.where((hours > 10) & (hours < 16), 2.0, 0.0))
    plan = made(needs(batteries=(battery(soc_pct=5.0),)), solar_kw=sun)
    noon, evening = slice(64, 88), slice(92, 112)
    assert power(plan, HOME)[noon].sum() > 15
    assert power(plan, HOME)[evening].sum() < -4


def test_a_battery_never_charges_and_discharges_at_once() -> None:
    """This holds even if wasting energy were rewarded."""
    asked = needs(batteries=(battery(wear_eur_kwh=0.0),))
    plan = made(asked, buy_eur_kwh=(-0.5,) * 192, sell_eur_kwh=(-0.6,) * 192)
    stored = 5.0 + np.cumsum(
        np.where(power(plan, HOME) > 0, 0.95, 1 / 0.95) * power(plan, HOME) / 4
    )
    assert stored.max() <= 10.0 + 1e-6
    assert stored.min() >= -1e-6


def test_the_meter_is_no_money_machine() -> None:
    """A selling price above the buying price does not make the plan unbounded."""
    plan = made(needs(batteries=(battery(),)), sell_eur_kwh=(5.0,) * 192)
    assert np.isfinite(plan.cost_eur)


def test_the_same_question_has_the_same_plan() -> None:
    asked = needs(car(), car(name="id3", energy_kwh=9.0), batteries=(battery(),))
    backwards = dict(reversed(asked.items()))
    one, two = made(asked), made(backwards)
    assert one.schedules.keys() == two.schedules.keys()
    for key, schedule in one.schedules.items():
        assert schedule.kw == two.schedules[key].kw
        assert schedule.worth_eur_kwh == two.schedules[key].worth_eur_kwh


def test_the_order_of_two_cars_changes_nothing() -> None:
    """A car that begins to charge gets its set-point first. If the plan then preferred the other
    one, both would start and stop alternately.
    """
    one, two = (car(name=name, energy_kwh=8.0) for name in "ab")
    asked, turned = needs(one, two), needs(two, one)
    assert assets(asked, NOW).material == assets(turned, NOW).material
    for name in "ab":
        assert np.array_equal(power(made(asked), ("ev", name)), power(made(turned), ("ev", name)))


def test_two_batteries_share_the_work() -> None:
    both = (battery(), battery(name="shed", capacity_kwh=2.0, charge_kw=1.0, discharge_kw=1.0))
    plan = made(needs(batteries=both), load_kw=(3.0,) * 192)
    assert kwh(plan, HOME) < 0
    assert max(map(abs, power(plan, ("bs", "shed")))) <= 1.0 + 1e-9


def test_a_battery_without_capacity_is_not_planned() -> None:
    plan = made(needs(batteries=(battery(capacity_kwh=0.0),)))
    assert HOME not in plan.schedules
    assert "has no capacity" in plan.notes[0]


def test_holes_in_the_outlook_are_filled_and_reported() -> None:
    buy = (math.nan, None, *outlook().buy_eur_kwh[2:])
    plan = made(needs(car()), buy_eur_kwh=buy, load_kw=(math.inf,) * 192, solar_kw=())
    assert np.isfinite(plan.grid_kw).all()
    assert any("price is not known for 2 of 192" in note for note in plan.notes)


@given(
    price=st.sampled_from([4.0, -0.5, 0.0, 0.3]),  # EUR/kWh: the market's own limits, +4000, -500
    soc=st.floats(0, 100),
    energy=st.floats(0, 200),
    hours=st.floats(-5, 60),
    load=st.floats(0, 20),
    capacity=st.sampled_from([0.0, 0.001, 10.0]),
)
@settings(max_examples=25, deadline=None)
def test_nothing_is_ever_infeasible(
    price: float, soc: float, energy: float, hours: float, load: float, capacity: float
) -> None:
    """Any needs give a plan within every power limit, without an exception."""
    leaves = NOW + timedelta(hours=hours)
    asked = needs(
        car(energy_kwh=energy, deadline=leaves, value_eur_kwh=0.0),
        batteries=(battery(soc_pct=soc, capacity_kwh=capacity, reserve_pct=20.0),),
    )
    buy = tuple(price if 20 < n < 40 else 0.25 for n in range(192))
    plan = made(asked, buy_eur_kwh=buy, load_kw=(load,) * 192)
    total = np.sum([schedule.kw for schedule in plan.schedules.values()], axis=0)
    assert plan.grid_kw == pytest.approx(total + load, abs=1e-5)
    assert power(plan, CAR).max() <= 11.0 + 1e-6
    assert power(plan, CAR).min() >= -1e-6


def test_without_highspy_the_dynamic_programs_plan_and_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    asked = needs(car(), batteries=(battery(),))
    plan = planned(ahead(outlook()), assets(asked, NOW), MONTH)
    assert plan.solver == "NumPy"
    assert any("without a solver" in note for note in plan.notes)
    assert kwh(plan, CAR, 0, 54) == pytest.approx(18.0, abs=0.1)
    assert max(plan.grid_kw) <= 2.5 + 1e-6


def test_the_dynamic_programs_never_beat_the_linear_one() -> None:
    """Both planners solve the same problem, so the linear optimum bounds the other from below."""
    seen = ahead(outlook(load_kw=tuple(0.4 + 2.0 * (n % 96 < 8) for n in range(192))))
    asked = assets(needs(car(), batteries=(battery(),)), NOW)
    least = optimise(seen, asked, MONTH).cost_eur
    assert least - 0.05 <= dynamic(seen, asked, MONTH).cost_eur <= least + 1.0


def test_late_in_the_month_a_kilowatt_weighs_more() -> None:
    """A kW costs the whole month's price in its last nights, and a part of it in the first ones."""
    asked = assets(needs(car(energy_kwh=40.0, value_eur_kwh=0.25)), NOW)
    early = optimise(ahead(outlook()), asked, replace(MONTH, end=NOW + timedelta(days=31)))
    late = optimise(ahead(outlook()), asked, replace(MONTH, end=NOW + timedelta(days=2)))
    assert late.target_kw < early.target_kw
