"""A forced fall: from a telegram's last byte to the charger's HTTP request; dm and ev apart."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from websockets.asyncio.client import connect

from bench.meter import Meter
from bench.process import PATIENCE_S, running
from bench.result import Result, delays
from sim.car import SimCar, Stay
from sim.charger import SimNrgKick
from sim.charger_http import clock, simulated_charger

FALLS = 150
SPEED = 50.0
Send = Callable[[], Awaitable[object]]
Beside = Callable[[str], AbstractAsyncContextManager[object]]
START = datetime(2026, 1, 15, 2, 0, tzinfo=UTC)
OVEN_KW = 10.0  # on each phase: above any main fuse of 40 A with the car
CONFIG = """
socket_info = {{"dm": {{"host": "127.0.0.1", "port": 0}}}}
cable_info = {{"main": {{"host": "{host}"}}}}
cars = {{"q4": {{"capacity_kwh": 77}}}}
main_fuse_a = 40
"""


def run() -> list[Result]:
    """The delays in ms over a number of decreases."""
    delays_s = asyncio.run(falls_s())
    what = "telegram's last byte to HTTP request"
    return delays(what, delays_s, median="at most 50", p99="at most 150")


class Bench(Meter):
    """A meter, and the time of the command to decrease at the charger."""

    def __init__(self) -> None:
        self.load_kw = 0.0
        self.told = asyncio.Event()
        self.told_at = 0.0
        super().__init__(f"sim://?seed=7&start={START:%Y-%m-%dT%H:%M}", lambda: (self.load_kw,) * 3)

    def seen(self, path: str) -> None:
        """Note a request to the charger."""
        if path.startswith("/control?"):
            self.told_at = time.perf_counter()
            self.told.set()

    async def fall_s(self) -> float:
        """From a telegram of an overloaded house to the charger's request, s; then all is well."""
        self.skip()
        self.load_kw = OVEN_KW
        self.skip()
        self.told.clear()
        sent_at = await self.send()
        async with asyncio.timeout(PATIENCE_S):
            await self.told.wait()
        delay_s = self.told_at - sent_at
        await self._recover()
        return delay_s

    async def _recover(self) -> None:
        self.load_kw = 0.0
        self.skip()
        self.told.clear()
        while not self.told.is_set():
            await self.send()
            await asyncio.sleep(0.05)


async def falls_s(count: int = FALLS, beside: Beside = lambda _: nullcontext()) -> list[float]:
    """Seconds for each fall; `beside` runs another client of dm, with its address."""
    bench, now = Bench(), datetime.now(UTC)
    car = SimCar(name="q4", stays=[Stay(START - timedelta(days=1), now + timedelta(days=999))])
    device = SimNrgKick(car)
    async with AsyncExitStack() as stack:
        meter = await stack.enter_async_context(bench.served())
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dm-bench-"))
        charger = simulated_charger(device, now=clock(SPEED), seen=bench.seen)
        address = await stack.enter_async_context(charger)
        config = Path(folder) / "config.py"
        config.write_text(CONFIG.format(host=address.removeprefix("http://")))
        common = ("--config", str(config), "--data", folder, "--port", "0", "--headless")
        reads = running("dm.py", "--source", meter, "--replayed", *common)
        dm = await stack.enter_async_context(reads)
        async with bench.ticking():
            more = ("--dm", dm.url, "--speed", str(SPEED))
            ev = await stack.enter_async_context(running("ev_app.py", *more, *common))
            await stack.enter_async_context(beside(dm.url))
        await boosted(bench.send, device, ev.url)
        return [await bench.fall_s() for _ in range(count)]


async def boosted(send: Send, device: SimNrgKick, ev_url: str) -> None:
    """Wait until the car charges at full power and ev has read that."""
    async with connect(ev_url) as line, asyncio.timeout(PATIENCE_S):
        await line.recv()
        told = ""
        while "charging at once" not in told or device.settings.paused or not device.car.drawn_a:
            await send()
            for word in ("boost", "chargers"):
                await line.send(word)
                told = str(await line.recv())
            await asyncio.sleep(0.1)
