"""ev in this process, a simulated charger on loopback, and the set-points that it receives."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from apps.ev.devices import Equipment
from apps.shared.house_clock import HouseClock
from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base import messages
from base.time import DAY
from bench.process import PATIENCE_S, free_port
from ev.chargers.command_steps import Pace
from ev.chargers.device import Device
from ev.chargers.nrgkick.driver import NrgKick
from ev.facts import Car
from ev.inputs import Rules
from ev_app import Ev, arguments
from sim.car import SimCar, Stay
from sim.charger import SimNrgKick
from sim.charger_http import simulated_charger
from tests.apps.dm.running import asked

QUICK = Pace().faster(5.0)


@dataclass
class Running:
    """A running ev and the device behind it."""

    device: SimNrgKick
    url: str
    asked: asyncio.Event

    @property
    def told_a(self) -> float:
        """The set-point of the device, A; 0 is a pause."""
        return 0.0 if self.device.settings.paused else self.device.settings.current_a

    async def until(self, current_a: float) -> float:
        """The seconds until the device gets this set-point."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.timeout(PATIENCE_S):
            while abs(self.told_a - current_a) > 0.1:
                self.asked.clear()
                await self.asked.wait()
        return loop.time() - began

    async def charger(self, without: str = "") -> str:
        """The charger's sentence in ev, after a reading and without the text `without`."""
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(1000):
                (told,) = await self.say("chargers")
                assert isinstance(told, messages.Reply)
                if told.text.startswith("main: ") and (not without or without not in told.text):
                    return told.text
                await asyncio.sleep(0.1)
        raise AssertionError(told)

    async def say(self, *lines: str) -> list[messages.Message]:
        """The answers to typed text, without the greeting."""
        return await asked(self.url, *lines)


def plugged(soc_pct: float = 50.0) -> SimNrgKick:
    """A charger with a car that stays connected."""
    now = datetime.now(UTC)
    return SimNrgKick(SimCar(name="q4", soc_pct=soc_pct, stays=[Stay(now - DAY, now + DAY)]))


@asynccontextmanager
async def ev(
    dm_url: str,
    data: Path,
    device: SimNrgKick | None = None,
    *,
    lost_s: float = 3.0,
    cars: Sequence[Car] = (Car(name="q4", capacity_kwh=77.0),),
    speed: float | None = None,
) -> AsyncIterator[Running]:
    """Run ev inside the context and stop it in order at the end."""
    device = device or plugged()
    port, stop, clock = free_port(), asyncio.Event(), HouseClock(speed)
    options = arguments(["--dm", dm_url, "--port", str(port), "--headless", "--data", str(data)])
    asked = asyncio.Event()
    async with simulated_charger(device, seen=lambda _: asked.set()) as address:
        driver = NrgKick("main", address.removeprefix("http://"))
        pace = QUICK.faster(clock.speed)
        charger = Device("main", driver, pace=pace, speed=clock.speed, clock=clock)
        has = Equipment(
            rules=Rules(),
            chargers=(charger,),
            cars=tuple(cars),
            sources=(),
            calendars={},
        )
        app = Ev(options, Settings(), Secrets(), has, clock, stop, lost_s=lost_s)
        task = asyncio.create_task(app.run())
        try:
            await _listening(port)
            yield Running(device, f"ws://127.0.0.1:{port}/ws", asked)
        finally:
            stop.set()
            await asyncio.wait_for(task, PATIENCE_S)


async def _listening(port: int) -> None:
    """True if a server is listening on the port."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)
