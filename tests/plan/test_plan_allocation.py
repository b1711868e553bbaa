"""Allocation of this second: energy of the quarter, main fuse, slow changes for cars, and a
reason for each grant.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from base import messages
from ev.inputs import Rules as EvRules
from plan.ahead import ahead
from plan.allocation import Shared, share
from plan.assets import Assets, assets
from plan.limits import BEARABLE
from plan.optimise import optimise
from plan.schedule import Plan, Schedule
from plan.state import Base, Rules
from tests.plan.factories import MONTH, NOW, battery, car, house, needs, outlook

pytest.importorskip("highspy")
CAR, HOME = ("ev", "q4"), ("bs", "home")
AT_ONCE = {"urgency": "now", "deadline": None, "energy_kwh": 5.0}


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def planned(held: Assets) -> Plan:
    return optimise(ahead(outlook()), held, MONTH)


def test_a_car_that_may_wait_waits_for_the_night_and_says_so() -> None:
    held = assets(needs(car()), NOW)
    shared = share(Shared(), house(0.4), held, planned(held), NOW)
    assert shared.grants["ev"].kw == 0.0
    assert shared.grants["ev"].until == NOW + at(10)
    assert "a later hour is cheaper" in shared.grants["ev"].why


def test_no_facts_no_grants() -> None:
    held = assets(needs(car()), NOW)
    stale = messages.Health(state="stale", age_s=11.0, good=1, rejected=0)
    assert not share(Shared(), house(0.4, health=stale), held, None, NOW).grants


def test_without_a_plan_a_trip_charges_under_the_target() -> None:
    held = assets(needs(car()), NOW)
    shared = share(Shared(), house(0.5), held, None, NOW)
    assert shared.grants["ev"].kw == pytest.approx(2.5 - 0.5 - 0.03)
    assert "no plan" in shared.grants["ev"].why or "under the target" in shared.grants["ev"].why


def test_without_a_plan_the_battery_balances_the_meter() -> None:
    held = assets(needs(batteries=(battery(),)), NOW)
    assert share(Shared(), house(-1.5), held, None, NOW).grants["bs"].kw == pytest.approx(1.5)
    assert share(Shared(), house(0.8), held, None, NOW).grants["bs"].kw == pytest.approx(-0.8)


def test_a_kettle_stops_nothing() -> None:
    """2.2 kW for ten seconds is 6 Wh of a budget of hundreds: a car with a battery beside it
    continues to charge.
    """
    held = assets(needs(car(power_kw=1.9)), NOW)
    before = Shared(kw={CAR: 1.9}, base=Base(NOW + at(190), 0.4, 0.4))
    kettle = house(4.5, so_far_kw=0.5, left_s=700.0)
    shared = share(before, kettle, held, None, NOW + at(200))
    assert shared.grants["ev"].kw >= 1.4


def test_a_battery_gives_nothing_for_a_car_that_takes_nothing() -> None:
    """While it rests or sleeps, its grant is not counted as load of the house."""
    held = assets(needs(car(**AT_ONCE), batteries=(battery(),)), NOW)
    shared, plan = Shared(), planned(held)
    given: list[float] = []
    for second in range(60):
        shared = share(shared, house(0.4, left_s=900.0 - second), held, plan, NOW + at(second))
        given.append(shared.kw[HOME])
    assert given[0] < -1.0
    assert given[-1] > -0.5


def test_never_catches_up_late_in_the_quarter() -> None:
    """An unused budget in the last minute does not raise the power above the target."""
    held = assets(needs(car()), NOW)
    late = house(0.3, so_far_kw=0.3, left_s=60.0)
    shared = share(Shared(), late, held, None, NOW + at(840))
    assert shared.grants["ev"].kw <= 2.5 - 0.3


def test_a_car_rises_calmly_and_falls_at_once() -> None:
    held = assets(needs(car(power_kw=1.5)), NOW)
    before = Shared(kw={CAR: 1.5}, moved={CAR: NOW}, base=Base(NOW, 0.4, 0.4))
    soon = share(before, house(1.9), held, None, NOW + at(5))
    assert soon.kw[CAR] == 1.5
    later = share(before, house(1.9), held, None, NOW + at(30))
    assert later.kw[CAR] > 1.9
    full = share(before, house(6.0, so_far_kw=2.4, left_s=60.0), held, None, NOW + at(5))
    assert full.kw[CAR] == 0.0


@pytest.mark.parametrize("least_idle_s", [300, 600, 7200])
def test_a_car_rests_after_a_stop_as_long_as_its_need_says(least_idle_s: int) -> None:
    """A grant that its charger cannot use yet would reserve unused power."""
    held = assets(needs(car(least_idle_s=least_idle_s)), NOW)
    before = Shared(kw={CAR: 0.0}, moved={CAR: NOW}, base=Base(NOW, 0.4, 0.4))
    assert share(before, house(0.4), held, None, NOW + at(least_idle_s - 1)).kw[CAR] == 0.0
    assert share(before, house(0.4), held, None, NOW + at(least_idle_s + 1)).kw[CAR] > 1.4


def test_a_need_that_does_not_say_rests_as_long_as_ev_does() -> None:
    """dm and ev use the same default."""
    assert assets(needs(car()), NOW).cars[0].least_idle_s == EvRules().idle_s == 600.0


@pytest.mark.parametrize(("soc_pct", "reason"), [(50.0, "no room"), (100.0, "no more")])
def test_a_battery_without_a_grant_does_not_claim_to_charge(soc_pct: float, reason: str) -> None:
    """The sentence names the actual state, not the request: the quarter or the battery is full."""
    held = assets(needs(batteries=(battery(soc_pct=soc_pct),)), NOW)
    plan = planned(held)
    cheap = replace(plan, schedules={HOME: Schedule((5.0,) * 192, (0.9,) * 192)})
    house_kw = 2.46 if soc_pct < 100 else 0.2
    shared = share(Shared(), house(house_kw), held, cheap, NOW)
    assert shared.kw[HOME] == pytest.approx(0.0, abs=0.05)
    assert shared.grants["bs"].why.startswith("holding")
    assert reason in shared.grants["bs"].why


def test_the_battery_holds_the_quarter_before_the_car_is_touched() -> None:
    held = assets(needs(car(power_kw=2.0), batteries=(battery(),)), NOW)
    before = Shared(kw={CAR: 2.0}, base=Base(NOW, 2.5, 2.5))
    plan = planned(held)
    shared = share(before, house(4.5, so_far_kw=1.0, left_s=600.0), held, plan, NOW + at(300))
    net_kw = 2.5 + shared.kw.get(CAR, 0.0) + shared.kw[HOME]
    assert net_kw <= (2.5 - 1.0) * 900 / 600 + 1e-6


def test_what_is_kept_for_surprises_holds_the_quarter_and_covers_nothing_else() -> None:
    """The reserve may not be used for the oven's first half hour, since its second needs it."""
    held = assets(needs(batteries=(battery(soc_pct=6.0),)), NOW)
    plan = planned(assets(needs(batteries=(battery(),)), NOW))
    assert plan.schedules[HOME].keep_kwh[0] == pytest.approx(0.6)
    covering = share(Shared(base=Base(NOW, 2.0, 2.0)), house(2.0), held, plan, NOW)
    assert covering.kw[HOME] == pytest.approx(0.0, abs=1e-6)
    assert "kept in reserve" in covering.grants["bs"].why
    holding = share(Shared(base=Base(NOW, 4.0, 4.0)), house(4.0), held, plan, NOW)
    assert holding.kw[HOME] < -1.4


