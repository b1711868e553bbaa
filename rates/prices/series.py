"""Prices of a service per quarter, and the whole days of them that may be used.

A day is used whole or not at all: 96 quarters, or 92 and 100 when the clock changes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from base.http_client import NonsenseError
from base.language import clause
from base.time import QUARTER, local_day
from rates.calendar import quarters_of_day

LEAST_EUR_MWH, MOST_EUR_MWH = Decimal(-500), Decimal(4000)


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of a quarter, EUR/MWh, and the step it was sold in: a quarter or an hour."""

    eur_mwh: Decimal
    step: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPrices:
    """The prices of a whole local day, one per quarter from its midnight on. EUR/MWh.

    `step` is the longest step they were sold in; `fetched` when they came in (UTC).
    """

    day: date
    source: str
    fetched: datetime
    step: timedelta
    eur_mwh: tuple[Decimal, ...]

    def quarters(self) -> dict[datetime, Decimal]:
        """EUR/MWh by quarter start (UTC)."""
        return dict(zip(quarters_of_day(self.day), self.eur_mwh, strict=True))


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """One answer: the known prices by quarter (start, UTC). Days may be missing or cut."""

    source: str
    quotes: Mapping[datetime, Quote]

    def day(self, day: date, fetched: datetime) -> DayPrices | None:
        """The prices of `day`, or None when a quarter of it is missing."""
        known = [self.quotes.get(quarter) for quarter in quarters_of_day(day)]
        quotes = [quote for quote in known if quote is not None]
        if len(quotes) < len(known):
            return None
        step = max(quote.step for quote in quotes)
        return DayPrices(
            day=day,
            source=self.source,
            fetched=fetched,
            step=step,
            eur_mwh=tuple(q.eur_mwh for q in quotes),
        )


def by_day(points: Iterable[tuple[datetime, Decimal | None]]) -> dict[datetime, Quote]:
    """A quote per quarter from stamped prices of whole local days; a null price is left out.

    The step of a day is in its count: 96 prices are quarters, 24 are hours (92, 100, 23 and 25
    when the clock changes). NonsenseError when the count fits neither, or a stamp is not where it
    must be: a missing price must never pull the others to another time.
    """
    days: dict[date, list[tuple[datetime, Decimal | None]]] = defaultdict(list)
    for at, price in points:
        days[local_day(at)].append((at, price))
    return {
        quarter: quote
        for day, prices in days.items()
        for quarter, quote in _quotes(day, prices).items()
    }


def _quotes(day: date, prices: list[tuple[datetime, Decimal | None]]) -> dict[datetime, Quote]:
    quarters = quarters_of_day(day)
    if len(prices) not in (len(quarters), len(quarters) // 4):
        raise NonsenseError(
            clause(
                "sent {count} prices for {day}, which has {quarters} quarters",
                count=len(prices),
                day=day,
                quarters=len(quarters),
            )
        )
    each = len(quarters) // len(prices)
    if [at for at, _ in prices] != list(quarters[::each]):
        raise NonsenseError(clause("sent prices for {day} that are not in order", day=day))
    return {
        quarters[place * each + part]: Quote(sane(price), each * QUARTER)
        for place, (_, price) in enumerate(prices)
        if price is not None
        for part in range(each)
    }


def sane(price: Decimal) -> Decimal:
    """The price, EUR/MWh. NonsenseError outside -500 to 4000, the market's own limits."""
    if not (price.is_finite() and LEAST_EUR_MWH <= price <= MOST_EUR_MWH):
        raise NonsenseError(
            clause(
                "sent a price of {price:.7g} EUR/MWh; possible: {least} to {most}",
                price=price,
                least=LEAST_EUR_MWH,
                most=MOST_EUR_MWH,
            )
        )
    return price


def utc(seconds: int) -> datetime:
    """The instant of a Unix time. NonsenseError when there is no such time."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise NonsenseError(
            clause("sent a time that does not exist ({seconds})", seconds=seconds)
        ) from None
