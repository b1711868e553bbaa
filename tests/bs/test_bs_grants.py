"""Grants are followed without oscillation, while batteries react slowly and are read late.

dm's part is its real allocation code (plan/allocation.py), with the need of bs from a second ago.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from apps.bs.batteries import Batteries, Kept
from base import messages
from bench.clouds import fast_swings
from bs.facts import Battery, Mode
from bs.inputs import Rules, Scene, Unit
from bs.sentences import Act
from plan.allocation import Shared, share
from plan.assets import assets
from sim.battery import Pack, PackState, step
from tests.bs.factories import NOON, house, kw, read_from, scene

AGAIN_S = 5
SLOW = Pack(ramp_kw_s=0.8, standby_kw=0.0)


@dataclass
class Second:
    """One second of the simulated house, in kW."""

    net_kw: float
    told_kw: float
    batteries_kw: tuple[float, ...]
    act: Act


def shared_house(
    loads_kw: Callable[[int], float],
    seconds: int,
    *,
    packs: tuple[Pack, ...] = (SLOW,),
    socs: tuple[float, ...] = (50.0, 50.0),
    reads_s: int = 2,
    granting: Callable[[int], bool] = lambda _: True,
    target_kw: float = 2.5,
    late_s: int = 0,
    lag_s: float = 0.0,
) -> Iterator[Second]:
    """Simulate a house with this load, one item per second.

    dm receives the need of bs a second late, and bs reads its batteries every `reads_s`. The meter
    shows the batteries `late_s` late; bs allows for a delay of `lag_s`.
    """
    names = [f"battery {number}" for number in range(len(packs))]
    states = [
        PackState(pack.capacity_kwh * soc / 100) for pack, soc in zip(packs, socs, strict=False)
    ]
    owned = [
        Battery(
            name=name,
            capacity_kwh=pack.capacity_kwh,
            charge_kw=pack.charge_kw,
            discharge_kw=pack.discharge_kw,
        )
        for name, pack in zip(names, packs, strict=True)
    ]
    ours, dm, said, said_s = (
        Batteries(Kept(), Rules(), "", lag_s),
        Shared(),
        dict[str, messages.Need](),
        0,
    )
    read = [read_from(*each, NOON) for each in zip(names, packs, states, strict=True)]
    past: list[float] = []
    for second in range(seconds):
        at = NOON + timedelta(seconds=second)
        past.append(sum(state.power_kw for state in states))
        net_kw = loads_kw(second) + past[max(0, len(past) - 1 - late_s)]
        told = house(net_kw, at, target_kw=target_kw)
        dm = share(dm, told, assets(said, at), None, at)
        if granting(second):
            told = told.model_copy(update={"grants": dm.grants})
        if second % reads_s == 0:
            read = [read_from(*each, at) for each in zip(names, packs, states, strict=True)]
        units = tuple(Unit(*each) for each in zip(owned, read, strict=True))
        decision, news = ours.decide(Scene(now=at, house=told, heard=at, units=units))
        if news or second - said_s >= AGAIN_S:
            said, said_s = {"bs": decision.need}, second
            ours.reported(decision.need, at)
        points = [decision.set_points[name].signed_kw for name in names]
        states = [step(*each, 1.0) for each in zip(packs, states, points, strict=True)]
        powers = tuple(state.power_kw for state in states)
        yield Second(net_kw, kw(decision), powers, decision.act)


def step_at(second: int, before_kw: float, after_kw: float) -> Callable[[int], float]:
    return lambda now: before_kw if now < second else after_kw


@pytest.mark.parametrize("reads_s", [1, 2, 5])
@pytest.mark.parametrize(("before_kw", "after_kw"), [(0.5, 2.9), (-3.0, -0.5), (0.6, -2.4)])
def test_a_granted_step_is_answered_once(before_kw: float, after_kw: float, reads_s: int) -> None:
    """After a step of the load the set-point does not overshoot and then stays constant."""
    lived = list(shared_house(step_at(30, before_kw, after_kw), 90, reads_s=reads_s))
    told = [second.told_kw for second in lived]
    assert lived[29].act in (Act.DISCHARGING, Act.CHARGING)
    assert min(told) >= min(-before_kw, -after_kw, 0.0) - 0.1
    assert max(told) <= max(-before_kw, -after_kw, 0.0) + 0.1
    assert all(abs(second.net_kw) < 0.15 for second in lived[65:])
    assert not fast_swings(told)


def test_a_granted_step_is_answered_in_the_same_second() -> None:
    """dm knows the power of a battery at rest, so its grant is followed at once."""
    lived = list(shared_house(step_at(30, 0.5, 2.9), 40))
    assert lived[30].told_kw == pytest.approx(-2.9, abs=0.1)


@pytest.mark.parametrize("reads_s", [1, 2, 5])
def test_two_batteries_divide_a_grant(reads_s: int) -> None:
    """Batteries of different size and ramp give 6 kW together, each in proportion to its size."""
    packs = (
        SLOW,
        Pack(capacity_kwh=5.0, charge_kw=2.5, discharge_kw=2.5, ramp_kw_s=2.5, standby_kw=0.0),
    )
    lived = list(shared_house(step_at(20, 0.6, 6.0), 80, packs=packs, reads_s=reads_s))
    assert all(abs(second.net_kw) < 0.15 for second in lived[55:])
    assert lived[-1].batteries_kw == pytest.approx((-4.0, -2.0), abs=0.1)
    assert not fast_swings([second.told_kw for second in lived])


def test_what_one_cannot_do_now_the_other_does() -> None:
    """The small battery tapers because it is nearly full; the other takes the rest of the grant."""
    packs = Pack(capacity_kwh=20.0, standby_kw=0.0), Pack(capacity_kwh=5.0, standby_kw=0.0)
    lived = list(shared_house(lambda _: -6.0, 60, packs=packs, socs=(50.0, 98.0)))
    assert all(abs(second.net_kw) < 0.2 for second in lived[30:])
    assert lived[-1].batteries_kw[1] < 2.5 < lived[-1].batteries_kw[0]


def test_one_that_is_empty_leaves_its_part_to_the_other() -> None:
    """The small battery is at its reserve; the big one gives all that is granted."""
    packs = SLOW, Pack(capacity_kwh=5.0, standby_kw=0.0)
    lived = list(shared_house(lambda _: 2.0, 60, packs=packs, socs=(50.0, 10.0)))
    assert lived[-1].batteries_kw == pytest.approx((-2.0, 0.0), abs=0.1)


def test_when_grants_stop_it_goes_to_its_own_self_use() -> None:
    """The last grant holds for 10 s; a new one is followed again."""
    lived = list(shared_house(lambda _: 2.0, 150, granting=lambda s: not 60 <= s < 100))
    assert {second.act for second in lived[30:69]} == {Act.DISCHARGING}
    assert {second.act for second in lived[71:100]} == {Act.LOST}
    assert {second.act for second in lived[101:]} == {Act.DISCHARGING}


def test_the_clouds_of_a_quarter_are_followed_calmly() -> None:
    """Changing solar power causes no oscillation faster than 0.1 Hz."""
    from random import Random

    chance, sun = Random(5), [2.5]
    for _ in range(900):
        wild = 2.5 if chance.random() < 0.1 else 0.1
        sun.append(min(5.0, max(0.2, sun[-1] + (chance.random() - 0.5) * wild)))
    lived = list(shared_house(lambda second: 1.2 - sun[second], 900))
    assert not fast_swings([second.told_kw for second in lived])
    lost_kwh = sum(abs(second.net_kw) for second in lived) / 3600
    assert lost_kwh < 0.25 * sum(abs(1.2 - kw) for kw in sun) / 3600


def test_a_hurried_simulation_does_not_swing() -> None:
    """The meter shows the battery six seconds late: one step of the load causes one step of bs."""
    lived = list(shared_house(step_at(60, 0.5, 2.9), 160, late_s=6, lag_s=12.0, reads_s=6))
    told = [second.told_kw for second in lived]
    assert not fast_swings(told)
    assert min(told) > -3.0
    assert all(abs(second.net_kw) < 0.15 for second in lived[100:])


def test_a_plan_that_charges_is_not_chased() -> None:
    """A planned grant does not change while the battery moves towards it."""
    grant = messages.Grant(kw=2.0, until=NOON + timedelta(seconds=10), why="as planned")
    moving = scene(2.5, told=house(2.5, grants={"bs": grant}))
    ours = Batteries(Kept(), Rules(), "")
    first, _ = ours.decide(replace(moving, house=house(0.5, grants={"bs": grant})))
    ours.reported(first.need, NOON)
    after, _ = ours.decide(moving)  # the power arrived, but dm has not received it yet
    assert kw(first) == kw(after) == pytest.approx(2.0)


@pytest.mark.parametrize("skew_s", [-3600, 0, 3600])
def test_the_clocks_of_the_two_machines_need_not_agree(skew_s: int) -> None:
    """dm's clock is an hour off: the duration of its grant counts from its arrival."""
    theirs = NOON + timedelta(seconds=skew_s)
    grant = messages.Grant(kw=1.5, until=theirs + timedelta(seconds=5), why="the plan says so")
    told = house(2.0, theirs, grants={"bs": grant})
    ours = Batteries(Kept(), Rules(), "")
    one = scene(2.0, told=told)
    assert ours.decide(one)[0].act is Act.CHARGING
    late = replace(one, now=NOON + timedelta(seconds=6))
    assert ours.decide(late)[0].act is Act.LOST


def test_a_grant_beyond_its_power_is_done_as_far_as_it_can() -> None:
    grant = messages.Grant(kw=-9.0, until=NOON + timedelta(seconds=10), why="the plan says so")
    found, _ = Batteries(Kept(), Rules(), "").decide(
        scene(9.0, told=house(9.0, grants={"bs": grant}))
    )
    (point,) = found.set_points.values()
    assert (point.mode, point.power_kw) == (Mode.DISCHARGE, 5.0)
    assert point.why == "the plan says so"
