"""Discounts on the bill of the running month: lumps, free kWh, and those with a cap."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from base.time import local_day
from rates.amounts import Lines, Pricing, Register
from rates.bill import Line, drawn_up
from rates.contract import ENERGY_OF, Contract, Energy
from rates.discounts import Discounted, Part, taken_off
from rates.entries import ENERGY_LINES, Entry, discount_entry
from rates.errors import RatesError
from rates.stretch import Stretch, Use, stretches
from rates.usage import Days

ZERO = Decimal(0)
ENERGIES: tuple[Energy, ...] = ("electricity", "gas")
Bought = tuple[date, Decimal, Decimal]
"""A day, the cost of its energy (EUR including VAT), and the amount (kWh, m3)."""


def discounts(
    contract: Contract | None,
    days: Days,
    start: date,
    end: date,
    coming: Sequence[Use],
    pricing: Pricing,
) -> tuple[Line, ...]:
    """Discounts on the bill from `start` until before `end`, a line for each.

    What was booked since the contract began counts, as far as it is in `days`: caps and free kWh
    depend on it. `coming` is use that is not booked yet.
    """
    if contract is None:
        return ()
    entries: list[Entry] = []
    for energy in ENERGIES:
        since = [
            terms.first_day
            for terms in contract.contracts
            if terms.energy == energy
            and isinstance(terms, Discounted)
            and any(each.is_on_bill for each in terms.discounts)
        ]
        if not since:
            continue
        first = min(start, max(min(since), min(days, default=start)))
        bought = [*_booked(days, energy), *_coming(coming, pricing, energy)]
        try:
            pieces = stretches(contract, energy, first, end)
            parts = [part for each in pieces for part in _part(contract, energy, each, bought)]
        except RatesError:
            continue
        entries += [
            discount_entry(energy, part, discount, less)
            for part, discount, less in taken_off(parts)
            if part.start >= start and less
        ]
    return tuple(line for line in drawn_up(start, end, entries).lines if line.energy)


def _booked(days: Days, energy: Energy) -> Iterator[Bought]:
    for day, totals in days.items():
        for register, lines in totals.eur.items():
            yield from _of(day, register, lines, totals.amounts[register], energy)


def _coming(uses: Sequence[Use], pricing: Pricing, energy: Energy) -> Iterator[Bought]:
    for quarter, register, amount in uses:
        lines = pricing.cost(register, amount, quarter)
        yield from _of(local_day(quarter), register, lines, amount, energy)


def _of(
    day: date, register: Register, lines: Lines, amount: Decimal, energy: Energy
) -> Iterator[Bought]:
    eur = [lines[line] for line in ENERGY_LINES if line in lines]
    if eur and ENERGY_OF[register] == energy and not register.startswith("injection"):
        yield day, sum(eur, ZERO), amount


def _part(
    contract: Contract, energy: Energy, piece: Stretch, bought: Sequence[Bought]
) -> Iterator[Part]:
    terms = contract.terms(energy, piece.start)
    if piece.prices is None or not isinstance(terms, Discounted):
        return
    vat = contract.tables.vat(contract.pinned_to or piece.start)
    inside = [(eur, amount) for day, eur, amount in bought if piece.start <= day < piece.end]
    yield Part(
        start=piece.start,
        terms=terms,
        vat=vat,
        ex=sum((eur for eur, _ in inside), ZERO) / (1 + vat),
        kwh=sum((amount for _, amount in inside), ZERO) * piece.prices.kwh_per_unit,
    )
