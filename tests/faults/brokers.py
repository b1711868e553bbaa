"""Faults of the broker or the MQTT program: it dies, hangs or loses its state; the others
continue."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.apps.dm.running import Dm, dm, run
from tests.apps.mqtt.on_broker import Ear, Mosquitto, mosquitto
from tests.faults.fault import Fault, Outcome
from tests.faults.stage import now_s

KILLED_S, FROZEN_S, BACK_S, CALM_S = 2.0, 25.0, 60.0, 20.0
SOURCE = "sim://?seed=7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A broker, a meter program connected through the MQTT program, and a subscriber."""

    broker: Mosquitto
    meter: Dm
    bridge: Dm
    ear: Ear
    status: str

    async def says(self, word: str, most_s: float) -> float:
        """The time until the status is `word`, s."""
        began = now_s()
        await self.ear.until(lambda ear: ear.last(self.status) == word, most_s)
        return now_s() - began


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    """Run the scene inside the context; live values are published."""
    config = folder / "config.py"
    async with mosquitto(folder) as broker, dm(SOURCE, folder / "dm") as meter, broker.ear() as ear:
        config.write_text(f'mqtt = {{"host": "127.0.0.1", "port": {broker.port}}}\n')
        told = ("--dm", meter.url, "--config", str(config), "--data", str(folder / "mqtt"))
        async with run("mqtt_app.py", *told) as bridge:
            await ear.until(lambda ear: any(topic.endswith("/now") for topic in ear.topics()))
            (status,) = (t for t in ear.topics() if t.endswith("/status") and t.count("/") == 2)
            yield Scene(broker=broker, meter=meter, bridge=bridge, ear=ear, status=status)


async def _ended(how: signal.Signals, most_s: float, folder: Path) -> Outcome:
    """The broker publishes offline in time; a frozen program is back after it continues."""
    async with scene(folder) as it:
        it.bridge.process.send_signal(how)
        took_s = await it.says("offline", most_s)
        if how is signal.SIGKILL:
            return Outcome(f"offline after {took_s:.1f} s, by its last will")
        it.bridge.process.send_signal(signal.SIGCONT)
        back_s = await it.says("online", BACK_S)
    return Outcome(f"offline after {took_s:.1f} s, by its last will", back_s)


async def _frozen_broker(folder: Path) -> Outcome:
    """dm reads each telegram and answers at once while the broker does not respond."""
    async with scene(folder) as it:
        assert it.broker.process is not None
        it.broker.process.send_signal(signal.SIGSTOP)
        before = await it.meter.heard(1)
        began, slowest = now_s(), 0.0
        while now_s() - began < CALM_S:
            asked = now_s()
            house = await it.meter.heard(1)
            slowest = max(slowest, now_s() - asked)
            assert house.health.state == "fresh"
            await asyncio.sleep(0.2)
        read = house.health.good - before.health.good
        assert read >= CALM_S - 3, f"{read} telegrams in {CALM_S:.0f} s"
        it.broker.process.send_signal(signal.SIGCONT)
        it.ear.heard.clear()
        back_s = await it.says("online", BACK_S)
    return Outcome(
        f"{read} telegrams used in {CALM_S:.0f} s, slowest answer {slowest:.2f} s", back_s
    )


async def _forgetful_broker(folder: Path) -> Outcome:
    """Everything is published again to a broker that lost its retained messages."""
    async with scene(folder) as it:
        await it.broker.stop()
        await it.broker.start()
        began = now_s()
        async with it.broker.ear() as ear:
            wanted = ("/config", "/registers", "/now")
            await ear.until(
                lambda ear: all(any(t.endswith(each) for t in ear.topics()) for each in wanted),
                BACK_S,
            )
        back_s = now_s() - began
    return Outcome("discovery, registers and live values are there again", back_s)


FAULTS = (
    Fault(
        source="MQTT",
        injected="the MQTT program is killed",
        promised="offline within 2 s",
        play=partial(_ended, signal.SIGKILL, KILLED_S),
        quick=True,
    ),
    Fault(
        source="MQTT",
        injected="the MQTT program hangs (SIGSTOP)",
        promised="offline within 25 s; online when it continues",
        play=partial(_ended, signal.SIGSTOP, FROZEN_S),
        longest_s=150.0,
    ),
    Fault(
        source="MQTT",
        injected="the broker hangs (SIGSTOP)",
        promised="metering continues; online within 60 s when it does",
        play=_frozen_broker,
        longest_s=150.0,
    ),
    Fault(
        source="MQTT",
        injected="the broker restarts and kept nothing",
        promised="all is published again within 60 s",
        play=_forgetful_broker,
        longest_s=150.0,
    ),
)
