"""The tactics: what the battery does this second, and why."""

from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from base import messages
from bench.clouds import fast_swings
from bs.bank import departure
from bs.damping import Motion
from bs.facts import Departure, Mode
from bs.inputs import Rules, Wish
from bs.sentences import Act
from bs.strategy import Memory, decide
from bs.wish import wished
from tests.bs.factories import (
    BATTERY,
    NOON,
    STALE,
    car,
    decided,
    house,
    kw,
    lived,
    outlook,
    scene,
)

DEAR_TONIGHT = outlook(lambda place: 0.10 if place < 24 else 0.40 if place < 48 else 0.25)
CHEAP_TONIGHT = outlook(lambda place: 0.40 if place < 24 else 0.10)


def test_own_sun_is_stored() -> None:
    found = decided(scene(-2.0))
    assert kw(found) == pytest.approx(2.0)
    assert found.act is Act.SUN


def test_the_house_is_covered() -> None:
    found = decided(scene(1.2))
    assert kw(found) == pytest.approx(-1.2)
    assert found.act is Act.COVERING


def test_nothing_is_exported_from_the_battery() -> None:
    """However dear, the meter is not brought below zero."""
    found = decided(scene(0.8, told=house(0.8, sell=2.0)))
    assert kw(found) >= -0.8


def test_in_a_cheap_hour_the_energy_is_kept_for_a_dear_one() -> None:
    """What is above the target is still taken off; what is under it comes from the grid."""
    found = decided(scene(2.0, told=house(2.0, buy=0.10), ahead=DEAR_TONIGHT, soc=30.0))
    assert kw(found) >= 0.0


def test_the_quarter_is_held_at_its_target_not_at_zero() -> None:
    found = decided(scene(4.0, told=house(4.0, buy=0.10), ahead=DEAR_TONIGHT))
    assert found.act is Act.SHAVING
    assert kw(found) == pytest.approx(-1.55)
    assert "2.50 kW" in next(iter(found.set_points.values())).why


def test_a_quarter_with_room_left_stops_no_kettle() -> None:
    """A minute of 3 kW late in an empty quarter is no reason to discharge."""
    late = house(3.0, NOON, budget_wh=2000.0, buy=0.10)
    assert decided(scene(3.0, told=late, ahead=DEAR_TONIGHT, soc=30.0)).act is not Act.SHAVING


def test_the_grid_charges_only_what_the_quarter_leaves() -> None:
    cheap = scene(0.5, told=house(0.5, buy=0.10), ahead=DEAR_TONIGHT, soc=20.0)
    found = decided(cheap)
    assert found.act is Act.GRID
    assert kw(found) == pytest.approx(0.8 * 2.45 - 0.5)


def test_a_spread_smaller_than_losses_and_wear_is_left() -> None:
    flat = outlook(lambda place: 0.28 if place < 24 else 0.30)
    found = decided(scene(0.0, told=house(0.0, buy=0.28), ahead=flat))
    assert kw(found) == 0.0


def test_paid_to_take_it_takes_what_the_quarter_leaves() -> None:
    """Negative prices: it charges at the target, and does not discharge."""
    paid = outlook(lambda place: -0.05 if place < 8 else 0.25, sell=-0.08)
    found = decided(scene(1.0, told=house(1.0, buy=-0.05, sell=-0.08), ahead=paid))
    assert kw(found) == pytest.approx(0.8 * 2.45 - 1.0)


def test_sun_waits_when_it_is_worth_less_stored_than_sold() -> None:
    """Injection earns 0.50 now: storing it for 0.30 would be a loss."""
    found = decided(scene(-2.0, told=house(-2.0, sell=0.50)))
    assert kw(found) == 0.0


def test_the_car_is_left_to_the_grid() -> None:
    """Of 4 kW, 3.6 go into the car: the battery covers the house alone."""
    found = decided(scene(4.0, told=house(4.0, target_kw=6.0), needs=(car(3.6),)))
    assert kw(found) == pytest.approx(-0.4)


