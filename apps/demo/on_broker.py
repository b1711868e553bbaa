"""The demo on an MQTT broker: its bridge, and the ports on which that finds car and battery."""

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from apps.mqtt.topics import Topics
from base import address
from sim.options import Options
from sim.registers import serial

USUAL_PORT = 1883
ROOT = "digital_meter"
FORGET_S = 10.0


@dataclass(frozen=True, slots=True)
class Bridge:
    """The settings of the bridge of one demo, in a separate file, and the ports of ev and bs."""

    config: Path
    ports: Mapping[str, int]
    place: tuple[str, int]

    @property
    def options(self) -> tuple[str, ...]:
        """Arguments of mqtt_app.py besides the address of the meter."""
        urls = ((f"--{name}", f"ws://127.0.0.1:{port}/ws") for name, port in self.ports.items())
        return ("--config", str(self.config), *(word for pair in urls for word in pair))


def bridge(folder: Path, place: str) -> Bridge:
    """The bridge to a broker without a login, at `place` as `broker` gave it."""
    host, port = address.split(place, USUAL_PORT)
    config = folder / "mqtt_config.py"
    settings = {"host": host, "port": port, "topic": ROOT}
    config.write_text(f"socket_info = {{}}\nmqtt = {settings!r}\n", encoding="utf-8")
    return Bridge(config, {"ev": _free_port(), "bs": _free_port()}, (host, port))


async def forget(place: tuple[str, int]) -> None:
    """Remove the retained topics of the demo's house, so that Home Assistant removes it too."""
    import aiomqtt  # only who asked for a broker loads it

    house = Topics(ROOT, serial(Options().house.seed))
    host, port = place
    kept: set[str] = set()
    with suppress(aiomqtt.MqttError, TimeoutError):
        async with asyncio.timeout(FORGET_S), aiomqtt.Client(host, port) as client:
            for topics in (house("#"), house.device):
                await client.subscribe(topics, qos=1)
            await client.publish(house("end"), b"", qos=1)  # comes behind all that was kept
            async for message in client.messages:
                if message.topic.matches(house("end")):
                    break
                kept.add(str(message.topic))
            for topic in sorted(kept):
                await client.publish(topic, b"", qos=1, retain=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
