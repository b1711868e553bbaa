"""A step of 3 kW: from a telegram's last byte to the set-point on the Modbus wire; dm and bs apart.

The battery is a simulated Victron on a loopback port. Each step is one telegram, a second after the
last; some houses run side by side, so that many steps fit in two minutes.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.meter import Meter
from bench.process import PATIENCE_S, cpu_s, memory_mb, running
from bench.result import Result, delays
from sim.battery_modbus import served
from sim.battery_victron import POINT, SimVictron

HOUSES = 12
STEPS = 9
STARTS = 2  # houses that start at once: more would be slow, not quick
EACH_S = 12  # steps closer together are a flutter, of which the battery follows the mean
STEP_KW = 3.0
MOVED_W = 1500
START = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)  # the expensive hours: the battery covers the house
CONFIG = """
socket_info = {{"dm": {{"host": "127.0.0.1", "port": 0}}}}
battery_info = {{"home": {{"family": "victron", "host": "127.0.0.1", "port": {port},
    "capacity_kwh": 100.0}}}}
"""


def run() -> list[Result]:
    """ms, percent of a core, MB."""
    houses = asyncio.run(_measure())
    delays_s = [delay_s for house in houses for delay_s in house.delays_s]
    return [
        *delays("telegram's last byte to the Modbus wire", delays_s, p99="at most 100"),
        Result(
            name="bs, one telegram a second: share of a core",
            value=max(each.share for each in houses),
            unit="%",
            target="at most 1",
        ),
        Result(
            name="bs: memory",
            value=max(each.memory_mb for each in houses),
            unit="MB",
            target="at most 60",
        ),
    ]


@dataclass(frozen=True, slots=True)
class House:
    """Measurements of one house: s for each step; bs's share of a core in percent, and its MB."""

    delays_s: list[float]
    share: float
    memory_mb: float


@dataclass(slots=True)
class Load:
    """Additional load of the house, kW."""

    kw: float = 0.0


class Watched(SimVictron):
    """A Victron that notes when its point moved far."""

    def __init__(self) -> None:
        super().__init__(soc=60.0, house_kw=lambda: 0.3)
        self.moved_at = 0.0
        self.moved = asyncio.Event()

    def told(self, unit: int, address: int, values: Sequence[int], now_s: float) -> int:
        before = self._point_w()
        error = super().told(unit, address, values, now_s)
        if address == POINT and abs(self._point_w() - before) > MOVED_W:
            self.moved_at = time.perf_counter()
            self.moved.set()
        return error


async def _measure() -> list[House]:
    """The houses begin one after the other, or their telegrams would all come at once."""
    starts = asyncio.Semaphore(STARTS)
    async with asyncio.TaskGroup() as group:
        houses = [group.create_task(_house(starts, number / HOUSES)) for number in range(HOUSES)]
    return [house.result() for house in houses]


async def _house(starts: asyncio.Semaphore, after_s: float) -> House:
    """A meter, a battery, dm and bs; the first step is for settling."""
    battery, load = Watched(), Load()
    simulation = f"sim://?seed=7&solar_kwp=0&start={START:%Y-%m-%dT%H:%M}"
    meter = Meter(simulation, lambda: ((load.kw + battery.state.power_kw) / 3,) * 3)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dm-bench-"))
        source = await stack.enter_async_context(meter.served())
        wire = await stack.enter_async_context(served(battery))
        config = Path(folder) / "config.py"
        config.write_text(CONFIG.format(port=wire.port), encoding="utf-8")
        common = ("--config", str(config), "--data", folder, "--port", "0", "--headless")
        async with meter.ticking():
            async with starts:
                meter_reader = ("dm.py", "--source", source, "--replayed", *common)
                dm = await stack.enter_async_context(running(*meter_reader))
                batteries = ("bs_app.py", "--dm", dm.url, *common)
                bs = await stack.enter_async_context(running(*batteries))
            await asyncio.sleep(after_s)
        await _stepped(meter, battery, load, STEP_KW)
        began_s, before_s = time.perf_counter(), cpu_s(bs.pid)
        loads_kw = [STEP_KW * (step % 2) for step in range(STEPS)]
        delays_s = [await _stepped(meter, battery, load, kw) for kw in loads_kw]
        share = 100 * (cpu_s(bs.pid) - before_s) / (time.perf_counter() - began_s)
        return House(delays_s, share, memory_mb(bs.pid))


async def _stepped(meter: Meter, battery: Watched, load: Load, kw: float) -> float:
    """Time of the response to this step of load, s."""
    await _quiet(meter)
    load.kw = kw
    meter.skip()
    battery.moved.clear()
    sent_at = await meter.send()
    for _ in range(2 * EACH_S):  # the house continues, second by second
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await battery.moved.wait()
            return battery.moved_at - sent_at
        await meter.send()
    return PATIENCE_S


async def _quiet(meter: Meter) -> None:
    """Send EACH_S telegrams without a step, one per second."""
    for _ in range(EACH_S):
        await asyncio.sleep(1.0)
        await meter.send()
