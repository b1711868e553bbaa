"""Notifications: decided each second, stored, and sent when possible.

Each sender has its own task: one that hangs or refuses is retried with a growing back-off, is
logged once, and does not delay the others.
"""

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from base import messages
from base.daemon import Part
from base.http_client import BusyError, UnreachableError, WebError
from base.language import ENGLISH, Language, clause, phrase
from notify.causes import Scene
from notify.decide import Memory, Quiet, decide
from notify.senders.family import Letter, Press, Sender
from store.kept import KeptFile

FILE = "notifications.json"
PATH = "/answer"
EACH_S = 1.0
LIMIT_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 3600.0
LASTS_S = 6 * 3600.0
"""A notification that could not be sent for this time is dropped."""
WAITING_MOST, CODES_MOST = 50, 200
URGENT = ("month_peak", "trip", "unknown_car", "silence")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that is not sent yet, made at `at_s` (seconds since 1970)."""

    letter: Letter
    at_s: float


@dataclass(frozen=True, slots=True)
class Code:
    """The action of a button, and its expiry."""

    button: messages.Button
    until: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """State that is kept across a restart: codes by their hash, letters by sender, oldest first."""

    memory: Memory = field(default_factory=Memory)
    waiting: Mapping[str, tuple[Waiting, ...]] = field(default_factory=dict)
    codes: Mapping[str, Code] = field(default_factory=dict)


class Notifier:
    """The notifications of one house.

    `scene` gives the current facts, `page` the address of the page ("": none), `publish` publishes
    each notification, and `act` carries out a button's command. Letters are in `language`.
    """

    def __init__(
        self,
        file: KeptFile[Kept],
        senders: Mapping[str, Sender],
        quiet: Quiet | None,
        scene: Callable[[], Scene],
        page: Callable[[], str],
        publish: Callable[[messages.Notification], None],
        act: Callable[[messages.Act], Awaitable[messages.Acted]],
        language: Language = ENGLISH,
    ) -> None:
        self._language = language
        self._file, self._senders, self._quiet = file, senders, quiet
        self._scene, self._page, self._publish, self._act = scene, page, publish, act
        self._kept = file.load() or Kept()
        self._news = {name: asyncio.Event() for name in senders}

    @property
    def parts(self) -> Mapping[str, Part]:
        """The tasks that keep running."""
        sending = {f"notifications to {name}": partial(self._deliver, name) for name in self._news}
        return {"notifications": self._watch, **sending}

    async def answer(self, code: str) -> messages.Acted | None:
        """The result of the button with this code; None without one or after its expiry."""
        found = self._kept.codes.get(_hash(code))
        if found is None or self._scene().now >= found.until:
            return None
        button = found.button
        done = await self._act(messages.Act(to=button.to, word=button.word, args=button.args))
        log.info(phrase("Answer from a phone: {label}. {text}", label=button.label, text=done.text))
        return done

    async def _watch(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(EACH_S)

    def look(self) -> None:
        """Publish the notifications that are due, and queue them for the senders."""
        scene = self._scene()
        memory, due = decide(self._kept.memory, scene, self._quiet)
        self._kept = replace(self._kept, memory=memory)
        for notification in due:
            log.info(phrase("Notification: {text}", text=notification.title))
            self._publish(notification)
            self._post(notification, scene.now)
        if due:
            self._file.save(self._kept)

    def _post(self, notification: messages.Notification, now: datetime) -> None:
        """Queue the notification for each sender, with a code for each button."""
        page = self._page()
        codes = {hash_: code for hash_, code in self._kept.codes.items() if now < code.until}
        presses: list[Press] = []
        if page and notification.until is not None:
            for button in notification.buttons:
                token = secrets.token_urlsafe(16)
                codes[_hash(token)] = Code(button, notification.until)
                presses.append(Press(self._language.read(button.label), f"{page}{PATH}", token))
        urgent = notification.reason in URGENT
        letter = Letter(
            title=self._language.read(notification.title),
            text=self._language.read(notification.text),
            urgent=urgent,
            presses=tuple(presses),
            page=page,
        )
        new = Waiting(letter, time.time())
        self._kept = replace(
            self._kept,
            codes=dict([*codes.items()][-CODES_MOST:]),
            waiting={name: (*self._waiting(name), new)[-WAITING_MOST:] for name in self._news},
        )
        for news in self._news.values():
            news.set()

    async def _deliver(self, name: str) -> None:
        """Send the queue of one sender, in order."""
        pause_s, said = FIRST_PAUSE_S, ""
        while True:
            while (first := self._first(name)) is None:
                self._news[name].clear()
                await self._news[name].wait()
            try:
                await _sent(self._senders[name], first.letter)
            except WebError as error:
                if str(error) != said:
                    said = str(error)
                    log.warning(
                        phrase(
                            "Notifications to {name} wait: the service {reason}",
                            name=name,
                            reason=said,
                        )
                    )
                rest_s = error.rest_s if isinstance(error, BusyError) else 0.0
                await asyncio.sleep(max(pause_s, rest_s))
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                continue
            if said:
                log.info(phrase("Notifications to {name} are sent again", name=name))
            pause_s, said = FIRST_PAUSE_S, ""
            self._drop(name, first)

    def _waiting(self, name: str) -> tuple[Waiting, ...]:
        return self._kept.waiting.get(name, ())

    def _first(self, name: str) -> Waiting | None:
        """The oldest that is still worth sending."""
        for waiting in self._waiting(name):
            if time.time() - waiting.at_s < LASTS_S:
                return waiting
            log.warning(
                phrase(
                    "Not sent to {name} within 6 hours: {text}",
                    name=name,
                    text=waiting.letter.title,
                )
            )
            self._drop(name, waiting)
        return None

    def _drop(self, name: str, gone: Waiting) -> None:
        rest = tuple(each for each in self._waiting(name) if each is not gone)
        self._kept = replace(self._kept, waiting={**self._kept.waiting, name: rest})
        self._file.save(self._kept)


async def _sent(sender: Sender, letter: Letter) -> str:
    try:
        async with asyncio.timeout(LIMIT_S):
            return await sender.send(letter)
    except TimeoutError:
        raise UnreachableError(clause("does not answer in time")) from None


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode(errors="surrogateescape")).hexdigest()
