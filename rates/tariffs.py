"""The dated tariffs everybody pays: grid, levies, gas and water, by area and year.

A year or area that is not in its table is a MissingTableError that says so, never a neighbour's
or last year's number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from rates.errors import MissingTableError, RatesError
from rates.table_form import (
    Area,
    GasTable,
    GasTier,
    GasYear,
    Grid,
    GridYear,
    Levies,
    Levy,
    VatRow,
    WaterRow,
    WaterTable,
)

ZERO = Decimal(0)
KWH_PER_MWH = 1000


Dated = TypeVar("Dated", Levy, VatRow)
Yearly = TypeVar("Yearly")


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables together, and the questions asked of them."""

    grids: tuple[Grid, ...]
    levies: Levies
    gas: GasTable
    water: WaterTable

    def vat(self, day: date) -> Decimal:
        """The VAT rate on energy and water, such as 0.06."""
        return at_day(self.levies.vat_percent, day, "VAT rate").percent / 100

    def grid(self, area: str, day: date) -> tuple[GridYear, Area]:
        """The electricity tariff of a grid area on a day."""
        for grid in self.grids:
            if any(area in year.areas for year in grid.years.values()):
                year = of_year(grid.years, day, f"grid tariffs for {grid.region}")
                return year, _area(year.areas, area, day, "grid tariff")
        raise RatesError(f"home.grid_area: {area!r} is unknown; allowed: {', '.join(self.areas())}")

    def areas(self) -> tuple[str, ...]:
        """Every grid area of any year."""
        return _names(year.areas for grid in self.grids for year in grid.years.values())

    def impact_areas(self) -> tuple[str, ...]:
        """The grid areas with an Impact tariff."""
        years = (year for grid in self.grids for year in grid.years.values())
        return _names(year.areas for year in years if year.impact_hours)

    def gas_areas(self) -> tuple[str, ...]:
        """Every grid area with a gas tariff in any year."""
        return _names(year.areas for year in self.gas.years.values())

    def water_operators(self) -> tuple[str, ...]:
        """Every water operator (and town) of any year."""
        years = self.water.years.values()
        return _names({**y.flanders, **y.wallonia, **y.brussels} for y in years)

    def gas_tier(self, area: str, kwh_year: Decimal, day: date) -> tuple[GasYear, GasTier]:
        """The gas tariff of an area for an annual volume: the tier prices every kWh."""
        year = of_year(self.gas.years, day, "gas grid tariffs")
        tiers = _area(year.areas, area, day, "gas tariff")
        for tier in tiers:
            if kwh_year <= tier.up_to_kwh:
                return year, tier
        raise RatesError(
            f"home.gas_kwh_year: {kwh_year} is more than a household's; "
            f"allowed: up to {tiers[-1].up_to_kwh}"
        )

    def water_rates(self, operator: str, day: date) -> WaterRow:
        """The rates of a water operator (and town) on a day."""
        year = of_year(self.water.years, day, "water rates")
        rows: dict[str, WaterRow] = {**year.flanders, **year.wallonia, **year.brussels}
        return _area(rows, operator, day, "water rate")


def at_day(rows: Sequence[Dated], day: date, what: str) -> Dated:
    """The row that holds on a day: the last that begins on or before it."""
    held = [row for row in rows if row.from_ <= day]
    if not held:
        first = rows[0].from_
        raise MissingTableError(f"no {what} is known for {day}; the table begins on {first}")
    return max(held, key=lambda row: row.from_)


def of_year(years: Mapping[str, Yearly], day: date, what: str) -> Yearly:
    """The table of a day's year. MissingTableError naming the years that there are."""
    if str(day.year) not in years:
        known = ", ".join(sorted(years))
        raise MissingTableError(f"no {what} for {day.year}; the table has {known}")
    return years[str(day.year)]


def blended_eur_kwh(levy: Levy, kwh_year: Decimal) -> Decimal:
    """EUR/kWh ex VAT of a sliced levy, averaged over an expected year's use.

    One price for every kWh of the year instead of a jump in autumn: on the year's invoice both
    come out the same when the expectation was right.
    """
    left, lower, eur = kwh_year, ZERO, ZERO
    for piece in levy.slices:
        upper = piece.up_to_mwh * KWH_PER_MWH if piece.up_to_mwh is not None else lower + left
        taken = min(left, upper - lower)
        eur += taken * piece.eur_mwh / KWH_PER_MWH
        left, lower = left - taken, upper
    return eur / kwh_year if kwh_year else levy.slices[0].eur_mwh / KWH_PER_MWH


def _names(rows: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    return tuple({name: None for row in rows for name in row})


def _area(rows: Mapping[str, Yearly], name: str, day: date, what: str) -> Yearly:
    if name not in rows:
        known = ", ".join(rows)
        raise MissingTableError(f"no {what} of {name!r} for {day.year}; known: {known}")
    return rows[name]