def test_the_quarter_is_held_for_the_car_too() -> None:
    found = decided(scene(4.0, needs=(car(3.6),)))
    assert found.act is Act.SHAVING
    assert kw(found) == pytest.approx(-1.55)


def test_a_block_that_cannot_be_held_is_not_fed() -> None:
    """11 kW for hours: 5 kW for one of them would leave the peak where it is."""
    found = decided(scene(12.0, needs=(car(11.0),)))
    assert kw(found) == pytest.approx(-1.0)
    found = decided(scene(12.0, soc=100.0, needs=(car(11.0, energy_kwh=44.0),)))
    assert kw(found) == pytest.approx(-8.55 / 4, abs=0.02)


def test_a_short_block_is_lowered_as_long_as_it_lasts() -> None:
    """The car is done in 20 minutes: the battery lowers the peak until then."""
    found = decided(scene(12.0, soc=90.0, needs=(car(11.0, energy_kwh=3.5),)))
    assert kw(found) == pytest.approx(-5.0)


def test_the_house_alone_is_lowered_with_all_there_is() -> None:
    assert kw(decided(scene(9.0))) == pytest.approx(-5.0)


def test_a_trip_is_helped_besides_the_house() -> None:
    """Of 4 kW the car takes 3.6 and asks 2: those, and the house's 0.4; said for whom and why."""
    asking = (car(3.6, help_kw=2.0, leaves=NOON + timedelta(hours=2)),)
    found = decided(scene(4.0, told=house(4.0, target_kw=6.0), needs=asking))
    assert found.act is Act.HELPING
    assert kw(found) == pytest.approx(-2.4)
    assert "to help q4: it must leave with 80 % at 14:00 and lacks 2.00 kW" in found.need.why


def test_help_is_given_without_a_trip_that_is_known() -> None:
    """A charger that says no more than what it lacks is helped too, but never beyond the car."""
    found = decided(scene(4.0, told=house(4.0, target_kw=6.0), needs=(car(1.0, help_kw=9.0),)))
    assert kw(found) == pytest.approx(-4.0)
    found = decided(scene(0.4, needs=(car(0.0, help_kw=2.0),)))
    assert kw(found) == pytest.approx(-0.4)


def test_a_grant_is_obeyed() -> None:
    grant = messages.Grant(kw=1.5, until=NOON + timedelta(seconds=10), why="the plan says so")
    found = decided(scene(2.0, told=house(2.0, grants={"bs": grant})))
    assert found.act is Act.TAKING
    assert kw(found) == pytest.approx(1.5)


def test_an_old_grant_is_void() -> None:
    grant = messages.Grant(kw=1.5, until=NOON - timedelta(seconds=1), why="the plan said so")
    assert decided(scene(2.0, told=house(2.0, grants={"bs": grant}))).act is Act.COVERING


@pytest.mark.parametrize("case", ["never", "old", "stale"])
def test_without_a_word_of_the_meter_it_goes_to_its_own_self_use(case: str) -> None:
    one = scene(2.0)
    if case == "never":
        one = replace(one, house=None, heard=None)
    elif case == "old":
        one = replace(one, heard=NOON - timedelta(seconds=11))
    else:
        one = replace(one, house=house(2.0, health=STALE))
    found = decided(one)
    assert {point.mode for point in found.set_points.values()} == {Mode.AUTO}
    assert found.act is Act.LOST


def test_it_may_hold_instead() -> None:
    found = decide(replace(scene(2.0), house=None), Rules(lost=Mode.HOLD), Memory())
    assert {point.mode for point in found.set_points.values()} == {Mode.HOLD}


@pytest.mark.parametrize("soc", [None, float("nan"), 255.0, -1.0])
def test_an_unknown_charge_is_a_hold(soc: float | None) -> None:
    found = decided(scene(2.0, soc=soc))
    assert {point.mode for point in found.set_points.values()} == {Mode.HOLD}
    assert not found.need.healthy
    assert found.need.batteries[0].soc_pct is None


