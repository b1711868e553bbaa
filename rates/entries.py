"""The parts of a bill, stretch by stretch: use times price, fees by the day, capacity, water."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rates.amounts import INJECTION, OFFTAKE, Register
from rates.calendar import month_start
from rates.capacity import Peaks, kw_years, mean_kw, reduction
from rates.contract import Contract, Energy
from rates.discounts import Discount, Discounted, Part, taken_off
from rates.month import ZERO, Fee
from rates.stretch import Stretch, Tally
from rates.water import basic_m3

ENERGY_LINES = ("energy", "energy day", "energy night")
M3 = (Register.GAS, Register.WATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A part of a line that falls in one month. EUR ex VAT, exact; income is negative."""

    month: date
    energy: Energy
    name: str
    quantity: Decimal
    unit: str
    ex: Decimal
    vat: Decimal


def entries_of(
    contract: Contract, energy: Energy, tallies: Sequence[Tally], peaks: Peaks
) -> list[Entry]:
    """Every part of an energy's bill, exact and without VAT."""
    if energy == "water":
        return [*(e for t in tallies for e in _all_in(t)), *_water(tallies)]
    entries = [entry for tally in tallies for entry in _variable(energy, tally)]
    entries += [entry for tally in tallies for entry in _fees(energy, tally.stretch)]
    if energy == "electricity":
        entries += [entry for tally in tallies for entry in _capacity(tally.stretch, peaks)]
        entries += _maximum_tariff(contract, tallies, peaks)
    return [*entries, *_discounts(contract, energy, tallies)]


def _variable(energy: Energy, tally: Tally) -> list[Entry]:
    """Lines that depend on the use, by register."""
    month = tally.stretch.prices
    if month is None:
        return []
    entries = []
    for register, amount in tally.used.items():
        sign = -1 if register in INJECTION else 1
        quantity = amount * month.kwh_per_unit
        unit = "m3" if register in M3 and month.kwh_per_unit == 1 else "kWh"
        for rate in month.rates.get(register, ()):
            if rate.flat is not None:
                ex = quantity * rate.flat
            else:
                ex = tally.curved.get((register, rate.line), ZERO)
            entries.append(
                Entry(
                    month=tally.stretch.month,
                    energy=energy,
                    name=rate.line,
                    quantity=quantity,
                    unit=unit,
                    ex=sign * ex,
                    vat=rate.vat,
                )
            )
    return entries


def _all_in(tally: Tally) -> list[Entry]:
    """Water at one price for all."""
    month = tally.stretch.prices
    return _variable("water", tally) if month is not None and month.water is None else []


def _discounts(contract: Contract, energy: Energy, tallies: Sequence[Tally]) -> list[Entry]:
    """Discounts of the supplier on the bill; discounts of a kWh are in its price."""
    parts: list[Part] = []
    for tally in tallies:
        piece, month = tally.stretch, contract.pinned_to or tally.stretch.start
        terms = contract.terms(energy, piece.start)
        if piece.prices is not None and isinstance(terms, Discounted) and terms.discounts:
            bought = [each for each in _variable(energy, tally) if each.name in ENERGY_LINES]
            parts.append(
                Part(
                    start=piece.start,
                    terms=terms,
                    vat=contract.tables.vat(month),
                    ex=sum((each.ex for each in bought), ZERO),
                    kwh=sum((each.quantity for each in bought), ZERO),
                )
            )
    return [
        discount_entry(energy, part, discount, less) for part, discount, less in taken_off(parts)
    ]


def discount_entry(energy: Energy, part: Part, discount: Discount, less: Decimal) -> Entry:
    """A discount of `less` EUR ex VAT on the bill of a part."""
    return Entry(
        month=month_start(part.start),
        energy=energy,
        name=discount.name,
        quantity=ZERO,
        unit="",
        ex=-less,
        vat=part.vat,
    )


