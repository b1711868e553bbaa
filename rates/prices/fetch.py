"""The edge to the day-ahead price services: complete, checked days, or an error with the reason."""

from collections.abc import Sequence
from datetime import date, datetime

from base.http_client import AbsentError, Get, NonsenseError
from base.language import clause, phrase
from base.time import local_day
from rates.prices.family import Source
from rates.prices.series import DayPrices


async def fetch(get: Get, source: Source, days: Sequence[date], now: datetime) -> list[DayPrices]:
    """The whole days that `source` has of `days`, at least one. WebError with the reason otherwise.

    If the request for all days gives nothing, the first is requested alone: a missing or incomplete
    tomorrow does not hide today. A source of one day at a time gives the first.
    """
    if source.one_day or len(days) == 1:
        return await _fetch(get, source, days[:1], now)
    try:
        return await _fetch(get, source, days, now)
    except (AbsentError, NonsenseError):
        return await _fetch(get, source, days[:1], now)


async def probe(get: Get, source: Source, now: datetime) -> str:
    """A sentence for doctor. The text of a WebError follows the service's name."""
    (today,) = await _fetch(get, source, [local_day(now)], now)
    return phrase(
        "{service} has the prices of {day}", service=source.name, day=f"{today.day:%-d %b %Y}"
    )


async def _fetch(get: Get, source: Source, days: Sequence[date], now: datetime) -> list[DayPrices]:
    series = source.parse(await get(*source.query(days[0], days[-1])))
    found = [prices for day in days if (prices := series.day(day, now))]
    if not found:
        raise AbsentError(clause("does not have all prices of {day}", day=days[0]))
    return found
