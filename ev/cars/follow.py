"""Follows one source: polled on time, validated, with back-off on failures.

The log gets a sentence when the state changes, and not for each request.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from base.follower import Clock, Pace, utc_now
from base.follower import Follower as Asked
from base.http_client import NonsenseError, WebError
from base.language import clause, phrase
from ev.cars.source import CarSource, sound
from ev.facts import CarStatus

OWNER_S = 6 * 3600.0
"""Back-off after a refusal: the owner must act, and retries would lock the account."""

Take = Callable[[CarStatus], object]
Tell = Callable[[str], None]


def pace(every_s: float) -> Pace:
    """Intervals of asking a car cloud; back-off from a minute to an hour."""
    return Pace(
        every_s=every_s, first_s=60.0, longest_s=3600.0, refused_s=OWNER_S, busy_s=60.0, spread=0.2
    )


class Follower:
    """State of one source: its answers, its trouble. `counts`: read, dropped, failed."""

    def __init__(
        self,
        source: CarSource,
        take: Take,
        tell: Tell,
        *,
        clock: Clock = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Each believable status goes to `take`, each sentence to `tell`."""
        self.source = source
        self.counts: Counter[str] = Counter()
        self.trouble = ""
        self._take = take
        self._tell = tell
        self._clock = clock
        self._hurry = asyncio.Event()
        self._asked = Asked(
            lambda: source.read(clock()),
            self._read,
            self._failed,
            pace(source.poll_s),
            clock=clock,
            idle=self._idle,
            chance=chance,
        )

    def hurry(self) -> None:
        """Ask the source at once, unless it must be left alone: a car was plugged in."""
        self._hurry.set()

    async def run(self) -> None:
        """Never returns; closes the source when it is cancelled."""
        try:
            await self._asked.run()
        finally:
            await self.source.close()

    async def ask(self) -> WebError | None:
        """Ask the source once; why it did not answer."""
        return await self._asked.ask()

    def _read(self, found: list[CarStatus]) -> None:
        self.counts["read"] += 1
        self._say(self._taken(found))

    def _failed(self, error: WebError) -> None:
        self.counts["dropped" if isinstance(error, NonsenseError) else "failed"] += 1
        self._say(str(error))

    async def _idle(self, seconds: float) -> None:
        """Until the source is due, or someone is in a hurry."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        self._hurry.clear()

    def _taken(self, found: list[CarStatus]) -> str:
        """The first thing that cannot be believed, "" when all can; the rest is taken."""
        wrong = ""
        now = self._clock()
        for status in found:
            try:
                good, odd = sound(status, now)
            except ValueError as error:
                self.counts["dropped"] += 1
                wrong = wrong or f"{error}: " + phrase("not used")
            else:
                wrong = wrong or (f"{odd}: " + phrase("ignored") if odd else "")
                self._take(good)
        return wrong

    def _say(self, trouble: str) -> None:
        """Log the change: new trouble, or the end of it."""
        before, self.trouble = self.trouble, trouble
        if trouble and trouble != before:
            self._tell(f"{self.source.car}: {self.source.name} {trouble}.")
        elif before and not trouble:
            self._tell(f"{self.source.car}: {self.source.name} " + clause("answers again") + ".")
