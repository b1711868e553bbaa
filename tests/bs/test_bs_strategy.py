"""Set-point of the battery for one second, with its reason."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from base import messages
from bs.facts import Departure, Mode
from bs.inputs import Rules, Wish
from bs.owner_command import wished
from bs.pack import departure
from bs.sentences import Act
from bs.strategy import Memory, decide
from tests.bs.factories import (
    BATTERY,
    NOON,
    STALE,
    decided,
    granted,
    house,
    kw,
    scene,
)


def test_a_grant_is_followed() -> None:
    found = decided(scene(2.0, told=house(2.0, grants=granted(1.5))))
    assert found.act is Act.CHARGING
    assert kw(found) == pytest.approx(1.5)
    assert found.need.why == "the plan says so"


def test_a_grant_holds_until_it_expires_and_then_the_batterys_own_self_use() -> None:
    """A house message without a grant does not end an earlier grant."""
    first = decided(scene(2.0, told=house(2.0, grants=granted(-1.5))))
    for later_s, act in ((9, Act.DISCHARGING), (11, Act.LOST)):
        at = NOON + timedelta(seconds=later_s)
        silent = replace(scene(2.0, told=house(2.0, at), heard=at), now=at)
        assert decided(silent, first.memory).act is act
    never = decided(scene(2.0))
    assert {point.mode for point in never.set_points.values()} == {Mode.AUTO}
    assert "has not allowed any power yet" in never.need.why


def test_an_expired_grant_is_void() -> None:
    grant = messages.Grant(kw=1.5, until=NOON - timedelta(seconds=1), why="the plan said so")
    assert decided(scene(2.0, told=house(2.0, grants={"bs": grant}))).act is Act.LOST


@pytest.mark.parametrize("case", ["never", "old", "stale"])
def test_without_meter_messages_it_runs_its_own_mode(case: str) -> None:
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
    assert kw(found) == pytest.approx(0.8 * 2.47 - 0.5)
    assert "month peak" in found.need.why


@pytest.mark.parametrize("words", [("3",), ("3kW",), ("3", "kW"), ("3", "kw", "until", "18:00")])
def test_the_owner_may_say_the_unit(words: tuple[str, ...]) -> None:
    assert wished(Mode.CHARGE, words, NOON).power_kw == 3.0


def test_an_ended_command_no_longer_counts() -> None:
    over = Wish(Mode.HOLD, until=NOON - timedelta(seconds=1))
    assert decided(scene(1.2, told=house(1.2, grants=granted(-1.2)), wish=over)).act is (
        Act.DISCHARGING
    )


def test_a_car_that_can_discharge_is_ready_when_it_leaves() -> None:
    """Near its departure the battery charges regardless of the grant and raises its reserve."""
    giving = house(1.0, grants=granted(-1.0))
    far = Departure(NOON + timedelta(hours=16), 80.0)
    found = decided(scene(1.0, told=giving, departure=far))
    assert kw(found) == pytest.approx(-1.0)
    assert found.need.batteries[0].reserve_pct == pytest.approx(10.0)
    near = Departure(NOON + timedelta(minutes=40), 80.0)
    found = decided(scene(1.0, told=giving, departure=near))
    assert found.act is Act.READY
    assert kw(found) > 4.0
    assert "to be ready by 12:40" in found.need.why
    assert found.need.batteries[0].reserve_pct > 50.0


def test_a_grant_that_charges_fast_enough_for_the_departure_is_followed() -> None:
    near = Departure(NOON + timedelta(minutes=40), 80.0)
    found = decided(scene(1.0, told=house(1.0, grants=granted(5.0)), departure=near))
    assert found.act is Act.CHARGING


@pytest.mark.parametrize(("now", "at"), [((5, 30), (6, 0)), ((6, 30), (30, 0))])
def test_it_leaves_at_the_same_time_each_day(now: tuple[int, int], at: tuple[int, int]) -> None:
    """The departure at 7:00 in Brussels is 6:00 UTC in winter, today or else tomorrow."""
    midnight = NOON.replace(hour=0)
    car = replace(BATTERY, leaves=time(7), leaves_pct=70.0)
    found = departure(car, midnight + timedelta(hours=now[0], minutes=now[1]))
    assert found == Departure(midnight + timedelta(hours=at[0], minutes=at[1]), 70.0)
    assert departure(BATTERY, NOON) is None


def test_each_set_point_has_its_sentence() -> None:
    told = house(2.0, grants=granted(-2.0))
    for one in (scene(2.0), scene(2.0, told=told), scene(2.0, soc=None)):
        assert all(len(point.why) > 10 for point in decided(one).set_points.values())


def test_the_log_keeps_changes_only() -> None:
    """Ten minutes with the same reason are one line."""
    memory, lines = Memory(), list[str]()
    for second in range(600):
        at = NOON + timedelta(seconds=second)
        grant = messages.Grant(kw=-2.0, until=at + timedelta(seconds=10), why="as planned")
        told = house(0.0, at, grants={"bs": grant})
        found = decided(replace(scene(0.0, told=told, heard=at), now=at), memory)
        memory = found.memory
        lines += found.diary
    assert lines == ["as planned"]
