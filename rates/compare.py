"""Cost of a past period under each of some contracts, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rates.amounts import Register
from rates.bill import Bill, bill, own_peaks
from rates.calendar import day_start
from rates.capacity import Peaks
from rates.curve import Spots
from rates.errors import MissingPriceError, RatesError
from rates.offers import Offer
from rates.past.quarters import Past, Span, missing
from rates.seed_bill import seed_bill
from rates.seed_form import SeedRates
from rates.stretch import Counted

Used = Mapping[Register, Sequence[Counted]]
"""Per register, in order: the quarter (start UTC) and its kWh or m3."""


@dataclass(frozen=True, slots=True)
class Column:
    """An offer's bill. `all_in` when its prices do not separate VAT."""

    name: str
    bill: Bill
    all_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The use that is billed: days from `start` until before `end`, kWh or m3 per register.

    `peak_kw` is the highest quarter, `missing` the quarters that the source does not have.
    """

    source: str
    start: date
    end: date
    used: Mapping[Register, Decimal]
    peak_kw: Decimal
    missing: tuple[Span, ...]

    @property
    def missing_quarters(self) -> int:
        return sum(span.quarters for span in self.missing)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Bills of the same use; the others are compared with the first.

    `as_of` is the day whose contracts and tables price it all, None when each month has its own.
    `notes` are sentences on how it was read and priced.
    """

    facts: Facts
    as_of: date | None
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()

    def difference(self, column: Column) -> Decimal:
        """EUR that a column costs more than the first; negative when less."""
        return column.bill.total_eur - self.columns[0].bill.total_eur

    @property
    def lowest(self) -> Column | None:
        """The cheapest column; None when no single one is."""
        ordered = sorted(self.columns, key=lambda column: column.bill.total_eur)
        if len(ordered) < 2 or ordered[0].bill.total_eur == ordered[1].bill.total_eur:
            return None
        return ordered[0]


def facts(past: Past, used: Used, source: str, start: date, end: date) -> Facts:
    """Data of the source for the days from `start` until before `end`."""
    since, until = day_start(start), day_start(end)
    inside = {
        register: [use for use in counted if since <= use[0] < until]
        for register, counted in used.items()
    }
    totals = {
        register: sum((amount for _, amount in counted), Decimal(0))
        for register, counted in inside.items()
        if counted
    }
    peak_kw = max(own_peaks(inside).values(), default=Decimal(0))
    return Facts(
        source=source,
        start=start,
        end=end,
        used=totals,
        peak_kw=peak_kw,
        missing=missing(past, start, end),
    )


def priced(
    offer: Offer, used: Used, spots: Spots, month_peaks: Peaks, start: date, end: date
) -> Column:
    """The bill of an offer. RatesError, with its name, when a price or table is missing."""
    if isinstance(offer.prices, SeedRates):
        return Column(offer.name, seed_bill(used, offer.prices, start=start, end=end), True)
    try:
        drawn = bill(used, offer.prices, spots, month_peaks, start=start, end=end)
    except RatesError as error:
        why = f"{offer.name}: {error}"
        if isinstance(error, MissingPriceError) and offer.is_dynamic:
            why += f" ({_unpriced(used, spots, start, end)})"
        raise type(error)(why) from None
    return Column(offer.name, drawn)


def _unpriced(used: Used, spots: Spots, start: date, end: date) -> str:
    since, until = day_start(start), day_start(end)
    quarters = {use[0] for counted in used.values() for use in counted if since <= use[0] < until}
    unknown = sum(spots.quarter(quarter) is None for quarter in quarters)
    return f"{unknown} of the {len(quarters)} quarters have no day-ahead price"
