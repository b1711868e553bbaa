"""Nothing is lost when dm is killed, its disk filled or its files broken while it books an evening.

Each run is compared with an undisturbed one: every row of the books, and the usage table.
"""

import asyncio
import os
import resource
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from random import Random

from base import messages
from sim.stream import telegrams
from tests.apps.dm.running import Feed, booked, dm
from tests.faults.fault import Fault, Outcome
from tests.faults.stage import Stage, now_s, stage

MOMENTS = {
    "quarter": "2026-01-15T17:43",
    "midnight": "2026-01-15T23:58",
    "month": "2026-01-31T23:58",
    "year": "2026-12-31T23:58",
    "hour lost in March": "2026-03-29T01:58",
}
SECONDS = 240
OVERLAP = 240
LATE_S = 0.05
"""A kill comes at any time within so long after a batch is sent: while it is read and written."""

Disturb = Callable[[Stage], Awaitable[Callable[[], None]]]
"""Breaks something under a running dm; what it gives mends it."""


@lru_cache(maxsize=8)
def evening(start: str, seconds: int = SECONDS) -> tuple[bytes, ...]:
    """The telegrams of some minutes around a boundary."""
    return tuple(islice(telegrams(f"sim://?seed=7&start={start}"), seconds))


async def usage(it: Stage) -> messages.Message:
    (said,) = await it.dm.ask("usage")
    return said


async def undisturbed(start: str, folder: Path) -> tuple[messages.Message, object]:
    """The usage table and the books of the same minutes without a fault."""
    async with stage(folder) as it:
        await it.good(*evening(start))
        said = await usage(it)
        await it.dm.end()
    return said, books(folder)


def books(folder: Path) -> object:
    """The booked amounts and money; of demand only the quarters that dm observed."""
    tables = booked(folder)
    return tables["quarters"], tables["baselines"]


async def kills(count: int, start: str, folder: Path) -> Outcome:
    """Kill dm this number of times during these minutes; each time it continues from its books."""
    said, kept = await undisturbed(start, folder / "peace")
    stream, chance, data = evening(start), Random(f"{start} {count}"), folder / "war"
    feed, killed = Feed(), 0
    async with feed.listening() as source:
        cuts = sorted(chance.sample(range(2, len(stream)), count))
        begun = 0
        for cut in (*cuts, len(stream)):
            async with dm(source, data) as running:
                it = Stage(feed, running, data)
                await it.feed.send(stream[begun:cut])
                if cut == len(stream):
                    await running.heard(cut - begun)
                    assert await usage(it) == said, f"usage differs after {killed} kills"
                    await running.end()
                else:
                    await asyncio.sleep(chance.uniform(0, LATE_S))
                    await running.end(signal.SIGKILL)
                    killed += 1
            feed.hang_up()
            begun = max(0, cut - OVERLAP)  # dm may not have read them: sent again
    assert books(data) == kept, f"the books differ after {killed} kills"
    return Outcome(f"{killed} kills: 0.000 kWh and 0.00 EUR differ, row by row")


async def disturbed(disturb: Disturb, how: str, folder: Path) -> Outcome:
    """A fault starts before the quarter closes and ends a minute after it: everything is booked."""
    start = MOMENTS["quarter"]
    said, kept = await undisturbed(start, folder / "peace")
    stream, half = evening(start), 60
    async with stage(folder / "war") as it:
        await it.good(*stream[:half])
        mend = await disturb(it)
        await it.good(*stream[half:-30])
        mend()
        began = now_s()
        await it.good(*stream[-30:])
        assert await usage(it) == said, "the usage differs"
        recovered_s = now_s() - began
        await it.dm.end()
    # Pending bookings are written with the next commit, at the latest at the stop.
    assert books(folder / "war") == kept, "the books differ"
    return Outcome(f"{how}; books and usage equal to the last digit", recovered_s)


async def _disk_full(it: Stage) -> Callable[[], None]:
    """No file may grow: books, log and state all fail to be written."""
    pid = it.dm.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    return lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard)) and None


async def _busy(it: Stage) -> Callable[[], None]:
    """Another program locks the books."""
    other = sqlite3.connect(it.folder / "history" / "quarters.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other.close


async def _read_only(folder: Path) -> Outcome:
    """With a read-only folder dm stops with a sentence and code 1; with a writable one it runs."""
    link = folder / "data"
    link.symlink_to("/proc/self")
    try:
        async with dm("sim://", link):
            raise RuntimeError("it began on a disk that cannot be written")
    except AssertionError as error:
        if "Cannot open history" not in str(error):
            raise
    link.unlink()
    async with stage(folder / "data") as it:
        await it.good(*evening(MOMENTS["quarter"])[:5])
    return Outcome("reported, ended with 1 (do_py.sh retries); then it ran")


async def _corrupt(folder: Path) -> Outcome:
    """The books are overwritten while dm runs: the day continues from memory."""
    start = MOMENTS["quarter"]
    said, _ = await undisturbed(start, folder / "peace")
    data = folder / "war"
    async with stage(data) as it:
        await it.good(*evening(start)[:200])
        await it.dm.end()
    path = data / "history" / "quarters.db"
    path.write_bytes(path.read_bytes()[:1024] + os.urandom(path.stat().st_size - 1024))
    began = now_s()
    async with stage(data) as it:
        await it.good(*evening(start)[199:])
        assert await usage(it) == said, "the usage differs"
        await it.dm.end()
    assert any(".db.bad-" in name for name in os.listdir(data / "history"))  # noqa: PTH208
    return Outcome("set aside and logged; the day is complete from data.pickle", now_s() - began)


async def _pickle(folder: Path) -> Outcome:
    """data.pickle names a class: it is not executed, and the day is restored from the quarters."""
    start = MOMENTS["quarter"]
    said, _ = await undisturbed(start, folder)
    (folder / "data.pickle").write_bytes(b"cposix\nsystem\n(S'touch pwned'\ntR.")
    async with stage(folder) as it:
        await it.good(evening(start)[-1])
        assert await usage(it) == said, "the usage differs"
        assert "cannot be read" in it.log
    assert any(name.startswith("data.pickle.bad-") for name in os.listdir(folder))  # noqa: PTH208
    return Outcome("set aside, logged once, nothing ran; the day rebuilt from the quarters")


def killed(count: int, moment: str, quick: bool = False) -> Fault:
    return Fault(
        source="promise 4",
        injected=f"kill -9 at {count} random moments around: {moment}",
        promised="no kWh and no euro is lost or booked twice",
        play=partial(kills, count, MOMENTS[moment]),
        quick=quick,
        longest_s=300.0,
    )


FAULTS = (
    killed(2, "quarter", quick=True),
    *(killed(40, moment) for moment in MOMENTS),
    Fault(
        source="promise 4",
        injected="the disk is full: books, state and log cannot be written",
        promised="bookings wait, and are written when there is room",
        play=partial(disturbed, _disk_full, "written when there was room again"),
    ),
    Fault(
        source="promise 4",
        injected="another program holds the books at the quarter's end",
        promised="bookings wait, and are written with the next",
        play=partial(disturbed, _busy, "written when they were free"),
    ),
    Fault(
        source="promise 4",
        injected="a disk that cannot be written at the start",
        promised="reported; it runs later",
        play=_read_only,
    ),
    Fault(
        source="promise 6",
        injected="quarters.db overwritten with noise",
        promised="set aside, logged; the day continues",
        play=_corrupt,
    ),
    Fault(
        source="promise 6",
        injected="data.pickle that would run a program",
        promised="set aside; the day rebuilt",
        play=_pickle,
    ),
)