def test_a_third_party_is_served_like_any_other() -> None:
    pump = messages.Need(name="pump", power_kw=0.0, least_kw=0.5, most_kw=3.0)
    held = assets({"pump": pump}, NOW)
    roomy, full = (share(Shared(), house(kw), held, None, NOW).grants for kw in (0.4, 5.0))
    assert roomy["pump"].kw == pytest.approx(2.07)
    assert full["pump"].kw == 0.0
    assert "minimum of 0.5 kW is not possible" in full["pump"].why


def pump(**more: float) -> dict[str, messages.Need]:
    return {"pump": messages.Need.model_validate({"name": "pump", "power_kw": 0.0, **more})}


def on_each_phase(kw: float, amps: float) -> messages.House:
    """A house with this power, and this current on each of its three phases."""
    phase = messages.Phase(offtake_kw=amps * 0.23, injection_kw=0.0, voltage_v=230, current_a=amps)
    return house(kw, phases=(phase,) * 3, grid="3x400", target_kw=30.0)


def test_a_third_party_is_granted_nothing_above_the_main_fuse() -> None:
    """19.5 of 20 A are in use on each phase: a heat pump of 6 kW gets nothing, not even its
    minimum.
    """
    held, rules = assets(pump(most_kw=6.0), NOW), Rules(fuse_a=20.0)
    assert (
        share(Shared(), on_each_phase(13.5, 19.5), held, None, NOW, rules).kw["pump", "pump"] < 0.2
    )
    held = assets(pump(least_kw=50.0, most_kw=50.0), NOW)
    refused = share(Shared(), on_each_phase(0.5, 0.7), held, None, NOW, Rules(fuse_a=25.0))
    assert refused.grants["pump"].kw == 0.0
    assert "is not possible" in refused.grants["pump"].why


