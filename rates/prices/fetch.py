"""The edge to the day-ahead price services: whole, checked days, or an error that says why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from base.http_client import AbsentError, Get, NonsenseError, Query
from rates.prices import elia, energy_charts, entsoe
from rates.prices.series import DayPrices, PriceSeries


@dataclass(frozen=True, slots=True)
class Source:
    """A service: how it is asked for the days from one to another, and how its answer is read."""

    name: str
    query: Callable[[date, date], Query]
    parse: Callable[[bytes], PriceSeries]
    one_day: bool = False


def sources(
    entsoe_token: str = "",
    *,
    energy_charts_base: str = energy_charts.BASE,
    entsoe_base: str = entsoe.BASE,
    elia_base: str = elia.BASE,
) -> tuple[Source, ...]:
    """The services in the order they are asked; ENTSO-E only with a token."""
    # Functions and not partials: the text of a partial would show the token.
    with_token = Source(
        entsoe.NAME,
        lambda first, last: entsoe.query(first, last, entsoe_token, entsoe_base),
        entsoe.parse,
    )
    return (
        Source(
            energy_charts.NAME,
            lambda first, last: energy_charts.query(first, last, energy_charts_base),
            energy_charts.parse,
        ),
        *([with_token] if entsoe_token else []),
        Source(
            elia.NAME,
            lambda first, last: elia.query(first, last, elia_base),
            elia.parse,
            one_day=True,
        ),
    )


async def fetch(get: Get, source: Source, days: Sequence[date], now: datetime) -> list[DayPrices]:
    """The whole days that `source` has of `days`, at least one. WebError says why there is none.

    When the days together give nothing, the first is asked alone: tomorrow, which is not there
    yet or half there, does not hide today. A source of one day at a time gives the first.
    """
    if source.one_day or len(days) == 1:
        return await _fetch(get, source, days[:1], now)
    try:
        return await _fetch(get, source, days, now)
    except (AbsentError, NonsenseError):
        return await _fetch(get, source, days[:1], now)


async def _fetch(get: Get, source: Source, days: Sequence[date], now: datetime) -> list[DayPrices]:
    series = source.parse(await get(*source.query(days[0], days[-1])))
    found = [prices for day in days if (prices := series.day(day, now))]
    if not found:
        raise AbsentError(f"does not have the whole day {days[0]}")
    return found
