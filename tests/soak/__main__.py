"""Runs dm for simulated days with faults in each, and reports any growth.

Measured are memory and open files after the first day and at the end, bytes written and log lines
of each day, and restarts of its parts. The house already has the history PAST, since memory grows
while dm collects the 56 days of load for its forecasts. A day is evaluated one hour after its
midnight, when it is closed. Log lines are counted before the repeat filter, which at this speed
would suppress sentences that a real house logs days apart.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from base import messages
from base.time import BRUSSELS, QUARTER
from rates.amounts import Booking, Register
from sim.meter import simulated_meter
from store.quarters import Quarters
from tests.apps.dm.running import Dm, dm
from tests.faults.stage import now_s
from tests.faults.transport import cost

START = datetime(2026, 1, 1, tzinfo=BRUSSELS)
PAST = timedelta(days=60)
DAY_S = 86_400
CLOSED_S = 3_600
DAILY = "cut@20000,lost@30000,garbage@40000+60,silence@50000+30,zero@60000,ff@70000,7e1@71000+5"
LOOKS = 5
MOST_GROWN = 0.01
MOST_BYTES = 10e6
MOST_LINES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The figures of dm after a simulated day; `wrote`, `lines` and `restarts` are since its
    start.
    """

    memory_mb: float
    files: int
    wrote: float
    lines: int
    restarts: int


NOTHING = Day(memory_mb=0.0, files=0, wrote=0.0, lines=0, restarts=0)


async def lived(days: int, speed: float, folder: Path) -> list[Day]:
    """Each simulated day, printed as it ends."""
    daily = DAILY.split(",")
    faults = ",".join(_later(fault, day * DAY_S) for day in range(days) for fault in daily)
    source = f"sim://?seed=7&start={START:%Y-%m-%dT%H:%M}&speed={speed:g}&faults={faults}"
    found: list[Day] = []
    book_past(folder)
    # The simulated house runs in this process: its cost is not counted as dm's.
    async with simulated_meter(source, datetime.now(UTC)) as path, dm(path, folder) as running:
        first = (await running.heard(1)).time
        assert first is not None
        while len(found) < days:
            await asyncio.sleep(0.5)
            house, vitals = await running.ask("house", "health")
            assert isinstance(house, messages.House)
            assert isinstance(vitals, messages.Vitals)
            lived_s = (house.time - first).total_seconds() if house.time else 0.0
            if lived_s >= DAY_S * (len(found) + 1) + CLOSED_S:
                found.append(await _seen(running, vitals))
                print(told(len(found), found[-1], found[-2] if len(found) > 1 else NOTHING))
                sys.stdout.flush()
    return found


def book_past(folder: Path) -> None:
    """Book PAST of quarters before START, each register with its money."""
    quarters = [START.astimezone(UTC) - PAST + place * QUARTER for place in range(PAST // QUARTER)]
    eur = {"energy": Decimal("0.0321"), "grid": Decimal("0.0123")}
    with closing(Quarters(folder / "history" / "quarters.db")) as books:
        books.commit(
            (
                Booking(quarter=quarter, register=register, amount=Decimal("0.123"), eur=eur)
                for quarter in quarters
                for register in Register
            ),
            {},
        )


def _later(fault: str, by_s: int) -> str:
    name, _, when = fault.partition("@")
    start, plus, length = when.partition("+")
    return f"{name}@{int(start) + by_s}{plus}{length}"


async def _seen(running: Dm, vitals: messages.Vitals) -> Day:
    here = Path(f"/proc/{running.process.pid}")
    memory = next(line for line in (here / "status").read_text().splitlines() if "VmRSS" in line)
    return Day(
        memory_mb=int(memory.split()[1]) / 1024,
        files=min([await _open_files(here) for _ in range(LOOKS)]),
        wrote=cost(running.process.pid)[1],
        lines=len(running.said),
        restarts=sum(vitals.restarts.values()),
    )


async def _open_files(here: Path) -> int:
    """The number of open files, at a moment when the connection of this request is usually
    closed.
    """
    await asyncio.sleep(0.1)
    return len(list((here / "fd").iterdir()))


def told(number: int, day: Day, before: Day) -> str:
    """The figures of a day as one line."""
    return (
        f"day {number:3}: {day.memory_mb:6.2f} MB, {day.files} files open,"
        f" {(day.wrote - before.wrote) / 1e6:.2f} MB written,"
        f" {day.lines - before.lines} log lines, {day.restarts} restarts"
    )


def grown(days: Sequence[Day]) -> list[str]:
    """Sentences on growth and excess; empty without any."""
    first, last = days[0], days[-1]
    trouble = []
    if last.memory_mb > first.memory_mb * (1 + MOST_GROWN):
        trouble.append(f"memory grew from {first.memory_mb:.2f} to {last.memory_mb:.2f} MB")
    if last.files > first.files:
        trouble.append(f"open files grew from {first.files} to {last.files}")
    if (wrote := _most(NOTHING.wrote, *(day.wrote for day in days))) > MOST_BYTES:
        trouble.append(f"{wrote / 1e6:.1f} MB were written in a day")
    if (lines := _most(NOTHING.lines, *(day.lines for day in days))) > MOST_LINES:
        trouble.append(f"{lines:.0f} lines were logged in a day")
    if last.restarts:
        trouble.append(f"parts of it started again {last.restarts} times")
    return trouble


def _most(*sums: float) -> float:
    """The largest increase of one day."""
    return max(after - before for before, after in pairwise(sums))


def main() -> int:
    """Return 0 when nothing grew."""
    parser = argparse.ArgumentParser(prog="./do_py.sh soak", description=__doc__)
    parser.add_argument("--days", type=int, default=30, help="1 or more (default: 30)")
    parser.add_argument("--speed", type=float, default=0, help="0: as fast as it goes")
    options = parser.parse_args()
    if options.days < 1:
        parser.error(f"--days {options.days}: must be 1 or more")
    return asyncio.run(_timed(options.days, options.speed))


async def _timed(days: int, speed: float) -> int:
    began = now_s()
    with tempfile.TemporaryDirectory(prefix="dm-soak-") as folder:
        found = await lived(days, speed, Path(folder))
    took_s = now_s() - began
    print(f"{days} days in {took_s:.0f} s, {days * DAY_S / took_s:.0f} times as fast as time goes")
    trouble = grown(found)
    print("; ".join(trouble) or "nothing grew")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