def test_what_a_third_party_takes_counts_once() -> None:
    """Beside a heat pump at 3.3 kW, a car gets the remaining capacity of the fuse."""
    asked = {**needs(car(power_kw=11.0, **AT_ONCE)), **pump(power_kw=3.3, most_kw=3.3)}
    telegram = on_each_phase(15.3, 15.3 / 0.69)
    shared = share(
        Shared(kw={CAR: 11.0}), telegram, assets(asked, NOW), None, NOW, Rules(fuse_a=25.0)
    )
    assert shared.kw["pump", "pump"] == pytest.approx(3.3)
    assert shared.kw[CAR] == pytest.approx(11.0)


def test_every_grant_says_why() -> None:
    held = assets(needs(car(**AT_ONCE), batteries=(battery(),)), NOW)
    for plan in (None, planned(held)):
        grants = share(Shared(), house(0.4), held, plan, NOW).grants
        assert set(grants) == {"ev", "bs"}
        assert all(len(grant.why) > 10 for grant in grants.values())


powers = st.floats(-6, 12)


@given(
    base=powers, car_kw=st.floats(0, 11), soc=st.floats(0, 100), so_far=st.floats(0, 3),
    left=st.floats(1, 900),
)  # fmt: skip
@example(base=6.0, car_kw=1.0, soc=0.0, so_far=0.0, left=301.0)
@example(base=0.0, car_kw=1.0, soc=0.0, so_far=3.0, left=1.0)
@settings(max_examples=150, deadline=None)
def test_the_quarter_is_never_overdrawn_where_that_can_be_avoided(
    base: float, car_kw: float, soc: float, so_far: float, left: float
) -> None:
    """Held to the end of the quarter, the grants stay under the target, unless the house alone
    exceeds it with the battery at full power, or a car can still be stopped in time.
    """
    held = assets(needs(car(power_kw=car_kw), batteries=(battery(soc_pct=soc),)), NOW)
    now = NOW + at(900 - left)
    before = Shared(base=Base(now, base, base), kw={CAR: car_kw})
    for plan in (None, PLAN):
        telegram = house(base + car_kw, so_far_kw=so_far, left_s=left)
        shared = share(before, telegram, held, plan, now, Rules(carry_kwh=0.0))
        given = shared.kw[CAR] + shared.kw[HOME]
        hold = max(0.0, (2.47 - so_far) * 900 / max(15.0, left))
        battery_kw = min(5.0, soc / 10 * 0.95 * 3600 / max(15.0, left))
        over = base + given - hold
        emptied = shared.kw[CAR] == 0.0 and shared.kw[HOME] <= -battery_kw + 1e-6
        least = car_kw > 0.0 and shared.kw[CAR] == 1.4
        later = least and over - (1.0 - BEARABLE) * 1.4 <= 1e-6
        car_kwh = shared.kw[CAR] * min(Rules().fall_s, left) / 3600
        in_time = so_far + 4 * (car_kwh + (base + shared.kw[HOME]) * left / 3600) <= 2.5
        assert over <= 1e-6 or emptied or later or in_time
        assert -5.0 <= shared.kw[HOME] <= 5.0
        assert shared.kw[CAR] == 0.0 or 1.4 <= shared.kw[CAR] <= 11.0


