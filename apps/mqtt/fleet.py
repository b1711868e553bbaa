"""Quarters for an organisation with many homes: one JSON per quarter, under a random id.

Each closed quarter goes to `dm/v1/HOME/quarter` (QoS 1) and again when it is settled; the receiver
keeps the last one of a start. Unacknowledged quarters are sent after the next connect, read from
the meter program's quarters.db, and so are those requested on `dm/v1/HOME/ask`.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from apps.mqtt.broker import Arrived, Broker, Session, first_of
from apps.shared.settings import FleetSettings
from base import messages
from base.daemon import Part
from base.text import clean
from base.time import DAY, HOUR, QUARTER_S
from base.version import VERSION
from base.wire.client import Client

LATE = DAY
"""A sub-meter that is read this late still changes a quarter, which is compared with the one
sent."""
AGAIN = 2 * HOUR
"""After each connect this much is sent again: a killed broker loses unsaved messages."""
BACK = timedelta(days=800)
ANSWER_S = 10.0
RETRY_S = 60.0
PAGE_PAUSE_S = 0.2
"""After each page of quarters, so that a replay of years leaves the meter program time."""
WHOLE_S = 30.0
LONGEST_ASK = 200
SILENCE_S = 30.0
NEVER = datetime(messages.YEARS[0], 1, 1, tzinfo=UTC)
Place = tuple[datetime, datetime]
"""`changed` and `start` of a quarter: they are sent in this order."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """This home's random id, and the time up to which quarters were acknowledged (or None)."""

    home: str
    changed: datetime | None = None


def begun() -> Sent:
    """A home with a new id, that has sent nothing."""
    return Sent(secrets.token_hex(8))


@dataclass(frozen=True, slots=True)
class Allowances:
    """Grants of the peers in the running quarter, kW x s by peer, and over how long, s."""

    start: datetime | None = None
    heard_s: float = 0.0
    at: datetime | None = None
    kws: Mapping[str, float] = field(default_factory=dict)


def allowed(before: Allowances, house: messages.House) -> Allowances:
    """Add a house message to the allowances: each grant is valid until the next one."""
    quarter, at = house.quarter, house.time
    if quarter is None or at is None:
        return before
    if before.start != quarter.start:
        return Allowances(start=quarter.start, at=max(at, quarter.start))
    gap_s = (at - before.at).total_seconds() if before.at else 0.0
    if not 0 < gap_s <= WHOLE_S:
        return replace(before, at=at)
    names = before.kws.keys() | house.grants.keys()
    now = {name: house.grants[name].kw for name in house.grants}
    kws = {name: before.kws.get(name, 0.0) + gap_s * now.get(name, 0.0) for name in names}
    return replace(before, heard_s=before.heard_s + gap_s, at=at, kws=kws)


def payload(home: str, quarter: messages.ClosedQuarter, means: Mapping[str, float] | None) -> str:
    """The quarter as published; `means` are the mean allowances in kW, where known."""
    values = quarter.model_dump(mode="json", exclude_none=True)
    values = {"home": home, **values, "version": VERSION}
    if means is not None:
        values["allowed_kw"] = {name: round(kw, 3) for name, kw in sorted(means.items())}
    return json.dumps(values, separators=(",", ":"))


