"""The bill of any period: every line of a Belgian invoice, its months and its total.

Everything is exact until the end. Each line is rounded to the cent once, and so is the total;
a difference of a cent is a line "rounding" on the bill, as on invoices. A month's
share is the difference of the rounded running totals: months add up to lines, lines to the total.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from base.time import BRUSSELS, DAY, local_day
from rates.amounts import OFFTAKE, Register
from rates.calendar import day_start, month_start
from rates.capacity import Peaks
from rates.compensation import netted
from rates.contract import ENERGY_OF, Contract, Energy
from rates.curve import NO_SPOTS, Spot, Spots
from rates.entries import Entry, entries_of
from rates.stretch import Counted, Tally, Use, month_starts, stretches, tallied

CENT = Decimal("0.01")
ZERO = Decimal(0)
ENERGIES: tuple[Energy, ...] = ("electricity", "gas", "water")


def cents(eur: Decimal) -> Decimal:
    """EUR rounded to the cent, half a cent away from nothing."""
    return eur.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the bill. `unit_price_eur` is ex VAT; None where it has no meaning.

    `months` are EUR incl VAT per month, in whole cents; they add up to `eur_incl`. `energy` is
    None for the rounding of the whole.
    """

    energy: Energy | None
    name: str
    quantity: Decimal
    unit: str
    ex: Decimal
    vat: Decimal
    months: Mapping[date, Decimal]

    @property
    def unit_price_eur(self) -> Decimal | None:
        return self.ex / self.quantity if self.quantity else None

    @property
    def eur_ex(self) -> Decimal:
        return cents(self.ex)

    @property
    def incl(self) -> Decimal:
        """EUR incl VAT, exact."""
        return self.ex * (1 + self.vat)

    @property
    def eur_incl(self) -> Decimal:
        return cents(self.incl)


@dataclass(frozen=True, slots=True)
class Bill:
    """A period's bill, `end` outside. `notes` are sentences on missing or estimated parts."""

    start: date
    end: date
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    @property
    def total_eur(self) -> Decimal:
        """EUR incl VAT: the sum of the rounded lines."""
        return sum((line.eur_incl for line in self.lines), ZERO)

    @property
    def ex_eur(self) -> Decimal:
        """EUR without VAT: the sum of the rounded lines."""
        return sum((line.eur_ex for line in self.lines), ZERO)

    @property
    def vat_eur(self) -> Decimal:
        return self.total_eur - self.ex_eur

    @property
    def exact_eur(self) -> Decimal:
        """EUR incl VAT before any rounding."""
        return sum((line.incl for line in self.lines if line.energy), ZERO)

    def months(self) -> dict[date, Decimal]:
        """EUR incl VAT per month; they add up to the total."""
        months = sorted({month for line in self.lines for month in line.months})
        return {
            month: sum((line.months.get(month, ZERO) for line in self.lines), ZERO)
            for month in months
        }

    def line(self, name: str, energy: Energy = "electricity") -> Line | None:
        """The line of that name; None when the bill has none."""
        return next((ln for ln in self.lines if (ln.energy, ln.name) == (energy, name)), None)


def bill(
    uses: Iterable[Use] | Mapping[Register, Sequence[Counted]],
    contract: Contract,
    spots: Mapping[datetime, Decimal] | Spot | Spots = NO_SPOTS,
    month_peaks: Peaks | None = None,
    *,
    start: date,
    end: date,
) -> Bill:
    """Cost of a period, from the day `start` until before the day `end` (Brussels).

    `uses` are (quarter start UTC, register, kWh or m3), or those of each register apart, in order;
    what falls outside is left out. Without `month_peaks` they are taken from the quarters
    themselves. MissingTableError or MissingPriceError when the contract needs a missing number.
    """
    if start >= end:
        raise ValueError(f"a bill needs at least a day: it starts on {start}, ends before {end}")
    counted = uses if isinstance(uses, Mapping) else by_register(uses)
    peaks = own_peaks(counted) if month_peaks is None else month_peaks
    market = Spots.of(spots).kept()
    entries: list[Entry] = []
    notes: list[str] = []
    for energy in ENERGIES:
        if not any(terms.energy == energy for terms in contract.contracts):
            continue
        pieces = stretches(contract, energy, start, end)
        for piece in pieces:
            if piece.prices:
                piece.prices.check()
        registers = {r: counted[r] for r in counted if ENERGY_OF[r] == energy}
        tallies, beyond = netted(contract.home, tallied(pieces, registers, market))
        entries += entries_of(contract, energy, tallies, peaks)
        notes += [*_notes(energy, tallies), *beyond]
    return drawn_up(start, end, entries, notes)