PLAN = planned(assets(needs(car(), batteries=(battery(),)), NOW))


@given(house_a=st.floats(0, 40), car_kw=st.floats(0, 11), limit=st.sampled_from([16, 25, 40]))
@settings(max_examples=100, deadline=None)
def test_grants_stay_within_the_fuse(house_a: float, car_kw: float, limit: int) -> None:
    """On the fullest phase the load of the house plus the grants is at most the fuse, or the
    cars are paused.
    """
    asked = needs(car(power_kw=car_kw, phases=1, most_kw=7.4, **AT_ONCE), batteries=(battery(),))
    held = assets(asked, NOW)
    drawn_kw = house_a * 0.23 + car_kw
    phase = messages.Phase(
        offtake_kw=drawn_kw, injection_kw=0.0, voltage_v=230.0, current_a=drawn_kw / 0.23
    )
    telegram = house(drawn_kw, phases=(phase,), target_kw=30.0)
    shared = share(Shared(), telegram, held, planned(held), NOW, Rules(fuse_a=float(limit)))
    total_a = house_a + (shared.kw[CAR] + shared.kw[HOME]) / 0.23
    assert total_a <= limit + 1e-6 or shared.kw[CAR] == 0.0
    assert shared.kw[HOME] <= 0 or total_a <= limit + 1e-6


def test_the_meters_limiter_holds() -> None:
    held = assets(needs(car(**AT_ONCE), batteries=(battery(),)), NOW)
    shared = share(Shared(), house(0.5, limit_kw=4.0, target_kw=20.0), held, planned(held), NOW)
    assert 0.5 + sum(shared.kw.values()) <= 4.0 + 1e-6


def test_a_battery_gives_for_what_a_car_takes_now_not_for_what_it_may() -> None:
    """A car ramps up for seconds: power that it does not draw yet would be injected."""
    asked = needs(car(energy_kwh=4.0), batteries=(battery(),))
    held, told = assets(asked, NOW), house(1.0, left_s=600.0, target_kw=4.0)
    on_its_way = share(Shared(), told, held, None, NOW)
    assert on_its_way.kw["ev", "q4"] > 2.0
    assert on_its_way.kw["bs", "home"] == pytest.approx(-1.0, abs=0.01)
    there = share(Shared(), told, held, None, NOW, Rules(at_once=True))
    assert there.kw["bs", "home"] == pytest.approx(-1.0 - there.kw["ev", "q4"], abs=0.01)


def test_a_short_load_does_not_stop_a_car() -> None:
    """Contactors wear: a car at its minimum continues while the quarter has energy left."""
    asked = needs(car(power_kw=1.4, energy_kwh=4.0))
    before = Shared(kw={("ev", "q4"): 1.4})
    busy = house(3.2, so_far_kw=0.6, left_s=400.0)
    assert share(before, busy, assets(asked, NOW), None, NOW).kw["ev", "q4"] == pytest.approx(1.4)
    full = house(3.2, so_far_kw=2.2, left_s=400.0)
    assert share(before, full, assets(asked, NOW), None, NOW).kw["ev", "q4"] == 0.0


def test_a_battery_covers_a_car_that_does_not_fall_to_its_grant() -> None:
    """A charger that ignores its grant must not raise the peak while the battery can cover it."""
    held = assets(needs(car(power_kw=3.5), batteries=(battery(soc_pct=60.0),)), NOW)
    plan, shared, told = planned(held), Shared(), {}
    for second in range(0, 62, 2):
        quarter = house(3.9, so_far_kw=3.9 * second / 900, left_s=900.0 - second)
        cheap = quarter.model_copy(update={"price_offtake_eur_kwh": 0.2})
        shared = share(shared, cheap, held, plan, NOW + at(second))
        told[second] = shared.grants["bs"]
    assert told[10].kw == pytest.approx(0.0), "it is given time to fall"
    assert told[60].kw < -1.0
    assert "under its target" in told[60].why
