"""Conformance tests that every driver must pass with its device."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import pytest

from bs.facts import Mode
from tests.bs.devices.factories import AUTO, HOLD, KINDS, charge, discharge, rig

STEERED = [kind for kind in KINDS if kind != "homewizard"]
SETTLE_S = 6.0
NEAR_KW = 0.08


@pytest.mark.parametrize("kind", KINDS)
async def test_reads_what_the_battery_measures(kind: str) -> None:
    """State of charge and power are read in our units."""
    async with rig(kind) as it:
        await it.pass_s(4)
        state = it.device.state
        assert state.healthy, state.notice
        assert state.soc_pct == pytest.approx(it.sim.shown_pct, abs=1)
        assert state.power_kw == pytest.approx(it.sim.state.power_kw, abs=NEAR_KW)
        assert state.at.tzinfo is not None


@pytest.mark.parametrize("kind", STEERED)
@pytest.mark.parametrize("kw", [0.5, 2.0])
async def test_charges_with_the_power_it_is_told(kind: str, kw: float) -> None:
    """The battery draws the set power and its stored energy rises, so no sign is wrong."""
    async with rig(kind) as it:
        before_kwh = it.sim.state.stored_kwh
        told = await it.device.set(charge(kw))
        await it.pass_s(SETTLE_S)
        assert told is not None
        assert told.mode is Mode.CHARGE
        assert it.sim.state.power_kw == pytest.approx(kw, abs=NEAR_KW)
        assert it.device.state.power_kw == pytest.approx(kw, abs=NEAR_KW)
        assert it.device.state.mode is Mode.CHARGE
        assert it.sim.state.stored_kwh > before_kwh


@pytest.mark.parametrize("kind", STEERED)
async def test_discharges_with_the_power_it_is_told(kind: str) -> None:
    """The battery gives the set power and its stored energy falls."""
    async with rig(kind) as it:
        before_kwh = it.sim.state.stored_kwh
        await it.device.set(discharge(1.5))
        await it.pass_s(SETTLE_S)
        assert it.sim.state.power_kw == pytest.approx(-1.5, abs=NEAR_KW)
        assert it.device.state.power_kw == pytest.approx(-1.5, abs=NEAR_KW)
        assert it.device.state.mode is Mode.DISCHARGE
        assert it.sim.state.stored_kwh < before_kwh


async def test_homewizard_does_the_nearest_it_can_and_never_more() -> None:
    """Partial charging uses solar surplus only, full power charges, discharge covers the house."""
    async with rig("homewizard") as it:
        it.sim.house_kw = lambda: -0.3
        await it.device.set(charge(0.5))
        await it.pass_s(SETTLE_S)
        assert it.sim.state.power_kw == pytest.approx(0.3)
        await it.device.set(charge(0.8))
        await it.pass_s(SETTLE_S)
        assert it.sim.state.power_kw == pytest.approx(0.8)
        it.sim.house_kw = lambda: 0.4
        await it.device.set(discharge(0.8))
        await it.pass_s(SETTLE_S)
        assert it.sim.state.power_kw == pytest.approx(-0.4)


@pytest.mark.parametrize("kind", KINDS)
async def test_holds_whatever_the_house_does(kind: str) -> None:
    async with rig(kind) as it:
        for house_kw in (2.0, -2.0):
            it.sim.house_kw = partial(float, house_kw)
            told = await it.device.set(HOLD)
            await it.pass_s(SETTLE_S)
            assert told is not None
            assert told.mode is Mode.HOLD
            assert it.sim.state.power_kw == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
async def test_given_back_it_does_its_own_self_use(kind: str) -> None:
    """After auto or release the device balances the grid itself (in mode 3 it goes to 0 W)."""
    async with rig(kind) as it:
        it.sim.house_kw = lambda: 0.6
        ways: list[Callable[[], Awaitable[object]]] = [
            partial(it.device.set, AUTO),
            it.device.release,
        ]
        for give_back in ways:
            await it.device.set(charge(1.0))
            await it.pass_s(SETTLE_S)
            await give_back()
            it.stand_s(SETTLE_S)
            it.stand_s(SETTLE_S)
            own_kw = 0.0 if kind == "victron-multi" else -0.6
            assert it.sim.state.power_kw == pytest.approx(own_kw, abs=NEAR_KW)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_change_of_direction_is_followed(kind: str) -> None:
    points = (
        charge(0.8),
        HOLD,
        discharge(0.8),
        charge(0.4),
        discharge(0.3),
        AUTO,
        HOLD,
        charge(0.8),
    )
    async with rig(kind) as it:
        for wanted in points:
            told = await it.device.set(wanted)
            await it.pass_s(2)
            assert told is not None, it.device.state.notice
            assert told.mode is wanted.mode
            assert it.device.state.healthy, it.device.state.notice
            assert it.device.state.mode is wanted.mode


@pytest.mark.parametrize("kind", STEERED)
async def test_does_not_forget_while_we_are_awake(kind: str) -> None:
    """The set-point is kept for four minutes, longer than any watchdog."""
    async with rig(kind) as it:
        await it.device.set(charge(1.2))
        for _ in range(4):
            await it.pass_s(60, step_s=5)
            assert it.sim.state.power_kw == pytest.approx(1.2, abs=NEAR_KW)
        assert it.device.counts["lapses"] == 0


@pytest.mark.parametrize("kind", ["marstek", "sunspec-124", "sunspec-704", "victron-multi"])
async def test_when_we_die_its_watchdog_ends_the_set_point(kind: str) -> None:
    """After two minutes without bs the device no longer charges."""
    async with rig(kind) as it:
        it.sim.house_kw = lambda: 0.6
        await it.device.set(charge(1.2))
        await it.pass_s(SETTLE_S)
        it.stand_s(120)
        it.stand_s(SETTLE_S)
        assert it.sim.state.power_kw <= 0.0


@pytest.mark.parametrize("kind", KINDS)
async def test_a_repeated_set_point_is_not_sent(kind: str) -> None:
    async with rig(kind) as it:
        await it.device.set(charge(0.8))
        writes = it.device.counts["writes"]
        for _ in range(5):
            await it.device.set(charge(0.8))
        assert it.device.counts["writes"] == writes


@pytest.mark.parametrize("kind", STEERED)
async def test_set_again_after_a_restart(kind: str) -> None:
    async with rig(kind) as it:
        await it.device.set(charge(1.2))
        await it.pass_s(SETTLE_S)
        it.sim.restart(it.clock.now_s)
        assert it.wire is not None
        it.wire.cut()
        await it.pass_s(2 * SETTLE_S)
        assert it.device.state.healthy, it.device.state.notice
        assert it.sim.state.power_kw == pytest.approx(1.2, abs=NEAR_KW)


@pytest.mark.parametrize("kind", STEERED)
async def test_never_below_the_reserve_nor_above_the_most(kind: str) -> None:
    """A discharging battery is put on hold at its reserve without a request."""
    async with rig(kind) as it:
        it.sim.state = replace(it.sim.state, stored_kwh=0.105 * it.sim.pack.capacity_kwh)
        await it.pass_s(2)
        await it.device.set(discharge(2.0))
        await it.pass_s(300, step_s=5)
        assert it.device.state.mode is Mode.HOLD
        reserve_kwh = 0.1 * it.sim.pack.capacity_kwh  # a Victron reports whole percents only
        assert it.sim.state.stored_kwh == pytest.approx(reserve_kwh, rel=0.055)
        assert it.device.set_point is not None
        assert "reserve" in it.device.set_point.why


@pytest.mark.parametrize("kind", STEERED)
async def test_never_more_than_law_battery_and_device_allow(kind: str) -> None:
    """A request of 20 kW on one phase becomes 5 kW, or less if the device has a lower limit."""
    async with rig(kind) as it:
        told = await it.device.set(charge(20.0))
        assert told is not None
        assert told.power_kw == min(5.0, it.sim.pack.charge_kw)
        await it.pass_s(SETTLE_S)
        assert it.sim.state.power_kw == pytest.approx(told.power_kw, abs=2 * NEAR_KW)
