"""A Victron is set by the power of the grid; its flash and its owner's settings are spared."""

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
    """Charging 2 kW in a house of 0.7 kW: the grid is to carry 2.7 kW."""
    sim = SimVictron(house_kw=lambda: 0.7)
    async with rig(sim) as it:
        await it.pass_s(SETTLE_S)
        await it.device.set(charge(2.0))
        assert sim.number(SYSTEM, POINT, 2) == pytest.approx(2700, abs=40)
        await it.device.set(discharge(2.0))
        assert sim.number(SYSTEM, POINT, 2) == pytest.approx(-1300, abs=40)


async def test_the_point_follows_the_house() -> None:
    """The house goes from 0.5 to 3 kW: two seconds later the battery is at its 1 kW again."""
    sim = SimVictron()
    async with rig(sim) as it:
        await it.device.set(charge(1.0))
        await it.pass_s(SETTLE_S)
        sim.house_kw = lambda: 3.0
        await it.pass_s(8)
        assert sim.state.power_kw == pytest.approx(1.0, abs=0.08)
        assert sim.grid_kw() == pytest.approx(4.0, abs=0.1)


async def test_never_the_other_way_between_two_refreshes() -> None:
    """The house jumps by 5 kW while it charges: it stops charging, it does not discharge."""
    sim = SimVictron()
    async with rig(sim) as it:
        await it.device.set(charge(1.0))
        await it.pass_s(SETTLE_S)
        sim.house_kw = lambda: 5.0
        it.stand_s(5)
        assert sim.state.power_kw == pytest.approx(0.0, abs=0.01)


async def test_a_second_of_balance_costs_no_flash() -> None:
    """Sixty different powers: 2716 moves, the settings in flash are written once."""
    sim = SimVictron()
    async with rig(sim) as it:
        await it.device.set(charge(1.0))
        before = sim.flash_writes
        for step in range(60):
            await it.device.set(charge(1.0 + 0.05 * step))
        assert sim.flash_writes == before


async def test_an_old_venus_is_moved_sparingly() -> None:
    """Without 2716 small steps wait for a minute; a big one is written at once."""
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
    """A point of 200 W and a charge limit of 60 A come back on release."""
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
    """Killed on hold, both limits are 0; the next run does not take that for its owner's wish."""
    sim = SimVictron()
    async with served(sim) as wire:
        for last in (HOLD, AUTO):
            driver = modbus_driver(sim, BATTERY, wire.port)
            await Device(driver, BATTERY).set(last)
            await driver.close()
    assert sim.units[SYSTEM][MOST_DISCHARGE] == NO_LIMIT
    assert sim.units[SYSTEM][MOST_CHARGE] == NO_LIMIT


async def test_mode_3_without_the_multis_unit_says_what_to_do() -> None:
    """The owner must act: give vebus_unit, or choose mode 1."""
    sim = SimVictron(external=True)
    async with served(sim) as wire:
        driver = Victron(BATTERY, Line("127.0.0.1", wire.port, 100))
        state = await Device(driver, BATTERY).read()
        await driver.close()
    assert "vebus_unit" in state.notice


async def test_three_phases_share_the_power_of_the_multi() -> None:
    """Mode 3 on three phases: each gets a third."""
    sim = SimVictron(external=True)
    async with rig(sim, replace(BATTERY, phases=3)) as it:
        await it.device.set(charge(3.0))
        assert list(sim.units[228].values())[:3] == [1000, 1000, 1000]
