"""The whole program on a simulated house: with its screens on a terminal, or with --for as a check
without screens.

The check ends with code 0 only when telegrams were read, money was booked, a websocket client was
answered, and the car and the battery sent messages. Either way it starts its own programs on free
ports, in its own home folder, and connects to nothing else.
"""

import argparse
import asyncio
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from apps.demo.on_broker import bridge, forget
from apps.demo.past import prepared, write_prices
from apps.demo.screens import CONFIG, RATES, ROOT, Screens
from apps.shared import argument_types
from base import address, messages
from base.time import BRUSSELS, DAY
from base.wire.here import LOOPBACK, page_address
from sim.chargers import SIMULATED

KEPT = ROOT / ".demo"
SPEED = 60
SOURCE = f"sim://?speed={SPEED}"
EVENING = time(17, 20)  # the oven is on, the car comes home
USUAL_S = 30.0
LEAST_S = 6.0
EARLY = timedelta(minutes=1)  # before a quarter closes: one is booked within the first seconds
START_S = 30.0
NEEDS_S = 60.0  # the first whole quarter closes within 16 s, on a busy machine later
_PORT = re.compile(rb"Listening on .*?port (\d+)")


@dataclass(frozen=True, slots=True)
class Seen:
    """Answers of the meter program at the end of the demo."""

    house: messages.House | None
    usage: messages.Usage | None
    needs: Mapping[str, messages.Need]