class Fleet:
    """Sends the quarters of the meter program at `url` to the broker in `settings`.

    `save` is called with the acknowledged position when it changed.
    """

    def __init__(
        self,
        settings: FleetSettings,
        password: str,
        url: str,
        token: str,
        sent: Sent,
        save: Callable[[Sent], None],
    ) -> None:
        self._sent, self._save = sent, save
        self._topic = f"{settings.topic}/{sent.home}"
        self._broker = Broker(settings, password, f"dm_{sent.home}", f"{self._topic}/status")
        watch = messages.Command(word="watch", args=("house", "bill"))
        hello = messages.Hello(name="fleet", version=VERSION)
        self._meter = Client(
            url,
            self._hear,
            token=token,
            greeting=[messages.encode(hello), messages.encode(watch)],
            silence_s=SILENCE_S,
        )
        self._answer: asyncio.Future[messages.Quarters] | None = None
        self._news = asyncio.Event()
        self._allowed = Allowances()
        self._means: dict[datetime, Mapping[str, float]] = {}
        self._place: Place | None = None
        self._told: dict[datetime, tuple[datetime, str]] = {}

    @property
    def parts(self) -> dict[str, Part]:
        """The parts that run side by side."""
        return {"fleet meter": self._meter.run, "fleet": lambda: self._broker.run(self._attend)}

    @property
    def trouble(self) -> str:
        """The fault of the connection to the broker; "" without one."""
        return f"fleet: {self._broker.trouble}" if self._broker.trouble else ""

    # From the meter.

    def _hear(self, text: str) -> None:
        match messages.decode(text):
            case messages.House() as house:
                before, self._allowed = self._allowed, allowed(self._allowed, house)
                if before.start is not None and self._allowed.start != before.start:
                    self._close(before)
            case messages.Quarters() as found if self._answer and not self._answer.done():
                self._answer.set_result(found)
            case messages.Bill():
                self._news.set()  # a quarter closed, or money was settled

    def _close(self, ended: Allowances) -> None:
        """Store the mean allowances of a completely observed quarter for a week."""
        assert ended.start is not None
        if ended.heard_s >= QUARTER_S - WHOLE_S:
            means = {name: total / ended.heard_s for name, total in ended.kws.items()}
            self._means = {
                start: kws for start, kws in self._means.items() if start > ended.start - 7 * DAY
            }
            self._means[ended.start] = means

    async def _ask(self, place: Place | None) -> tuple[messages.ClosedQuarter, ...]:
        """The quarters after this place; without one, those of the last day. TimeoutError when the
        meter does not answer."""
        times = () if place is None else tuple(at.isoformat() for at in place)
        self._answer = asyncio.get_running_loop().create_future()
        self._meter.send(messages.encode(messages.Command(word="quarters", args=times)))
        async with asyncio.timeout(ANSWER_S):
            return (await self._answer).quarters

    # To the broker.

    async def _attend(self, session: Session) -> None:
        if self._sent.changed is not None:
            self._forget(self._sent.changed - AGAIN)
        await session.subscribe([f"{self._topic}/ask"])
        await first_of(self._send(session), self._read(session))

    async def _send(self, session: Session) -> None:
        """Send changes since the last acknowledgement, forever."""
        while True:
            self._news.clear()
            sent = self._sent.changed
            self._place = None if sent is None else (sent - LATE, NEVER)
            with suppress(TimeoutError):
                await self._catch_up(session)
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await self._news.wait()

    async def _catch_up(self, session: Session) -> None:
        """Send every quarter after the place; each is acknowledged."""
        while found := await self._ask(place := self._place):
            await self._publish(session, found)
            if self._place is place:  # nobody asked for others meanwhile
                self._place = found[-1].changed, found[-1].start
                self._acknowledged(found[-1].changed)
            await asyncio.sleep(PAGE_PAUSE_S)

    async def _publish(self, session: Session, found: Sequence[messages.ClosedQuarter]) -> None:
        """Send the quarters that differ from those the broker has."""
        texts = {
            each.start: (each.changed, payload(self._sent.home, each, self._means.get(each.start)))
            for each in found
        }
        news = {
            start: each
            for start, each in texts.items()
            if self._told.get(start, (NEVER, ""))[1] != each[1]
        }
        await session.deliver([(f"{self._topic}/quarter", text) for _, text in news.values()])
        self._told |= news

    def _acknowledged(self, changed: datetime) -> None:
        """Mark everything up to there as acknowledged."""
        if self._sent.changed is None or changed > self._sent.changed:
            self._sent = replace(self._sent, changed=changed)
            self._save(self._sent)
        since = changed - LATE
        self._told = {at: each for at, each in self._told.items() if each[0] >= since}

    def _forget(self, since: datetime) -> None:
        """Mark changes from then on as not sent."""
        self._told = {at: each for at, each in self._told.items() if each[0] < since}

    async def _read(self, session: Session) -> None:
        async for arrived in session.arrivals():
            if arrived.retained:
                continue  # a request of a time that is over
            try:
                since = asked_since(arrived)
            except ValueError as error:
                log.warning(
                    "What the fleet asks for is not understood: %s", clean(str(error))[:200]
                )
                continue
            if self._sent.changed is not None:
                since = min(max(since, self._sent.changed - BACK), self._sent.changed)
            self._sent = replace(self._sent, changed=since)
            self._save(self._sent)
            self._forget(since)
            self._place = since, NEVER
            self._news.set()


def asked_since(arrived: Arrived) -> datetime:
    """The time from which a request `{"since": ...}` asks for the quarters again. ValueError for
    any other text."""
    if len(arrived.payload) > LONGEST_ASK:
        raise ValueError(f"a request has at most {LONGEST_ASK} bytes")
    try:
        told = json.loads(arrived.payload.decode())
        since = datetime.fromisoformat(told["since"])
        return since.astimezone(UTC) if since.tzinfo else since.replace(tzinfo=UTC)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise ValueError('a request is {"since": "2026-01-15T16:15:00Z"}') from None
