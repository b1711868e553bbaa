"""A real bs in its own process, beside a simulated Victron on a Modbus port."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from base.modbus import signed
from bench.process import PATIENCE_S
from sim.battery import Pack
from sim.battery_modbus import served
from sim.battery_victron import MOST_CHARGE, MOST_DISCHARGE, NO_LIMIT, SYSTEM, SimVictron
from tests.apps.dm.running import Dm, run

CONFIG = (
    'battery_info = {{"home": {{"family": "victron", "host": "127.0.0.1", "port": {port}, '
    '"capacity_kwh": 10.0}}}}\n'
)


class Victron(SimVictron):
    """A Victron in a house of 0.5 kW; a test can wait for its writes."""

    def __init__(self) -> None:
        super().__init__(pack=Pack(standby_kw=0.0), soc=60.0)
        self.written = asyncio.Event()

    def told(self, unit: int, address: int, values: Sequence[int], now_s: float) -> int:
        error = super().told(unit, address, values, now_s)
        self.written.set()
        return error

    @property
    def limits(self) -> tuple[int, int]:
        """Limits of charge and discharge power: -1 is no limit, 0 forbids that direction."""
        registers = self.units[SYSTEM]
        return signed(registers[MOST_CHARGE]), signed(registers[MOST_DISCHARGE])

    @property
    def asked_kw(self) -> float:
        """Its set-point, charging positive; 0 on hold."""
        if self.limits == (0, 0):
            return 0.0
        return self._point_w() / 1000 - self.house_kw()

    @property
    def own(self) -> bool:
        """True if the device has its owner's settings."""
        return self.limits == (signed(NO_LIMIT), signed(NO_LIMIT))

    async def until(self, kw: float) -> None:
        """Wait until its set-point is this power, within 0.1 kW."""
        await self.becomes(lambda: not self.own and abs(self.asked_kw - kw) < 0.1)

    async def becomes(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self.written.clear()
                await self.written.wait()


def configured(data: Path, port: int) -> Path:
    """A config.py with a Victron at this port."""
    data.mkdir(exist_ok=True)
    config = data / "config.py"
    config.write_text(CONFIG.format(port=port), encoding="utf-8")
    return config


@asynccontextmanager
async def bs(dm_url: str, data: Path, port: int, *more: str) -> AsyncIterator[Dm]:
    """Inside the context, bs runs and controls the device at the Modbus port."""
    config = configured(data, port)
    told = ("--config", str(config), "--data", str(data), "--dm", dm_url, *more)
    async with run("bs_app.py", *told) as process:
        yield process


@asynccontextmanager
async def victron() -> AsyncIterator[tuple[Victron, int]]:
    """A simulated Victron, and its port."""
    device = Victron()
    async with served(device) as wire:
        yield device, wire.port