async def demo(for_s: float, charger: str = "nrgkick", broker: str | None = None) -> int:
    """Run the apps for `for_s` seconds and print their state. 0 when all of it worked.

    With a `broker` the bridge runs beside them, and worked when it reports that it is healthy.
    """
    now = datetime.now(UTC)
    closes = now.replace(minute=now.minute // 15 * 15, second=0) - EARLY
    source = f"{SOURCE}&start={closes:%Y-%m-%dT%H:%M}Z"
    with tempfile.TemporaryDirectory(prefix="dm-demo-") as folder:
        write_prices(Path(folder), now - DAY, now + 2 * DAY)
        bridged = bridge(Path(folder), broker) if broker else None
        async with AsyncExitStack() as stack:
            if bridged:
                stack.push_async_callback(forget, bridged.place)
            meter = ("--rates", str(RATES), "--source", source)
            dm = await stack.enter_async_context(_app("dm.py", folder, *meter))
            async with asyncio.timeout(START_S):
                port = await _port(dm)
            print(f"The page for a telephone: {page_address(port, LOOPBACK)}", flush=True)
            there = ("--dm", f"ws://127.0.0.1:{port}/ws", "--speed", str(SPEED))
            ports = bridged.ports if bridged else {"ev": 0, "bs": 0}
            ev = _app("ev_app.py", folder, *there, "--simulated", charger, port=ports["ev"])
            bs = _app("bs_app.py", folder, *there, port=ports["bs"])
            heard = {"dm.py": dm}
            for name, app in (("ev_app.py", ev), ("bs_app.py", bs)):
                heard[name] = await stack.enter_async_context(app)
            health = None
            if bridged is not None:
                mqtt = _app("mqtt_app.py", folder, *there[:2], *bridged.options)
                heard["mqtt_app.py"] = await stack.enter_async_context(mqtt)
                async with asyncio.timeout(START_S):
                    health = await _port(heard["mqtt_app.py"])
            for process in heard.values():
                stack.callback(asyncio.create_task(_echo(process)).cancel)
            print(f"A simulated house, {SPEED} times as fast, for {for_s:.0f} s", flush=True)
            await _all_run(heard, for_s)
            seen = await _ask(port)
            async with asyncio.timeout(START_S):
                well = None if health is None else await _is_well(health)
    return _report(seen, well)


@asynccontextmanager
async def _app(
    name: str, folder: str, *options: str, port: int = 0
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the app inside the context, headless, on this port (0: any free); it is stopped by a
    signal."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, name, "--config", str(CONFIG), "--data", folder),
        *("--port", str(port), "--headless", *options),
        cwd=ROOT,
        env={**os.environ, "HOME": folder},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _all_run(apps: Mapping[str, asyncio.subprocess.Process], for_s: float) -> None:
    """Wait while they run. ChildProcessError as soon as one of them ends."""
    ends = [asyncio.create_task(app.wait()) for app in apps.values()]
    done, left = await asyncio.wait(ends, timeout=for_s, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    if done:
        name = [*apps][ends.index(done.pop())]
        raise ChildProcessError(f"{name} ended too early")


async def _echo(app: asyncio.subprocess.Process) -> None:
    """Print the program's output: a full pipe would stop it."""
    assert app.stderr is not None
    async for line in app.stderr:
        print("  " + line.decode().rstrip(), flush=True)


async def _port(dm: asyncio.subprocess.Process) -> int:
    """The port on which dm reports that it listens. ChildProcessError when it ends before that."""
    assert dm.stderr is not None
    last = b"it said nothing"
    async for line in dm.stderr:
        print("  " + line.decode().rstrip(), flush=True)
        if found := _PORT.search(line):
            return int(found[1])
        last = line
    raise ChildProcessError(f"dm.py ended: {last.decode().strip()}")


async def _ask(port: int) -> Seen:
    """Answers of the meter program to two commands, and those of car charging and battery."""
    house: messages.House | None = None
    usage: messages.Usage | None = None
    needs: dict[str, messages.Need] = {}
    async with connect(f"ws://127.0.0.1:{port}/ws") as line:
        for word in ("house", "usage", "watch need"):
            await line.send(word)
        with suppress(TimeoutError):
            async with asyncio.timeout(NEEDS_S):
                while house is None or not _booked(usage) or not {"ev", "bs"} <= needs.keys():
                    match messages.decode(await line.recv()):
                        case messages.House() as told:
                            house = told
                        case messages.Usage() as told_use:
                            usage = told_use
                            if not _booked(usage):  # its first quarter has not closed yet
                                await asyncio.sleep(1.0)
                                await line.send("usage")
                        case messages.Need() as need:
                            needs[need.name] = need
                        case _:
                            pass
    return Seen(house, usage, needs)


async def _is_well(port: int) -> bool:
    """True if the bridge says over its websocket that it is healthy."""
    async with connect(f"ws://127.0.0.1:{port}/ws") as line:
        await line.send("health")
        while True:
            if isinstance(told := messages.decode(await line.recv()), messages.Vitals):
                print(f"mqtt                 {told.why or 'the broker is reached'}")
                return told.healthy


def _today(usage: messages.Usage | None) -> messages.UsagePeriod | None:
    return next((row for row in usage.periods if row.label == "today"), None) if usage else None


def _booked(usage: messages.Usage | None) -> bool:
    """True if a quarter of today has closed, and has its money."""
    today = _today(usage)
    return today is not None and today.peak is not None and today.total_eur is not None


def _report(seen: Seen, broker: bool | None) -> int:
    """Prints the state; the exit code. `broker`: True if its bridge is healthy, None without
    one."""
    house, usage = seen.house, seen.usage
    today, good = _today(usage), house.health.good if house else 0
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
    for need in seen.needs.values():
        print(f"{need.name}                   {need.power_kw or 0:8.2f} kW   {need.why}")
    worked = {
        "telegrams": good > 0,
        "money": _booked(usage),
        "websocket": house is not None,
        "ev": "ev" in seen.needs,
        "bs": "bs" in seen.needs,
        **({} if broker is None else {"mqtt": broker}),
    }
    print(", ".join(f"{name} {'ok' if ok else 'FAILED'}" for name, ok in worked.items()))
    return 0 if all(worked.values()) else 1


def screens(charger: str, broker: str | None) -> int:
    """Show the screens on this terminal until the user leaves them or closes it."""
    start = datetime.combine(datetime.now(UTC).astimezone(BRUSSELS), EVENING, BRUSSELS)
    with tempfile.TemporaryDirectory(prefix="dm-demo-") as folder:
        prepared(Path(folder), KEPT, start.astimezone(UTC), RATES, _progress)
        shown = Screens(
            Path(folder),
            f"{SOURCE}&start={start:%Y-%m-%dT%H:%M}",
            SPEED,
            charger=charger,
            broker=bridge(Path(folder), broker) if broker else None,
        )
        try:
            why = asyncio.run(_until_closed(shown))
        except ChildProcessError as error:
            print(f"The demo does not start. {error}", file=sys.stderr)
            return 1
    print(f"{why}\nThe demo has ended; nothing of it is left.".lstrip())
    return 0


async def _until_closed(shown: Screens) -> str:
    """The reason why the screens ended; closing the terminal ends them too."""
    task = asyncio.create_task(shown.show())
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return "The terminal was closed."


def _progress(share: float) -> None:
    """Progress bar of the past that is made, instead of the previous one."""
    end = "\n" if share >= 1 else ""
    print(f"\rMaking the past 13 months of the simulated house: {share:4.0%}", end=end, flush=True)


def _broker(text: str) -> str:
    try:
        return address.host_port(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from None


def main() -> int:
    """The exit code of the demo."""
    parser = argparse.ArgumentParser(prog="./do_py.sh demo", description=__doc__)
    parser.add_argument(
        "--for",
        type=argument_types.seconds,
        metavar="SECONDS",
        dest="for_s",
        help=f"no screens: check it so long, at least {LEAST_S:.0f}; "
        f"without a terminal {USUAL_S:.0f}",
    )
    parser.add_argument(
        "--charger",
        choices=list(SIMULATED),
        metavar="FAMILY",
        default="nrgkick",
        help="the family of the simulated charger, such as ocpp",
    )
    parser.add_argument(
        "--mqtt",
        type=_broker,
        metavar="HOST",
        help="shows itself on this MQTT broker too, HOST or HOST:PORT, which lets anybody in",
    )
    chosen = parser.parse_args()
    for_s = chosen.for_s
    if for_s is None and sys.stdin.isatty() and sys.stdout.isatty():
        try:
            return screens(chosen.charger, chosen.mqtt)
        except KeyboardInterrupt:
            return 130
    try:
        return asyncio.run(demo(max(LEAST_S, for_s or USUAL_S), chosen.charger, chosen.mqtt))
    except (OSError, TimeoutError, WebSocketException) as error:
        print(f"FAILED: {str(error) or 'no answer'}", flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
