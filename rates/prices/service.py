"""A part of dm that keeps the prices of today and tomorrow known, forever."""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from base import http_client
from base.follower import Clock, Resting, Sleep, until, utc_now
from base.language import phrase
from base.time import DAY, local_day
from rates.prices.family import Source
from rates.prices.fetch import fetch
from rates.prices.known import Known, described
from rates.prices.policy import PACE, State, earlier, next_try, state, wanted
from rates.prices.series import DayPrices

LONGEST = timedelta(hours=40)  # from midnight to the next day 12:55, and the clock set back

Tell = Callable[[str], None]


async def keep(
    known: Known,
    save: Callable[[DayPrices], object],
    tell: Tell,
    sources: Sequence[Source],
    *,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
    chance: Callable[[], float] = random.random,
    back: int = 0,
) -> None:
    """Never returns. Each new day is in `known` and given to `save`; first the days that were cut.

    `tell` gets one sentence on a change of state. It asks the services in their order, each not
    more often than it allows, and waits as rates.prices.policy says. Of the `back` days before
    today those that are missing are asked for too: month indices and late money need them.
    """
    keeper = _Keeper(known, save, tell, sources, clock)
    async with http_client.opened() as get:
        if known.cut:
            await keeper.ask(get, sorted(known.cut))
        while True:
            if days := wanted(clock(), known.days):
                await keeper.ask(get, days)
            if past := earlier(clock(), known.days, back):
                await keeper.fill(get, past)
            keeper.speak()
            due = next_try(clock(), known.days, keeper.failures, chance())
            await until(due, clock, sleep, LONGEST)


class _Keeper:
    """State of the services between two requests."""

    def __init__(
        self,
        known: Known,
        save: Callable[[DayPrices], object],
        tell: Tell,
        sources: Sequence[Source],
        clock: Clock,
    ) -> None:
        self.failures = 0
        self._known = known
        self._save = save
        self._tell = tell
        self._sources = sources
        self._clock = clock
        self._resting = Resting(PACE, clock)
        self._told: State | None = None

    async def ask(self, get: http_client.Get, days: Sequence[date]) -> None:
        """Ask the services for `days` and save them; each is asked for the days still missing."""
        for source in self._sources:
            if not (left := [day for day in days if day not in self._known.days]):
                break
            for prices in await self._fetched(get, source, left):
                self._known.add(prices)
                self._save(prices)
        missing = not self._known.days.issuperset(days)
        self.failures = self.failures + 1 if missing else 0

    async def fill(self, get: http_client.Get, days: Sequence[date]) -> None:
        """Ask the first service that sends several days at once for past days."""
        for source in self._sources:
            if not source.one_day:
                for prices in await self._fetched(get, source, days):
                    self._known.add(prices)
                    self._save(prices)
                break

    async def _fetched(
        self, get: http_client.Get, source: Source, days: Sequence[date]
    ) -> list[DayPrices]:
        """The days it has; none if it fails, or still pauses after a failure."""
        found = await self._resting.ask(
            source.name, lambda: fetch(get, source, days, self._clock())
        )
        if isinstance(found, http_client.RefusedError):
            self._tell(f"{source.name} {found}: " + phrase("check it in secrets.json") + ".")
        return found if isinstance(found, list) else []

    def speak(self) -> None:
        """Log the state when it has changed."""
        now = self._clock()
        is_now = state(now, self._known.days)
        if is_now is self._told:
            return
        rolled_over = self._told is State.BOTH and is_now is State.TODAY
        self._told = is_now
        if not rolled_over:
            self._tell(self._sentence(is_now, local_day(now)))

    def _sentence(self, is_now: State, today: date) -> str:
        why = self._resting.why
        match is_now:
            case State.BOTH:
                return phrase(
                    "Market prices for tomorrow are known: {text}.", text=self._of(today + DAY)
                )
            case State.TODAY:
                return phrase("Market prices for today are known: {text}.", text=self._of(today))
            case State.LATE:
                return phrase(
                    "Market prices for tomorrow are late and will be requested again: {reason}.",
                    reason=why,
                )
            case State.NONE:
                return (
                    phrase("No market prices for today: {reason}", reason=why)
                    + f". {self._since()}"
                )

    def _of(self, day: date) -> str:
        prices = self._known.day(day)
        return described(prices) if prices else "-"

    def _since(self) -> str:
        """Age of the last known prices, and the price that holds instead."""
        last = self._known.last
        fallback = phrase("The contract's fallback price is used until they come")
        if last is None:
            return f"{fallback}."
        known = phrase("The last known are of {day}", day=f"{last.day:%-d %b %Y}")
        return f"{known}. {fallback}."
