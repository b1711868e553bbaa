"""The demo on an MQTT broker: its bridge, and the ports on which that finds car and battery."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from base import address

USUAL_PORT = 1883


@dataclass(frozen=True, slots=True)
class Bridge:
    """The settings of the bridge of one demo, in a file of its own, and the ports of ev and bs."""

    config: Path
    ports: Mapping[str, int]

    @property
    def options(self) -> tuple[str, ...]:
        """Arguments of mqtt_app.py besides the address of the meter."""
        urls = ((f"--{name}", f"ws://127.0.0.1:{port}/ws") for name, port in self.ports.items())
        return ("--config", str(self.config), *(word for pair in urls for word in pair))


def bridge(folder: Path, place: str) -> Bridge:
    """The bridge to a broker without a login, at `place` as `broker` gave it."""
    host, port = address.split(place, USUAL_PORT)
    config = folder / "mqtt_config.py"
    settings = {"host": host, "port": port}
    config.write_text(f"socket_info = {{}}\nmqtt = {settings!r}\n", encoding="utf-8")
    return Bridge(config, {"ev": _free_port(), "bs": _free_port()})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
