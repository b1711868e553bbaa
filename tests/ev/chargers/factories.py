"""Chargers for the tests: a simulated device on loopback and our driver."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from base.time import DAY
from ev.chargers.charger import ChargerError
from ev.chargers.command_steps import Pace
from ev.chargers.device import Device
from ev.chargers.nrgkick.driver import NrgKick
from ev.facts import ChargerState, SetPoint
from sim.car import SimCar, Stay
from sim.charger import SimNrgKick
from sim.charger_http import simulated_charger
from sim.charger_json import Unit

START = datetime(2026, 1, 15, 17, tzinfo=UTC)
SPEED = 50.0


def plugged_car(soc_pct: float = 40.0, phases: int = 3, most_a: float = 16.0) -> SimCar:
    """A car that is always connected."""
    always = Stay(START - 400 * DAY, START + 4000 * DAY)
    return SimCar(soc_pct=soc_pct, phases=phases, most_a=most_a, stays=[always])


def point(current_a: float, phases: int = 3) -> SetPoint:
    return SetPoint(current_a, phases, "a test")


class Log:
    """The requests to the device, with their times on the event loop's clock."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []
        self._arrived = asyncio.Event()

    def seen(self, path: str) -> None:
        self.asked.append((path, asyncio.get_running_loop().time()))
        self._arrived.set()

    async def until(self, start: str) -> None:
        """True if a path with this beginning was requested."""
        while not self.asked or not self.asked[-1][0].startswith(start):
            self._arrived.clear()
            await self._arrived.wait()


class Rig:
    """A simulated device and our driver, both `SPEED` times as fast as real ones."""

    def __init__(self, device: SimNrgKick, log: "Log", kick: Device, url: str) -> None:
        self.device = device
        self.log = log
        self.kick = kick
        self.url = url

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def writes(self) -> list[str]:
        return [path for path, _ in self.log.asked if path.startswith("/control?")]

    async def until(
        self, holds: Callable[[ChargerState], bool], wanted: SetPoint | None = None
    ) -> ChargerState:
        """The first state that meets the condition; `wanted` is written before each read."""
        while True:
            try:
                if wanted is not None:
                    await self.kick.write(wanted)
                state = await self.kick.read()
            except ChargerError:
                pass
            else:
                if holds(state):
                    return state
            await self.kick.rest()


@asynccontextmanager
async def rig(
    car: SimCar | None = None,
    unit: Unit | None = None,
    *,
    speed: float = SPEED,
    forgets: bool = True,
    most_a: float = 32.0,
    user: str = "",
    password: str = "",
    known: tuple[str, str] = ("", ""),
    timeout_s: float = 5.0,
    switches_phases: bool = True,
) -> AsyncIterator[Rig]:
    """A device that requires `user` and `password`, and a driver configured with `known`."""
    device, log = SimNrgKick(car or plugged_car(), unit, forgets=forgets), Log()
    served = simulated_charger(device, speed=speed, user=user, password=password, seen=log.seen)
    async with served as url:
        name, host = "NRGkick Main", url.removeprefix("http://")
        driver = NrgKick(name, host, user=known[0], password=known[1], timeout_s=timeout_s)
        pace = Pace().faster(speed)
        kick = Device(name, driver, most_a=most_a, switches_phases=switches_phases, pace=pace)
        try:
            yield Rig(device, log, kick, url)
        finally:
            await kick.aclose()
