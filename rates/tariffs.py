"""The dated tariffs everybody pays: grid, levies, gas and water, by operator and year.

A year after the last one known takes the tariff of that last year, marked as a stand-in. A year
before the first, or a hole between two years, is a MissingTableError that says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from base.language import phrase, setting
from rates.errors import MissingTableError, RatesError
from rates.table_form import (
    Entry,
    GasEntry,
    GasTier,
    GridEntry,
    IndexEntry,
    Levy,
    LevyName,
    VatRow,
    WaterEntry,
    WaterRow,
)

ZERO = Decimal(0)
KWH_PER_MWH = 1000
ALIASES: Mapping[str, str] = {
    "Fluvius Antwerpen": "Antwerpen",
    "Fluvius Halle-Vilvoorde": "Halle-Vilvoorde",
    "Fluvius Imewo": "Imewo",
    "Fluvius Kempen": "Kempen",
    "Iveka": "Kempen",
    "Fluvius Limburg": "Limburg",
    "Fluvius Midden-Vlaanderen": "Midden-Vlaanderen",
    "Intergem": "Midden-Vlaanderen",
    "Fluvius West": "West",
    "Gaselwest": "West",
    "Fluvius Zenne-Dijle": "Zenne-Dijle",
    "Iverlek": "Zenne-Dijle",
    "Sibelgas": "Zenne-Dijle",
    **{
        f"ORES {place}": "ORES"
        for place in (
            "Namur", "Hainaut", "Luxembourg", "Brabant wallon", "Mouscron", "Est", "Verviers",
        )
    },
    "REW": "Wavre",
    "Réseau d'énergies de Wavre": "Wavre",
}  # fmt: skip
"""Names of areas as cards and older bills print them, and the operator whose tariff holds now."""

Row = TypeVar("Row", Levy, VatRow)
Yearly = TypeVar("Yearly", GridEntry, GasEntry, WaterEntry)


@dataclass(frozen=True, slots=True)
class Tables:
    """All entries together, and the queries on them. Of two with one key the first counts."""

    entries: tuple[Entry, ...]
    _grid: dict[str, dict[int, GridEntry]] = field(init=False, compare=False, repr=False)
    _gas: dict[str, dict[int, GasEntry]] = field(init=False, compare=False, repr=False)
    _water: dict[str, dict[int, WaterEntry]] = field(init=False, compare=False, repr=False)
    _levies: dict[LevyName, tuple[Levy, ...]] = field(init=False, compare=False, repr=False)
    _indices: dict[str, dict[date, Decimal]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        first = {entry.key: entry for entry in reversed(self.entries)}
        kept = [entry for entry in self.entries if first[entry.key] is entry]
        object.__setattr__(self, "entries", tuple(kept))
        grid: dict[str, dict[int, GridEntry]] = {}
        gas: dict[str, dict[int, GasEntry]] = {}
        water: dict[str, dict[int, WaterEntry]] = {}
        levies: dict[LevyName, tuple[Levy, ...]] = {}
        indices: dict[str, dict[date, Decimal]] = {}
        for entry in kept:
            match entry:
                case GridEntry():
                    grid.setdefault(entry.area, {})[entry.year] = entry
                case GasEntry():
                    gas.setdefault(entry.area, {})[entry.year] = entry
                case WaterEntry():
                    water.setdefault(entry.operator, {})[entry.year] = entry
                case IndexEntry():
                    for month, eur_mwh in entry.months.items():
                        known = indices.setdefault(entry.index, {})
                        known.setdefault(date.fromisoformat(f"{month}-01"), eur_mwh)
                case Levy():
                    levies[entry.levy] = (*levies.get(entry.levy, ()), entry)
        found = {"grid": grid, "gas": gas, "water": water, "levies": levies, "indices": indices}
        for name, each in found.items():
            object.__setattr__(self, f"_{name}", each)

    def vat(self, day: date) -> Decimal:
        """The VAT rate on energy and water, such as 0.06."""
        rows = [entry for entry in self.entries if isinstance(entry, VatRow)]
        return at_day(rows, day, "VAT rate").percent / 100

    def grid(self, area: str, day: date) -> tuple[GridEntry, str]:
        """The electricity tariff of a grid area on a day, and why it stands in ("" when not)."""
        area = ALIASES.get(area, area)
        if area not in self._grid:
            known = ", ".join(self._grid)
            raise RatesError(
                setting(
                    "home.grid_area: {area} is unknown; allowed: {names}",
                    area=repr(area),
                    names=known,
                )
            )
        return of_year(self._grid[area], day, f"grid tariffs of {area}")

    def region(self, area: str) -> str:
        """The region of a grid area."""
        return next(iter(self._grid[ALIASES.get(area, area)].values())).region

    def areas(self) -> tuple[str, ...]:
        """Every grid area of any year."""
        return tuple(self._grid)

    def impact_areas(self) -> tuple[str, ...]:
        """The grid areas with an Impact tariff."""
        return tuple(
            area
            for area, years in self._grid.items()
            if any(y.impact_hours for y in years.values())
        )

    def gas_areas(self) -> tuple[str, ...]:
        """Every grid area with a gas tariff in any year."""
        return tuple(self._gas)

    def water_operators(self) -> tuple[str, ...]:
        """Every water operator (and town) of any year."""
        return tuple(self._water)

    def gas_tier(self, area: str, kwh_year: Decimal, day: date) -> tuple[GasEntry, GasTier, str]:
        """The gas tariff of an area for an annual volume, and why it stands in ("" when not).

        The tier prices every kWh.
        """
        area = ALIASES.get(area, area)
        entry, stand_in = of_year(self._gas.get(area, {}), day, f"gas grid tariffs of {area}")
        if (tier := entry.tier(kwh_year)) is not None:
            return entry, tier, stand_in
        raise RatesError(
            setting(
                "home.gas_kwh_year: {kwh} is more than a household uses; allowed: up to {most}",
                kwh=kwh_year,
                most=entry.tiers[-1].up_to_kwh,
            )
        )

    def water_rates(self, operator: str, day: date) -> tuple[WaterRow, str]:
        """The rates of a water operator (and town) on a day, and why they stand in."""
        years = self._water.get(operator, {})
        entry, stand_in = of_year(years, day, f"water rates of {operator}")
        return entry.rates, stand_in

    def index(self, name: str) -> Mapping[date, Decimal]:
        """The published values of a month index, EUR/MWh by the first day of the month."""
        return self._indices.get(name, {})

    def levy(self, name: LevyName, day: date) -> tuple[Levy, str]:
        """The row of a levy on a day, and why it stands in; "" when it is known."""
        row = at_day(self._levies.get(name, ()), day, name)
        if row.until is None or day <= row.until:
            return row, ""
        why = f"the {name} after {row.until} is not known yet: that of {row.from_.year} stands in"
        return row, why

    def ends(self, area: str | None, operators: Sequence[str], gas: str | None) -> dict[str, date]:
        """The last day of each table that these need, by the table's name; `gas` is its area."""
        years: dict[str, Iterable[int]] = {}
        if area is not None:
            area = ALIASES.get(area, area)
            years[phrase("grid tariffs of {area}", area=area)] = self._grid.get(area, {})
        if gas is not None:
            gas = ALIASES.get(gas, gas)
            years[phrase("gas grid tariffs of {area}", area=gas)] = self._gas.get(gas, {})
        for operator in operators:
            what = phrase("water rates of {operator}", operator=operator)
            years[what] = self._water.get(operator, {})
        ends = {what: date(max(known), 12, 31) for what, known in years.items() if list(known)}
        names: dict[LevyName, str] = {"electricity excise": phrase("electricity excise")}
        if gas is not None:
            names["gas excise"] = phrase("gas excise")
        for name, what in names.items():
            rows = self._levies.get(name, ())
            until = max(rows, key=lambda row: row.from_).until if rows else None
            if until is not None:
                ends[what] = until
        return ends


