"""A Victron is controlled by its grid set-point; flash and owner's settings are spared."""

from dataclasses import replace

import pytest

from base.modbus import Line
from bs.devices.device import Device
from bs.devices.victron import Victron
from sim.battery_modbus import served
from sim.battery_victron import (
    FLASH_POINT,
    MOST_CHARGE,
    MOST_DISCHARGE,
    NO_LIMIT,
    POINT,
    SYSTEM,
    SimVictron,
)
from tests.bs.devices.factories import AUTO, BATTERY, HOLD, charge, discharge, modbus_driver, rig

SETTLE_S = 6.0


async def test_the_grid_point_is_the_house_and_what_it_charges() -> None:
    """The grid set-point is the load of the house (0.7 kW) plus the battery power."""
    sim = SimVictron(house_kw=lambda: 0.7)
    async with rig(sim) as it:
        await it.pass_s(SETTLE_S)
        await it.device.set(charge(2.0))
        assert sim.number(SYSTEM, POINT, 2) == pytest.approx(2700, abs=40)
        await it.device.set(discharge(2.0))
        assert sim.number(SYSTEM, POINT, 2) == pytest.approx(-1300, abs=40)


async def test_the_point_follows_the_house() -> None:
    """After the load jumps from 0.5 to 3 kW the battery returns to 1 kW within 8 s."""
    sim = SimVictron()
    async with rig(sim) as it:
        await it.device.set(charge(1.0))
        await it.pass_s(SETTLE_S)
        sim.house_kw = lambda: 3.0
        await it.pass_s(8)
        assert sim.state.power_kw == pytest.approx(1.0, abs=0.08)
        assert sim.grid_kw() == pytest.approx(4.0, abs=0.1)


async def test_never_the_other_way_between_two_refreshes() -> None:
    """When the load jumps by 5 kW, a charging battery stops but does not discharge."""
    sim = SimVictron()
    async with rig(sim) as it:
        await it.device.set(charge(1.0))
        await it.pass_s(SETTLE_S)
        sim.house_kw = lambda: 5.0
        it.stand_s(5)
        assert sim.state.power_kw == pytest.approx(0.0, abs=0.01)


async def test_a_second_of_balance_costs_no_flash() -> None:
    """Sixty set-points are written to register 2716, none to the settings in flash."""
    sim = SimVictron()
    async with rig(sim) as it:
        await it.device.set(charge(1.0))
        before = sim.flash_writes
        for step in range(60):
            await it.device.set(charge(1.0 + 0.05 * step))
        assert sim.flash_writes == before


async def test_an_old_venus_is_moved_sparingly() -> None:
    """Without register 2716, small changes are delayed and big ones written at once."""
    sim = SimVictron(old=True)
    async with rig(sim) as it:
        await it.device.set(charge(1.0))
        before = sim.flash_writes
        for step in range(20):
            await it.device.set(charge(1.0 + 0.02 * step))
        assert sim.flash_writes == before
        assert it.device.state.healthy
        await it.device.set(charge(3.0))
        assert sim.flash_writes == before + 1


async def test_its_owners_settings_are_his_again() -> None:
    """The grid set-point of 200 W and the charge limit of 60 A are restored on release."""
    sim = SimVictron()
    sim.units[SYSTEM] |= {FLASH_POINT: 200, MOST_CHARGE: 60}
    async with rig(sim) as it:
        await it.device.set(charge(1.0))
        await it.device.set(discharge(1.0))
        assert sim.units[SYSTEM][MOST_CHARGE] == 0
        await it.device.release()
        assert sim.units[SYSTEM][MOST_CHARGE] == 60
        assert sim.units[SYSTEM][MOST_DISCHARGE] == NO_LIMIT
        assert sim.number(SYSTEM, POINT, 2) == 0
    assert sim.number(SYSTEM, FLASH_POINT) == 200


async def test_what_we_left_closed_when_killed_is_opened() -> None:
    """Limits of 0 left by a killed bs are not taken for the owner's settings."""
    sim = SimVictron()
    async with served(sim) as wire:
        for last in (HOLD, AUTO):
            driver = modbus_driver(sim, BATTERY, wire.port)
            await Device(driver, BATTERY).set(last)
            await driver.close()
    assert sim.units[SYSTEM][MOST_DISCHARGE] == NO_LIMIT
    assert sim.units[SYSTEM][MOST_CHARGE] == NO_LIMIT


async def test_mode_3_without_the_multis_unit_says_what_to_do() -> None:
    """The notice names the missing setting, vebus_unit."""
    sim = SimVictron(external=True)
    async with served(sim) as wire:
        driver = Victron(BATTERY, Line("127.0.0.1", wire.port, 100))
        state = await Device(driver, BATTERY).read()
        await driver.close()
    assert "vebus_unit" in state.notice


async def test_three_phases_share_the_power_of_the_multi() -> None:
    """In mode 3 on three phases, each phase gets a third."""
    sim = SimVictron(external=True)
    async with rig(sim, replace(BATTERY, phases=3)) as it:
        await it.device.set(charge(3.0))
        assert list(sim.units[228].values())[:3] == [1000, 1000, 1000]
