"""A real Mosquitto on loopback, a subscriber, and programs that send a test's messages."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiomqtt

from apps.mqtt.bridge import Bridge
from apps.mqtt.discovery import Kept
from apps.shared.commands import Args, Words
from apps.shared.settings import BrokerSettings
from base import daemon, messages
from bench.process import free_port
from my_socket import Server
from tests.apps.mqtt.factories import METER

BASE = f"digital_meter/{METER}"
CONFIG = f"homeassistant/device/dm_{METER}/config"


def program() -> str:
    """Path of Mosquitto, which Debian installs outside a normal user's PATH."""
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    assert found, "the tests need Mosquitto: sudo apt-get install -y mosquitto"
    return found


@dataclass
class Mosquitto:
    """A broker that can be restarted; it does not keep messages across restarts."""

    port: int
    config: Path
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the broker and wait until it listens."""
        quiet = asyncio.subprocess.DEVNULL
        self.process = await asyncio.create_subprocess_exec(
            program(), "-c", str(self.config), stdout=quiet, stderr=quiet
        )
        async with asyncio.timeout(10.0):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Kill the broker, as a power cut does."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    @asynccontextmanager
    async def client(self, **more: Any) -> AsyncIterator[aiomqtt.Client]:
        """Another client of the broker."""
        async with aiomqtt.Client("127.0.0.1", self.port, **more) as client:
            yield client

    async def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Publish a message as another client."""
        async with self.client() as client:
            await client.publish(topic, payload, qos=1, retain=retain)

    @asynccontextmanager
    async def ear(self, *topics: str) -> AsyncIterator["Ear"]:
        """Inside the context, all publications on these topics are recorded."""
        async with self.client() as client:
            await client.subscribe([(topic, 1) for topic in topics or ("#",)])
            ear = Ear()
            listening = asyncio.create_task(ear.listen(client))
            try:
                yield ear
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)


@dataclass
class Ear:
    """Recorded messages, in order, with topic and retained flag."""

    heard: list[tuple[str, str, bool]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = message.payload
            text = payload.decode(errors="replace") if isinstance(payload, bytes) else ""
            self.heard.append((message.topic.value, text, bool(message.retain)))
            self.news.set()

    def last(self, topic: str) -> str | None:
        """The last message on this topic."""
        return next((text for name, text, _ in reversed(self.heard) if name == topic), None)

    def topics(self) -> set[str]:
        return {topic for topic, _, _ in self.heard}

    async def until(self, true: Callable[["Ear"], object], patience_s: float = 20.0) -> None:
        """Wait until the recorded messages satisfy this condition."""
        try:
            async with asyncio.timeout(patience_s):
                while not true(self):
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            raise AssertionError(f"heard only {self.heard[-20:]}") from None

    async def says(self, topic: str, words: str) -> None:
        """Wait until the last message on a topic contains these words."""
        await self.until(lambda ear: words in (ear.last(topic) or ""))

    async def value(self, topic: str, key: str, wanted: object) -> None:
        """Wait until the last JSON on a topic has this value."""
        await self.until(lambda ear: json.loads(ear.last(topic) or "{}").get(key) == wanted)


@asynccontextmanager
async def mosquitto(folder: Path, *lines: str) -> AsyncIterator[Mosquitto]:
    """Inside the context, a broker listens on a free loopback port."""
    port = free_port()
    config = folder / "mosquitto.conf"
    rest = lines or ("allow_anonymous true",)
    text = "\n".join([f"listener {port} 127.0.0.1", "persistence false", "user root", *rest])
    config.write_text(text + "\n", encoding="utf-8")
    broker = Mosquitto(port, config)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


class Program:
    """A program on a real websocket that sends given messages and records received ones."""

    def __init__(self, name: str, topics: dict[str, messages.Message], *words: str) -> None:
        self.said = topics
        self.typed: list[tuple[str, tuple[str, ...]]] = []
        self.needs: list[messages.Need] = []
        self.news = asyncio.Event()
        self.words = Words(name, "0")
        for topic in topics:
            self.words.add(topic, partial(self._tell, topic), "", topic=True)
        for word in words:
            self.words.add(word, partial(self._obey, word), "", "[...]")
        self.words.hear(messages.Need, self._need)
        self.server = Server(self.words.answer, 0, greeting=[messages.encode(self.words.hello())])

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}/ws"

    def say(self, topic: str, message: messages.Message) -> None:
        """Publish a message to all subscribers."""
        self.said[topic] = message
        self.server.publish(topic, messages.encode(message))

    async def heard(self, count: int) -> None:
        """Wait until this many needs were received."""
        async with asyncio.timeout(20.0):
            while len(self.needs) < count:
                self.news.clear()
                await self.news.wait()

    async def left(self, peers: int) -> None:
        """Wait until at most this many clients are connected."""
        async with asyncio.timeout(20.0):
            while len(self.server.peers) > peers:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def _tell(self, topic: str, args: Args) -> messages.Message:
        return self.said[topic]

    def _obey(self, word: str, args: Args) -> messages.Message:
        self.typed.append((word, args))
        return messages.Reply(word=word, text="done")

    def _need(self, peer: object, need: messages.Need) -> messages.Message | None:
        self.needs.append(need)
        self.news.set()
        return None


@dataclass(kw_only=True)
class Home:
    """The three programs, additional ones by name, and the saved state of the bridge."""

    dm: Program
    ev: Program
    bs: Program
    kept: list[Kept] = field(default_factory=list)
    more: dict[str, Program] = field(default_factory=dict)

    @asynccontextmanager
    async def bridge(self, broker: Mosquitto, **more: Any) -> AsyncIterator[Bridge]:
        """Inside the context, a bridge runs between the programs and the broker."""
        secret = str(more.pop("password", ""))
        settings = BrokerSettings(host="127.0.0.1", port=broker.port, **more)
        programs = {"dm": self.dm, "ev": self.ev, "bs": self.bs, **self.more}
        urls = {name: program.url for name, program in programs.items()}
        kept = self.kept[-1] if self.kept else Kept()
        taken = frozenset(urls)
        bridge = Bridge(settings, secret, "", urls, kept, self.kept.append, taken)
        stop = asyncio.Event()
        task = asyncio.create_task(daemon.live(bridge.parts, stop))
        try:
            yield bridge
        finally:
            stop.set()
            await asyncio.wait_for(task, 10.0)
