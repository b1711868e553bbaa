"""Figures of the MQTT program: size, delay of a command to the charger, a hanging broker."""

import asyncio
import json
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import cast

from base.time import DAY
from bench.fall import falls_s
from bench.process import cpu_s, memory_mb, on_terminal, percentile_ms, running
from bench.three import family_mb
from sim.car import SimCar, Stay
from sim.charger import SimNrgKick
from sim.charger_http import simulated_charger
from tests.apps.mqtt.on_broker import Ear, mosquitto
from tests.prove.mqtt.assistant import Assistant
from tests.prove.mqtt.house import BESIDE, house
from tests.prove.mqtt.report import Report

CPU_PCT, MEMORY_MB, ALL_MB = 1.0, 45.0, 300.0
WATCH_S, SETTLE_S = 60.0, 20.0
SCREENS = ("dm", "ev", "bs")
COMMANDS, COMMAND_S, FAST, SLOW = 100, 1.0, 60, 10
FALLS, FALL_MS = 100, 150.0


async def size(report: Report) -> None:
    """Memory and CPU at one telegram a second, with every screen drawn and the solver active."""
    with tempfile.TemporaryDirectory(prefix="dm-mqtt-") as name, ExitStack() as stack:
        async with house(Path(name) / "x") as lived:
            pids = {}
            for program in SCREENS:
                told = [word for word in lived.command(program) if word != "--headless"]
                shown = await asyncio.to_thread(stack.enter_context, on_terminal(120, 40, *told))
                pids[program] = shown.pid
            await lived.start("mqtt")
            pids["mqtt"] = lived.running["mqtt"].pid
            most_mb = 0.0
            ends = time.monotonic() + SETTLE_S
            while time.monotonic() < ends:  # the first plan is made in this time
                most_mb = max(most_mb, sum(map(family_mb, pids.values())))
                await asyncio.sleep(0.5)
            before_s = cpu_s(pids["mqtt"])
            ends = time.monotonic() + WATCH_S
            while time.monotonic() < ends:
                most_mb = max(most_mb, sum(map(family_mb, pids.values())))
                await asyncio.sleep(0.5)
            share = 100 * (cpu_s(pids["mqtt"]) - before_s) / WATCH_S
            mb = memory_mb(pids["mqtt"])
    report.check(share <= CPU_PCT, f"{share:.2f} % of a core at one telegram a second")
    report.check(mb <= MEMORY_MB, f"{mb:.1f} MB")
    report.check(most_mb <= ALL_MB, f"all four with screens and solver at most {most_mb:.0f} MB")


async def way(report: Report) -> None:
    """The delay from a dashboard command in Home Assistant to the charger's HTTP request."""
    told, at = asyncio.Event(), 0.0

    def seen(path: str) -> None:
        nonlocal at
        if path.startswith("/control?"):
            at = time.perf_counter()
            told.set()

    now = datetime.now(UTC)
    car = SimCar(name="q4", soc_pct=5.0, stays=[Stay(now - DAY, now + timedelta(days=999))])
    device = SimNrgKick(car)
    with tempfile.TemporaryDirectory(prefix="dm-mqtt-") as name:
        async with (
            simulated_charger(device, speed=FAST, seen=seen) as address,
            house(Path(name) / "x", speed=FAST) as lived,
        ):
            lived.charger = ""
            lived.settings["cable_info"] = {"main": {"host": address.removeprefix("http://")}}
            lived.settings["cars"] = {"q4": {"capacity_kwh": 250.0}}
            lived.settings["least_idle_min"] = 5
            lived.settings["over_peak"] = "accept"
            lived.write()
            assistant = Assistant(Path(name) / "assistant", lived.broker.port)
            try:
                await asyncio.gather(assistant.start(), lived.start())
                mode = "select.dm_car_q4_mode"
                await assistant.until(lambda states: states.get(mode, "unknown") == "auto", 120.0)
                delays_s = []
                for _ in range(COMMANDS):
                    await assistant.call(mode, "select_option", option="boost")
                    await _until(lambda: not device.settings.paused and car.drawn_a > 0)
                    told.clear()
                    began = time.perf_counter()
                    await assistant.call(mode, "select_option", option="pause")
                    async with asyncio.timeout(30.0):
                        while True:
                            await told.wait()
                            if device.settings.paused:
                                break
                            told.clear()
                    delays_s.append(at - began)
            finally:
                await assistant.close()
    delays_s.sort()
    p99 = percentile_ms(delays_s, 99) / 1000
    report.check(
        p99 <= COMMAND_S,
        f"a command in Home Assistant to the charger's request: median "
        f"{delays_s[len(delays_s) // 2]:.3f} s, p99 {p99:.3f} s over {len(delays_s)}",
    )


