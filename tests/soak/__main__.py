"""Lets dm live for days with faults in each, and says whether anything of it grows.

Memory after the first day, open files, bytes written and log lines of each day.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import messages
from sim.meter import simulated_meter
from tests.dm.running import Dm, dm
from tests.faults.stage import now_s
from tests.faults.transport import cost

DAY_S = 86_400
DAILY = "cut@20000,lost@30000,garbage@40000+60,silence@50000+30,zero@60000,ff@70000,7e1@71000+5"
MOST_GROWN = 0.01
MOST_BYTES = 10e6


@dataclass(frozen=True, slots=True)
class Day:
    """What dm was at the end of a simulated day; `wrote` and `lines` are since its start."""

    memory_mb: float
    files: int
    wrote: float
    lines: int


async def lived(days: int, speed: float, folder: Path) -> list[Day]:
    """Each day that was lived, printed as it ends."""
    daily = DAILY.split(",")
    faults = ",".join(_later(fault, day * DAY_S) for day in range(days) for fault in daily)
    source = f"sim://?seed=7&start=2026-01-01T00:00&speed={speed:g}&faults={faults}"
    found: list[Day] = []
    # The simulated house stays here: what its wire costs is not dm's.
    async with simulated_meter(source, datetime.now(UTC)) as path, dm(path, folder) as running:
        first = last = (await running.heard(1)).time
        assert first is not None
        while len(found) < days:
            await asyncio.sleep(0.5)
            (house,) = await running.ask("house")
            assert isinstance(house, messages.House)
            last = house.time
            if last is not None and (last - first).total_seconds() >= DAY_S * (len(found) + 1):
                found.append(_seen(running, folder))
                day, before = found[-1], found[-2].wrote if len(found) > 1 else 0.0
                print(
                    f"day {len(found):3}: {day.memory_mb:6.2f} MB, {day.files} files open,"
                    f" {(day.wrote - before) / 1e6:.2f} MB written, {day.lines} lines in all",
                    flush=True,
                )
    return found


def _later(fault: str, by_s: int) -> str:
    name, _, when = fault.partition("@")
    start, plus, length = when.partition("+")
    return f"{name}@{int(start) + by_s}{plus}{length}"


def _seen(running: Dm, folder: Path) -> Day:
    here = Path(f"/proc/{running.process.pid}")
    memory = next(line for line in (here / "status").read_text().splitlines() if "VmRSS" in line)
    logs = [folder / "log" / "log_info.log", *(folder / "history").glob("*_log_info.log")]
    lines = sum(path.read_text(encoding="utf-8").count("\n") for path in logs)
    open_files = len(list((here / "fd").iterdir()))
    return Day(int(memory.split()[1]) / 1024, open_files, cost(running.process.pid)[1], lines)


def grown(days: Sequence[Day]) -> list[str]:
    """What grew or was too much, in sentences; empty when all is flat."""
    first, last, count = days[min(1, len(days) - 1)], days[-1], len(days)
    trouble = []
    if last.memory_mb > first.memory_mb * (1 + MOST_GROWN):
        trouble.append(f"memory grew from {first.memory_mb:.2f} to {last.memory_mb:.2f} MB")
    if last.files > first.files:
        trouble.append(f"open files grew from {first.files} to {last.files}")
    if last.wrote / count > MOST_BYTES:
        trouble.append(f"{last.wrote / count / 1e6:.1f} MB were written a day")
    return trouble


def main() -> int:
    """0 when nothing grew."""
    parser = argparse.ArgumentParser(prog="./do_py.sh soak", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--speed", type=float, default=0, help="0: as fast as it goes")
    options = parser.parse_args()
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
