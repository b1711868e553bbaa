"""Registers of the SunSpec simulation are checked with pysunspec2, an independent client."""

import asyncio
from typing import Any

import pytest
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP  # type: ignore[import-untyped]

from base.modbus import Line
from bs.devices.device import Device
from bs.devices.sunspec_map import walk
from bs.devices.sunspec_ways import REVERT_S
from bs.facts import Mode
from sim.battery_modbus import served
from sim.battery_sunspec import SimSunSpec
from tests.bs.devices.factories import BATTERY, charge, discharge, modbus_driver, rig


def scanned(port: int) -> Any:
    """The device as read by pysunspec2."""
    device = SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=port, timeout=5)
    try:
        device.scan()
        for models in device.models.values():
            for model in models:
                model.read()
    finally:
        device.close()
    return device


async def test_pysunspec2_decodes_the_window_we_wrote() -> None:
    """A discharge of 2 kW of 5 kW is OutWRte 40 % and InWRte -40 %, reverting in 60 s."""
    sim = SimSunSpec()
    async with served(sim) as wire:
        driver = modbus_driver(sim, BATTERY, wire.port)
        await Device(driver, BATTERY).set(discharge(2.0))
        device = await asyncio.to_thread(scanned, wire.port)
        await driver.close()
    storage = device.models[124][0]
    assert device.models[1][0].Md.value == "Storage"
    assert storage.OutWRte.cvalue == pytest.approx(40.0)
    assert storage.InWRte.cvalue == pytest.approx(-40.0)
    assert storage.StorCtl_Mod.value == 3
    assert storage.InOutWRte_RvrtTms.value == REVERT_S
    assert storage.ChaState.cvalue == pytest.approx(50.0, abs=0.1)
    assert set(device.models) >= {1, 103, 120, 124, 160}


async def test_pysunspec2_decodes_the_power_we_wrote() -> None:
    """A charge of 1.5 kW is WSet -1500 W, enabled, and reverts to disabled."""
    sim = SimSunSpec(hybrid=False)
    async with served(sim) as wire:
        driver = modbus_driver(sim, BATTERY, wire.port)
        await Device(driver, BATTERY).set(charge(1.5))
        device = await asyncio.to_thread(scanned, wire.port)
        await driver.close()
    controls = device.models[704][0]
    assert controls.WSet.cvalue == -1500
    assert (controls.WSetEna.value, controls.WSetMod.value) == (1, 1)
    assert (controls.WSetRvrtTms.value, controls.WSetEnaRvrt.value) == (REVERT_S, 0)
    assert device.models[713][0].SoC.cvalue == pytest.approx(50.0, abs=0.1)


@pytest.mark.parametrize("base", [40000, 0, 50000])
async def test_the_models_are_found_wherever_they_start(base: int) -> None:
    """The specification allows 40000, 0 and 50000."""
    sim = SimSunSpec(base=base)
    async with served(sim) as wire:
        line = Line("127.0.0.1", wire.port)
        places = await walk(line)
        line.close()
    assert places[124].address == sim.at[124]
    assert list(places) == [1, 103, 120, 124, 160]


async def test_a_device_that_is_no_sunspec_says_what_to_do() -> None:
    """The notice suggests that control over Modbus may be switched off."""
    sim = SimSunSpec(base=30000)
    async with served(sim) as wire:
        driver = modbus_driver(sim, BATTERY, wire.port)
        state = await Device(driver, BATTERY).read()
        await driver.close()
    assert "control over Modbus" in state.notice


async def test_a_leftover_of_somebody_else_does_not_end_a_hold() -> None:
    """The reversion time of another program is replaced while we control, then restored."""
    sim = SimSunSpec()
    address = sim.at[124] + 15
    sim.units[1][address] = 3600
    async with rig(sim) as it:
        await it.device.set(charge(1.0))
        assert sim.units[1][address] == REVERT_S
        assert it.device.state.healthy
        await it.device.release()
        assert sim.units[1][address] == 3600


async def test_whole_percents_are_rounded_to_the_nearest() -> None:
    """With a scale factor of 0, 1.23 kW of 5 kW becomes 25 % and is accepted."""
    sim = SimSunSpec()
    sim.units[1][sim.at[124] + 25] = 0
    async with rig(sim) as it:
        told = await it.device.set(charge(1.23))
        assert told is not None
        assert told.mode is Mode.CHARGE
        assert sim.units[1][sim.at[124] + 13] == 25
