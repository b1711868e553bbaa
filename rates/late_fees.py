"""Fees, capacity and maximum tariff of a closed month whose tables are not known yet.

They are stored as billed when the month closed. Once the true tables are known, the difference is a
separate settlement, as for the money of the use.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from base.time import DAY
from rates.calendar import month_before
from rates.contract import Energy
from rates.settlement import Settled

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFee:
    """A line of a closed month that is due by the day or the peak, EUR incl VAT.

    `amount` is in `unit`: days, kW year, or the kWh on which the maximum tariff is counted.
    """

    first: date
    energy: Energy
    line: str
    amount: Decimal
    unit: str
    eur: Decimal

    @property
    def month(self) -> date:
        return self.first.replace(day=1)

    @property
    def name(self) -> tuple[Energy, str]:
        return self.energy, self.line


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """All such lines of a month; `provisional` are the energies with a substitute table."""

    lines: tuple[MonthFee, ...]
    provisional: frozenset[Energy]

    @property
    def open(self) -> tuple[MonthFee, ...]:
        """The lines to be stored: all those of a provisional energy."""
        return tuple(line for line in self.lines if line.energy in self.provisional)


@dataclass(frozen=True, slots=True)
class FeeSettlement:
    """The settlement of a line of a closed month: `now`, at the moment `at` (UTC)."""

    at: datetime
    was: MonthFee
    now: Decimal

    def told(self) -> Settled:
        """The same in the form of settlements of use."""
        return Settled(
            at=self.at,
            energy=self.was.energy,
            line=self.was.line,
            first=self.was.first,
            last=month_before(self.was.month, -1) - DAY,
            amount=self.was.amount,
            unit=self.was.unit,
            was_eur=self.was.eur,
            eur=self.now,
        )


def settle_fees(opens: Sequence[MonthFee], billed: Billed, at: datetime) -> Iterator[FeeSettlement]:
    """The open lines of one month as they are billed now, where their tables are known.

    A new line was 0 before, and a missing one is 0 now.
    """
    now = {line.name: line for line in billed.lines}
    known = {line.energy for line in opens} - billed.provisional
    for was in opens:
        if was.energy in known:
            yield FeeSettlement(at, was, now[was.name].eur if was.name in now else ZERO)
    written = {line.name for line in opens}
    for line in billed.lines:
        if line.energy in known and line.name not in written:
            nothing = MonthFee(
                first=line.first,
                energy=line.energy,
                line=line.line,
                amount=line.amount,
                unit=line.unit,
                eur=ZERO,
            )
            yield FeeSettlement(at, nothing, line.eur)


def by_month(fees: Iterable[MonthFee]) -> dict[date, list[MonthFee]]:
    """The fees of each month apart."""
    found: dict[date, list[MonthFee]] = {}
    for fee in fees:
        found.setdefault(fee.month, []).append(fee)
    return found
