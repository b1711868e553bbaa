"""A real Home Assistant in a separate environment, and its APIs."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

from bench.process import ROOT, free_port

VERSION = "2025.4.4"
PLACE = ROOT / ".prove" / "home-assistant"
WITH = (
    "home-assistant-frontend",
    "paho-mqtt",
    "sqlalchemy",
    "fnv-hash-fast",
    "psutil-home-assistant",
)
START_S = 240.0
CONFIG = """\
homeassistant:
  {{name: Home, latitude: 50.9, longitude: 4.4, elevation: 10, time_zone: Europe/Brussels,
    currency: EUR, country: BE, unit_system: metric}}
http: {{server_host: 127.0.0.1, server_port: {port}}}
frontend:
config:
history:
energy:
recorder: {{commit_interval: 1}}
logger: {{default: warning}}
"""
Json = Any


def program() -> Path:
    """Home Assistant's program; its environment is created if missing, which takes minutes.

    Its own file of versions is in its wheel: so the wheel comes first, alone.
    """
    hass = PLACE / "bin" / "hass"
    if not (PLACE / ".whole").exists():
        uv = str(Path(sys.executable).with_name("uv"))
        nice = shutil.which("nice")
        slow = (nice, "-n", "19") if nice else ()

        def do(*words: str) -> None:
            subprocess.run([*slow, uv, *words], check=True)

        print(f"making {PLACE} with Home Assistant {VERSION}", file=sys.stderr)
        do("venv", "--clear", "--python", _python(), str(PLACE))
        pip = ("pip", "install", "-q", "--python", str(PLACE / "bin" / "python"))
        do(*pip, "--no-deps", f"homeassistant=={VERSION}")
        (versions,) = PLACE.glob("lib/*/site-packages/homeassistant/package_constraints.txt")
        do(*pip, "-c", str(versions), f"homeassistant=={VERSION}", *WITH)
        (PLACE / ".whole").touch()
    return hass


def _python() -> str:
    """A Python 3.13 from the path, from pyenv, or else one found by uv."""
    here = sorted(Path("~/.pyenv/versions").expanduser().glob("3.13*/bin/python"))
    found = [*map(str, here), shutil.which("python3.13")]
    return next((each for each in found if each), "3.13")


class Assistant:
    """Home Assistant on a separate folder, with an owner and a connection to the broker.

    Without a `broker_port` it has none; `more` is what its configuration says besides.
    """

    def __init__(self, folder: Path, broker_port: int | None, more: str = "") -> None:
        self._folder, self._broker_port = folder, broker_port
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.tokens: Mapping[str, Any] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._web: aiohttp.ClientSession | None = None
        folder.mkdir(parents=True)
        config = CONFIG.format(port=self._port) + more
        (folder / "configuration.yaml").write_text(config, encoding="utf-8")

    def configure(self, old: str, new: str) -> None:
        """From the next start its configuration has `new` instead of `old`."""
        file = self._folder / "configuration.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text, text
        file.write_text(text.replace(old, new), encoding="utf-8")

    async def start(self) -> None:
        """Start it; the first time, create its owner and add the broker."""
        hass = await asyncio.to_thread(program)
        with (self._folder / "said.log").open("ab") as said:
            self._process = await asyncio.create_subprocess_exec(
                str(hass), "-c", str(self._folder), "--skip-pip", stdout=said, stderr=said
            )
        self._web = self._web or aiohttp.ClientSession()
        async with asyncio.timeout(START_S):
            while not await self._answers():  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        if not self.tokens:
            await self._onboard()

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process."""
        if self._process is None or self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(how)
        try:
            async with asyncio.timeout(60.0):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def close(self) -> None:
        """End all its processes."""
        await self.stop(signal.SIGKILL)
        if self._web is not None:
            await self._web.close()

    async def rest(self, path: str, sent: Json = None) -> Json:
        """The answer to a GET, or to a POST if there is a body."""
        assert self._web is not None
        key = self.tokens.get("access_token")
        heads = {"Authorization": f"Bearer {key}"} if key else {}
        how = "GET" if sent is None else "POST"
        async with self._web.request(how, self.url + path, json=sent, headers=heads) as answer:
            assert answer.status < 300, f"{path}: {answer.status} {await answer.text()}"
            return await answer.json(content_type=None)

    async def ask(self, kind: str, **more: Json) -> Json:
        """The result of one command over its websocket."""
        assert self._web is not None
        async with self._web.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as line:
            await line.receive_json()
            await line.send_json({"type": "auth", "access_token": self.tokens["access_token"]})
            await line.receive_json()
            await line.send_json({"id": 1, "type": kind, **more})
            answer = await line.receive_json()
        assert answer["success"], f"{kind}: {answer.get('error')}"
        return answer["result"]

    async def states(self) -> dict[str, str]:
        """The state of each of our entities."""
        found = await self.rest("/api/states")
        return {each["entity_id"]: each["state"] for each in found if ".dm_" in each["entity_id"]}

    async def until(
        self, true: Callable[[dict[str, str]], object], patience_s: float = 60.0
    ) -> float:
        """The time until the states meet the condition, s."""
        began = asyncio.get_running_loop().time()
        states: dict[str, str] = {}
        try:
            async with asyncio.timeout(patience_s):
                while True:
                    with suppress(aiohttp.ClientError, AssertionError):
                        states = await self.states()
                        if true(states):
                            return asyncio.get_running_loop().time() - began
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"not within {patience_s:.0f} s: {states}") from None

    async def until_running(self, patience_s: float = 60.0) -> None:
        """Wait until all its integrations are running."""
        async with asyncio.timeout(patience_s):
            while not await self._answers():  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    async def settled(self) -> None:
        """Wait for its templates after a change: it renders them in the next cycles of its loop."""
        await asyncio.sleep(0.5)

    async def call(self, entity: str, service: str, **values: Json) -> None:
        """Call a service of an entity, as the button of a dashboard does."""
        domain = entity.partition(".")[0]
        await self.rest(f"/api/services/{domain}/{service}", {"entity_id": entity, **values})

    async def _answers(self) -> bool:
        assert self._web is not None
        assert self._process is not None
        assert self._process.returncode is None, f"it ended: {self.log[-2000:]}"
        try:
            async with self._web.get(f"{self.url}/api/") as answer:
                if answer.status not in (200, 401):
                    return False
            if self.tokens:
                config = await self.rest("/api/config")
                return bool(config["state"] == "RUNNING")
        except (aiohttp.ClientError, AssertionError):
            return False
        return True

    @property
    def log(self) -> str:
        """The whole log."""
        return (self._folder / "said.log").read_text(encoding="utf-8", errors="replace")

    @property
    def database(self) -> Path:
        """The path of its recorder's database."""
        return self._folder / "home-assistant_v2.db"

    async def _onboard(self) -> None:
        client = f"{self.url}/"
        owner = {
            "client_id": client,
            "name": "Jan",
            "username": "jan",
            "password": os.urandom(8).hex(),
        }
        made = await self.rest("/api/onboarding/users", {**owner, "language": "en"})
        assert self._web is not None
        form = {"client_id": client, "grant_type": "authorization_code", "code": made["auth_code"]}
        async with self._web.post(f"{self.url}/auth/token", data=form) as answer:
            self.tokens = await answer.json()
        for step in ("core_config", "analytics"):
            await self.rest(f"/api/onboarding/{step}", {})
        await self.rest(
            "/api/onboarding/integration", {"client_id": client, "redirect_uri": f"{client}x"}
        )
        if self._broker_port is None:
            return
        flow = await self.rest("/api/config/config_entries/flow", {"handler": "mqtt"})
        place = {"broker": "127.0.0.1", "port": self._broker_port}
        done = await self.rest(f"/api/config/config_entries/flow/{flow['flow_id']}", place)
        assert done["type"] == "create_entry", done
