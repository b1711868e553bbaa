"""Price per unit of one invoice line: the same all month, or changing with clock and market."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from base.language import phrase
from base.time import BRUSSELS, QUARTER
from rates.bands import Week
from rates.calendar import month_before
from rates.errors import MissingPriceError, RatesError
from rates.formula import Formula
from rates.indices import Mean, MonthMean, months_of

Spot = Callable[[datetime], Decimal | None]
"""EUR/MWh of the quarter that starts at a time (UTC); None when not known."""

Step = Literal["quarter", "hour", "month"]
HOUR_QUARTERS = 4


def no_mean(name: str, day: date) -> Mean | None:
    """No month index is known."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spots:
    """The day-ahead prices a bill needs: of a quarter, and of the hour that holds it.

    `keeps`: an hour's mean is computed once. `stand_in` are substitutes where these prices and the
    contract's fallback are missing. `month` gives month indices made from them.
    """

    quarter: Spot
    hour: Spot
    keeps: bool = False
    stand_in: "Spots | None" = None
    month: MonthMean = no_mean

    def at(self, quarter: datetime, step: "Step | None") -> Decimal | None:
        """EUR/MWh for a quarter, its own or its hour's; None when not known."""
        return self.quarter(quarter) if step == "quarter" else self.hour(quarter)

    @classmethod
    def of(cls, prices: "Mapping[datetime, Decimal] | Spot | Spots") -> "Spots":
        """Prices from a mapping of quarter starts (UTC) to EUR/MWh, or from a function."""
        if isinstance(prices, Spots):
            return prices
        quarter = prices.get if isinstance(prices, Mapping) else prices
        return cls(quarter=quarter, hour=lambda at: _hour_mean(quarter, at.replace(minute=0)))

    def kept(self) -> "Spots":
        """The same prices with cached means of the hours: for many quarters in a row."""
        if self.keeps:
            return self
        means: dict[datetime, Decimal | None] = {}

        def hour(at: datetime) -> Decimal | None:
            if at not in means:
                start = at.replace(minute=0)
                quarters = [start + part * QUARTER for part in range(HOUR_QUARTERS)]
                means.update(dict.fromkeys(quarters, self.hour(start)))
            return means[at]

        return replace(self, hour=hour, keeps=True)


def _hour_mean(spot: Spot, start: datetime) -> Decimal | None:
    """The mean of the known quarters of a clock hour; None when none is known."""
    prices = (spot(start + part * QUARTER) for part in range(HOUR_QUARTERS))
    known = [price for price in prices if price is not None]
    return sum(known, Decimal(0)) / len(known) if known else None


def _no_price(quarter: datetime) -> str:
    return phrase(
        "no day-ahead price for {time}",
        time=f"{quarter.astimezone(BRUSSELS):%Y-%m-%d %H:%M}",
    )


def _unknown(quarter: datetime) -> Decimal | None:
    return None


NO_SPOTS = Spots(quarter=_unknown, hour=_unknown)


@dataclass(frozen=True, slots=True)
class MonthIndex:
    """An index of the month of `day` that is made of day-ahead prices, or not published yet.

    `before` is the value of the last month that is published, with its month; `fallback` the
    contract's own.
    """

    name: str
    day: date
    before: tuple[str, Decimal] | None = None
    fallback: Decimal | None = None

    @property
    def label(self) -> str:
        return f"index {self.name} of {self.day:%Y-%m}"

    def of(self, spots: Spots) -> Mean | None:
        """The mean of its days, so far; else of the month before, the last published, or the
        contract's fallback."""
        found = spots.month(self.name, self.day)
        if found is not None:
            return found
        unknown = f"the {self.label} is not known yet"
        earlier = spots.month(self.name, month_before(months_of(self.name, self.day)[0]))
        if earlier is not None:
            return Mean(earlier.eur_mwh, f"{unknown}: that of the month before stands in")
        if self.before is not None:
            month, eur_mwh = self.before
            return Mean(eur_mwh, f"{unknown}: that of {month} stands in")
        if self.fallback is not None:
            return Mean(self.fallback, f"{unknown}: the contract's fallback stands in")
        return None


