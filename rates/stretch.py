"""A period cut where prices change: at each month and each new contract, and the use in each."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from rates.amounts import INJECTION, Register
from rates.calendar import day_start, month_before, month_start
from rates.contract import Contract, Energy
from rates.curve import Spots
from rates.month import Month

Use = tuple[datetime, Register, Decimal]
"""What a register counted in the quarter that starts then (UTC): kWh or m3."""

Counted = tuple[datetime, Decimal]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days, the last outside, with the same prices throughout; None without a contract."""

    start: date
    end: date
    prices: Month | None

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def month(self) -> date:
        return month_start(self.start)


@dataclass(slots=True)
class Tally:
    """Use in a stretch: kWh or m3 per register, and the EUR ex VAT of curved lines.

    `missing` are the quarters whose day-ahead price is not known.
    """

    stretch: Stretch
    used: dict[Register, Decimal] = field(default_factory=dict)
    curved: dict[tuple[Register, str], Decimal] = field(default_factory=dict)
    missing: set[datetime] = field(default_factory=set)


def stretches(contract: Contract, energy: Energy, start: date, end: date) -> list[Stretch]:
    """The days from `start` until before `end`, cut where the prices of an energy change."""
    changes = {*contract.changes(energy), *month_starts(start, end)}
    if energy == "electricity":
        changes |= set(contract.home.counter_reads(start, end))
    cuts = {cut for cut in changes if start < cut < end}
    edges = [start, *sorted(cuts), end]
    return [Stretch(first, last, contract.month(energy, first)) for first, last in pairwise(edges)]


def month_starts(start: date, end: date) -> Iterator[date]:
    """The first days of the months that begin after `start` and before `end`."""
    month = month_before(start, -1)
    while month < end:
        yield month
        month = month_before(month, -1)


def tallied(
    pieces: Sequence[Stretch], uses: Mapping[Register, Sequence[Counted]], spots: Spots
) -> list[Tally]:
    """The use of each register, stretch by stretch; what is outside all of them is left out."""
    tallies = [Tally(piece) for piece in pieces]
    starts = [day_start(piece.start) for piece in pieces] + [day_start(pieces[-1].end)]
    for register, counted in uses.items():
        rest: Sequence[Counted] = sorted(counted)
        cuts = [bisect_left(rest, (start,)) for start in starts]
        for tally, (first, last) in zip(tallies, pairwise(cuts), strict=True):
            if first < last:
                _count(tally, register, rest[first:last], spots)
    return tallies


def _count(tally: Tally, register: Register, counted: Sequence[Counted], spots: Spots) -> None:
    """Adds a register's quarters to the tally, and prices those whose price moves."""
    tally.used[register] = sum((amount for _, amount in counted), Decimal(0))
    prices = tally.stretch.prices
    if prices and prices.nets and register in INJECTION:
        return  # it takes off what was taken, whatever the hour
    for rate in prices.rates.get(register, ()) if prices else ():
        if rate.curve:
            used = [(quarter, amount) for quarter, amount in counted if amount]
            tally.curved[register, rate.line] = rate.curve.total(used, spots)
            if rate.curve.step:
                tally.missing.update(q for q, _ in used if spots.quarter(q) is None)
