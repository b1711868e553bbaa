"""Follows a source forever: due times, back-off after failures, rest after a refusal.

Prices, sun, calendars and car clouds all use it. The decisions are pure; the clock, the sleep and
the random jitter are passed in.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from base.http_client import BusyError, RefusedError, WebError

SLICE_S = 60.0
MOST_STEPS = 20
"""Failures in a row after which a back-off no longer grows."""

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Intervals of requests to a source, s. After a failure it is retried after `first_s`, which
    grows by `growth` with each failure in a row up to `longest_s`. After a refusal, which only the
    owner can resolve, it pauses for `refused_s`; a source that asks for a pause gets it, at least
    `busy_s`. `spread` lengthens the back-off by up to that share, so that houses do not ask all at
    once.
    """

    every_s: float
    first_s: float
    longest_s: float
    refused_s: float
    busy_s: float = 0.0
    growth: float = 2.0
    spread: float = 0.0

    def backoff_s(self, failures: int, chance: float = 0.0) -> float:
        """The back-off after `failures` in a row; `chance` is 0 to 1."""
        grown = self.first_s * self.growth ** min(failures - 1, MOST_STEPS)
        return min(grown, self.longest_s) * (1 + chance * self.spread)

    def pause_s(self, failures: int, trouble: WebError | None, chance: float = 0.0) -> float:
        """The pause after an answer (`trouble` is None) or after the last of `failures`."""
        match trouble:
            case None:
                return self.every_s
            case BusyError():
                return max(trouble.rest_s, self.busy_s)
            case RefusedError():
                return self.refused_s
            case _:
                return self.backoff_s(failures, chance)


async def until(due: datetime, clock: Clock, sleep: Sleep, longest: timedelta) -> None:
    """Wait until `due`, checking the clock each minute: on a Pi it is set after the start.

    A clock that was set back must not make the wait endless: it ends when `due` is more than
    `longest` away.
    """
    while timedelta(0) < (left := due - clock()) < longest:
        await sleep(min(left.total_seconds(), SLICE_S))


class Resting:
    """Sources with faults, and the end of each one's rest."""

    def __init__(self, pace: Pace, clock: Clock) -> None:
        self._pace, self._clock = pace, clock
        self._until: dict[str, datetime] = {}
        self._trouble: dict[str, str] = {}

    @property
    def why(self) -> str:
        """The trouble of each source, as part of one sentence."""
        return "; ".join(f"{name} {trouble}" for name, trouble in self._trouble.items())

    async def ask(self, name: str, question: Callable[[], Awaitable[T]]) -> T | WebError | None:
        """The answer, or the error; None while the source rests."""
        now = self._clock()
        if now < self._until.get(name, now):
            return None
        self._trouble.pop(name, None)
        try:
            return await question()
        except WebError as error:
            self._trouble[name] = str(error)
            if isinstance(error, BusyError | RefusedError):
                rest_s = self._pace.pause_s(1, error)
                self._until[name] = self._clock() + timedelta(seconds=rest_s)
            return error


class Follower(Generic[T]):
    """One source, asked forever; its last good answer is kept with the time it was read."""

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        heard: Callable[[T], object],
        failed: Callable[[WebError], object],
        pace: Pace,
        *,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        idle: Sleep | None = None,
        chance: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Each answer goes to `heard`, each failure to `failed`.

        `sleep` waits after a failure and cannot be cut short; `idle` waits after an answer.
        """
        self.last: T | None = None
        self.read_at: datetime | None = None
        self._read, self._heard, self._failed = read, heard, failed
        self._pace, self._clock, self._chance = pace, clock, chance
        self._sleep, self._idle = sleep, idle or sleep
        self._failures = 0

    async def run(self) -> None:
        """Never returns."""
        while True:
            trouble = await self.ask()
            pause_s = self._pace.pause_s(self._failures, trouble, self._chance())
            await (self._sleep if trouble else self._idle)(pause_s)

    async def ask(self) -> WebError | None:
        """Ask once; the error, or None after an answer."""
        try:
            answer = await self._read()
        except WebError as error:
            self._failures += 1
            self._failed(error)
            return error
        self._failures, self.last, self.read_at = 0, answer, self._clock()
        self._heard(answer)
        return None
