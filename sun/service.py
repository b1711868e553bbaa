"""A part of dm that keeps the solar forecast current, for ever."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from base import http_client
from sun import forecast_solar, open_meteo
from sun.forecast import Forecast, Plane, Roof, Watts, together

EVERY = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=1)
OLD = timedelta(hours=6)
SLICE_S = 60.0


@dataclass(frozen=True, slots=True)
class Source:
    """A weather service: the question for a plane, and how its answer is read."""

    name: str
    query: Callable[[Roof, Plane], http_client.Query]
    parse: Callable[[bytes, Plane, Roof], Watts]


def sources(
    open_meteo_base: str = open_meteo.BASE, forecast_solar_base: str = forecast_solar.BASE
) -> tuple[Source, ...]:
    """The services in the order they are asked."""
    return (
        Source(
            open_meteo.NAME,
            lambda roof, plane: open_meteo.query(roof, plane, open_meteo_base),
            lambda body, plane, roof: open_meteo.parse(body, plane, roof.efficiency),
        ),
        Source(
            forecast_solar.NAME,
            lambda roof, plane: forecast_solar.query(roof, plane, forecast_solar_base),
            lambda body, plane, _: forecast_solar.parse(body, plane),
        ),
    )


def pause(failures: int, chance: float) -> timedelta:
    """How long until the next question: an hour, or after failures 2 minutes and growing."""
    if not failures:
        return EVERY * (1 + chance / 10)
    grown = FIRST_PAUSE * float(2 ** min(failures - 1, 10))
    return min(grown, LONGEST_PAUSE) * (1 + chance / 2)


async def fetch(get: http_client.Get, source: Source, roof: Roof, now: datetime) -> Forecast:
    """The forecast for the whole roof. WebError says why there is none."""
    planes = []
    for plane in roof.planes:
        planes.append(source.parse(await get(*source.query(roof, plane)), plane, roof))
    watts = together(planes, roof)
    if not any(quarter > now for quarter in watts):
        raise http_client.AbsentError("has nothing for the hours to come")
    return Forecast(source.name, now, watts)


def _now() -> datetime:
    return datetime.now(UTC)


async def keep(
    roof: Roof,
    publish: Callable[[Forecast], object],
    tell: Callable[[str], None],
    sources: Sequence[Source],
    *,
    clock: Callable[[], datetime] = _now,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    chance: Callable[[], float] = random.random,
    timeout_s: float = http_client.TIMEOUT_S,
) -> None:
    """Never returns. `publish` gets each new forecast; the last one holds until the next.

    `tell` gets a sentence when there has been none for 6 hours, and when there is one again.
    """
    asked = _Asked(roof, sources, clock)
    failures, since, old = 0, clock(), False
    async with http_client.opened(timeout_s) as get:
        while True:
            now = clock()
            if forecast := await asked.all(get):
                publish(forecast)
                failures, since = 0, now
                if old:
                    tell(f"The solar forecast is back ({forecast.source}).")
                old = False
            else:
                failures += 1
                if now - since >= OLD and not old:
                    old = True
                    tell(f"No solar forecast for {OLD.seconds // 3600} h: {asked.why}.")
            await _until(now + pause(failures, chance()), clock, sleep)


async def _until(
    due: datetime, clock: Callable[[], datetime], sleep: Callable[[float], Awaitable[None]]
) -> None:
    """It is `due`; the clock is looked at each minute, because it may be set."""
    while timedelta(0) < (left := due - clock()) < 2 * LONGEST_PAUSE:
        await sleep(min(left.total_seconds(), SLICE_S))


class _Asked:
    """The services, and which of them wants to be left alone until when."""

    def __init__(
        self, roof: Roof, sources: Sequence[Source], clock: Callable[[], datetime]
    ) -> None:
        self.why = ""
        self._roof = roof
        self._sources = sources
        self._clock = clock
        self._resting: dict[str, datetime] = {}

    async def all(self, get: http_client.Get) -> Forecast | None:
        """The forecast of the first service that has one; None, and `why`, when none has."""
        troubles = []
        for source in self._sources:
            now = self._clock()
            if now < self._resting.get(source.name, now):
                troubles.append(f"{source.name} was asked too often")
                continue
            try:
                return await fetch(get, source, self._roof, now)
            except http_client.BusyError as error:
                said = forecast_solar.retry_at(error.body)
                until = said or now + timedelta(seconds=error.rest_s)
                self._resting[source.name] = min(until, now + LONGEST_PAUSE)
                troubles.append(f"{source.name} {error}")
            except http_client.WebError as error:
                troubles.append(f"{source.name} {error}")
        self.why = "; ".join(troubles)
        return None
