"""The dated tariffs everybody pays: grid, levies, gas and water, by area and year.

A year after the last one in a table takes the tariff of that last year, marked as a stand-in. A
year before the first, or a hole between two years, is a MissingTableError that says so.
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
    WaterYear,
)

ZERO = Decimal(0)
KWH_PER_MWH = 1000


Dated = TypeVar("Dated", Levy, VatRow)
Yearly = TypeVar("Yearly")


@dataclass(frozen=True, slots=True)
class GridTariff:
    """The electricity tariff of an area. `stand_in` is why it is provisional; "" when it is not."""

    year: GridYear
    area: Area
    stand_in: str = ""


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

    def grid(self, area: str, day: date) -> GridTariff:
        """The electricity tariff of a grid area on a day."""
        years = self._grid_years(area)
        year, stand_in = of_year(years, day, f"grid tariffs of {area}")
        return GridTariff(year, year.areas[area], stand_in)

    def _grid_years(self, area: str) -> dict[str, GridYear]:
        """The years with a tariff of an area."""
        found = {
            name: year
            for grid in self.grids
            for name, year in grid.years.items()
            if area in year.areas
        }
        if not found:
            known = ", ".join(self.areas())
            raise RatesError(f"home.grid_area: {area!r} is unknown; allowed: {known}")
        return found

    def ends(self, area: str | None, operators: Sequence[str], *, gas: bool) -> dict[str, date]:
        """The last day of each table that these need, by the table's name."""
        years: dict[str, Iterable[str]] = {}
        if area is not None:
            years[f"grid tariffs of {area}"] = self._grid_years(area)
        if area is not None and gas:
            known = (name for name, year in self.gas.years.items() if area in year.areas)
            years[f"gas grid tariffs of {area}"] = known
        for operator in operators:
            years[f"water rates of {operator}"] = (
                name for name, year in self.water.years.items() if operator in _water_rows(year)
            )
        ends = {what: date(max(map(int, names)), 12, 31) for what, names in years.items()}
        for what, rows in self.levies.dated(gas=gas).items():
            if (until := max(rows, key=lambda row: row.from_).until) is not None:
                ends[what] = until
        return ends

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
        return _names(map(_water_rows, self.water.years.values()))

    def gas_tier(self, area: str, kwh_year: Decimal, day: date) -> tuple[GasYear, GasTier, str]:
        """The gas tariff of an area for an annual volume, and why it stands in ("" when not).

        The tier prices every kWh.
        """
        years = {name: year for name, year in self.gas.years.items() if area in year.areas}
        year, stand_in = of_year(years, day, f"gas grid tariffs of {area}")
        tiers = year.areas[area]
        for tier in tiers:
            if kwh_year <= tier.up_to_kwh:
                return year, tier, stand_in
        raise RatesError(
            f"home.gas_kwh_year: {kwh_year} is more than a household's; "
            f"allowed: up to {tiers[-1].up_to_kwh}"
        )

    def water_rates(self, operator: str, day: date) -> tuple[WaterRow, str]:
        """The rates of a water operator (and town) on a day, and why they stand in."""
        rows = {name: _water_rows(year) for name, year in self.water.years.items()}
        known = {name: held[operator] for name, held in rows.items() if operator in held}
        return of_year(known, day, f"water rates of {operator}")


def _water_rows(year: WaterYear) -> dict[str, WaterRow]:
    return {**year.flanders, **year.wallonia, **year.brussels}


def at_day(rows: Sequence[Dated], day: date, what: str) -> Dated:
    """The row that holds on a day: the last that begins on or before it."""
    held = [row for row in rows if row.from_ <= day]
    if not held:
        first = rows[0].from_
        raise MissingTableError(f"no {what} is known for {day}; the table begins on {first}")
    return max(held, key=lambda row: row.from_)


def of_year(years: Mapping[str, Yearly], day: date, what: str) -> tuple[Yearly, str]:
    """The table of a day's year, and "".

    After the last known year: the table of that year, and a sentence that it stands in. Before the
    first or in a hole: MissingTableError naming the years that there are.
    """
    if str(day.year) in years:
        return years[str(day.year)], ""
    last = max(map(int, years), default=day.year)
    if day.year <= last:
        known = ", ".join(sorted(years))
        raise MissingTableError(f"no {what} for {day.year}; the table has {known}")
    why = f"the {what} for {day.year} are not known yet: those of {last} stand in"
    return years[str(last)], why


def levy_at(levies: Sequence[Levy], day: date, what: str) -> tuple[Levy, str]:
    """The row of a levy on a day, and why it stands in; "" when it is known."""
    row = at_day(levies, day, what)
    if row.until is None or day <= row.until:
        return row, ""
    return row, f"the {what} after {row.until} is not known yet: that of {row.from_.year} stands in"


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
