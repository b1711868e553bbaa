"""One source followed for ever: asked in time, believed when it can be true, left alone when ill.

The log gets a sentence when the state changes, and not for each question.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from base.http_client import BusyError, NonsenseError, RefusedError, WebError
from ev.cars.source import CarSource, sound
from ev.facts import CarStatus

OWNER_S = 6 * 3600.0
"""Rest after a refusal: the owner must act, and a password tried often locks the account."""
FIRST_S, LONGEST_S, MOST_STEPS = 60.0, 3600.0, 10

Take = Callable[[CarStatus], object]
Tell = Callable[[str], None]
Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def rest_s(error: WebError, failures: int, chance: float) -> float:
    """How long to leave a source alone after `failures` in a row, the last by `error`.

    `chance` (0 to 1) spreads the houses over up to a fifth more.
    """
    if isinstance(error, BusyError):
        return max(error.rest_s, FIRST_S)
    if isinstance(error, RefusedError):
        return OWNER_S
    grown = FIRST_S * 2.0 ** min(failures - 1, MOST_STEPS)
    return min(grown, LONGEST_S) * (1 + chance / 5)


class Follower:
    """What one source has said and how it does. `counts`: read, dropped, failed."""

    def __init__(
        self,
        source: CarSource,
        take: Take,
        tell: Tell,
        *,
        clock: Clock = _now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Each believable status goes to `take`, each sentence to `tell`."""
        self.source = source
        self.counts: Counter[str] = Counter()
        self.trouble = ""
        self._take = take
        self._tell = tell
        self._clock = clock
        self._chance = chance
        self._failures = 0
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """The source is asked at once, unless it must be left alone: a car was plugged in."""
        self._hurry.set()

    async def run(self) -> None:
        """Never returns; closes the source when it is cancelled."""
        try:
            while True:
                await self._rest(await self.ask())
        finally:
            await self.source.close()

    async def ask(self) -> float | None:
        """The source is asked once. Seconds to leave it alone; None: until it is due."""
        try:
            found = await self.source.read(self._clock())
        except NonsenseError as error:
            self.counts["dropped"] += 1
            return self._failed(error)
        except WebError as error:
            self.counts["failed"] += 1
            return self._failed(error)
        self.counts["read"] += 1
        self._failures = 0
        self._say(self._taken(found))
        return None

    def _taken(self, found: list[CarStatus]) -> str:
        """The first thing that cannot be believed, "" when all can; the rest is taken."""
        wrong = ""
        now = self._clock()
        for status in found:
            try:
                good, odd = sound(status, now)
            except ValueError as error:
                self.counts["dropped"] += 1
                wrong = wrong or f"{error}: not used"
            else:
                wrong = wrong or (f"{odd}: left out" if odd else "")
                self._take(good)
        return wrong

    def _failed(self, error: WebError) -> float:
        self._failures += 1
        self._say(str(error))
        return rest_s(error, self._failures, self._chance())

    def _say(self, trouble: str) -> None:
        """The change has been told: new trouble, or the end of it."""
        before, self.trouble = self.trouble, trouble
        if trouble and trouble != before:
            self._tell(f"{self.source.car}: {self.source.name} {trouble}.")
        elif before and not trouble:
            self._tell(f"{self.source.car}: {self.source.name} answers again.")

    async def _rest(self, alone_s: float | None) -> None:
        if alone_s is not None:
            await asyncio.sleep(alone_s)
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.source.poll_s):
                    await self._hurry.wait()
        self._hurry.clear()