async def _until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(120.0):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def frozen(report: Report) -> None:
    """dm's telegram-to-set-point time with a broker that is well, stopped (SIGSTOP), or silent."""
    for what in ("no broker", "a broker", "a frozen broker", "a broker that swallows all"):

        @asynccontextmanager
        async def beside(url: str, what: str = what) -> AsyncIterator[None]:
            if what == "no broker":
                yield
                return
            with tempfile.TemporaryDirectory(prefix="dm-mqtt-") as name:
                folder = Path(name)
                async with mosquitto(folder) as broker, _hole() as hole:
                    port = hole if "swallows" in what else broker.port
                    config = folder / "config.py"
                    place = {"host": "127.0.0.1", "port": port}
                    config.write_text(f"mqtt = {place}\n", encoding="utf-8")
                    told = ("--dm", url, "--config", str(config), "--data", name, "--port", "0")
                    async with running("mqtt_app.py", "--headless", *told):
                        await asyncio.sleep(5.0)
                        assert broker.process is not None
                        if "frozen" in what:
                            broker.process.send_signal(signal.SIGSTOP)
                        try:
                            yield
                        finally:
                            broker.process.send_signal(signal.SIGCONT)

        delays_s = await falls_s(FALLS, beside)
        p50, p99 = (percentile_ms(delays_s, percent) for percent in (50, 99))
        report.check(
            p99 <= FALL_MS,
            f"telegram to set-point with {what}: median {p50:.1f} ms, p99 {p99:.1f} ms",
        )


async def beside(report: Report) -> None:
    """ev2 beside ev in separate processes: each command reaches the right one."""
    with tempfile.TemporaryDirectory(prefix="dm-mqtt-") as name:
        async with house(Path(name) / "x") as lived, lived.broker.ear("digital_meter/#") as ear:
            here = dict(cast(dict[str, object], lived.settings["socket_info"]))
            here[BESIDE] = {"host": "127.0.0.1", "port": lived.ports[BESIDE]}
            lived.settings["socket_info"] = here
            lived.write()
            await lived.start("dm", "ev", BESIDE, "mqtt")
            for car, other in (("q4_ev2", "q4"), ("q4", "q4_ev2")):
                await ear.until(lambda ear: _mode(ear, "q4") and _mode(ear, "q4_ev2"), 60.0)
                topic = next(t for t in ear.topics() if t.endswith(f"/car/{car}"))
                before = _mode(ear, other)
                await lived.broker.publish(f"{topic}/mode/set", "pause")
                await ear.until(partial(_pauses, car), 30.0)
                await asyncio.sleep(3.0)
                report.check(
                    _mode(ear, other) == before, f"pause for {car}: {other} is {before} as before"
                )


def _pauses(car: str, ear: Ear) -> bool:
    return _mode(ear, car) == "pause"


def _mode(ear: Ear, car: str) -> str | None:
    """The last received mode of a car."""
    said = next((text for topic, text, _ in reversed(ear.heard) if topic.endswith(f"/{car}")), "")
    return str(json.loads(said)["mode"]) if said else None


@asynccontextmanager
async def _hole() -> AsyncIterator[int]:
    """A port that accepts connections and never answers."""

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while await reader.read(65536):
                pass
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def registers(report: Report, kills: int = 200, lanes: int = 4) -> None:
    """The MQTT program is killed at random moments: no register ever decreases.

    Some houses side by side, each with a broker of its own: most of the time is its start.
    """
    with tempfile.TemporaryDirectory(prefix="dm-mqtt-") as name:
        each = [
            _killed(Path(name) / f"x{lane}", kills // lanes, Random(17 + lane))
            for lane in range(lanes)
        ]
        for said in await asyncio.gather(*each):
            _never_fall(report, said, kills // lanes)


async def _killed(folder: Path, kills: int, chance: Random) -> list[dict[str, float]]:
    """All registers received by a broker while the program was killed this number of times."""
    async with house(folder, speed=SLOW) as lived, lived.broker.ear("digital_meter/#") as ear:
        await lived.start("dm")
        for _ in range(kills):
            await lived.start("mqtt")
            await asyncio.sleep(chance.uniform(0.0, 2.0))
            await lived.stop("mqtt", signal.SIGKILL)
        await lived.start("mqtt")
        count = len(ear.heard)
        await ear.until(
            lambda ear: any(t.endswith("/registers") for t, _, _ in ear.heard[count:]), 60.0
        )
        return [json.loads(text) for topic, text, _ in ear.heard if topic.endswith("/registers")]


def _never_fall(report: Report, said: list[dict[str, float]], kills: int) -> None:
    highest: dict[str, float] = {}
    fell = 0
    for each in said:
        fell += sum(value < highest.get(key, 0.0) for key, value in each.items())
        highest = {**highest, **each}
    report.check(
        not fell and highest,
        f"{kills} kills, {len(said)} times registers: {fell} fell",
    )
