"""Parts of dm that keep the solar forecast and the outdoor temperature current, forever."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from base import http_client
from base.follower import Clock, Follower, Pace, Resting, Sleep, until, utc_now
from base.language import clause, phrase
from sun import air, forecast_solar, open_meteo
from sun.forecast import Forecast, Plane, Roof, Watts, together

PACE = Pace(every_s=3600.0, first_s=120.0, longest_s=3600.0, refused_s=3600.0, spread=0.5)
AIR_PACE = Pace(every_s=10800.0, first_s=300.0, longest_s=10800.0, refused_s=21600.0, spread=0.5)
OLD = timedelta(hours=6)
LONGEST = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Source:
    """A weather service: the request for a plane, and the parser of its answer."""

    name: str
    query: Callable[[Roof, Plane], http_client.Query]
    parse: Callable[[bytes, Plane, Roof], Watts]


def sources(
    open_meteo_base: str = open_meteo.BASE, forecast_solar_base: str = forecast_solar.BASE
) -> tuple[Source, ...]:
    """The services in the order of use."""
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


async def fetch(get: http_client.Get, source: Source, roof: Roof, now: datetime) -> Forecast:
    """The forecast for the whole roof. WebError with the reason otherwise."""
    planes = []
    for plane in roof.planes:
        planes.append(source.parse(await _answer(get, source.query(roof, plane), now), plane, roof))
    watts = together(planes, roof)
    if not any(quarter > now for quarter in watts):
        raise http_client.AbsentError(clause("has nothing for the hours to come"))
    return Forecast(source.name, now, watts)


async def _answer(get: http_client.Get, query: http_client.Query, now: datetime) -> bytes:
    """The answer; a service that names the time of the next request is asked again only then."""
    try:
        return await get(*query)
    except http_client.BusyError as error:
        if (until := forecast_solar.retry_at(error.body)) is None:
            raise
        raise http_client.BusyError((until - now).total_seconds()) from None


async def keep(
    roof: Roof,
    publish: Callable[[Forecast], object],
    tell: Callable[[str], None],
    sources: Sequence[Source],
    *,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
    chance: Callable[[], float] = random.random,
) -> None:
    """Never returns. `publish` gets each new forecast; the last one holds until the next.

    `tell` gets a sentence when there has been none for 6 hours, and when there is one again.
    """
    resting = Resting(PACE, clock)
    failures, since, old = 0, clock(), False
    async with http_client.opened() as get:
        while True:
            now = clock()
            if forecast := await _first(get, sources, roof, resting, now):
                publish(forecast)
                failures, since = 0, now
                if old:
                    tell(phrase("The solar forecast is back ({source}).", source=forecast.source))
                old = False
            else:
                failures += 1
                if now - since >= OLD and not old:
                    old = True
                    tell(
                        phrase(
                            "No solar forecast for {hours} h: {reason}.",
                            hours=OLD.seconds // 3600,
                            reason=resting.why,
                        )
                    )
            usual_s = PACE.every_s * (1 + chance() / 10)
            pause_s = PACE.backoff_s(failures, chance()) if failures else usual_s
            await until(now + timedelta(seconds=pause_s), clock, sleep, LONGEST)


async def keep_air(
    roof: Roof,
    publish: Callable[[Mapping[date, float]], object],
    tell: Callable[[str], None],
    *,
    base: str = open_meteo.BASE,
    sleep: Sleep = asyncio.sleep,
    chance: Callable[[], float] = random.random,
    timeout_s: float = http_client.TIMEOUT_S,
) -> None:
    """Never returns. `publish` gets the temperature of each day, °C; the last holds until the next.

    `tell` gets a sentence for the first of consecutive requests without an answer.
    """
    trouble = False

    def failed(error: http_client.WebError) -> None:
        nonlocal trouble
        if not trouble:
            tell(
                phrase(
                    "The house load is forecast without temperature: {name} {reason}.",
                    name=open_meteo.NAME,
                    reason=error,
                )
            )
        trouble = True

    def heard(answer: Mapping[date, float]) -> None:
        nonlocal trouble
        trouble = False
        publish(answer)

    async with http_client.opened(timeout_s) as get:

        async def read() -> Mapping[date, float]:
            return air.parse(await get(*air.query(roof, base)))

        await Follower(read, heard, failed, AIR_PACE, sleep=sleep, chance=chance).run()


async def _first(
    get: http_client.Get, sources: Sequence[Source], roof: Roof, resting: Resting, now: datetime
) -> Forecast | None:
    """The forecast of the first service that has one."""
    for source in sources:
        found = await resting.ask(source.name, lambda: fetch(get, source, roof, now))  # noqa: B023
        if isinstance(found, Forecast):
            return found
    return None
