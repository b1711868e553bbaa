"""The MQTT broker at the other end: one connection that reconnects, with a last will.

It does not interpret messages. aiomqtt is imported here, and here only: a house without a broker
does not load it.
"""

import asyncio
import logging
import os
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from apps.mqtt.topics import OFFLINE, ONLINE
from apps.shared.settings import BrokerPlace
from base.checked import ConfigError
from base.language import setting
from base.text import clean

KEEPALIVE_S = 10
ANSWERS_S = 4.0
AGAIN_S = 0.2
QUEUED = 1000
IN_FLIGHT = 20
"""Messages in flight: one at a time would wait for each answer of a distant broker."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
REFUSED_PAUSE_S = 300.0
NOT_LET_IN = {
    132: "it does not speak MQTT 5",
    133: "it does not accept our name",
    134: "the user or the password is wrong",
    135: "the user or the password is wrong",
    138: "it has banned us",
}
SHORT_S, SHORTS = 30.0, 3
FOUGHT_OVER = "the connection is cut again and again: does a second program run for the same meter?"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that was published to us; `retained`: it was published before we connected."""

    topic: str
    payload: bytes
    retained: bool


class _Client(aiomqtt.Client):
    """A client that notices refused publications (aiomqtt does not)."""

    refused = False

    async def __aenter__(self) -> Self:
        try:
            return await super().__aenter__()
        except BaseException:
            self._looked_at()
            raise

    async def __aexit__(self, *error: Any) -> None:
        try:
            await super().__aexit__(*error)
        finally:
            self._looked_at()

    def _looked_at(self) -> None:
        """The end of the connection is logged elsewhere; asyncio must not log it as never
        retrieved."""
        if self._disconnected.done() and not self._disconnected.cancelled():
            self._disconnected.exception()

    def _on_publish(
        self, client: Any, userdata: Any, mid: int, reason_code: ReasonCode, properties: Any
    ) -> None:
        self.refused |= reason_code.is_failure
        super()._on_publish(client, userdata, mid, reason_code, properties)


