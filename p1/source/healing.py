"""A source of bytes that reconnects by itself: a lost or silent link is reopened, with a growing
back-off."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

from base.language import phrase
from base.limits import STALE_S
from p1.errors import LineError
from p1.source.link import Connect, Link


class Status(StrEnum):
    """States of the source."""

    CONNECTED = "connected"
    LOST = "lost"  # the link broke or cannot be made
    SILENT = "silent"  # the link stands, but no valid telegram comes
    ENDED = "ended"  # a recording was read to its end


@dataclass(frozen=True, slots=True)
class Event:
    """A change of status, as a sentence; `retry_s` is the pause until the next attempt."""

    status: Status
    sentence: str
    retry_s: float | None = None


class Backoff:
    """Pauses between attempts: each twice the one before up to a cap, drawn from its upper half.

    The jitter keeps two readers from retrying at the same time.
    """

    def __init__(
        self,
        first_s: float = 1.0,
        longest_s: float = 60.0,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._chance = chance
        self._next_s = first_s

    def pause_s(self) -> float:
        """The next pause, s; the one after it is longer."""
        pause_s = self._next_s
        self._next_s = min(2 * pause_s, self._longest_s)
        return pause_s * (0.5 + 0.5 * self._chance())

    def reset(self) -> None:
        """Reset the next pause to the first."""
        self._next_s = self._first_s


class Source:
    """Chunks of bytes, for as long as there are any.

    Iterate over it inside `async with`, and call valid() at each valid telegram: that alone keeps
    the link and makes the pauses short again. Each change of status goes once to `tell`.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        ends: bool = False,
        tell: Callable[[Event], None] = lambda event: None,
        silence_s: float = STALE_S,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`ends`: a recording, whose end or pause is not a fault."""
        self._connect = connect
        self._ends = ends
        self._tell = tell
        self._silence_s = None if ends else silence_s
        self._backoff = backoff or Backoff()
        self._sleep = sleep
        self.name = ""  # where the bytes come from, once connected
        self._link: Link | None = None
        self._valid_at = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._drop()

    def __aiter__(self) -> Self:
        return self

    def valid(self) -> None:
        """Note a valid telegram: the link is good."""
        self._valid_at = asyncio.get_running_loop().time()
        self._backoff.reset()

    async def __anext__(self) -> bytes:
        while True:
            link = None
            try:
                link = self._link or await self._open()
                chunk = await self._read(link)
            except (LineError, OSError) as error:
                await self._heal(Status.LOST, str(error))
                continue
            if chunk is None:
                silence = phrase(
                    "{name}: no valid telegram for {s:g} s",
                    name=link.name,
                    s=self._silence_s,
                )
                await self._heal(Status.SILENT, silence)
            elif chunk:
                return chunk
            else:
                await self._drop()
                self._tell(
                    Event(Status.ENDED, phrase("{name} was read to the end", name=link.name))
                )
                raise StopAsyncIteration

    async def _open(self) -> Link:
        self._link = await self._connect()
        self._valid_at = asyncio.get_running_loop().time()
        self.name = self._link.name
        self._tell(Event(Status.CONNECTED, phrase("reading {name}", name=self.name)))
        return self._link

    async def _read(self, link: Link) -> bytes | None:
        """The next chunk; None when it took too long since the last valid telegram."""
        if self._silence_s is None:
            return await link.read()
        silent_at = self._valid_at + self._silence_s
        try:
            async with asyncio.timeout_at(silent_at) as watchdog:
                return await link.read()
        except TimeoutError:
            if watchdog.expired():
                return None
            raise  # the kernel's own: the peer no longer answers

    async def _heal(self, status: Status, sentence: str) -> None:
        """Close the link, inform the householder, and wait."""
        await self._drop()
        if self._ends:
            self._tell(Event(Status.ENDED, sentence))
            raise StopAsyncIteration
        pause_s = self._backoff.pause_s()
        self._tell(Event(status, sentence, pause_s))
        await self._sleep(pause_s)

    async def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()
