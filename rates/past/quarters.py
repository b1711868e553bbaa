"""Past use of a household, quarter by quarter, with the quarters that are missing."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from base.time import BRUSSELS, DAY, QUARTER, local_day
from rates.amounts import Register
from rates.calendar import day_start
from rates.stretch import Use

EDGE = timedelta(hours=2)  # a file cut at midnight UTC holds so much of a day too many


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Uses per quarter (start UTC). `known` are the completely known quarters. `first` and `last`
    are the first and last quarter in the file, known or not; `notes` are sentences on how it was
    read, `month_peaks` kW where better known than by `uses`; the meter itself sent those of the
    months `told`, whatever else is known of them.
    """

    uses: tuple[Use, ...]
    known: frozenset[datetime]
    first: datetime
    last: datetime
    notes: tuple[str, ...] = ()
    month_peaks: Mapping[date, Decimal] = field(default_factory=dict)
    told: frozenset[date] = frozenset()

    @property
    def electric(self) -> bool:
        """True if it has electricity by the quarter."""
        return any(register not in (Register.GAS, Register.WATER) for _, register, _ in self.uses)


def of_gas(past: Past) -> Past:
    """Gas use of past data. ValueError without gas."""
    uses = tuple(use for use in past.uses if use[1] is Register.GAS)
    if not uses:
        raise ValueError("there is no gas in it")
    times = [quarter for quarter, _, _ in uses]
    return Past(
        uses=uses,
        known=frozenset(times),
        first=min(times),
        last=max(times),
        notes=past.notes,
    )


def joined(pasts: Sequence[Past]) -> Past:
    """Several files as one past. Overlaps count once; ValueError where they contradict."""
    if len(pasts) == 1:
        return pasts[0]
    uses: dict[tuple[datetime, Register], Decimal] = {}
    twice: set[datetime] = set()
    for past in pasts:
        for quarter, register, amount in past.uses:
            if (quarter, register) in uses:
                twice.add(quarter)
            if uses.setdefault((quarter, register), amount) != amount:
                at = f"{quarter.astimezone(BRUSSELS):%d-%m-%Y %H:%M}"
                both = f"{uses[quarter, register]} and {amount}"
                raise ValueError(f"two files report {at} of the {register} otherwise: {both}")
    electric = [past for past in pasts if past.electric]
    notes = [note for past in pasts for note in past.notes]
    if twice:
        notes.append(f"{len(twice)} quarters occur more than once, alike: counted once")
    return Past(
        uses=tuple((quarter, register, amount) for (quarter, register), amount in uses.items()),
        known=frozenset[datetime]().union(*(past.known for past in electric or pasts)),
        first=min(past.first for past in electric or pasts),
        last=max(past.last for past in electric or pasts),
        notes=tuple(dict.fromkeys(notes)),
        month_peaks={month: kw for past in pasts for month, kw in past.month_peaks.items()},
        told=frozenset[date]().union(*(past.told for past in pasts)),
    )


@dataclass(frozen=True, slots=True)
class Span:
    """Quarters in a row: the first, and the end of the last (UTC)."""

    start: datetime
    end: datetime

    @property
    def quarters(self) -> int:
        return (self.end - self.start) // QUARTER


def period(past: Past, today: date) -> tuple[date, date]:
    """The last year of whole days before today, the end outside. ValueError without one.

    A day of which the file holds two hours or less at either end is left out.
    """
    start, end = local_day(past.first), local_day(past.last) + DAY
    if past.last + QUARTER - day_start(end - DAY) <= EDGE:
        end -= DAY
    if day_start(start + DAY) - past.first <= EDGE:
        start += DAY
    end = min(end, today)
    if start >= end:
        raise ValueError("there is no whole day in it yet")
    return max(start, _year_before(end)), end


def missing(past: Past, start: date, end: date) -> tuple[Span, ...]:
    """The quarters of the days that are not known, in runs, oldest first."""
    quarters = _quarters(day_start(start), day_start(end))
    return tuple(runs(quarter for quarter in quarters if quarter not in past.known))


def runs(quarters: Iterable[datetime]) -> Iterator[Span]:
    """Quarters in order, those that touch joined."""
    start = end = None
    for quarter in quarters:
        if quarter != end:
            if start and end:
                yield Span(start, end)
            start = quarter
        end = quarter + QUARTER
    if start and end:
        yield Span(start, end)


def known_quarters(
    told: Mapping[datetime, Collection[Register]], registers: Collection[Register]
) -> frozenset[datetime]:
    """The quarters in which each flow in `registers` has a register."""
    flows = {register.value.split("_")[0] for register in registers}
    return frozenset(
        quarter
        for quarter, names in told.items()
        if flows == {register.value.split("_")[0] for register in names}
    )


def _quarters(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += QUARTER


def _year_before(day: date) -> date:
    """The same day a year earlier; 1 March for 29 February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1)
