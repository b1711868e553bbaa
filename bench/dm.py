"""dm as a process: its share of a core, its memory, its delay, and a whole day at full speed.

The telegrams come one a second over a pty, as from the cable, so the figures are those of a home.
"""

import asyncio
import json
import os
import pty
import resource
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.process import PORT, ROOT, cpu_s, memory_mb, on_terminal, percentile_ms
from bench.result import Result, delays
from sim.stream import telegrams

SIMULATION = "sim://?seed=7&start=2026-01-15T17:20"
SETTLE_S = 5.0
WATCH_S = 40.0
DELAYS = 400
LIARS, LIES_S = 3, 20.0
DAY = 86_400
SEED_PCT = 92.0  # what the first version took of a core for one telegram a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Living:
    """A dm with a screen of this size in columns and rows, or headless, and its limit."""

    shown: str
    size: tuple[int, int] | None
    core: str
    memory: str = ""
    seed_pct: float | None = None

    def results(self, core_pct: float, used_mb: float) -> list[Result]:
        return [
            Result(
                name=f"dm, {self.shown}: share of a core",
                value=core_pct,
                unit="%",
                target=self.core,
                seed=self.seed_pct,
            ),
            Result(name=f"dm, {self.shown}: memory", value=used_mb, unit="MB", target=self.memory),
        ]


LIVING = (
    Living(
        shown="240x54 screen each second",
        size=(240, 54),
        core="at most 2",
        memory="at most 54",
        seed_pct=SEED_PCT,
    ),
    Living(shown="headless", size=None, core="at most 0.5"),
)


def run() -> list[Result]:
    """Percent of a core, MB, ms and s."""
    return [*_living(), *_delay(), *_day()]


def _living() -> list[Result]:
    """CPU and memory of dm at one telegram a second, with a screen and without one."""
    with ExitStack() as stack:
        lines = [stack.enter_context(wire()) for _ in LIVING]
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in LIVING]
        options = [
            ["--source", line.path, "--data", folder, "--port", "0", "--replayed"]
            for line, folder in zip(lines, folders, strict=True)
        ]
        pids = [
            stack.enter_context(_dm(mine, living.size)).pid
            for mine, living in zip(options, LIVING, strict=True)
        ]
        meters = [line.meter for line in lines]
        stream = telegrams(SIMULATION)
        send(meters, islice(stream, int(SETTLE_S)))
        before_s = [cpu_s(pid) for pid in pids]
        send(meters, islice(stream, int(WATCH_S)))
        used_s = [cpu_s(pid) - was_s for pid, was_s in zip(pids, before_s, strict=True)]
        used_mb = [memory_mb(pid) for pid in pids]
    return [
        result
        for living, cpu, mb in zip(LIVING, used_s, used_mb, strict=True)
        for result in living.results(100 * cpu / WATCH_S, mb)
    ]


def _delay() -> list[Result]:
    """Last byte of a telegram written to the pty, until `house` is at a client."""
    alone_s, beside_s = _measured_s(0), _measured_s(LIARS)
    lied = f"the same while {LIARS} neighbours lie {LIES_S:g} times a second each, p99"
    return [
        *delays("telegram's last byte to house at a client", alone_s, p99="at most 10"),
        Result(name=lied, value=percentile_ms(beside_s, 99), unit="ms", target="at most 10"),
    ]


def _measured_s(liars: int) -> list[float]:
    with tempfile.TemporaryDirectory() as folder, wire() as line:
        options = ["--source", line.path, "--data", folder, "--port", "0", "--replayed"]
        with _dm(options, None) as process:
            assert process.stderr is not None
            port = next(int(m[1]) for line in process.stderr if (m := PORT.search(line)))
            threading.Thread(target=process.stderr.read, daemon=True).start()
            for number in range(liars):
                lying = _lying(f"ws://127.0.0.1:{port}/ws", number)
                threading.Thread(target=asyncio.run, args=(lying,), daemon=True).start()
            return asyncio.run(_delays_s(line.meter, port))


async def _lying(url: str, number: int) -> None:
    """A neighbour of twelve cars and batteries reports a new power each time, at its rate limit."""
    random = Random(number)
    with suppress(ConnectionClosed):
        async with connect(url, proxy=None, compression=None) as line:
            while True:
                await line.send(json.dumps(_lie(number, random.uniform(0, 1e4))))
                await line.recv()
                await asyncio.sleep(1 / LIES_S)


def _lie(number: int, kw: float) -> dict[str, object]:
    car = {"plugged": True, "power_kw": kw, "most_kw": 11.0, "urgency": "now", "energy_kwh": 9.0}
    home = {"power_kw": kw, "capacity_kwh": 10.0, "charge_kw": 5.0, "discharge_kw": 5.0}
    return {
        "type": "need", "name": f"liar {number}", "power_kw": kw,
        "cars": [{"name": f"car {n}", **car} for n in range(4)],
        "batteries": [{"name": f"home {n}", **home} for n in range(4)],
    }  # fmt: skip


async def _delays_s(meter: int, port: int) -> list[float]:
    async with connect(f"ws://127.0.0.1:{port}/ws", proxy=None, compression=None) as line:
        await line.send("watch house")
        for _ in range(3):  # the greeting, the answer, the current house
            await line.recv()
        return [await _delay_s(meter, line, t) for t in islice(telegrams(SIMULATION), DELAYS)]


async def _delay_s(meter: int, line: ClientConnection, telegram: bytes) -> float:
    await asyncio.sleep(0.02)
    os.write(meter, telegram)
    began = time.perf_counter()
    await line.recv()
    return time.perf_counter() - began


def _day() -> list[Result]:
    """A recorded day through the whole of dm: framed, read, booked, closed, saved."""
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "day.p1"
        with recording.open("wb") as file:
            file.writelines(islice(telegrams("sim://?seed=7&start=2026-01-15T00:00:00"), DAY))
        command = ["dm.py", "--source", f"file://{recording}", "--data", folder, "--headless"]
        began = time.perf_counter()
        subprocess.run([sys.executable, *command, "--port", "0"], cwd=ROOT, check=True,
                       stderr=subprocess.DEVNULL)  # fmt: skip
        took_s = time.perf_counter() - began
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return [
        Result(
            name="a day of telegrams through the whole of dm",
            value=took_s,
            unit="s",
            target="at most 15",
        ),
        Result(name="largest process so far", value=children.ru_maxrss / 1024, unit="MB"),
    ]


@contextmanager
def _dm(options: list[str], size: tuple[int, int] | None) -> Iterator[subprocess.Popen[bytes]]:
    """A dm process, on a terminal of this size or headless."""
    if size is not None:
        with on_terminal(*size, "dm.py", *options) as process:
            yield process
        return
    command = [sys.executable, "dm.py", *options, "--headless"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.terminate()


class _Wire:
    """A pty: `meter` is written to, dm opens `path`."""

    def __init__(self) -> None:
        self.meter, self.port = pty.openpty()
        settings = termios.tcgetattr(self.port)
        settings[3] = settings[1] = settings[0] = 0
        termios.tcsetattr(self.port, termios.TCSANOW, settings)
        self.path = os.ttyname(self.port)


@contextmanager
def wire() -> Iterator[_Wire]:
    line = _Wire()
    try:
        yield line
    finally:
        os.close(line.meter)
        os.close(line.port)


def send(meters: Sequence[int], stream: Iterator[bytes]) -> None:
    """One telegram a second, the same to each."""
    due_s = time.monotonic()
    for telegram in stream:
        for meter in meters:
            os.write(meter, telegram)
        due_s += 1.0
        time.sleep(max(0.0, due_s - time.monotonic()))
