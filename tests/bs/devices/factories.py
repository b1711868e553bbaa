"""Batteries on loopback connections, their drivers, and a clock that only the test advances."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from base.modbus import Line
from bs.devices.device import Device
from bs.devices.driver import Driver
from bs.devices.homewizard import HomeWizard
from bs.devices.homewizard_api import Address
from bs.devices.marstek import Marstek
from bs.devices.registry import FAMILIES, driver_of
from bs.facts import Battery, Mode, SetPoint
from sim.battery import SimBattery
from sim.battery_modbus import SimRegisters, served
from sim.battery_sunspec import SimSunSpec
from sim.battery_victron import MULTI, SimVictron
from sim.modbus_server import Wire
from tests.bs.devices.sim_homewizard import METER_TOKEN, PACK_TOKEN, SimHomeWizard, served_http
from tests.bs.devices.sim_marstek import SimMarstek

BATTERY = Battery(name="home", capacity_kwh=10.0, reserve_pct=10.0)
KINDS: dict[str, Callable[[], SimBattery]] = {
    "marstek": SimMarstek,
    "victron": SimVictron,
    "victron-old": lambda: SimVictron(old=True),
    "victron-multi": lambda: SimVictron(external=True),
    "sunspec-124": SimSunSpec,
    "sunspec-704": lambda: SimSunSpec(hybrid=False, base=50000),
    "homewizard": SimHomeWizard,
}


class Clock:
    """A clock that a test advances."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass(kw_only=True)
class Rig:
    """A simulated battery, the device that controls it, and their clock."""

    sim: SimBattery
    device: Device
    driver: Driver
    clock: Clock
    wire: Wire | None

    async def pass_s(self, seconds: float, step_s: float = 2.0) -> None:
        """Advance the time, with one pass of the device in each step."""
        until_s = self.clock.now_s + seconds
        while self.clock.now_s < until_s:
            self.clock.now_s += min(step_s, until_s - self.clock.now_s)
            await self.device.beat()

    async def live_s(self, seconds: float, wanted: SetPoint) -> None:
        """Advance the time; request the set-point each second and run each beat when it is due."""
        until_s, awake_s = self.clock.now_s + seconds, self.clock.now_s
        while self.clock.now_s < until_s:
            if self.clock.now_s >= awake_s:
                awake_s = self.clock.now_s + await self.device.beat()
            await self.device.set(wanted)
            self.clock.now_s += 1.0

    def stand_s(self, seconds: float) -> None:
        """Advance the time without any pass of the device."""
        self.clock.now_s += seconds
        self.sim.step(self.clock.now_s)


@asynccontextmanager
async def rig(
    sim: SimBattery | str, battery: Battery = BATTERY, expires_s: float = 1e9
) -> AsyncIterator[Rig]:
    """A simulated battery on a connection, and its device after its first pass."""
    found = KINDS[sim]() if isinstance(sim, str) else sim
    clock = Clock()
    async with _driven(found, battery, clock) as (driver, wire):
        device = Device(driver, battery, clock=clock, expires_s=expires_s)
        await device.beat()
        try:
            yield Rig(sim=found, device=device, driver=driver, clock=clock, wire=wire)
        finally:
            await driver.close()


@asynccontextmanager
async def _driven(
    sim: SimBattery, battery: Battery, clock: Clock
) -> AsyncIterator[tuple[Driver, Wire | None]]:
    if isinstance(sim, SimHomeWizard):
        async with served_http(sim, now_s=clock) as url:
            # Meter and battery share an address; only the token of the battery tells them apart.
            packs = [Address(url, PACK_TOKEN)]
            yield HomeWizard(battery, Address(url, METER_TOKEN), packs), None
        return
    assert isinstance(sim, SimRegisters)
    async with served(sim, now_s=clock) as wire:
        yield modbus_driver(sim, battery, wire.port), wire


def modbus_driver(sim: SimBattery, battery: Battery, port: int) -> Driver:
    """The driver for this kind of device at this port, with short pauses."""
    if sim.kind == "marstek":
        marstek = Marstek(battery, Line("127.0.0.1", port, gap_s=0.002))
        marstek.settle_s = 0.005
        return marstek
    given = {"family": sim.kind, "host": "127.0.0.1", "port": port, "capacity_kwh": 10.0}
    if sim.kind == "victron":
        given["vebus_unit"] = MULTI
    return driver_of(battery, FAMILIES[sim.kind].settings.model_validate(given), {})


def charge(kw: float) -> SetPoint:
    return SetPoint(Mode.CHARGE, kw, "a test")


def discharge(kw: float) -> SetPoint:
    return SetPoint(Mode.DISCHARGE, kw, "a test")


HOLD = SetPoint(Mode.HOLD, 0.0, "a test")
AUTO = SetPoint(Mode.AUTO, 0.0, "a test")
