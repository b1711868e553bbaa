"""ev as a process: its share of a core and its memory, at one telegram a second, a car charging.

Three evs beside one dm: with a screen, without, and with a calendar read by Google's own client
(from a simulated Google on loopback). Each drives a charger of its own.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.ev import devices as equipment
from apps.shared.house_clock import HouseClock
from apps.shared.secrets import Secrets
from apps.shared.settings import load_settings
from base import daemon
from base.time import BRUSSELS
from bench.fall import boosted
from bench.process import cpu_s, memory_mb, on_terminal, running
from bench.result import Result
from ev.calendars.google import Google
from ev.calendars.google_login import Access
from ev_app import Ev, arguments
from sim.calendar import serving
from sim.calendar_entries import week
from sim.car import SimCar, Stay
from sim.charger import SimNrgKick
from sim.charger_http import simulated_charger

SETTLE_S, WATCH_S = 10.0, 40.0
COLUMNS, ROWS = 120, 40
SCREEN, HEADLESS, GOOGLE = "120x40 screen each second", "headless", "with Google's client, headless"
CONFIG = """
socket_info = {{"dm": {{"host": "127.0.0.1", "port": 0}}}}
cable_info = {{"main": {{"host": "{host}"}}}}
cars = {{"q4": {{"capacity_kwh": 77}}}}
"""


def run() -> list[Result]:
    """Percent of a core and MB."""
    return asyncio.run(_measure())


async def _measure() -> list[Result]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dm-bench-")))
        house = ("--source", "sim://?seed=7", "--replayed", "--port", "0", "--headless")
        dm = await stack.enter_async_context(running("dm.py", *house, "--data", str(folder / "dm")))
        pids: dict[str, int] = {}
        for name, peer in ((SCREEN, "ev"), (HEADLESS, "ev2"), (GOOGLE, "ev3")):
            (own := folder / peer).mkdir()
            pids[name] = await stack.enter_async_context(_ev(name, peer, dm.url, own))
        await asyncio.sleep(SETTLE_S)
        before_s = {name: cpu_s(pid) for name, pid in pids.items()}
        await asyncio.sleep(WATCH_S)
        return [
            result
            for name, pid in pids.items()
            for result in _results(name, pid, cpu_s(pid) - before_s[name])
        ]


def _results(name: str, pid: int, used_s: float) -> list[Result]:
    most_mb = "at most 90" if name == GOOGLE else ""
    return [
        Result(
            name=f"ev, {name}: share of a core",
            value=100 * used_s / WATCH_S,
            unit="%",
            target="at most 1",
        ),
        Result(name=f"ev, {name}: memory", value=memory_mb(pid), unit="MB", target=most_mb),
    ]


@asynccontextmanager
async def _ev(name: str, peer: str, dm_url: str, folder: Path) -> AsyncIterator[int]:
    """An ev whose car charges; returns its process."""
    now = datetime.now(UTC)
    far = timedelta(days=9)
    device = SimNrgKick(SimCar(name="q4", stays=[Stay(now - far, now + far)]))
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(simulated_charger(device))
        config = folder / "config.py"
        config.write_text(CONFIG.format(host=address.removeprefix("http://")))
        options = ["--dm", dm_url, "--name", peer, "--port", "0"]
        options += ["--config", str(config), "--data", str(folder)]
        if name == SCREEN:
            yield stack.enter_context(on_terminal(COLUMNS, ROWS, "ev_app.py", *options)).pid
            return
        program = ["ev_app.py"]
        if name == GOOGLE:
            calendar = await stack.enter_async_context(serving(week(now, ["q4"])))
            token = folder / "token.json"
            token.write_text(json.dumps(calendar.login_file(now + far)))
            program = ["-m", "bench.ev", "--token", str(token), "--api", calendar.api]
        ev = await stack.enter_async_context(running(*program, *options, "--headless"))
        await boosted(_a_moment, device, ev.url)
        if name == GOOGLE:
            assert any("/events" in question for question in calendar.questions), "never read"
        yield ev.pid


async def _a_moment() -> None:
    await asyncio.sleep(0.5)


async def with_google(token: Path, api: str, argv: list[str], stop: asyncio.Event) -> int:
    """ev unchanged, except that its calendar is read at `api`."""
    options, clock = arguments(argv), HouseClock()
    settings = load_settings(options.config)
    google = Google("primary", Access(token, api=api), BRUSSELS)
    has = equipment.configured(settings, Secrets(), clock)
    has = replace(has, calendars={"home": google})
    await Ev(options, settings, Secrets(), has, clock, stop).run()
    return 0


if __name__ == "__main__":
    import logging

    logging.basicConfig(level=logging.INFO)
    parser = argparse.ArgumentParser()
    parser.add_argument("--token", type=Path)
    parser.add_argument("--api")
    mine, rest = parser.parse_known_args()
    sys.exit(daemon.run(lambda stop: with_google(mine.token, mine.api, rest, stop)))