def _fees(energy: Energy, piece: Stretch) -> list[Entry]:
    """Fees due by the day, whatever is used."""
    if piece.prices is None:
        return []
    return [
        Entry(
            month=piece.month,
            energy=energy,
            name=fee.line,
            quantity=Decimal(piece.days),
            unit="day",
            ex=fee.over(piece.days, piece.start),
            vat=fee.vat,
        )
        for fee in piece.prices.fees
    ]


def _capacity(piece: Stretch, peaks: Peaks) -> list[Entry]:
    """The month's mean peak for the days of the stretch, in kW year."""
    capacity = piece.prices.capacity if piece.prices else None
    if capacity is None:
        return []
    kw = mean_kw(peaks, piece.month, capacity.floor_kw)
    quantity = kw_years(kw, piece.days, piece.month)
    ex = quantity * capacity.eur_kw_year
    return [
        Entry(
            month=piece.month,
            energy="electricity",
            name="capacity",
            quantity=quantity,
            unit="kW year",
            ex=ex,
            vat=capacity.vat,
        )
    ]


def _maximum_tariff(contract: Contract, tallies: Sequence[Tally], peaks: Peaks) -> list[Entry]:
    """Reduction by the ceiling on capacity and distribution, per month or per calendar year."""
    groups: dict[tuple[int, int], list[Tally]] = {}
    for tally in tallies:
        month, over = tally.stretch.month, contract.ceiling_months(tally.stretch.start)
        if over:
            groups.setdefault((month.year, month.month if over == 1 else 0), []).append(tally)
    return [entry for group in groups.values() for entry in _ceiling(group, peaks)]


def _ceiling(group: Sequence[Tally], peaks: Peaks) -> list[Entry]:
    priced = [tally for tally in group if tally.stretch.prices and tally.stretch.prices.capacity]
    if not priced:
        return []
    last = priced[-1].stretch
    capacity = last.prices.capacity if last.prices else None
    assert capacity is not None
    powers = [entry.ex for tally in priced for entry in _capacity(tally.stretch, peaks)]
    moved = [
        entry.ex
        for tally in priced
        for entry in _variable("electricity", tally)
        if entry.name == "distribution"
    ]
    kwh = sum((tally.used.get(register, ZERO) for tally in priced for register in OFFTAKE), ZERO)
    floor = sum(
        (kw_years(capacity.floor_kw, t.stretch.days, t.stretch.month) for t in priced), ZERO
    )
    less = reduction(capacity, sum(powers, ZERO), sum(moved, ZERO), kwh, floor)
    if not less:
        return []
    return [
        Entry(
            month=last.month,
            energy="electricity",
            name="maximum tariff",
            quantity=kwh,
            unit="kWh",
            ex=-less,
            vat=capacity.vat,
        )
    ]


def _water(tallies: Sequence[Tally]) -> list[Entry]:
    """Basic and comfort rate over the whole period, month by month, and the fixed fee.

    The m3 at the basic rate grow with the days; an unused part may be used by a later month.
    """
    entries: list[Entry] = []
    used = quota = comfort = ZERO
    before = None
    for tally in tallies:
        piece = tally.stretch
        rates = piece.prices.water if piece.prices else None
        if rates is None:
            continue
        if rates != before:
            used = quota = comfort = ZERO
            before = rates
        amount = tally.used.get(Register.WATER, ZERO)
        used += amount
        quota += basic_m3(rates, piece.days, piece.start)
        dear = max(ZERO, used - quota) - comfort
        comfort += dear
        fixed = Fee(line="water fixed fee", vat=rates.vat, eur=rates.fixed_eur_year).over(
            piece.days, piece.start
        )
        for name, quantity, unit, ex in (
            ("water basic rate", amount - dear, "m3", (amount - dear) * rates.basic_eur_m3),
            ("water comfort rate", dear, "m3", dear * rates.comfort_eur_m3),
            ("water fixed fee", Decimal(piece.days), "day", fixed),
        ):
            if ex:
                entries.append(
                    Entry(
                        month=piece.month,
                        energy="water",
                        name=name,
                        quantity=quantity,
                        unit=unit,
                        ex=ex,
                        vat=rates.vat,
                    )
                )
    return entries
