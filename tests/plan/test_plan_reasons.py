"""Reasons name the binding limit, with current numbers, and remain while the limit binds."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plan.allocation import Said, Shared, share, steady
from plan.assets import Assets, assets
from plan.limits import limited
from plan.schedule import Plan, Schedule
from plan.state import Base, Rules, State, state
from tests.plan.factories import NOW, battery, car, house, needs

CAR, HOME = ("ev", "q4"), ("bs", "home")
NUMBER = re.compile(r"\d+\.\d+")
EUR = st.floats(-0.3, 0.6).map(lambda eur: round(eur, 3))


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def plan(car: tuple[float, float], home: tuple[float, float] = (0.0, 0.2)) -> Plan:
    """A plan with the same kW and EUR per kWh in each quarter."""
    schedules = {
        key: Schedule((kw,) * 192, (worth,) * 192)
        for key, (kw, worth) in ((CAR, car), (HOME, home))
    }
    return Plan(start=NOW, schedules=schedules, grid_kw=(0.0,) * 192, target_kw=2.5, cost_eur=0.0)


def both(**changed: object) -> Assets:
    return assets(needs(car(**changed), batteries=(battery(),)), NOW)


@settings(max_examples=300, deadline=None)
@given(
    net_kw=st.floats(-8, 12),
    so_far_kw=st.floats(0, 4),
    left_s=st.floats(15, 900),
    buy=EUR,
    sell=EUR,
    schedule=st.tuples(st.floats(0, 11), EUR),
    home=st.tuples(st.floats(-5, 5), EUR),
    power_kw=st.floats(0, 11),
    need=st.sampled_from([{}, {"room_kwh": 0.0, "energy_kwh": 0.0}, {"deadline": None}]),
)
def test_each_number_in_a_reason_is_one_that_went_in(
    net_kw: float,
    so_far_kw: float,
    left_s: float,
    buy: float,
    sell: float,
    schedule: tuple[float, float],
    home: tuple[float, float],
    power_kw: float,
    need: dict[str, object],
) -> None:
    """Prices, values (with the battery's losses), planned powers and remaining limits are
    inputs.
    """
    held = both(power_kw=power_kw, **need)
    told = house(
        net_kw + power_kw, so_far_kw=so_far_kw, left_s=left_s,
        price_offtake_eur_kwh=buy, price_injection_eur_kwh=sell,
    )  # fmt: skip
    now = told.time or NOW
    base = Base().followed(told, sum(each.power_kw for each in held.every), now)
    left = state(base, told, held.every, held.stores, plan(schedule, home), now, Rules(fuse_a=25.0))
    (one,), (store,) = held.takers, held.stores
    granted_kw, why = limited(one, one.wish(left), left)
    known = [buy, sell, *schedule, granted_kw, one.least_kw, *_rooms(left, one.least_kw)]
    known += [left.connection.room_kw(one)]
    assert _numbers(why) <= _told(known), why
    assert "injecting" not in why or left.net_kw < 0
    given_kw, why = limited(store, store.wish(left), left)
    known = [buy, sell, given_kw, store.gives_eur(home[1]), store.takes_eur(home[1])]
    assert _numbers(why) <= _told(known), why


def _rooms(left: State, least_kw: float) -> list[float]:
    return [
        max(0.0, left.room_kw),
        least_kw - left.room_kw,
        least_kw - left.carried_kw(left.room_kw, left.room_kw),
    ]


def _numbers(text: str) -> set[str]:
    return set(NUMBER.findall(text))


def _told(values: Iterable[float]) -> set[str]:
    return {f"{abs(value):.{digits}f}" for value in values for digits in (1, 3)}


def test_at_night_no_car_waits_for_injection() -> None:
    """A kWh in the car is worth less than injected, but nothing is injected at night."""
    held, cheap = both(), plan((0.0, 0.01))
    dark = share(Shared(), house(0.4), held, cheap, NOW).grants["ev"]
    assert dark.why == "a later hour is cheaper"
    sunny = share(Shared(), house(-3.0), held, cheap, NOW).grants["ev"]
    assert sunny.why == "injecting earns 0.050 EUR/kWh, more than it is worth in the car"


def test_a_full_car_has_all_that_was_asked() -> None:
    full = both(energy_kwh=0.0, room_kwh=0.0, urgency="sun", deadline=None)
    granted = share(Shared(), house(-3.0), full, plan((2.0, 0.3)), NOW).grants["ev"]
    assert (granted.kw, granted.why) == (0.0, "it needs no more energy")


def test_a_guest_charges_now_under_the_target() -> None:
    """A guest is a trip without a time: it is charged at any price, but not over the target."""
    guest = both(deadline=None)
    granted = share(Shared(), house(0.5), guest, plan((0.0, 0.1)), NOW).grants["ev"]
    assert granted.kw == pytest.approx(2.5 - 0.5 - 0.03)


def test_a_grant_says_which_part_is_whose() -> None:
    held = assets(needs(car(), car(name="zoe")), NOW)
    granted = share(Shared(), house(0.4), held, plan((2.0, 0.9)), NOW).grants["ev"]
    assert set(granted.assets) == {"q4", "zoe"}
    assert sum(each.kw for each in granted.assets.values()) == pytest.approx(granted.kw)


def test_a_reason_changes_with_the_decision_only() -> None:
    """A new reason for the same action is shown once it lasts; a start, a stop and a reversal at
    once.
    """
    said = steady(None, (0.0, "waiting for 0.3 kW"), NOW)
    for second in range(1, 200):
        reason = "waiting for 0.2 kW" if second % 2 else "resting"
        said = steady(said, (0.0, reason), NOW + at(second))
        assert said.reason == "waiting for 0.3 kW"
    for second in range(200, 232):
        said = steady(said, (0.0, "resting"), NOW + at(second))
    assert said.reason == "resting"
    assert steady(said, (1.4, "it charges"), NOW + at(232)).reason == "it charges"
    assert steady(Said(1.4, "2.0 kW is left"), (1.45, "2.1 kW is left"), NOW).reason[:3] == "2.0"
    assert steady(Said(1.4, "2.0 kW is left"), (1.6, "2.2 kW is left"), NOW).reason[:3] == "2.2"


def test_a_cloud_stops_no_car() -> None:
    """It continues at minimum power for five minutes without surplus, then stops."""
    shared, sunny = Shared(), plan((0.0, 0.2))
    kws: list[float] = []
    for second in range(400):
        held = both(power_kw=kws[-1] if kws else 2.0)
        sun_kw = 2.0 if second < 50 else 0.3
        net_kw = (kws[-1] if kws else 2.0) - sun_kw
        told = house(net_kw, left_s=900.0 - second)
        shared = share(shared, told, replace(held, stores=()), sunny, NOW + at(second))
        kws.append(shared.kw[CAR])
    assert kws[49] == pytest.approx(2.0)
    assert kws[51:345] == pytest.approx([1.4] * 294)
    assert kws[355] == 0.0


def test_a_car_on_its_way_is_not_taken_for_the_house() -> None:
    """Its charger reports 0 kW while the meter shows the whole power: it keeps its grant."""
    shared = Shared(base=Base(NOW, -3.6, -3.6), kw={CAR: 3.6}, moved={CAR: NOW})
    held = replace(both(power_kw=0.0, toward_kw=3.6), stores=())
    for second, net_kw in enumerate((-3.6, -2.0, -0.5, 0.0), 1):
        told = house(net_kw, left_s=900.0 - second)
        shared = share(shared, told, held, plan((0.0, 0.2)), NOW + at(second))
        assert shared.base.now_kw == pytest.approx(-3.6)
        assert shared.kw[CAR] == pytest.approx(3.6)
    oven = house(2.0, left_s=890.0)
    shared = share(shared, oven, held, plan((0.0, 0.2)), NOW + at(10))
    assert shared.base.now_kw == pytest.approx(-1.6)