def drawn_up(start: date, end: date, entries: Sequence[Entry], notes: Sequence[str] = ()) -> Bill:
    """The bill of these entries: lines of the same name added up, each rounded to the cent once."""
    lines = _lines(entries)
    return Bill(start, end, (*lines, *_rounding(lines, entries)), tuple(notes))


def by_register(uses: Iterable[Use]) -> dict[Register, list[Counted]]:
    """The uses grouped by register."""
    counted: dict[Register, list[Counted]] = {register: [] for register in Register}
    for quarter, register, amount in uses:
        counted[register].append((quarter, amount))
    return counted


def own_peaks(counted: Mapping[Register, Sequence[Counted]]) -> dict[date, Decimal]:
    """kW of the highest quarter of each month, from the quarters' own offtake."""
    kwh: dict[datetime, Decimal] = {}
    for register in OFFTAKE:
        for quarter, amount in counted.get(register, ()):
            kwh[quarter] = kwh.get(quarter, ZERO) + amount
    quarters = sorted(kwh)
    if not quarters:
        return {}
    first, last = local_day(quarters[0]), local_day(quarters[-1])
    months = [month_start(first), *month_starts(first, last + DAY)]
    cuts = [bisect_left(quarters, day_start(month)) for month in months] + [len(quarters)]
    return {
        month: 4 * max(kwh[quarter] for quarter in quarters[begin:end])
        for month, (begin, end) in zip(months, pairwise(cuts), strict=True)
        if begin < end
    }


def _lines(entries: Sequence[Entry]) -> tuple[Line, ...]:
    """Entries of the same name, unit and VAT added up, in the order of their first month."""
    grouped: dict[tuple[Energy, str, str, Decimal], list[Entry]] = {}
    for entry in entries:
        grouped.setdefault((entry.energy, entry.name, entry.unit, entry.vat), []).append(entry)
    return tuple(
        Line(
            energy=energy,
            name=name,
            quantity=sum((part.quantity for part in parts), ZERO),
            unit=unit,
            ex=sum((part.ex for part in parts), ZERO),
            vat=vat,
            months=_by_month(parts),
        )
        for (energy, name, unit, vat), parts in grouped.items()
    )


def _by_month(parts: Sequence[Entry]) -> dict[date, Decimal]:
    """EUR incl VAT per month in cents, as differences of the rounded running total."""
    exact: dict[date, Decimal] = {}
    for part in parts:
        exact[part.month] = exact.get(part.month, ZERO) + part.ex * (1 + part.vat)
    running, months = ZERO, {}
    for month in sorted(exact):
        months[month] = cents(running + exact[month]) - cents(running)
        running += exact[month]
    return months


def _rounding(lines: Sequence[Line], entries: Sequence[Entry]) -> list[Line]:
    """Difference between the rounded lines and the rounded total; no line when that is 0."""
    months = {
        month: eur - sum((line.months.get(month, ZERO) for line in lines), ZERO)
        for month, eur in _by_month(entries).items()
    }
    eur = sum(months.values(), ZERO)
    return (
        [
            Line(
                energy=None,
                name="rounding",
                quantity=ZERO,
                unit="",
                ex=eur,
                vat=ZERO,
                months=months,
            )
        ]
        if any(months.values())
        else []
    )


def _notes(energy: Energy, tallies: Sequence[Tally]) -> list[str]:
    """Missing and estimated parts, in sentences."""
    notes = [
        f"no {energy} contract from {t.stretch.start} until {t.stretch.end - DAY}"
        for t in tallies
        if t.stretch.prices is None
    ]
    notes += dict.fromkeys(
        why for t in tallies if t.stretch.prices for why in t.stretch.prices.stand_ins()
    )
    missing = sorted(quarter for tally in tallies for quarter in tally.missing)
    if missing:
        first = missing[0].astimezone(BRUSSELS)
        notes.append(
            f"{len(missing)} quarters without a day-ahead price, the first {first:%Y-%m-%d %H:%M},"
            " are priced at the contract's fallback"
        )
    return notes
