"""Deferrable loads: planned in whole runs, switched rarely, the lowest priority first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base import messages
from plan.ahead import ahead
from plan.allocation import Shared, share
from plan.assets import Assets, assets
from plan.dynamic import dynamic
from plan.kinds.loads import runs
from plan.loads import Deferrable
from plan.optimise import optimise
from plan.schedule import Plan, Schedule
from plan.state import Base
from tests.plan.factories import MONTH, NOW, battery, car, house, load, loads, needs, night, outlook

pytest.importorskip("highspy")
BOILER, PUMP = ("shed", "boiler"), ("shed", "pump")
Planner = Callable[..., Plan]
PLANNERS = pytest.mark.parametrize("planner", [optimise, dynamic])


def lengths(kw: tuple[float, ...]) -> list[int]:
    """The number of quarters of each run."""
    return [len([*run]) for runs, run in groupby(each > 0.01 for each in kw) if runs]


@PLANNERS
def test_a_boiler_runs_in_whole_runs_in_the_cheapest_hours(planner: Planner) -> None:
    plan = planner(ahead(outlook()), assets(loads(load()), NOW), MONTH)
    kw = plan.schedules[BOILER].kw
    assert sum(kw) / 4 == pytest.approx(4.0)
    assert set(np.round(kw, 6)) == {0.0, 2.0}
    assert all(low for low, each in zip(night(), kw, strict=True) if each)
    assert min(lengths(kw)) >= 2
    assert plan.target_kw == pytest.approx(2.5)


@PLANNERS
def test_a_run_is_never_part_of_its_power(planner: Planner) -> None:
    """0.5 kW is free below the peak in each quarter: a switched load cannot use it."""
    busy = outlook(load_kw=(2.0,) * 192)
    plan = planner(ahead(busy), assets(loads(load(value_eur_kwh=9.0)), NOW), MONTH)
    assert set(np.round(plan.schedules[BOILER].kw, 6)) == {0.0, 2.0}
    assert plan.grid_kw == pytest.approx(np.array(plan.schedules[BOILER].kw) + 2.0)
    assert not plan.missed_kwh


def test_what_the_battery_and_the_car_take_goes_round_the_run() -> None:
    """There are two solves: the run is fixed, and the others are planned again under the same
    peak.
    """
    asked = needs(car(), batteries=(battery(),)) | loads(load())
    plan = optimise(ahead(outlook()), assets(asked, NOW), MONTH)
    assert plan.schedules.keys() == {("ev", "q4"), ("bs", "home"), BOILER}
    assert max(plan.grid_kw) == pytest.approx(2.5, abs=0.01)
    assert not plan.missed_kwh


def test_an_expensive_charge_is_skipped_and_reported() -> None:
    cheap = load(value_eur_kwh=0.1)
    plan = optimise(ahead(outlook()), assets(loads(cheap), NOW), MONTH)
    assert max(plan.schedules[BOILER].kw) == 0.0
    assert plan.notes == (
        "boiler will be 4.0 kWh short in time: too little time, or too expensive",
    )


@given(
    energy_kwh=st.floats(0, 60),
    hours=st.none() | st.floats(-2, 60),
    least_kw=st.sampled_from([0.0, 0.7, 2.0, 5.0]),
    on_s=st.sampled_from([0.0, 1800.0, 86400.0]),
    price=st.sampled_from([-0.5, 0.0, 0.3, 4.0]),
    load_kw=st.floats(0, 8),
)
@settings(max_examples=40, deadline=None)
def test_any_load_has_a_plan_that_its_device_can_follow(
    energy_kwh: float, hours: float | None, least_kw: float, on_s: float, price: float,
    load_kw: float,
) -> None:  # fmt: skip
    """With either planner its power is 0 or from minimum to maximum, and each run is long
    enough.
    """
    end = None if hours is None else NOW + timedelta(hours=hours)
    asked = load(energy_kwh=energy_kwh, deadline=end, least_kw=least_kw, least_on_s=on_s)
    held = assets(loads(asked, load(name="pump")) | needs(car()), NOW)
    one = next(each for each in held.takers if each.key == BOILER)
    buy = tuple(price if 20 < quarter < 40 else 0.25 for quarter in range(192))
    seen = ahead(outlook(buy_eur_kwh=buy, load_kw=(load_kw,) * 192))
    for plan in (optimise(seen, held, MONTH), dynamic(seen, held, MONTH)):
        kw = plan.schedules[BOILER].kw
        assert all(each < 1e-6 or one.least_kw - 1e-6 <= each <= 2.0 + 1e-6 for each in kw)
        whole = min(round(on_s / 900), int(np.flatnonzero(kw).max(initial=0)) + 1)
        assert least_kw == 0 or all(each >= whole for each in lengths(kw))
        over_kwh = sum(kw) / 4 - energy_kwh
        assert over_kwh <= max(1, round(on_s / 900)) * one.least_kw / 4 + 1e-6
        total = np.sum([each.kw for each in plan.schedules.values()], axis=0)
        assert plan.grid_kw == pytest.approx(total + load_kw, abs=1e-5)


def test_runs_begin_where_most_was_given() -> None:
    (one,) = assets(loads(load()), NOW).takers
    assert isinstance(one, Deferrable)
    kw = np.array([0.0, 0.5, 0.0, 1.0, 1.5, 1.0, 0.0])
    assert [*np.flatnonzero(runs(kw, one))] == [3, 4]


def planned(held: Assets, **kw: float) -> Plan:
    """A plan with this power for each load in every quarter."""
    schedules = {each.key: Schedule((kw[each.key[1]],) * 192, (0.3,) * 192) for each in held.takers}
    return Plan(start=NOW, schedules=schedules, grid_kw=(2.5,) * 192, target_kw=2.5, cost_eur=0.0)


def test_a_load_stays_on_and_off_for_its_minimum_times() -> None:
    """Whatever each plan requests, it is on for at least 30 minutes, or off for at least 15."""
    held = assets(loads(load()), NOW)
    on, off = planned(held, boiler=2.0), planned(held, boiler=0.0)
    shared, kw, switched = Shared(), 0.0, list[int]()
    for second in range(0, 7200, 30):
        now = NOW + timedelta(seconds=second)
        plan = on if second // 600 % 2 == 0 else off
        quarter = now.replace(minute=now.minute // 15 * 15, second=0)
        telegram = house(0.3 + kw).model_copy(update={"time": now})
        assert telegram.quarter is not None
        ends = {"start": quarter, "end": quarter + timedelta(minutes=15)}
        telegram = telegram.model_copy(update={"quarter": telegram.quarter.model_copy(update=ends)})
        need = assets(loads(load(power_kw=kw)), NOW)
        shared = share(shared, telegram, need, replace(plan, start=NOW), now)
        if (shared.kw[BOILER] > 0) != (kw > 0):
            switched.append(second)
        kw = shared.kw[BOILER]
    ons, offs = switched[::2], switched[1::2]
    assert ons
    assert offs
    assert all(stop - start >= 1800 for start, stop in zip(ons, offs, strict=False))
    assert all(start - stop >= 900 for stop, start in zip(offs, ons[1:], strict=False))


def test_the_lowest_priority_is_switched_off_first_with_a_reason() -> None:
    both = loads(
        load(power_kw=2.0, priority=2), load(name="pump", power_kw=1.0, least_kw=1.0, most_kw=1.0)
    )
    held = assets(both, NOW)
    kw = {BOILER: 2.0, PUMP: 1.0}
    before = Shared(kw=kw, on=dict.fromkeys(kw, NOW), base=Base(NOW, 1.0, 1.0))
    seen = house(4.0, so_far_kw=0.9, left_s=600.0)
    shared = share(before, seen, held, planned(held, boiler=2.0, pump=1.0), NOW)
    assert shared.kw == {PUMP: 1.0, BOILER: 0.0}
    why = shared.grants["shed"].assets["boiler"].why
    assert why.startswith("switched off, of priority 2: its minimum of 2.0 kW is not possible")


@pytest.mark.parametrize(
    ("net_kw", "changed", "kw", "why"),
    [
        (0.4, {}, 0.0, "a later hour is cheaper"),
        (-3.0, {}, 2.0, "charging from solar surplus"),
        (-3.0, {"energy_kwh": 0.0}, 0.0, "it needs no more energy"),
        (12.0, {"power_kw": 2.0}, 0.0, "switched off, of priority 5"),
    ],
)
def test_beside_the_plan_it_takes_the_sun(
    net_kw: float, changed: dict[str, object], kw: float, why: str
) -> None:
    held = assets(loads(load(**changed)), NOW)
    shared = share(Shared(), house(net_kw), held, planned(held, boiler=0.0), NOW)
    assert shared.kw[BOILER] == kw
    assert why in shared.grants["shed"].why


def test_without_a_plan_it_runs_by_its_time_and_else_takes_the_sun() -> None:
    def granted(net_kw: float, **changed: object) -> float:
        held = assets(loads(load(**changed)), NOW)
        return share(Shared(), house(net_kw), held, None, NOW).kw[BOILER]

    assert granted(0.3) == 2.0
    assert granted(0.3, deadline=None) == 0.0
    assert granted(-2.5, deadline=None) == 2.0


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"least_kw": 3.0}, "boiler needs at least 3.0 kW but takes at most 2.0 kW"),
        ({"deadline": NOW - timedelta(hours=1)}, "boiler should have been done by now"),
    ],
)
def test_odd_values_of_a_load_are_reported(changed: dict[str, object], sentence: str) -> None:
    held = assets(loads(load(**changed)), NOW)
    assert sentence in held.notes[0]


def test_a_load_of_nothing_is_none() -> None:
    assert not assets(loads(load(most_kw=0.0, least_kw=0.0)), NOW).every
    assert messages.Need(name="old", power_kw=1.0).loads == ()
