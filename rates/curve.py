"""What one invoice line costs per unit: the same all month, or changing with clock and market."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from base.time import BRUSSELS, QUARTER
from rates.bands import Week
from rates.errors import MissingPriceError
from rates.formula import Formula

Spot = Callable[[datetime], Decimal | None]
"""EUR/MWh of the quarter that starts at a time (UTC); None when not known."""

Step = Literal["quarter", "hour"]
HOUR_QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Spots:
    """The day-ahead prices a bill needs: of a quarter, and of the hour that holds it.

    `keeps` when an hour's mean is worked out once.
    """

    quarter: Spot
    hour: Spot
    keeps: bool = False

    @classmethod
    def of(cls, prices: "Mapping[datetime, Decimal] | Spot | Spots") -> "Spots":
        """From a mapping of quarter starts (UTC) to EUR/MWh, or anything that answers for one."""
        if isinstance(prices, Spots):
            return prices
        quarter = prices.get if isinstance(prices, Mapping) else prices
        return cls(quarter, lambda at: _hour_mean(quarter, at.replace(minute=0)))

    def kept(self) -> "Spots":
        """The same prices, each hour's mean worked out once: for many quarters in a row."""
        if self.keeps:
            return self
        means: dict[datetime, Decimal | None] = {}

        def hour(at: datetime) -> Decimal | None:
            if at not in means:
                start = at.replace(minute=0)
                quarters = [start + part * QUARTER for part in range(HOUR_QUARTERS)]
                means.update(dict.fromkeys(quarters, self.hour(start)))
            return means[at]

        return Spots(self.quarter, hour, keeps=True)


def _hour_mean(spot: Spot, start: datetime) -> Decimal | None:
    """The mean of the known quarters of a clock hour; None when none is known."""
    prices = (spot(start + part * QUARTER) for part in range(HOUR_QUARTERS))
    known = [price for price in prices if price is not None]
    return sum(known, Decimal(0)) / len(known) if known else None


def _unknown(quarter: datetime) -> Decimal | None:
    return None


NO_SPOTS = Spots(_unknown, _unknown)


@dataclass(frozen=True, slots=True)
class Curve:
    """A price that changes within the month: EUR per unit, ex VAT.

    One formula per band; without bands the only formula holds always. `step` says which
    day-ahead price S is, None when the formulas do not use it.
    """

    formulas: tuple[Formula, ...]
    bands: Week | None = None
    step: Step | None = None
    floor: Decimal | None = None
    fallback: Decimal | None = None

    def at(self, quarter: datetime, spots: Spots) -> Decimal:
        """EUR per unit ex VAT in a quarter. MissingPriceError when S is needed and unknown."""
        formula = self.formulas[0]
        if self.bands:
            formula = self.formulas[self.bands.at(quarter.astimezone(BRUSSELS)) or 0]
        if self.step is None:
            return formula.fixed
        price = formula.slope * self._index(quarter, spots) + formula.fixed
        return price if self.floor is None or price >= self.floor else self.floor

    def total(self, counted: Iterable[tuple[datetime, Decimal]], spots: Spots) -> Decimal:
        """EUR ex VAT of many quarters' amounts, as `at` prices them one by one."""
        if self.bands or self.step is None or self.floor is not None:
            return sum((amount * self.at(q, spots) for q, amount in counted), Decimal(0))
        known = spots.quarter if self.step == "quarter" else spots.hour
        amounts = weighted = Decimal(0)
        for quarter, amount in counted:
            index = known(quarter)
            weighted += amount * (self._index(quarter, spots) if index is None else index)
            amounts += amount
        return self.formulas[0].slope * weighted + self.formulas[0].fixed * amounts

    def _index(self, quarter: datetime, spots: Spots) -> Decimal:
        known = spots.quarter(quarter) if self.step == "quarter" else spots.hour(quarter)
        if known is not None:
            return known
        if self.fallback is None:
            local = quarter.astimezone(BRUSSELS)
            raise MissingPriceError(
                f"no day-ahead price for {local:%Y-%m-%d %H:%M}, and the contract has no"
                " fallback_eur_mwh"
            )
        return self.fallback


@dataclass(frozen=True, slots=True)
class Rate:
    """One invoice line's price for one register. `flat` is EUR per unit ex VAT; None: `curve`."""

    line: str
    vat: Decimal
    flat: Decimal | None
    curve: Curve | None = None

    def ex(self, quarter: datetime, spots: Spots) -> Decimal:
        """EUR per unit ex VAT in a quarter."""
        if self.curve is not None:
            return self.curve.at(quarter, spots)
        assert self.flat is not None
        return self.flat

    def incl(self, quarter: datetime, spots: Spots) -> Decimal:
        """EUR per unit including VAT in a quarter."""
        return self.ex(quarter, spots) * (1 + self.vat)
