"""Cost of the meter screen: drawing and writing each second's frame, and its memory."""

import os
import pty
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from statistics import quantiles
from time import perf_counter, process_time

from bench.process import drained
from bench.result import Result
from screen.meter.layout import render
from screen.meter.sample import example
from screen.meter.view import MeterView
from screen.primitives import UNICODE, Size
from screen.terminal import Terminal

FRAMES = 300
SIZES = ((Size(80, 24), ""), (Size(120, 40), ""), (Size(240, 54), "at most 8"))
MEMORY = """
import sys
def kb(): return int(open("/proc/self/statm").read().split()[1]) * 4
import asyncio, logging, zoneinfo
import base.messages
before = kb()
import screen.live, screen.meter.layout
print(kb() - before)
"""


def run() -> list[Result]:
    """Milliseconds of each frame in which time, power, quarter and bar changed; kB of memory."""
    results = [result for size, target in SIZES for result in _frames(size, target)]
    memory = Result(name="memory of the screen's modules", value=memory_mb(), unit="MB")
    return [*results, memory]


def memory_mb() -> float:
    """MB that the modules of the meter screen add to a process of their own."""
    told = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, check=True)
    return int(told.stdout) / 1024


def _frames(size: Size, target: str) -> list[Result]:
    views = [_second(place) for place in range(FRAMES)]
    master, slave = pty.openpty()
    reader = threading.Thread(target=drained, args=(master, lambda _: None), daemon=True)
    reader.start()
    terminal = Terminal(slave, colour=True)
    spent: list[float] = []
    busy = process_time()
    for view in views:
        began = perf_counter()
        terminal.draw(render(view, size, UNICODE))
        spent.append((perf_counter() - began) * 1e3)
    busy = (process_time() - busy) / FRAMES
    terminal.close()
    os.close(slave)
    reader.join(5)
    os.close(master)
    name = f"frame at {size.columns}x{size.rows}, drawn and written"
    return [
        Result(name=f"{name}, median", value=quantiles(spent, n=100)[49], unit="ms", target=target),
        Result(name=f"{name}, p95", value=quantiles(spent, n=100)[94], unit="ms"),
        Result(
            name=f"one frame a second at {size.columns}x{size.rows}",
            value=busy * 100,
            unit="% core",
            target="at most 1",
        ),
    ]


def _second(place: int) -> MeterView:
    """The example house, `place` seconds later and using a little more."""
    view = example()
    assert view.house is not None
    assert view.house.time is not None
    assert view.house.quarter is not None
    later = timedelta(seconds=place)
    quarter = view.house.quarter.model_copy(
        update={"so_far_kw": 1.57 + place * 0.003, "forecast_kw": 2.91 + place % 7 * 0.01}
    )
    house = view.house.model_copy(
        update={
            "time": view.house.time + later,
            "offtake_kw": 3.05 + place % 11 * 0.07,
            "quarter": quarter,
            "headroom_kw": 1.13 - place * 0.001,
        }
    )
    return replace(view, now=view.now + later, heard=view.now + later, house=house)


if __name__ == "__main__":
    for result in run():
        print(f"{result.name}: {result.value:.2f} {result.unit}")