def bounded(price: Decimal, floor: Decimal | None, ceiling: Decimal | None) -> Decimal:
    """The price, not below the floor and not above the ceiling of a contract."""
    if ceiling is not None and price > ceiling:
        return ceiling
    return floor if floor is not None and price < floor else price


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A price that changes within the month: EUR per unit, ex VAT.

    One formula per band; without bands the only formula holds always. `step` selects the day-ahead
    price that S is, None when the formulas do not use it; with "month" it is `index`. `share` of
    that price counts (-0.05: 5 % less), in the hours of `within`.
    """

    formulas: tuple[Formula, ...]
    bands: Week | None = None
    step: Step | None = None
    floor: Decimal | None = None
    fallback: Decimal | None = None
    ceiling: Decimal | None = None
    index: MonthIndex | None = None
    share: Decimal = Decimal(1)
    within: Week | None = None

    def part(self, share: Decimal, within: Week | None) -> "Curve":
        """A share of this price, in some hours."""
        return replace(self, share=share, within=within)

    def at(self, quarter: datetime, spots: Spots) -> Decimal:
        """EUR per unit ex VAT in a quarter. MissingPriceError when S is needed and unknown."""
        formula = self.formulas[0]
        if self.bands or self.within:
            local = quarter.astimezone(BRUSSELS)
            if self.within and self.within.at(local) is None:
                return Decimal(0)
            if self.bands:
                formula = self.formulas[self.bands.at(local) or 0]
        if self.step is None:
            return formula.fixed * self.share
        price = formula.slope * self._index(quarter, spots) + formula.fixed
        return bounded(price, self.floor, self.ceiling) * self.share

    def total(self, counted: Iterable[tuple[datetime, Decimal]], spots: Spots) -> Decimal:
        """EUR ex VAT of many quarters' amounts, as `at` prices them one by one."""
        by_clock = self.bands or self.within or self.step in (None, "month")
        if by_clock or self.floor is not None or self.ceiling:
            return sum((amount * self.at(q, spots) for q, amount in counted), Decimal(0))
        known = spots.quarter if self.step == "quarter" else spots.hour
        amounts = weighted = Decimal(0)
        for quarter, amount in counted:
            index = known(quarter)
            weighted += amount * (self._index(quarter, spots) if index is None else index)
            amounts += amount
        whole = self.formulas[0].slope * weighted + self.formulas[0].fixed * amounts
        return whole * self.share

    def _index(self, quarter: datetime, spots: Spots) -> Decimal:
        if self.index is not None:
            found = self.index.of(spots)
            if found is None:
                raise MissingPriceError(
                    phrase("no {label}, and the contract has no fallback", label=self.index.label)
                )
            return found.eur_mwh
        known = spots.at(quarter, self.step)
        if known is not None:
            return known
        if self.fallback is not None:
            return self.fallback
        before = spots.stand_in.at(quarter, self.step) if spots.stand_in else None
        if before is None:
            raise MissingPriceError(
                phrase(
                    "{text}, and the contract has no fallback_eur_mwh",
                    text=_no_price(quarter),
                )
            )
        return before

    def doubt(self, quarter: datetime, spots: Spots) -> str:
        """The reason for a provisional or unknown price in a quarter; "" when it is known."""
        if self.index is not None:
            found = self.index.of(spots)
            return f"no {self.index.label}" if found is None else found.why
        if self.step is None or spots.at(quarter, self.step) is not None:
            return ""
        if self.fallback is not None:
            return f"{_no_price(quarter)}: the contract's fallback stands in"
        try:
            self._index(quarter, spots)
        except MissingPriceError as error:
            return str(error)
        return f"{_no_price(quarter)}: that of an earlier week stands in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One invoice line's price for one register. `flat` is EUR per unit ex VAT; None: `curve`.

    `stand_in` is the reason for a provisional price, "" for a final one; `missing` is the reason
    for an unknown one.
    """

    line: str
    vat: Decimal
    flat: Decimal | None
    curve: Curve | None = None
    stand_in: str = ""
    missing: RatesError | None = None

    def doubt(self, quarter: datetime, spots: Spots) -> str:
        """The reason for a provisional or unknown price in a quarter; "" when it is known."""
        if self.missing is not None:
            return str(self.missing)
        return self.stand_in or (self.curve.doubt(quarter, spots) if self.curve else "")

    def ex(self, quarter: datetime, spots: Spots) -> Decimal:
        """EUR per unit ex VAT in a quarter. RatesError when it is unknown."""
        if self.missing is not None:
            raise type(self.missing)(str(self.missing))
        if self.curve is not None:
            return self.curve.at(quarter, spots)
        assert self.flat is not None
        return self.flat

    def incl(self, quarter: datetime, spots: Spots) -> Decimal:
        """EUR per unit including VAT in a quarter."""
        return self.ex(quarter, spots) * (1 + self.vat)
