"""The simulated house of the proof: a broker and the four programs, each restarted separately."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from apps.demo.past import prepared
from apps.demo.screens import RATES
from bench.process import ROOT, Daemon, free_port, running
from tests.apps.mqtt.on_broker import Mosquitto, mosquitto

NAMES = ("dm", "ev", "bs", "mqtt")
BESIDE = "ev2"
"""A second program for cars, which a proof starts by its name."""


class House:
    """The programs by name, on fixed ports, in one folder."""

    def __init__(self, folder: Path, broker: Mosquitto, speed: int, start: datetime) -> None:
        self.folder, self.broker = folder, broker
        self.ports = {name: free_port() for name in (*NAMES, BESIDE)}
        self._source = f"sim://?speed={speed}&start={start:%Y-%m-%dT%H:%M}Z"
        self._speed = speed
        self._stacks: dict[str, AsyncExitStack] = {}
        self.running: dict[str, Daemon] = {}
        self.charger = "nrgkick"
        self.config = folder / "config.py"
        here = {name: {"host": "127.0.0.1", "port": port} for name, port in self.ports.items()}
        del here[BESIDE]
        self.settings: dict[str, object] = {
            "socket_info": here,
            "battery_info": {"battery": {"family": "sim", "capacity_kwh": 10.0}},
            "mqtt": {"host": "127.0.0.1", "port": broker.port},
        }
        self.write()

    def write(self) -> None:
        """Write config.py with the settings."""
        lines = [f"{key} = {value!r}\n" for key, value in self.settings.items()]
        self.config.write_text("".join(lines), encoding="utf-8")

    def command(self, name: str) -> tuple[str, ...]:
        """The command line of a program."""
        data = self.folder / name if name == BESIDE else self.folder
        where = ("--config", str(self.config), "--data", str(data))
        told = (*where, "--headless", "--port", str(self.ports[name]))
        speed = ("--speed", str(self._speed))
        own: Mapping[str, tuple[str, ...]] = {
            "dm": ("dm.py", "--rates", str(RATES), "--source", self._source),
            "ev": ("ev_app.py", *speed, *(("--simulated", self.charger) if self.charger else ())),
            BESIDE: ("ev_app.py", "--name", BESIDE, *speed, "--simulated", "nrgkick"),
            "bs": ("bs_app.py", *speed),
            "mqtt": ("mqtt_app.py",),
        }
        return (*own[name], *told)

    async def start(self, *names: str) -> None:
        """Start the programs."""
        for name in names or NAMES:
            stack = AsyncExitStack()
            self.running[name] = await stack.enter_async_context(running(*self.command(name)))
            self._stacks[name] = stack

    async def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process."""
        daemon = self.running.pop(name)
        if daemon.process.returncode is None:
            await daemon.end(how)
        await self._stacks.pop(name).aclose()

    async def close(self) -> None:
        """End all its programs."""
        for stack in self._stacks.values():
            await stack.aclose()


@asynccontextmanager
async def house(folder: Path, *, speed: int = 1, past: bool = False) -> AsyncIterator[House]:
    """Run a broker inside the context, with a house that can be started, with a `past` year."""
    start = datetime.now(UTC)
    (folder / "house").mkdir(parents=True)
    if past:
        await asyncio.to_thread(
            prepared, folder / "house", ROOT / ".demo", start, RATES, lambda _: None
        )
    async with mosquitto(folder) as broker:
        lived = House(folder / "house", broker, speed, start)
        try:
            yield lived
        finally:
            await lived.close()


def installed(program: str, package: str) -> str:
    """The path of a program from a Debian package. SystemExit with the install command if
    missing.
    """
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None and os.getuid() == 0:
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
        subprocess.run(["nice", "-n", "19", *install], check=True, stdout=subprocess.DEVNULL)
        found = shutil.which(program)
    if found is None:
        sys.exit(f"This needs {package}. Type:  sudo apt-get install -y {package}")
    return found
