"""dm, ev and bs together, each drawing its screen on a terminal; and the time until a first
telegram is shown.

A house as in the demo, at its own pace: one telegram a second over a pty, a simulated car and
battery. The start is counted from the last byte of the first telegram to the screen that shows it.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.dm import send as send_each_second
from bench.dm import wire as a_wire
from bench.process import PATIENCE_S, cpu_s, free_port, memory_mb, on_terminal
from bench.result import Result
from sim.stream import telegrams

COLUMNS, ROWS = 120, 40
SETTLE_S, WATCH_S = 12, 40
METER = b"1SIM"
CONFIG = """
socket_info = {{"dm": {{"host": "127.0.0.1", "port": {port}}}}}
battery_info = {{"battery": {{"family": "sim", "capacity_kwh": 10.0}}}}
"""


def run() -> list[Result]:
    """Percent of a core, MB and s."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dm-bench-")))
        wire = stack.enter_context(a_wire())
        port = free_port()
        config = folder / "config.py"
        config.write_text(CONFIG.format(port=port), encoding="utf-8")
        common = ("--config", str(config), "--data", str(folder))
        there = ("--dm", f"ws://127.0.0.1:{port}/ws", "--port", "0")
        stream = telegrams("sim://?seed=7&start=2026-01-15T17:20")
        dm = stack.enter_context(_shown("dm.py", "--source", wire.path, "--replayed", *common))
        first_s = _first_s(dm, wire.meter, next(stream))
        ev = stack.enter_context(_shown("ev_app.py", *common, *there, "--simulated"))
        bs = stack.enter_context(_shown("bs_app.py", *common, *there))
        send_each_second([wire.meter], islice(stream, SETTLE_S))
        pids = [app.process.pid for app in (dm, ev, bs)]
        before_s = [_family_s(pid) for pid in pids]
        planning_mb = sum(family_mb(pid) for pid in pids)
        send_each_second([wire.meter], islice(stream, WATCH_S))
        used_s = [_family_s(pid) - was_s for pid, was_s in zip(pids, before_s, strict=True)]
        memory = [family_mb(pid) for pid in pids]
    names = ("dm", "ev", "bs")
    parts = [
        result
        for name, cpu, mb in zip(names, used_s, memory, strict=True)
        for result in (
            Result(
                name=f"{name}, with its screen: share of a core",
                value=100 * cpu / WATCH_S,
                unit="%",
            ),
            Result(name=f"{name}, with its screen: memory", value=mb, unit="MB"),
        )
    ]
    return [
        *parts,
        Result(
            name="all three: share of a core",
            value=100 * sum(used_s) / WATCH_S,
            unit="%",
            target="at most 5",
        ),
        Result(name="all three: memory", value=sum(memory), unit="MB", target="at most 200"),
        Result(
            name="all three and the solver, which stays 10 s: memory", value=planning_mb, unit="MB"
        ),
        Result(
            name="first telegram's last byte to the screen",
            value=first_s,
            unit="s",
            target="at most 1.5",
        ),
    ]


@dataclass(frozen=True, slots=True)
class _App:
    """A daemon on a terminal of its own, and its output."""

    process: subprocess.Popen[bytes]
    drawn: bytearray


def _first_s(dm: _App, meter: int, telegram: bytes) -> float:
    """Seconds from the telegram's last byte until the meter it names is on the screen."""
    _until(lambda: bool(dm.drawn))
    time.sleep(1.0)  # the line is open
    os.write(meter, telegram)
    sent_s, drawn = time.monotonic(), len(dm.drawn)
    _until(lambda: METER in dm.drawn[drawn:])
    return time.monotonic() - sent_s


def _family(pid: int) -> list[int]:
    """The process and those it started, such as dm's solver while there is one."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _family_s(pid: int) -> float:
    """CPU time of the process and all it started, also of those that ended."""
    return sum(cpu_s(one, ended=True) for one in _family(pid))


def family_mb(pid: int) -> float:
    return sum(map(memory_mb, _family(pid)))


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("the screen stayed empty")
        time.sleep(0.005)


@contextmanager
def _shown(*command: str) -> Iterator[_App]:
    """The daemon runs inside, and draws."""
    drawn = bytearray()
    with on_terminal(COLUMNS, ROWS, *command, drew=drawn.extend) as process:
        yield _App(process, drawn)
