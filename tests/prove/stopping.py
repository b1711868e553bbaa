"""A process that starts programs and stops each at a random moment, repeatedly."""

import asyncio
import json
import logging
import os
import platform
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Self

import bs_app
import dm
import ev_app

HUNG_S = 60.0
"""A stop that takes longer hangs."""
LATE_S = 6.0
"""The programs promise to end within this; on a machine as busy as this proof makes it, a write to
the disk may take longer."""
CONFIG = "apps/demo/config.py"
KEPT = {"dm": "data.pickle", "ev": "ev.json", "bs": "bs.json", "watch": ""}
"""Each program, and the file that a stop writes."""


def programs(folder: Path, url: str) -> Mapping[str, tuple[str, ...]]:
    """The command line of each program; all but dm get the house at `url`."""
    own = ("--config", CONFIG, "--data", str(folder), "--port", "0")
    there = ("--dm", url, "--speed", "60")
    return {
        "dm": ("dm.py", *own, "--source", "sim://?speed=60"),
        "ev": ("ev_app.py", *own, *there, "--simulated"),
        "bs": ("bs_app.py", *own, *there),
        "watch": ("dm.py", "--config", CONFIG, "--watch", url),
    }


@dataclass(slots=True, kw_only=True)
class Tally:
    """The outcomes of the stops. `ready` counts the programs that were running by then."""

    python: str = field(default_factory=platform.python_version)
    stops: int = 0
    ready: int = 0
    hung: int = 0
    late: int = 0
    lost: int = 0
    slowest_s: float = 0.0

    def add(self, folder: Path, name: str, began_ns: int, *, ready: bool) -> None:
        """Count one stop; lost is a state that was not written, or that cannot be read."""
        self.stops += 1
        self.ready += ready
        took_s = (time.time_ns() - began_ns) / 1e9
        self.late += took_s > LATE_S
        self.slowest_s = max(self.slowest_s, took_s)
        kept = folder / KEPT[name]
        unsaved = not kept.is_file() or kept.stat().st_mtime_ns < began_ns
        self.lost += bool((ready and KEPT[name] and unsaved) or [*folder.glob("*.bad-*")])

    def __str__(self) -> str:
        return (
            f"{self.stops} stops, {self.ready} of them when it was up: {self.hung} hung,"
            f" {self.lost} lost, {self.late} late; the slowest took {self.slowest_s:.1f} s"
        )


class Ready:
    """Receives, instead of systemd, the report that a program is ready."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def __enter__(self) -> Self:
        self._line.bind(str(self.path))
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def mark(self) -> int:
        """The time of a stop, by the clock of file times, ns."""
        return time.time_ns() - 20_000_000  # file times use the kernel's tick

    def seen(self) -> bool:
        """True if it reported ready since the last call."""
        said = b""
        try:
            while True:
                said += self._line.recv(4096)
        except BlockingIOError:
            return b"READY=1" in said


def _main(told: tuple[str, ...]) -> Callable[[asyncio.Event], Coroutine[Any, Any, int]]:
    module = {"dm.py": dm, "ev_app.py": ev_app, "bs_app.py": bs_app}[told[0]]
    return lambda stop: module.main(module.arguments(told[1:]), stop)


async def _stops(name: str, folder: Path, url: str, count: int, most_s: float) -> Tally:
    chance, tally, start = Random(name), Tally(), _main(programs(folder, url)[name])
    with Ready(folder) as ready:
        os.environ["NOTIFY_SOCKET"] = str(ready.path)
        for _ in range(count):
            stop = asyncio.Event()
            task = asyncio.create_task(start(stop))
            await asyncio.sleep(chance.uniform(0, most_s))
            began = ready.mark()
            stop.set()
            await asyncio.wait({task}, timeout=HUNG_S)
            if task.done():
                task.result()
            else:
                tally.hung += 1
                task.cancel()
            tally.add(folder, name, began, ready=ready.seen())
    return tally


def main() -> None:
    """Print the tally of each program in turn; their screens are discarded."""
    folder, url, count, most_s, *names = sys.argv[1:]
    out, sys.stdout = sys.stdout, Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    logging.getLogger().addHandler(logging.NullHandler())
    tallies = {}
    for name in names:
        own = Path(folder, name)
        own.mkdir(parents=True)
        tallies[name] = asdict(asyncio.run(_stops(name, own, url, int(count), float(most_s))))
    print(json.dumps(tallies), file=out)


if __name__ == "__main__":
    main()
