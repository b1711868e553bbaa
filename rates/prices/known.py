"""Prices known to a running program: by quarter, and as a sentence."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from base.language import phrase
from base.time import BRUSSELS
from rates.prices.series import DayPrices

KEPT = timedelta(days=62)  # this month and, for a guess of its rest, some weeks before
FOR_INDICES = timedelta(days=130)  # a quarter of the year and the days that settle it


class Known:
    """Whole days of prices. `spot` is called by a contract (rates.curve.Spot).

    `cut` are days of which prices were lost: they are fetched again.
    """

    def __init__(
        self, days: Iterable[DayPrices] = (), cut: Iterable[date] = (), kept: timedelta = KEPT
    ) -> None:
        self._kept = kept
        self.cut = frozenset(cut)
        self._days: dict[date, DayPrices] = {}
        self._eur_mwh: dict[datetime, Decimal] = {}
        for day in days:
            self.add(day)

    def add(self, prices: DayPrices) -> None:
        """The day is known; days long past are forgotten."""
        self._days[prices.day] = prices
        self._eur_mwh.update(prices.quarters())
        newest = max(self._days)
        for day in [day for day in self._days if day < newest - self._kept]:
            for quarter in self._days.pop(day).quarters():
                del self._eur_mwh[quarter]

    def spot(self, quarter: datetime) -> Decimal | None:
        """EUR/MWh of the quarter that starts at a time (UTC); None when not known."""
        return self._eur_mwh.get(quarter)

    @property
    def days(self) -> frozenset[date]:
        return frozenset(self._days)

    def day(self, day: date) -> DayPrices | None:
        """The prices of a day, with their source and the time they came in."""
        return self._days.get(day)

    @property
    def last(self) -> DayPrices | None:
        """The newest day that is known."""
        return self._days[max(self._days)] if self._days else None


def described(prices: DayPrices) -> str:
    """`4.1 to 21.3 c€/kWh, lowest at 13:30 (Energy-Charts)`: the market, without taxes and grid."""
    lowest, highest = min(prices.eur_mwh), max(prices.eur_mwh)
    cheapest = min(prices.quarters().items(), key=lambda item: item[1])[0]
    return phrase(
        "{lowest:.1f} to {highest:.1f} c€/kWh, lowest at {time} ({source})",
        lowest=lowest / 10,
        highest=highest / 10,
        time=f"{cheapest.astimezone(BRUSSELS):%H:%M}",
        source=prices.source,
    )
