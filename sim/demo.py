"""The whole program on a simulated house for a while, without a screen: does it do its work?

Exit code 0 only when telegrams were read, money was booked and a websocket client was answered.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from websockets.asyncio.client import connect

import messages

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "sim://?speed=60"
USUAL_S = 30.0
LEAST_S = 20.0  # at 60 times the speed: one quarter closes at least
START_S = 30.0
_PORT = re.compile(rb"Listening on .*?port (\d+)")


async def demo(for_s: float) -> int:
    """dm ran for `for_s` seconds; its state is printed. 0 when all of it worked."""
    with tempfile.TemporaryDirectory(prefix="dm-demo-") as folder:
        dm = await asyncio.create_subprocess_exec(
            *(sys.executable, "dm.py", "--source", SOURCE, "--data", folder),
            *("--port", "0", "--headless"),
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            port = await asyncio.wait_for(_port(dm), START_S)
            print(f"dm runs on a simulated house, 60 times as fast; {for_s:.0f} s", flush=True)
            await asyncio.sleep(for_s)
            state = await asyncio.wait_for(_ask(port), START_S)
        finally:
            with suppress(ProcessLookupError):
                dm.terminate()
            await dm.wait()
    return _report(*state)


async def _port(dm: asyncio.subprocess.Process) -> int:
    """The port that dm says it listens on. ValueError when it ends before that."""
    assert dm.stderr is not None
    async for line in dm.stderr:
        print("  " + line.decode().rstrip(), flush=True)
        if found := _PORT.search(line):
            return int(found[1])
    raise ValueError("dm stopped before it listened; what it said stands above")


async def _ask(port: int) -> tuple[messages.House | None, messages.Usage | None]:
    """What dm answers to two typed words."""
    house: messages.House | None = None
    usage: messages.Usage | None = None
    async with connect(f"ws://127.0.0.1:{port}/ws") as line:
        await line.send("house")
        await line.send("usage")
        async for text in line:
            message = messages.decode(text)
            if isinstance(message, messages.House):
                house = message
            elif isinstance(message, messages.Usage):
                usage = message
                break
    return house, usage


def _report(house: messages.House | None, usage: messages.Usage | None) -> int:
    """Prints the state; the exit code."""
    today = next((row for row in usage.periods if row.label == "today"), None) if usage else None
    good = house.health.good if house else 0
    booked = today is not None and today.peak is not None and bool(today.total_eur)
    print(f"telegrams read       {good:8d}   rejected {house.health.rejected if house else 0}")
    if house is not None and house.quarter is not None:
        print(f"meter time           {house.time:%Y-%m-%d %H:%M:%S} UTC")
        print(f"offtake              {house.offtake_kw or 0:8.2f} kW")
        print(f"quarter so far       {house.quarter.so_far_kw:8.2f} kW")
        print(f"quarter forecast     {house.quarter.forecast_kw:8.2f} kW")
        print(f"headroom             {house.headroom_kw or 0:8.2f} kW")
    if today is not None and today.peak is not None:
        print(f"today's peak         {today.peak.kw:8.2f} kW")
        print(f"today's cost         {today.total_eur or 0:8.2f} EUR")
    worked = {"telegrams": good > 0, "money": booked, "websocket": house is not None}
    print(", ".join(f"{name} {'ok' if ok else 'FAILED'}" for name, ok in worked.items()))
    return 0 if all(worked.values()) else 1


def main() -> int:
    """The exit code of the demo."""
    parser = argparse.ArgumentParser(prog="./do_py.sh demo", description=__doc__)
    parser.add_argument(
        "--for",
        type=float,
        default=USUAL_S,
        metavar="SECONDS",
        dest="for_s",
        help=f"how long (default {USUAL_S:.0f}, at least {LEAST_S:.0f})",
    )
    return asyncio.run(demo(max(LEAST_S, parser.parse_args().for_s)))


if __name__ == "__main__":
    sys.exit(main())
