"""A period cut where prices change: at each month and each new contract, and the use in each."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from rates.amounts import Register
from rates.calendar import DAY, day_start, month_start
from rates.capacity import month_before
from rates.contract import ENERGY_OF, Contract, Energy
from rates.curve import Curve, Spots
from rates.month import Month

Use = tuple[datetime, Register, Decimal]
"""What a register counted in the quarter that starts then (UTC): kWh or m3."""


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
    """What was used in a stretch: kWh or m3 per register, and the EUR ex VAT of curved lines.

    `missing` are the quarters whose day-ahead price is not known.
    """

    stretch: Stretch
    used: dict[Register, Decimal] = field(default_factory=dict)
    curved: dict[tuple[Register, str], Decimal] = field(default_factory=dict)
    missing: set[datetime] = field(default_factory=set)


def stretches(contract: Contract, energy: Energy, start: date, end: date) -> list[Stretch]:
    """The days from `start` until before `end`, cut where the prices of an energy change."""
    changes = {t.first_day for t in contract.contracts if t.energy == energy}
    changes |= {t.last_day + DAY for t in contract.contracts if t.energy == energy and t.last_day}
    cuts = {cut for cut in changes | set(_months(start, end)) if start < cut < end}
    edges = [start, *sorted(cuts), end]
    return [Stretch(first, last, contract.month(energy, first)) for first, last in pairwise(edges)]


def _months(start: date, end: date) -> Iterator[date]:
    month = month_before(start, -1)
    while month < end:
        yield month
        month = month_before(month, -1)


def tallied(
    pieces: Sequence[Stretch], energy: Energy, uses: Iterable[Use], spots: Spots
) -> list[Tally]:
    """The use of an energy's registers, stretch by stretch; what is outside is left out."""
    tallies = [Tally(piece) for piece in pieces]
    starts = [day_start(piece.start) for piece in pieces]
    stop = day_start(pieces[-1].end)
    curves = [_curves(piece) for piece in pieces]
    for quarter, register, amount in uses:
        place = bisect_right(starts, quarter) - 1
        if ENERGY_OF[register] != energy or place < 0 or quarter >= stop:
            continue
        tally = tallies[place]
        tally.used[register] = tally.used.get(register, Decimal(0)) + amount
        if amount:
            for key, curve in curves[place].get(register, ()):
                eur = amount * curve.at(quarter, spots)
                tally.curved[key] = tally.curved.get(key, Decimal(0)) + eur
                if curve.step and spots.quarter(quarter) is None:
                    tally.missing.add(quarter)
    return tallies


def _curves(piece: Stretch) -> dict[Register, list[tuple[tuple[Register, str], Curve]]]:
    """Per register the lines whose price changes within the stretch."""
    if piece.prices is None:
        return {}
    return {
        register: [((register, rate.line), rate.curve) for rate in rates if rate.curve]
        for register, rates in piece.prices.rates.items()
    }