def at_day(rows: Sequence[Row], day: date, what: str) -> Row:
    """The row that holds on a day: the last that begins on or before it."""
    held = [row for row in rows if row.from_ <= day]
    if not held:
        first = min((row.from_ for row in rows), default="never")
        raise MissingTableError(
            phrase(
                "no {what} is known for {day}; the table begins on {first}",
                what=what,
                day=day,
                first=first,
            )
        )
    return max(held, key=lambda row: row.from_)


def of_year(years: Mapping[int, Yearly], day: date, what: str) -> tuple[Yearly, str]:
    """The entry of a day's year, and "".

    After the last known year: the entry of that year, and a sentence that it stands in. Before the
    first or in a hole: MissingTableError naming the years that there are.
    """
    if day.year in years:
        return years[day.year], ""
    last = max(years, default=day.year)
    if day.year <= last:
        known = ", ".join(map(str, sorted(years)))
        raise MissingTableError(
            phrase(
                "no {what} for {year}; the table has {names}",
                what=what,
                year=day.year,
                names=known or phrase("none"),
            )
        )
    why = f"the {what} for {day.year} are not known yet: those of {last} stand in"
    return years[last], why


def blended_eur_kwh(levy: Levy, kwh_year: Decimal) -> Decimal:
    """EUR/kWh ex VAT of a sliced levy, averaged over an expected year's use.

    One price for every kWh of the year instead of a jump in autumn: on the year's invoice both give
    the same amount if the expectation was right.
    """
    left, lower, eur = kwh_year, ZERO, ZERO
    for piece in levy.slices:
        upper = piece.up_to_mwh * KWH_PER_MWH if piece.up_to_mwh is not None else lower + left
        taken = min(left, upper - lower)
        eur += taken * piece.eur_mwh / KWH_PER_MWH
        left, lower = left - taken, upper
    return eur / kwh_year if kwh_year else levy.slices[0].eur_mwh / KWH_PER_MWH


def wrong_sum(entry: Entry, vat: Decimal) -> str:
    """Reason why a sum to check is wrong, in a sentence; "" when all are right.

    A sum agrees when it rounds to the printed one, in as many decimals as that has.
    """
    if not isinstance(entry, GridEntry | GasEntry):
        return ""
    for check in entry.checks:
        eur = entry.sum_of(check) * (1 if entry.vat == "incl" else 1 + vat)
        digit = Decimal(1).scaleb(int(check.eur_incl.as_tuple().exponent))
        if abs(eur - check.eur_incl) > digit * Decimal("0.6"):
            what, name, when = entry.key
            asked = f"{check.kwh} kWh, {check.kw} kW{' and the fees' if check.fees else ''}"
            return (
                f"{what} of {name} for {when}: {asked} make {eur.quantize(digit)} EUR incl VAT, and"
                f" the check says {check.eur_incl}: one of the figures is mistyped"
            )
    return ""
