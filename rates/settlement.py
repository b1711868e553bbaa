"""Money that was booked provisionally, or not at all, and its settlement once a price is known.

A booking is never changed. An open amount is settled by a separate booking with the date, the line,
and the old and new amount.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from base.time import local_day
from rates.amounts import ALL_LINES, Booking, Lines, Pricing, Register
from rates.calendar import month_start
from rates.contract import ENERGY_OF, Energy

ZERO = Decimal(0)
UNITS: Mapping[Energy, str] = {"electricity": "kWh", "gas": "m3", "water": "m3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An amount (kWh, m3) of one quarter whose money on a line is not final.

    `missing` is the part of the amount that has no money on the line, `eur` what the rest was
    booked at. The line ALL_LINES is for a quarter that was booked without any money.
    """

    quarter: datetime
    register: Register
    line: str
    amount: Decimal
    missing: Decimal
    eur: Decimal


@dataclass(frozen=True, slots=True)
class Settlement:
    """Settlement of one open amount: `eur` in all per line, at the moment `at` (UTC).

    `left` is what of it is still open.
    """

    at: datetime
    open: Open
    eur: Lines
    left: tuple[Open, ...] = ()

    def booking(self) -> Booking:
        """The increments of money, and of what is open."""
        change, was = self.open, {self.open.line: self.open.eur}
        whole = change.line == ALL_LINES  # nothing of it was booked, provisionally or not
        provisional = {change.line: ZERO if whole else change.missing - change.amount}
        missing: dict[str, Decimal] = {change.line: -change.missing}
        for each in self.left:
            provisional[each.line] = provisional.get(each.line, ZERO) + each.amount - each.missing
            missing[each.line] = missing.get(each.line, ZERO) + each.missing
        return Booking(
            quarter=change.quarter,
            register=change.register,
            amount=ZERO,
            eur={line: eur - was.get(line, ZERO) for line, eur in self.eur.items()},
            provisional={line: amount for line, amount in provisional.items() if amount},
            missing={line: amount for line, amount in missing.items() if amount},
        )


@dataclass(slots=True, kw_only=True)
class Settled:
    """Settlements of one line in one month of use, made at the same time, added up.

    `amount` is in `unit`: kWh, m3, or that of a fee (day, kW year).
    """

    at: datetime
    energy: Energy
    line: str
    first: date
    last: date
    unit: str = "kWh"
    amount: Decimal = ZERO
    was_eur: Decimal = ZERO
    eur: Decimal = ZERO
    registers: set[Register] = field(default_factory=set)

    @property
    def difference_eur(self) -> Decimal:
        return self.eur - self.was_eur


def settle(opens: Iterable[Open], pricing: Pricing, at: datetime) -> Iterator[Settlement]:
    """Each open amount whose price is better known now than when it was booked."""
    for each in opens:
        lines = pricing.cost(each.register, each.amount, each.quarter)
        doubts = pricing.doubts(each.register, each.quarter)
        if each.line == ALL_LINES:
            if lines:
                yield Settlement(at, each, lines, tuple(_left(each, lines, doubts)))
        elif each.line in lines and (each.line not in doubts or each.missing):
            eur = {each.line: lines[each.line]}
            left = {line: why for line, why in doubts.items() if line == each.line}
            yield Settlement(at, each, eur, tuple(_left(each, eur, left)))


def _left(was: Open, lines: Lines, doubts: Mapping[str, str]) -> Iterator[Open]:
    for line in doubts:
        known = line in lines
        yield Open(
            quarter=was.quarter,
            register=was.register,
            line=line,
            amount=was.amount,
            missing=ZERO if known else was.amount,
            eur=lines[line] if known else ZERO,
        )


def added_up(
    rows: Iterable[tuple[datetime, datetime, Register, str, Decimal, Decimal, Decimal]],
) -> tuple[Settled, ...]:
    """Rows of (at, quarter, register, line, amount, was EUR, EUR) by moment, month and line.

    Injection is income: its EUR are negative.
    """
    found: dict[tuple[datetime, Energy, str, date], Settled] = {}
    for at, quarter, register, line, amount, was_eur, eur in rows:
        day = local_day(quarter)
        energy = ENERGY_OF[register]
        total = found.setdefault(
            (at, energy, line, month_start(day)),
            Settled(at=at, energy=energy, line=line, first=day, last=day, unit=UNITS[energy]),
        )
        sign = -1 if register.startswith("injection") else 1
        total.first, total.last = min(total.first, day), max(total.last, day)
        total.amount += amount
        total.was_eur += sign * was_eur
        total.eur += sign * eur
        total.registers.add(register)
    return tuple(found.values())


def sentences(settled: Sequence[Settled]) -> Iterator[str]:
    """Settled amounts, as sentences for the log."""
    for each in settled:
        amount = f", {each.amount:.1f} {each.unit}" if each.unit in UNITS.values() else ""
        yield (
            f"Settled: {each.energy} {each.line} from {each.first:%-d %b} to {each.last:%-d %b %Y}"
            f"{amount}: {each.was_eur:.2f} EUR became {each.eur:.2f} EUR."
        )
