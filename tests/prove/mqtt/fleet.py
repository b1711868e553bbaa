"""A thousand homes send a day in ten minutes while broker and network fail: none is lost.

Mosquitto keeps and queues messages as in deploy/. Telegraf is in no registry; a subscriber in its
place acknowledges a quarter once VictoriaMetrics has it, as Telegraf does.
"""

import asyncio
import json
import signal
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import quote
from urllib.request import Request, urlopen

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from apps.mqtt import fleet
from apps.mqtt.broker import Broker, Session
from apps.shared.settings import FleetSettings
from base import messages
from base.time import DAY, HOUR, QUARTER
from bench.process import ROOT, free_port
from tests.apps.mqtt.on_broker import Mosquitto
from tests.prove.mqtt.house import installed
from tests.prove.mqtt.report import Report

HOMES, CLIENTS, MINUTES = 1000, 10, 10.0
QUARTERS = DAY // QUARTER
START = datetime(2026, 1, 15, tzinfo=UTC)
AGAIN = fleet.AGAIN // QUARTER
DOWN_S = 3.0
KEPT = ("persistence", "autosave", "max_", "persistent_client", "message_size")
FIELDS = ("offtake_day_kwh", "offtake_night_kwh", "offtake_eur", "mean_kw", "month_peak_kw")


class Homes:
    """Some homes on one connection: each quarter is sent when it closes, by our rule."""

    def __init__(self, number: int, count: int, port: int, began_s: float, day_s: float) -> None:
        self._homes = [f"{number:04d}{home:012d}" for home in range(count)]
        self._sent = dict.fromkeys(self._homes, 0)
        self._began_s, self._day_s = began_s, day_s
        place = {"host": "127.0.0.1", "port": port, "tls": False, "consent": True}
        settings = FleetSettings.model_validate(place)
        self._topic = settings.topic
        self.broker = Broker(
            settings, "", f"homes{number}", f"{settings.topic}/client{number}/status"
        )

    @property
    def done(self) -> bool:
        """True if the whole day was acknowledged."""
        return min(self._sent.values()) == QUARTERS

    async def attend(self, session: Session) -> None:
        """As apps.mqtt.fleet: quarters acknowledged shortly before are sent again first."""
        self._sent = {home: max(0, count - AGAIN) for home, count in self._sent.items()}
        while True:
            passed = (time.monotonic() - self._began_s) / self._day_s
            closed = min(QUARTERS, int(passed * QUARTERS))
            while behind := [home for home in self._homes if self._sent[home] < closed]:
                await session.deliver([self._next(home) for home in behind])
                self._sent |= {home: self._sent[home] + 1 for home in behind}
            await asyncio.sleep(0.2)

    def _next(self, home: str) -> tuple[str, str]:
        text = fleet.payload(home, _quarter(home, self._sent[home]), None)
        return f"{self._topic}/{home}/quarter", text


def _quarter(home: str, number: int) -> messages.ClosedQuarter:
    chance = Random(f"{home} {number}")
    start, kwh = START + number * QUARTER, round(chance.uniform(0, 1), 3)
    return messages.ClosedQuarter(
        start=start,
        changed=start + QUARTER,
        offtake_day_kwh=kwh,
        offtake_night_kwh=0.0,
        offtake_eur=round(0.3 * kwh, 4),
        mean_kw=round(4 * kwh, 3),
        month_peak_kw=4.0,
    )


class Collector:
    """Copies quarters from the broker to VictoriaMetrics; its session outlives both."""

    def __init__(self, broker_port: int, engine_port: int) -> None:
        self._url = f"http://127.0.0.1:{engine_port}/write?db=fleet&precision=ms"
        self._waiting: list[tuple[int, str]] = []
        self._lock, self._ends = threading.Lock(), threading.Event()
        self.taken, self.subscribed = 0, False
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, "telegraf", protocol=paho.MQTTv5, manual_ack=True
        )
        self._client.on_message = self._hear
        self._client.on_subscribe = lambda *_: setattr(self, "subscribed", True)
        self._client.on_connect = lambda client, *_: client.subscribe("dm/v1/+/quarter", qos=1)
        self._client.reconnect_delay_set(1, 5)
        keeps = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        keeps.SessionExpiryInterval = 14 * 86400
        keeps.ReceiveMaximum = 1000
        self._client.connect("127.0.0.1", broker_port, clean_start=False, properties=keeps)
        self._client.loop_start()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def close(self) -> None:
        """End the process."""
        self._ends.set()
        self._client.loop_stop()

    def _hear(self, client: object, userdata: object, message: paho.MQTTMessage) -> None:
        told = json.loads(message.payload)
        at_ms = int(1000 * datetime.fromisoformat(told["start"]).timestamp())
        final = str(told["final"]).lower()
        fields = ",".join(f"{key}={told[key]}" for key in FIELDS)
        line = f"quarter,home={told['home']},final={final} {fields} {at_ms}"
        with self._lock:
            self._waiting.append((message.mid, line))

    def _write(self) -> None:
        while not self._ends.wait(0.5):
            with self._lock:
                batch, self._waiting = self._waiting, []
            if not batch:
                continue
            text = "\n".join(line for _, line in batch)
            try:
                with urlopen(Request(self._url, text.encode(), method="POST"), timeout=10):
                    pass
            except OSError:
                with self._lock:
                    self._waiting = batch + self._waiting
                continue
            self.taken += len(batch)
            for mid, _ in batch:
                with suppress(ValueError):
                    self._client.ack(mid, 1)


