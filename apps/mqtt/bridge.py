"""The bridge between the programs of the house and the broker: connects both."""

import asyncio
import json
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from apps.mqtt import discovery, evcc, needs, notifications, orders, publications, states, twins
from apps.mqtt.broker import Arrived, Broker, Session, first_of
from apps.mqtt.discovery import Kept
from apps.mqtt.headroom import BEGUN, calmed
from apps.mqtt.publications import Allowances, Outbox
from apps.mqtt.seen import WATCHED, Seen, hear
from apps.mqtt.topics import Topics, kind, slug
from apps.mqtt.twins import Twins
from apps.mqtt.voices import Voices
from apps.shared.settings import BrokerSettings
from base import messages
from base.daemon import Part
from base.language import ENGLISH, Language
from base.text import clean
from base.version import VERSION
from base.wire.access import RateLimit
from base.wire.client import Client

BIRTH_S = 5.0
"""Longest random delay after Home Assistant's birth message until everything is published again,
s."""
RENEW_S = 4.0
TICK_S = 1.0
SILENCE_S = 30.0
LATER = "notification"
"""A topic that a meter program of an older version does not have."""
log = logging.getLogger(__name__)
Addresses = Mapping[str, str]


class Bridge:
    """Receives from the programs at `addresses` (URL by name: dm, ev, ev2, bs) and publishes to one
    broker.

    `save` is called with the devices of this house when they changed.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        password: str,
        token: str,
        addresses: Addresses,
        kept: Kept,
        save: Callable[[Kept], None],
        taken: frozenset[str] = frozenset(),
        language: Language = ENGLISH,
    ) -> None:
        """`taken` are the names that the house's own programs use for needs; `language` is that of
        notifications."""
        self._language = language
        self._settings, self._password = settings, password
        self._kept, self._save, self._taken = kept, save, taken
        self._seen = Seen()
        self._clients = {name: self._client(name, url, token) for name, url in addresses.items()}
        self._voices = Voices(addresses["dm"], token, self._refused)
        self._outbox = Outbox()
        self._room = BEGUN
        self._evcc = evcc.Topics()
        self._twins = Twins()
        self._conflict = ""
        self._answers: list[tuple[str, str]] = []
        self._clear: list[str] = []
        self._wake, self._known = asyncio.Event(), asyncio.Event()
        self._broker: Broker | None = None
        self._served = ""
        self._topics = Topics(settings.topic, "", settings.discovery)
        self._rate_limit = RateLimit()

    @property
    def parts(self) -> dict[str, Part]:
        """The parts that run side by side."""
        hearing = {f"hearing {name}": client.run for name, client in self._clients.items()}
        return {**hearing, "broker": self._serve}

    def ages_s(self) -> dict[str, float | None]:
        """Age of each program's last message."""
        now_s = _now_s()
        heard = self._seen.heard_s
        return {name: now_s - heard[name] if name in heard else None for name in self._clients}

    @property
    def trouble(self) -> str:
        """The fault of the connection to the broker; "" without one."""
        if self._broker is None:
            return "the meter has sent nothing yet: nothing is published"
        return self._broker.trouble

    # From the programs.

    def _client(self, program: str, url: str, token: str) -> Client:
        hello = messages.encode(messages.Hello(name="mqtt", version=VERSION))
        watch = messages.encode(messages.Command(word="watch", args=WATCHED[kind(program)]))
        return Client(
            url,
            lambda text: self._hear(program, text),
            token=token,
            greeting=[hello, watch],
            silence_s=SILENCE_S if program == "dm" else None,
        )

    def _hear(self, program: str, text: str) -> None:
        """One message of a program."""
        message = messages.decode(text)
        now_s = _now_s()
        if isinstance(message, messages.Error):
            self._say("error", message.text)
            return
        before, self._seen = self._seen, hear(self._seen, program, message, now_s)
        if isinstance(message, messages.Hello) and LATER in message.offers:
            watch = messages.Command(word="watch", args=(LATER,))
            self._clients[program].send(messages.encode(watch))
        if isinstance(message, messages.Notification) and notifications.is_news(message, before):
            told = notifications.payload(self._topics, message, self._language)
            self._answers.append((self._topics("notification"), told))
        if isinstance(message, messages.House):
            self._allow(message, now_s)
        self._learn()
        self._wake.set()

    def _allow(self, house: messages.House, now_s: float) -> None:
        """Update the allowances with each house message."""
        fresh = self._seen.fresh_house(now_s)
        room_w = 1000.0 * (house.steady_kw or 0.0) if fresh else 0.0
        self._room = calmed(self._room, room_w, now_s, self._settings.least_w)
        self._voices.granted(fresh, now_s)

    def _learn(self) -> None:
        """Store the devices of this house that sent messages."""
        seen, has = self._seen, self._kept
        registers = states.registers(seen.registers) if seen.registers else {}
        home = slug(seen.registers.meter_id) if seen.registers and seen.registers.meter_id else ""
        if home and home != has.home:
            has = Kept(home=home)
        known = tuple(key for key in states.REGISTERS if key in registers or key in has.registers)
        has = replace(has, registers=known)
        for program, garage in seen.charging.items():
            cars = tuple(car.state.name for car in states.cars({program: garage}).values())
            chargers = tuple(each.name for each in garage.chargers)
            has = replace(
                has,
                cars={**has.cars, program: cars},
                chargers={**has.chargers, program: chargers},
            )
        for program, room in seen.batteries.items():
            if names := tuple(one.name for one in room.batteries):
                has = replace(has, batteries={**has.batteries, program: names})
        topics = replace(self._topics, home=has.home)
        told = dict(has.told or {})
        told |= {key: str(each["p"]) for key, each in discovery.components(topics, has).items()}
        has = replace(has, told=told)
        if has != self._kept:
            self._kept = has
            self._save(has)
        self._topics = topics
        if home and home != self._served:
            self._known.set()

    # To the broker.

    async def _serve(self) -> None:
        """Publish forever, from when the meter's id is known."""
        await self._known.wait()
        while True:
            self._known.clear()
            topics = self._topics
            self._served = topics.home
            self._broker = Broker(
                self._settings, self._password, f"digital_meter_{topics.home}", topics.status
            )
            try:
                await first_of(self._broker.run(self._attend), self._until_moved())
            finally:
                self._voices.close()

    async def _until_moved(self) -> None:
        """Wait until the meter is another one: its topics and last will differ."""
        await self._known.wait()

    async def _attend(self, session: Session) -> None:
        """Serve one connection: publish everything at once, then changes; carry out what
        arrives."""
        topics = self._topics
        self._outbox.forget()
        self._evcc = evcc.Topics()
        wanted = [topics.birth, *(topics(*"+" * n, "set") for n in (1, 2, 3)), topics("need", "+")]
        if self._settings.evcc:
            wanted += (f"{self._settings.evcc}/{topic}" for topic in evcc.TOPICS)
        await session.subscribe(wanted)
        await first_of(self._publish(session, topics), self._read(session))

    async def _publish(self, session: Session, topics: Topics) -> None:
        renewed_s = -RENEW_S
        while True:
            now_s = _now_s()
            if now_s - renewed_s >= RENEW_S:
                renewed_s = now_s
                self._renew(now_s)
            for topic in self._clear:
                await session.publish(topic, "", qos=1, retain=True)
            self._clear.clear()
            allowed = Allowances(room=self._room, grants=self._voices.grants)
            every = publications.everything(topics, self._seen, self._kept, allowed, now_s)
            for each in self._outbox.due(every, now_s):
                await session.publish(each.topic, each.payload, qos=each.qos, retain=each.retain)
            for topic, payload in self._said(topics):
                await session.publish(topic, payload)
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._wake.wait()

    def _said(self, topics: Topics) -> list[tuple[str, str]]:
        """Publish events and answers, once each."""
        events = [
            (topics("event"), _event(event.level, event.text, event.at))
            for event in self._seen.events
        ]
        self._seen = replace(self._seen, events=())
        answers, self._answers = self._answers, []
        return [*events, *answers]

    def _renew(self, now_s: float) -> None:
        """Send the valid needs again; evcc's are made of its last values."""
        for name in self._voices.renew(now_s):
            log.info("%s has sent no need for a minute: its grant ends", name)
        if not self._settings.evcc:
            return
        need = evcc.need(self._evcc, now_s, datetime.now(UTC))
        seen = self._seen
        garages = {name: told for name, told in seen.charging.items() if seen.here(name, now_s)}
        chargers = {name: each.state for name, each in states.chargers(garages).items()}
        if need is not None:
            points = evcc.points(self._evcc)
            self._twins = twins.watched(self._twins, points, chargers, now_s)
        conflict = evcc.conflict([*chargers.values()], self._evcc, self._twins) if need else ""
        if conflict and conflict != self._conflict:
            self._refused(evcc.NAME, conflict)
        self._conflict = conflict
        if need is None or conflict:
            self._voices.drop(evcc.NAME)
        else:
            self._voices.say(need, now_s)

    # From the broker.

    async def _read(self, session: Session) -> None:
        async for arrived in session.arrivals():
            self._take(arrived)

    def _take(self, arrived: Arrived) -> None:
        """One message: Take Home Assistant's birth message, evcc's state, a need, or a command."""
        topic, payload = arrived.topic, arrived.payload
        if topic == self._topics.birth:
            if payload == b"online" and not arrived.retained:
                later = asyncio.get_running_loop().call_later
                later(random.uniform(0, BIRTH_S), self._again)
            return
        below = f"{self._settings.evcc}/"
        if self._settings.evcc and topic.startswith(below):
            self._evcc = evcc.heard(self._evcc, topic.removeprefix(below), payload, _now_s())
            return
        if not payload:
            return  # somebody, often we, cleared what was retained
        if arrived.retained:
            self._clear.append(topic)  # a wish of a time that is over
            self._wake.set()
            return
        match self._topics.below(topic):
            case ("need", name):
                self._need(name, payload)
            case (_, *_) as parts:
                self._set(parts, payload)

    def _again(self) -> None:
        self._outbox.forget()
        self._wake.set()

    def _need(self, name: str, payload: bytes) -> None:
        try:
            if slug(name) != name or name in self._taken or name == evcc.NAME:
                raise ValueError("this name is not free: use letters, digits, - and _")
            self._voices.say(needs.parsed(name, payload), _now_s())
        except ValueError as error:
            self._refused(name, str(error))

    def _set(self, parts: tuple[str, ...], payload: bytes) -> None:
        """Send a command to its program; a wrong value changes nothing, and the state is published
        again."""
        state = parts[:-2]
        try:
            order = orders.order(parts, payload, self._seen)
            state = order.state
            client = self._clients.get(order.program)
            if client is None or not client.send(messages.encode(order.command)):
                raise ValueError("its program is not connected")
        except ValueError as error:
            self._say("warning", f"Set over MQTT: {error}")
        self._outbox.forget(self._topics(*state))
        self._wake.set()

    def _refused(self, name: str, why: str) -> None:
        """Answer a need that does not count with the reason."""
        told = clean(why)[:200]
        if slug(name) == name:
            answer = json.dumps({"kw": 0.0, "error": told}, ensure_ascii=False)
            self._answers.append((self._topics("grant", name), answer))
        if self._rate_limit.allows(f"{name} {told}", _now_s()):
            log.warning("The need of %s does not count: %s", clean(name)[:40], told)
        self._wake.set()

    def _say(self, level: str, text: str) -> None:
        """Publish an event that a command failed."""
        told = clean(text)[:200]
        if self._rate_limit.allows(told, _now_s()):
            log.warning("%s", told)
        self._answers.append((self._topics("event"), _event(level, told, datetime.now(UTC))))
        self._wake.set()


def _event(level: str, text: str, at: datetime) -> str:
    return json.dumps({"event_type": level, "text": text, "at": at.isoformat()}, ensure_ascii=False)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
