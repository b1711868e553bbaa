"""The three programs on the simulated home, and their results by quarter.

Each runs its own `main`, and they communicate over their real connections. They share one process
and its clock, which advances only while all of them are idle: one second of the programs is one
second of the house, on a busy machine too.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from websockets.asyncio.client import connect

import bs_app
import dm
import ev_app
from apps.demo.past import HISTORY
from apps.demo.screens import CONFIG, RATES
from backtest.world import Floats
from base import messages
from base.time import HOUR_S, QUARTER
from bench.process import free_port
from peak.months import month_of
from plan.worker import Planner
from rates.amounts import INJECTION, OFFTAKE
from sim import garage
from store.past import read_past
from tests.prove.day.home import Home, Start, battery_kwh
from tests.virtual_time import VirtualLoop

AGAIN_S = 0.5
LONGEST_STEP_S = 60.0
CLOSED = timedelta(seconds=5)
"""After the last quarter, so that it is booked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Per quarter: import and export in kWh, mean power of battery and car in kW, energy in the
    battery at its end in kWh; peaks before and after; charge of the car at departure, %.
    """

    imported_kwh: Floats
    exported_kwh: Floats
    battery_kw: Floats
    car_kw: Floats
    stored_kwh: Floats
    before: Start
    after: Start
    left_with_pct: Sequence[float]


class _Patient(Planner):
    """The house's clock waits for the solver."""

    async def _exchange(self, text: str) -> bytes:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        with loop.held():
            return await super()._exchange(text)


async def _known(*_: object, **__: object) -> None:
    """Replaces the market services: the prices are in the folder already."""
    await asyncio.Event().wait()


@contextmanager
def _in_one_process() -> Iterator[None]:
    with mock.patch.object(dm, "Planner", _Patient), mock.patch.object(dm, "follow_market", _known):
        yield


@dataclass(slots=True, kw_only=True)
class _Seen:
    """The messages of the programs, and their sums in each quarter from `start` on."""

    start: datetime
    quarters: int
    at: datetime | None = None
    battery_pct: float | None = None
    car_pct: float | None = None
    battery_kw: float = 0.0
    car_kw: float = 0.0
    plugged: bool = False
    peak: messages.PeakState | None = None
    left_with_pct: list[float] = field(default_factory=list)
    battery_kwh: Floats = field(init=False)
    car_kwh: Floats = field(init=False)
    stored_kwh: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.battery_kwh, self.car_kwh, self.stored_kwh = np.zeros((3, self.quarters))

    def hear(self, need: messages.Need) -> None:
        for battery in need.batteries:
            self.battery_pct = self.battery_pct if battery.soc_pct is None else battery.soc_pct
            self.battery_kw = battery.power_kw or 0.0
        for car in need.cars:
            plugged = bool(car.plugged)
            if self.plugged and not plugged and self.car_pct is not None:
                self.left_with_pct.append(self.car_pct)
            self.plugged, self.car_kw = plugged, car.power_kw or 0.0
            if car.soc_pct is not None:
                self.car_pct = car.soc_pct

    def passes(self, now: datetime) -> None:
        """Advance to `now`: add the energy since then to its quarter."""
        before, self.at = self.at, now
        quarter = (now - self.start) // QUARTER
        if before is None or not 0 <= quarter < self.quarters:
            return
        hours = min((now - before).total_seconds(), LONGEST_STEP_S) / HOUR_S
        self.battery_kwh[quarter] += self.battery_kw * hours
        self.car_kwh[quarter] += self.car_kw * hours
        if self.battery_pct is not None:
            self.stored_kwh[quarter] = battery_kwh(self.battery_pct)

    def stands(self) -> Start:
        """The stored energy and the peaks now. An absent car counts with its charge at
        departure, as in the back-test.
        """
        assert self.battery_pct is not None, "no battery was heard"
        car_pct = (
            self.left_with_pct[-1] if self.left_with_pct and not self.plugged else self.car_pct
        )
        assert car_pct is not None, "no car was heard"
        assert self.peak is not None, "no peak was heard"
        months = [row.kw for row in self.peak.months if row.month < month_of(self.start)]
        return Start(
            battery_kwh=battery_kwh(self.battery_pct),
            car_kwh=garage.CAPACITY_KWH * car_pct / 100,
            peak_kw=self.peak.month_peak.kw if self.peak.month_peak else 0.0,
            typical_kw=months[-1] if months else 0.0,
        )


async def live(home: Home, folder: Path, quarters: int) -> Day:
    """Run this number of quarters from the home's start."""
    end, port = home.start + quarters * QUARTER, free_port()
    url = f"ws://127.0.0.1:{port}/ws"
    where = ("--config", str(CONFIG), "--data", str(folder), "--headless")
    meter = ("--port", str(port), "--rates", str(RATES), "--source", home.source())
    there = (*where, "--port", "0", "--dm", url, "--speed", "1")
    mains: Sequence[Callable[[asyncio.Event], Coroutine[Any, Any, int]]] = (
        lambda stop: dm.main(dm.arguments([*where, *meter]), stop),
        lambda stop: ev_app.main(ev_app.arguments(["--simulated", "nrgkick", *there]), stop),
        lambda stop: bs_app.main(bs_app.arguments(there), stop),
    )
    seen, stops = _Seen(start=home.start, quarters=quarters), [asyncio.Event() for _ in mains]
    with _in_one_process():
        running = [asyncio.create_task(main(stop)) for main, stop in zip(mains, stops, strict=True)]
        watching = asyncio.create_task(_watched(url, seen, home.start, end + CLOSED))
        await asyncio.wait([*running, watching], return_when=asyncio.FIRST_COMPLETED)
        for task, stop in reversed([*zip(running, stops, strict=True)]):
            stop.set()
            await task
        before = await watching
    imported, exported = _booked(folder, home.start, quarters)
    return Day(
        imported_kwh=imported,
        exported_kwh=exported,
        battery_kw=seen.battery_kwh * 4,
        car_kw=seen.car_kwh * 4,
        stored_kwh=seen.stored_kwh,
        before=before,
        after=seen.stands(),
        left_with_pct=seen.left_with_pct,
    )


async def _watched(url: str, seen: _Seen, start: datetime, end: datetime) -> Start:
    """Wait until the meter's clock is past `end`; the state at `start`."""
    before: Start | None = None
    async with await _line(url) as line:
        for topic in ("house", "need", "peak"):
            await line.send(f"watch {topic}")
        while True:
            match messages.decode(await line.recv()):
                case messages.House(time=datetime() as time):
                    if before is None and time >= start:
                        before = seen.stands()
                    seen.passes(time)
                    if time >= end:
                        assert before is not None
                        return before
                case messages.Need() as need:
                    seen.hear(need)
                case messages.PeakState() as peak:
                    seen.peak = peak
                case _:
                    pass


async def _line(url: str) -> Any:
    """A connection to the meter program, as soon as it listens."""
    while True:
        with suppress(OSError):
            return await connect(url)
        await asyncio.sleep(AGAIN_S)


def _booked(folder: Path, start: datetime, quarters: int) -> tuple[Floats, Floats]:
    """kWh of offtake and injection in each quarter, as dm booked them."""
    past = read_past(folder / HISTORY / "quarters.db", start)
    both = np.zeros((2, quarters))
    for at, register, kwh in past.uses:
        index = (at - start) // QUARTER
        if 0 <= index < quarters and register in (*OFFTAKE, *INJECTION):
            both[0 if register in OFFTAKE else 1, index] += float(kwh)
    return both[0], both[1]
