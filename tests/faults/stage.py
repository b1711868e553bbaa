"""A real dm fed telegram by telegram over a real port, and telegrams built for a fault."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from base import messages
from base.time import BRUSSELS
from tests.apps.dm.running import Dm, Feed, dm
from tests.p1 import make

BEGIN = datetime(2026, 1, 15, 16, 38, 24, tzinfo=UTC)
_STEP_S = 0.02


def stamp(at: datetime) -> str:
    """A timestamp as a meter writes it: local time and the season."""
    local = at.astimezone(BRUSSELS)
    return f"{local:%y%m%d%H%M%S}{'S' if local.dst() else 'W'}"


def made(second: int, changes: Mapping[str, str] | None = None, begin: datetime = BEGIN) -> bytes:
    """A telegram of a house that draws 3.6 kW at the day rate: 1 Wh each second."""
    own = {
        "0-0:1.0.0": f"({stamp(begin + timedelta(seconds=second))})",
        "1-0:1.8.1": f"({1484.822 + second / 1000:010.3f}*kWh)",
        "1-0:1.7.0": "(03.600*kW)",
    }
    return make.house({**own, **(changes or {})})


class Stage:
    """dm with its input. `sent` counts the whole telegrams, as dm must."""

    def __init__(self, feed: Feed, running: Dm, folder: Path) -> None:
        self.feed, self.dm, self.folder, self.sent = feed, running, folder, 0

    async def damaged(self, *parts: bytes) -> None:
        """Send these bytes, which contain no whole telegram."""
        await self.feed.send(parts)

    async def good(self, *telegrams: bytes) -> messages.House:
        """The house message, once dm has accepted all of these."""
        await self.feed.send(telegrams)
        self.sent += len(telegrams)
        house = await self.dm.heard(self.sent)
        assert house.health.good == self.sent, f"{house.health.good} counted of {self.sent}"
        return house

    async def recovered_s(self, telegram: bytes) -> float:
        """The time until dm counts one more good telegram, s."""
        began = now_s()
        await self.good(telegram)
        return now_s() - began

    async def wire(self) -> messages.Wire:
        """The state of the line."""
        (vitals,) = await self.dm.ask("health")
        assert isinstance(vitals, messages.Vitals)
        assert vitals.wire is not None
        return vitals.wire

    async def period(self, label: str = "today") -> messages.UsagePeriod:
        """A row of the usage table."""
        (usage,) = await self.dm.ask("usage")
        assert isinstance(usage, messages.Usage)
        return next(row for row in usage.periods if row.label == label)

    async def peak(self) -> messages.PeakState:
        """The quarter and the months."""
        (peak,) = await self.dm.ask("peak")
        assert isinstance(peak, messages.PeakState)
        return peak

    @property
    def log(self) -> str:
        """The notifications to the householder."""
        return (self.folder / "log" / "log_info.log").read_text(encoding="utf-8")

    async def says(self, *words: str) -> None:
        """Wait until the log contains all of these."""
        while not all(word in self.log for word in words):  # noqa: ASYNC110  a file tells nobody
            await asyncio.sleep(_STEP_S)

    async def notes(self, word: str) -> str:
        """The state of the line, once it contains this word."""
        while True:
            (house,) = await self.dm.ask("house")
            assert isinstance(house, messages.House)
            if word in house.health.note:
                return house.health.note
            await asyncio.sleep(10 * _STEP_S)


@asynccontextmanager
async def stage(
    folder: Path, *options: str, live: bool = False, env: Mapping[str, str] | None = None
) -> AsyncIterator[Stage]:
    """Run dm on the fed input inside the context; `live`: as live telegrams."""
    feed = Feed()
    async with (
        feed.listening() as source,
        dm(source, folder, *options, live=live, env=env) as running,
    ):
        yield Stage(feed, running, folder)


def now_s() -> float:
    return asyncio.get_running_loop().time()


def kwh(used: messages.Used | None) -> float:
    """The amount, rounded to the Wh."""
    assert used is not None
    return round(used.amount, 3)


def rows(folder: Path, table: str = "quarters") -> list[tuple[object, ...]]:
    """A table of the books."""
    db = sqlite3.connect(folder / "history" / "quarters.db")
    try:
        return db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
    finally:
        db.close()


def milli(booked: Iterable[tuple[object, ...]], register: str = "offtake_day") -> int:
    """The total booked from a register, Wh or litres."""
    return sum(int(str(row[2])) for row in booked if row[1] == register)