def test_the_owner_wins() -> None:
    assert kw(decided(scene(2.0, wish=Wish(Mode.HOLD)))) == 0.0
    assert kw(decided(scene(-2.0, wish=Wish(Mode.DISCHARGE, 2.0)))) == pytest.approx(-2.0)


def test_the_owner_charges_under_the_month_peak() -> None:
    found = decided(scene(0.5, wish=Wish(Mode.CHARGE, 4.0)))
    assert kw(found) == pytest.approx(0.8 * 2.45 - 0.5)
    assert "month peak" in found.need.why


@pytest.mark.parametrize("words", [("3",), ("3kW",), ("3", "kW"), ("3", "kw", "until", "18:00")])
def test_the_owner_may_say_the_unit(words: tuple[str, ...]) -> None:
    assert wished(Mode.CHARGE, words, NOON).power_kw == 3.0


def test_a_word_that_ended_counts_no_more() -> None:
    over = Wish(Mode.HOLD, until=NOON - timedelta(seconds=1))
    assert decided(scene(1.2, wish=over)).act is Act.COVERING


def test_an_empty_battery_gives_nothing_until_it_came_some_way() -> None:
    """At its reserve, and one percent above it when it was there: a reading wavers."""
    empty = decided(scene(2.0, soc=10.0))
    assert kw(empty) >= 0.0
    rested = replace(empty.memory, motion=Motion())
    assert kw(decided(scene(2.0, soc=11.0), rested)) >= 0.0
    assert kw(decided(scene(2.0, soc=20.0), rested)) < 0.0


def test_a_car_that_can_discharge_is_ready_when_it_leaves() -> None:
    """A battery with a deadline: far from it it serves the house, when it can be charged for less
    before it leaves, and else it holds; near it it charges."""
    far = Departure(NOON + timedelta(hours=16), 80.0)
    dear = house(1.0, buy=0.40)
    assert kw(decided(scene(1.0, told=dear, ahead=CHEAP_TONIGHT, departure=far))) < 0.0
    assert kw(decided(scene(1.0, departure=far))) == 0.0
    near = Departure(NOON + timedelta(minutes=40), 80.0)
    found = decided(scene(1.0, departure=near))
    assert found.act is Act.READY
    assert kw(found) > 4.0


def test_a_car_that_can_discharge_serves_the_evening_and_is_full_in_the_morning() -> None:
    """Plugged in at 19:00 with 90 %, away at 7:00 with 80 %: dear hours are taken from it, cheap
    ones given back, and the month peak stays where it was."""
    evening = NOON.replace(hour=18)
    leaves = Departure(evening + timedelta(hours=12), 80.0)
    prices = outlook(lambda place: 0.38 if place < 16 else 0.12, at=evening)
    night = list(
        lived(lambda _: 0.6, 12 * 3600, step_s=10, soc=90.0, start=evening, ahead=prices,
              departure=leaves)
    )  # fmt: skip
    early = [second for second in night if second.at < evening + timedelta(hours=3)]
    assert sum(second.battery_kw for second in early) / 360 < -1.5  # kWh
    soc = night[-1].decision.need.batteries[0].soc_pct
    assert soc is not None
    assert soc >= 79.0
    assert max(second.net_kw for second in night) < 2.6


@pytest.mark.parametrize(("now", "at"), [((5, 30), (6, 0)), ((6, 30), (30, 0))])
def test_it_leaves_at_the_same_time_each_day(now: tuple[int, int], at: tuple[int, int]) -> None:
    """7:00 in Brussels, in winter 6:00 UTC: today while that is to come, else tomorrow."""
    midnight = NOON.replace(hour=0)
    car = replace(BATTERY, leaves=time(7), leaves_pct=70.0)
    found = departure(car, midnight + timedelta(hours=now[0], minutes=now[1]))
    assert found == Departure(midnight + timedelta(hours=at[0], minutes=at[1]), 70.0)
    assert departure(BATTERY, NOON) is None


