"""The sentences above and below a comparison."""

from collections.abc import Iterator
from datetime import date

from base.time import BRUSSELS, DAY
from rates.amounts import OFFTAKE, Register
from rates.compare import Comparison, Facts
from rates.month import ZERO
from rates.past.quarters import Span

M3 = (Register.GAS, Register.WATER)
SPANS_TOLD = 3


def title(facts: Facts) -> str:
    """`What the use of 1 Jan to 31 Dec 2026 costs`."""
    return f"What the use of {days(facts.start, facts.end - DAY)} costs"


def day_count(days: int) -> str:
    """`1 day`, `365 days`."""
    return "1 day" if days == 1 else f"{days} days"


def days(first: date, last: date) -> str:
    """`22 Oct to 31 Dec 2023`, the year twice only where it differs."""
    if first == last:
        return _day(first)
    start = _day(first) if first.year != last.year else f"{first.day} {first:%b}"
    return f"{start} to {_day(last)}"


def used(facts: Facts) -> str:
    """Offtake, injection, and the highest quarter."""
    day, night, *back = (
        facts.used.get(register, ZERO)
        for register in (*OFFTAKE, Register.INJECTION_DAY, Register.INJECTION_NIGHT)
    )
    injected = sum(back, ZERO)
    electric = not facts.used or any(register not in M3 for register in facts.used)
    parts = [
        f"offtake {day + night:.2f} kWh ({day:.2f} by day)" if electric else "",
        f"injection {injected:.2f} kWh" if injected else "",
        f"peak {facts.peak_kw:.2f} kW" if electric else "",
        *(f"{register} {facts.used[register]:.2f} m3" for register in M3 if register in facts.used),
    ]
    return ", ".join(filter(None, parts))


def as_of(told: Comparison) -> str:
    """The day of the tariffs used."""
    if told.as_of is None:
        return "Each month is priced by its own contract, grid tariff and levies."
    return f"Priced as of {_day(told.as_of)}: contracts, grid tariffs and levies of that day."


def gaps(facts: Facts) -> str:
    """Number and times of missing quarters; empty without any."""
    count = facts.missing_quarters
    if not count:
        return ""
    longest = sorted(facts.missing, key=lambda span: -span.quarters)[:SPANS_TOLD]
    told = "; ".join(_span(span) for span in sorted(longest, key=lambda span: span.start))
    more = len(facts.missing) - len(longest)
    tail = f"; and {more} shorter" if more else ""
    verb = "quarter is" if count == 1 else "quarters are"
    return f"{count} {verb} missing and not billed: {told}{tail}."


def notes(told: Comparison) -> Iterator[str]:
    """Notes for reading the figures: of all, then of single contracts."""
    for note in told.notes:
        yield f"{note[0].upper()}{note[1:]}."
    for column in told.columns:
        for note in column.bill.notes:
            yield f"{column.name}: {note}."


def _span(span: Span) -> str:
    start, end = span.start.astimezone(BRUSSELS), span.end.astimezone(BRUSSELS)
    if start.date() == end.date():
        return f"{_day(start.date())} {start:%H:%M}-{end:%H:%M}"
    return f"{_day(start.date())} {start:%H:%M} to {_day(end.date())} {end:%H:%M}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
