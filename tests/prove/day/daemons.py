"""The three programs on the simulated home, and what came of it: bookings, peak, what is stored."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from websockets.asyncio.client import connect

from apps.demo.past import HISTORY
from apps.demo.screens import CONFIG, RATES
from backtest.world import Floats
from base import messages
from base.time import QUARTER
from bench.process import Daemon, running
from rates.amounts import INJECTION, OFFTAKE
from sim import garage
from store.past import read_past
from tests.prove.day.home import HOME, Home

SPARE = 8.0
START_S = 60.0
CLOSED = timedelta(seconds=5)
"""After the last quarter, so that it is booked."""


@dataclass(slots=True, kw_only=True)
class Day:
    """Import and export of each quarter, kWh; what was stored before and after; cars that left."""

    imported_kwh: Floats
    exported_kwh: Floats
    before: "Stored"
    after: "Stored"
    left_with_pct: Sequence[float]


@dataclass(frozen=True, slots=True)
class Stored:
    """kWh in battery and car."""

    battery_kwh: float
    car_kwh: float


@dataclass(slots=True)
class _Seen:
    """What the needs say: the state of charge now, and with what the car left each time."""

    battery_pct: float | None = None
    car_pct: float | None = None
    plugged: bool = False
    left_with_pct: list[float] = field(default_factory=list)

    def hear(self, need: messages.Need) -> None:
        for battery in need.batteries:
            self.battery_pct = self.battery_pct if battery.soc_pct is None else battery.soc_pct
        for car in need.cars:
            plugged = bool(car.plugged)
            if self.plugged and not plugged and self.car_pct is not None:
                self.left_with_pct.append(self.car_pct)
            self.plugged = plugged
            if car.soc_pct is not None:
                self.car_pct = car.soc_pct

    def stored(self) -> Stored:
        """OSError while a program was not heard."""
        if self.battery_pct is None or self.car_pct is None:
            raise OSError("a program was not heard in time: try a lower --speed")
        return Stored(
            HOME.capacity_kwh * self.battery_pct / 100, garage.CAPACITY_KWH * self.car_pct / 100
        )


async def live(home: Home, folder: Path, quarters: int, speed: float) -> Day:
    """So many quarters from the home's start, `speed` times as fast; the folder has its past."""
    end = home.start + quarters * QUARTER
    where = ("--config", str(CONFIG), "--data", str(folder), "--headless", "--port", "0")
    async with AsyncExitStack() as stack:
        meter = ("--rates", str(RATES), "--source", home.source(speed))
        dm = await stack.enter_async_context(running("dm.py", *where, *meter))
        there = (*where, "--dm", dm.url, "--speed", f"{speed:g}")
        programs = [dm]
        for words in (("ev_app.py", "--simulated", "nrgkick"), ("bs_app.py",)):
            name, *more = words
            programs.append(await stack.enter_async_context(running(name, *more, *there)))
        seen = _Seen()
        patience_s = START_S + SPARE * ((end - home.opens).total_seconds()) / speed
        async with asyncio.timeout(patience_s):
            await _until(dm, home.start, seen)
            before = seen.stored()
            await _until(dm, end + CLOSED, seen)
        for program in reversed(programs):
            await program.end()
    imported, exported = _booked(folder, home.start, quarters)
    return Day(
        imported_kwh=imported,
        exported_kwh=exported,
        before=before,
        after=seen.stored(),
        left_with_pct=seen.left_with_pct,
    )


async def _until(dm: Daemon, end: datetime, seen: _Seen) -> None:
    """The meter's clock stands past `end`; what the others said until it is in `seen`."""
    async with connect(dm.url) as line:
        for word in ("watch house", "watch need"):
            await line.send(word)
        while True:
            match messages.decode(await line.recv()):
                case messages.House(time=datetime() as time):
                    if time >= end:
                        return
                case messages.Need() as need:
                    seen.hear(need)
                case _:
                    pass


def _booked(folder: Path, start: datetime, quarters: int) -> tuple[Floats, Floats]:
    """kWh of offtake and injection in each quarter, as dm booked them."""
    past = read_past(folder / HISTORY / "quarters.db", start)
    both = np.zeros((2, quarters))
    for at, register, kwh in past.uses:
        index = (at - start) // QUARTER
        if 0 <= index < quarters and register in (*OFFTAKE, *INJECTION):
            both[0 if register in OFFTAKE else 1, index] += float(kwh)
    return both[0], both[1]