def test_each_set_point_has_its_sentence() -> None:
    for one in (scene(2.0), scene(-2.0), scene(0.0), scene(4.0), scene(2.0, soc=None)):
        assert all(len(point.why) > 10 for point in decided(one).set_points.values())


def test_the_diary_keeps_changes_only() -> None:
    """Ten minutes of sun are one line."""
    seconds = list(lived(lambda _: -2.0, 600))
    lines = [line for second in seconds for line in second.decision.diary]
    assert len(lines) == 1
    assert lines[0].startswith("charging from surplus")


def test_three_kilowatts_are_answered_in_the_same_second() -> None:
    """A step in one telegram is in the next set-point, and the meter is at zero seconds later."""
    seconds = list(lived(lambda second: 0.0 if second < 30 else 2.4, 60))
    assert kw(seconds[30].decision) == pytest.approx(-2.4, abs=0.06)
    assert all(abs(second.net_kw) < 0.1 for second in seconds[35:])


@pytest.mark.parametrize("reads_s", [1, 2, 5, 9])
def test_a_slow_battery_is_not_chased(reads_s: int) -> None:
    """Read late and moving slowly, it settles without swinging."""
    from sim.battery import Pack

    slow = Pack(ramp_kw_s=0.8, standby_kw=0.0)
    seconds = list(lived(lambda s: 0.5 if s < 20 else 2.3, 90, pack=slow, reads_s=reads_s))
    powers = [second.battery_kw for second in seconds]
    assert min(powers) > -2.9
    assert all(abs(second.net_kw) < 0.15 for second in seconds[40:])


@settings(max_examples=15, deadline=None)
@given(
    loads=st.lists(st.floats(-4.0, 5.0), min_size=3, max_size=6),
    soc=st.floats(10.0, 100.0),
    cheap=st.booleans(),
)
@example(loads=[0.0, 3.0, 5.0], soc=10.0, cheap=False)
def test_the_battery_never_raises_the_quarter(loads: list[float], soc: float, cheap: bool) -> None:
    """Whatever a house within the battery's power does and the prices say: no quarter ends above
    both the target and what it would have been without the battery, but for the losses of what
    it stored early in the quarter and gave back late: nobody knows what a house will do."""
    ahead = outlook(lambda place: 0.05 if cheap and place < 4 else 0.35)

    def load(second: int) -> float:
        return loads[second // 150 % len(loads)]

    used, stored_kwh = {True: 0.0, False: 0.0}, 0.0
    for second in lived(load, 900, soc=soc, ahead=ahead):
        stored_kwh += max(0.0, second.battery_kw) / 3600
        used[True] += max(0.0, second.net_kw) / 3600
        used[False] += max(0.0, second.net_kw - second.battery_kw) / 3600
    lost_kwh = (1 - 0.95**2) * stored_kwh
    assert used[True] * 4 <= max(2.5, used[False] * 4) + 4 * lost_kwh + 0.05


@pytest.mark.parametrize("soc", [50.0, 92.0])
def test_a_day_of_clouds_is_calm(soc: float) -> None:
    """An hour at 1 s: nothing swings faster than 0.1 Hz, and half of the seconds write nothing; not
    even while a battery that is nearly full takes ever less. The whole day is bench/clouds.py."""
    from random import Random

    chance, sun = Random(3), [3.0]
    for _ in range(3600):
        cover = chance.random()
        sun.append(
            min(5.0, max(0.2, sun[-1] + (chance.random() - 0.5) * (2.5 if cover < 0.1 else 0.1)))
        )
    seconds = list(lived(lambda second: 1.2 - sun[second], 3600, soc=soc))
    told = [kw(second.decision) for second in seconds]
    assert not fast_swings(told)
    assert sum(before != after for before, after in pairwise(told)) < 1800
