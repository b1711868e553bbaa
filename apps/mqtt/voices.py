"""Peers that publish their need on the broker, each with its own connection to the meter and its
own answer; a need that is not renewed lapses.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from apps.mqtt.headroom import BEGUN, Calm, calmed
from apps.mqtt.needs import HOLDS_S, least_w
from base import messages
from base.version import VERSION
from base.wire.client import Client

VOICES_MOST = 12
log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Voice:
    """One peer: its need since `at_s`, its connection, and its grant."""

    need: messages.Need
    at_s: float
    client: Client
    task: asyncio.Task[None]
    grant: messages.Grant | None = None
    calm: Calm = BEGUN
    refused: str = ""


class Voices:
    """All of them, by name. `refuse` is called with a name and the reason why the meter
    refuses its need."""

    def __init__(self, url: str, token: str, refuse: Callable[[str, str], None]) -> None:
        self._url, self._token, self._refuse = url, token, refuse
        self._voices: dict[str, Voice] = {}

    def say(self, need: messages.Need, now_s: float) -> None:
        """The need counts from now on. ValueError when there are too many."""
        voice = self._voices.get(need.name)
        if voice is None:
            if len(self._voices) >= VOICES_MOST:
                raise ValueError(f"there are {VOICES_MOST} needs already, which is the limit")
            voice = self._voices[need.name] = self._joined(need, now_s)
        voice.need, voice.at_s = need, now_s
        voice.client.send(messages.encode(need))

    def renew(self, now_s: float) -> list[str]:
        """Send the valid needs again; the names of those that lapsed."""
        old = [name for name, voice in self._voices.items() if now_s - voice.at_s > HOLDS_S]
        for name in old:
            self.drop(name)
        for voice in self._voices.values():
            voice.client.send(messages.encode(voice.need))
        return old

    def drop(self, name: str) -> None:
        """Drop its need."""
        if voice := self._voices.pop(name, None):
            voice.task.cancel()

    def granted(self, house: messages.House | None, now_s: float) -> None:
        """Power that each may take now, while the house sends."""
        for name, voice in self._voices.items():
            voice.grant = house.grants.get(name) if house else None
            room_w = 1000.0 * voice.grant.kw if voice.grant else 0.0
            voice.calm = calmed(voice.calm, room_w, now_s, least_w(voice.need))

    @property
    def grants(self) -> dict[str, tuple[messages.Grant | None, Calm]]:
        """The answers, by name; None without one."""
        return {name: (voice.grant, voice.calm) for name, voice in self._voices.items()}

    def close(self) -> None:
        """Drop all needs."""
        for name in [*self._voices]:
            self.drop(name)

    def _joined(self, need: messages.Need, now_s: float) -> Voice:
        hello = messages.encode(messages.Hello(name=need.name, version=VERSION))
        client = Client(
            self._url,
            lambda text: self._hear(need.name, text),
            token=self._token,
            greeting=[hello],
        )
        return Voice(need=need, at_s=now_s, client=client, task=asyncio.create_task(client.run()))

    def _hear(self, name: str, text: str) -> None:
        voice = self._voices.get(name)
        if voice is None:
            return
        match messages.decode(text):
            case messages.Hello():
                voice.client.send(messages.encode(voice.need))
            case messages.Error(text=why) if why != voice.refused:
                voice.refused = why
                self._refuse(name, why)
            case messages.Reply(word="need"):
                voice.refused = ""