class Session:
    """One connection, while it lasts. All raise ConnectionError when it is lost."""

    def __init__(self, client: _Client) -> None:
        self._client = client

    async def publish(
        self, topic: str, payload: str, *, qos: int = 0, retain: bool = False
    ) -> None:
        """Publish: the broker has it (qos 1), or it is on its way (0). NotLetInError when it
        refuses it."""
        with _lost():
            await self._client.publish(topic, payload, qos=qos, retain=retain)
        if self._client.refused:
            raise NotLetInError(f"no permission to write to {topic}")

    async def deliver(self, every: Sequence[tuple[str, str]]) -> None:
        """Publish all of these (topic and payload, qos 1), in this order."""
        for n in range(0, len(every), IN_FLIGHT):
            some = every[n : n + IN_FLIGHT]
            await asyncio.gather(*(self.publish(*each, qos=1) for each in some))

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Subscribe to these topics."""
        with _lost():
            await self._client.subscribe([(topic, 1) for topic in topics])

    async def arrivals(self) -> AsyncIterator[Arrived]:
        """Messages that arrive, for as long as the connection lasts."""
        with _lost():
            async for message in self._client.messages:
                payload = message.payload
                raw = payload if isinstance(payload, bytes) else b""
                yield Arrived(message.topic.value, raw, bool(message.retain))


async def first_of(*each: Coroutine[Any, Any, None]) -> None:
    """Run them until one ends, cancel the others, and raise its error."""
    tasks = [asyncio.create_task(one) for one in each]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        while left := [task for task in tasks if not task.done()]:
            for task in left:
                task.cancel()  # more than once: in Python 3.11 a wait_for may swallow it
            await asyncio.wait(left, timeout=AGAIN_S)
    for task in done:
        task.result()


class NotLetInError(ConnectionError):
    """The broker refuses us: retrying soon is useless."""


class Broker:
    """Stays connected while run() runs. `status` is where the last will says offline."""

    def __init__(self, settings: BrokerPlace, password: str, ident: str, status: str) -> None:
        self._settings, self._password = settings, password
        self._ident, self._status = ident, status
        self._told = ""
        self.connected = False

    @property
    def trouble(self) -> str:
        """The fault of the connection; "" without one."""
        return "" if self.connected else self._told or "the broker was not reached yet"

    async def run(self, attend: Callable[[Session], Awaitable[None]]) -> None:
        """Reconnect forever after a pause; `attend` serves each connection until it is lost."""
        now_s = asyncio.get_running_loop().time
        failures = shorts = 0
        while True:
            pause_s = pause(failures, random.random())
            began_s = None
            try:
                async with self._opened() as session:
                    began_s = now_s()
                    self._tell(logging.INFO, f"Connected to the broker at {self._place}")
                    self.connected = True
                    await attend(session)
            except NotLetInError as error:
                self._tell(logging.ERROR, f"The broker at {self._place} refuses us: {error}")
                pause_s = REFUSED_PAUSE_S
            except ConnectionError as error:
                lasted = began_s is not None and now_s() - began_s >= SHORT_S
                shorts = 0 if lasted or began_s is None else shorts + 1
                failures = 0 if lasted else failures
                if shorts >= SHORTS:
                    # Brokers let the newest of a name in, and many do not say why the other goes.
                    self._tell(logging.ERROR, f"The broker at {self._place}: {FOUGHT_OVER}")
                    pause_s = REFUSED_PAUSE_S
                else:
                    self._tell(logging.WARNING, f"No broker at {self._place}: {error}")
            finally:
                self.connected = False
            failures += 1
            await asyncio.sleep(pause_s)

    @property
    def _place(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Session]:
        """One connection. Publish online, and offline at a regular end; otherwise the last will
        does."""
        will = aiomqtt.Will(self._status, OFFLINE, qos=1, retain=True)
        with _lost():
            async with _client(self._settings, self._password, self._ident, will) as client:
                session = Session(client)
                await session.publish(self._status, ONLINE, qos=1, retain=True)
                try:
                    yield session
                except asyncio.CancelledError:
                    with suppress(ConnectionError):
                        await session.publish(self._status, OFFLINE, qos=1, retain=True)
                    raise

    def _tell(self, level: int, sentence: str) -> None:
        """Logs a change of state, not its repetition."""
        if sentence != self._told:
            self._told = sentence
            log.log(level, sentence)


async def publish_once(
    settings: BrokerPlace, password: str, ident: str, topic: str, payload: str
) -> None:
    """Publish it over a separate connection. ConnectionError when it does not."""
    with _lost():
        async with _client(settings, password, ident) as client:
            await Session(client).publish(topic, payload, qos=1)


def _client(
    settings: BrokerPlace, password: str, ident: str, will: aiomqtt.Will | None = None
) -> _Client:
    return _Client(
        settings.host,
        settings.port,
        username=settings.user or None,
        password=password or None,
        identifier=ident,
        protocol=aiomqtt.ProtocolVersion.V5,
        will=will,
        keepalive=KEEPALIVE_S,
        timeout=ANSWERS_S,
        max_queued_incoming_messages=QUEUED,
        max_queued_outgoing_messages=QUEUED,
        tls_context=_tls(settings),
        logger=_quiet(),
    )


def pause(failures: int, chance: float) -> float:
    """Back-off in seconds after `failures` in a row, with jitter from `chance` in [0, 1): 1 s to 30
    s."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures + 1, 8))
    return FIRST_PAUSE_S + chance * (longest - FIRST_PAUSE_S)


class _lost:  # noqa: N801
    """Inside the context, each end of a connection is a ConnectionError with a sentence."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, aiomqtt.MqttError):
            raise _in_words(error) from None
        if isinstance(error, OSError) and not isinstance(error, ConnectionError):
            raise ConnectionError(error.strerror or str(error)) from None


def _in_words(error: aiomqtt.MqttError) -> ConnectionError:
    """The loss as a sentence; the broker's own text is made printable."""
    whole: BaseException | None = error
    while whole is not None:
        code = whole.rc if isinstance(whole, aiomqtt.MqttCodeError) else None
        value = code.value if isinstance(code, ReasonCode) else None
        if value in NOT_LET_IN:
            return NotLetInError(NOT_LET_IN[value])
        whole = whole.__cause__
    return ConnectionError(clean(str(error))[:120] or "the connection broke")


def _quiet() -> logging.Logger:
    quiet = logging.getLogger("aiomqtt")
    quiet.setLevel(logging.CRITICAL)
    return quiet


def check_files(place: BrokerPlace, where: str) -> None:
    """Check that the files for TLS can be read. ConfigError names the key under `where`."""
    for key in ("ca_file", "cert_file", "key_file"):
        path = getattr(place, key)
        if path is not None and not os.access(Path(path).expanduser(), os.R_OK):
            raise ConfigError(
                setting(
                    "{where}.{key} = {path}; allowed: a readable file",
                    where=where,
                    key=key,
                    path=repr(path),
                )
            )


def _tls(place: BrokerPlace) -> ssl.SSLContext | None:
    """The TLS context, with the client certificate of config.py if there is one."""
    if not place.tls:
        return None
    ca, cert, key = (
        None if path is None else str(Path(path).expanduser())
        for path in (place.ca_file, place.cert_file, place.key_file)
    )
    context = ssl.create_default_context(cafile=ca)
    if cert is not None:
        context.load_cert_chain(cert, key)
    return context