class Wire:
    """A network between the homes and the broker that can be cut."""

    def __init__(self, port: int) -> None:
        self._port, self._open = port, True
        self._writers: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[int]:
        """Serve the network inside the context; gives its port."""
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            self.cut()
            server.close()

    def cut(self) -> None:
        """Drop all traffic."""
        self._open = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._open = True

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(_pipe(reader, far_writer), _pipe(far_reader, writer))
        self._writers -= {writer, far_writer}


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def fleet_day(report: Report, homes: int = HOMES, minutes: float = MINUTES) -> None:
    """Run a day of this number of homes; every quarter is in VictoriaMetrics once."""
    engine = installed("victoria-metrics", "victoria-metrics")
    deployed = (ROOT / "deploy" / "mosquitto.conf").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory(prefix="dm-fleet-") as name:
        folder = Path(name)
        port, engine_port, day_s = free_port(), free_port(), 60.0 * minutes
        kept = [line for line in deployed if line.startswith(KEPT) and "location" not in line]
        lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "user root", *kept]
        config = folder / "mosquitto.conf"
        config.write_text("\n".join([*lines, f"persistence_location {folder}/"]) + "\n")
        broker, wire = Mosquitto(port, config), Wire(port)
        process = await asyncio.create_subprocess_exec(
            *(engine, f"-storageDataPath={folder}/data", "-retentionPeriod=10y"),
            *(f"-httpListenAddr=127.0.0.1:{engine_port}", "-search.latencyOffset=0s"),
            *("-dedup.minScrapeInterval=1ms", "-search.disableCache"),
            stderr=asyncio.subprocess.DEVNULL,
        )
        await broker.start()
        collector = Collector(port, engine_port)
        await _subscribed(collector)
        assert broker.process is not None
        broker.process.send_signal(signal.SIGUSR1)  # an old session is on disk
        began_s = time.monotonic()
        try:
            async with wire.served() as way:
                sending = [
                    Homes(number, homes // CLIENTS, way, began_s, day_s)
                    for number in range(CLIENTS)
                ]
                tasks = [asyncio.create_task(each.broker.run(each.attend)) for each in sending]
                await asyncio.sleep(day_s / 3)
                await broker.stop()  # SIGKILL
                await asyncio.sleep(DOWN_S)
                await broker.start()
                await asyncio.sleep(day_s / 3)
                wire.cut()
                await asyncio.sleep(day_s * (HOUR / DAY))
                wire.mend()
                wanted = homes // CLIENTS * CLIENTS * QUARTERS
                found = await _until_all(sending, engine_port, wanted, day_s)
                took_s = time.monotonic() - began_s
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            collector.close()
            process.kill()
            await process.wait()
            await broker.stop()
    report.check(
        found == wanted,
        f"{homes} homes, {wanted:,} quarters in {took_s:.0f} s with a killed broker and an hour "
        f"without network: {wanted - found} lost; {collector.taken:,} taken, doubles included",
    )


async def _subscribed(collector: Collector) -> None:
    async with asyncio.timeout(30.0):
        while not collector.subscribed:  # noqa: ASYNC110 - it lives in a thread
            await asyncio.sleep(0.1)


async def _until_all(sending: list[Homes], port: int, wanted: int, patience_s: float) -> int:
    """The number of stored quarters once all have arrived, or at the timeout."""
    ends = time.monotonic() + patience_s + 120
    found = 0
    while time.monotonic() < ends and found != wanted:
        await asyncio.sleep(2.0)
        if all(each.done for each in sending):
            with suppress(OSError):  # the request is repeated
                found = await asyncio.to_thread(_count, port)
    return found


def _count(port: int) -> int:
    with urlopen(f"http://127.0.0.1:{port}/internal/force_flush", timeout=30):
        pass
    query = quote("sum(count_over_time(quarter_mean_kw[25h]))")
    at = (START + DAY + timedelta(minutes=1)).timestamp()
    url = f"http://127.0.0.1:{port}/api/v1/query?query={query}&time={at:.0f}"
    with urlopen(url, timeout=60) as answer:
        found = json.load(answer)["data"]["result"]
    return int(found[0]["value"][1]) if found else 0
