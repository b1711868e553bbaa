"""The usage table: use and cost by period."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from base import messages
from base.language import phrase
from screen.meter.view import MeterView, period
from screen.primitives import (
    DIM,
    IN_FORCE,
    INCOMPLETE,
    PROVISIONAL,
    STRONG,
    Block,
    Glyphs,
    Line,
    Size,
    clock,
    ink,
    marked,
    panel,
)

LABEL, COLUMN = 22, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of the usage table: its label, its unit, and the field of a period with its number.

    `tariff` is the tariff in which this row is active; `paid` is the use that its money is for.
    """

    label: str
    unit: str
    pick: Callable[[messages.UsagePeriod], float | None]
    tariff: str = ""
    paid: Callable[[messages.UsagePeriod], Sequence[messages.Used | None]] = lambda _: ()

    def called(self, glyphs: Glyphs) -> str:
        """The row's name and unit."""
        return f"{glyphs.read(self.label)} {glyphs.unit(self.unit)}"

    def mark(self, told: messages.UsagePeriod) -> str:
        """`?` for use without money, `~` for provisional money."""
        used = [part for part in self.paid(told) if part is not None]
        if any(part.missing for part in used):
            return INCOMPLETE
        return PROVISIONAL if any(part.provisional for part in used) else ""


def _amount(*parts: messages.Used | None) -> float | None:
    known = [part.amount for part in parts if part is not None]
    return sum(known) if known else None


def _eur(part: messages.Used | None) -> float | None:
    return None if part is None else part.eur


def _electricity(told: messages.UsagePeriod) -> Sequence[messages.Used | None]:
    return told.offtake_day, told.offtake_night, told.injection_day, told.injection_night


def _paid(
    label: str, tariff: str, pick: Callable[[messages.UsagePeriod], messages.Used | None]
) -> Record:
    """The money of one register."""
    return Record(
        label=label,
        unit="EUR",
        pick=lambda p: _eur(pick(p)),
        tariff=tariff,
        paid=lambda p: (pick(p),),
    )


OFFTAKE_DAY = Record(
    label=phrase("offtake day"), unit="kWh", pick=lambda p: _amount(p.offtake_day), tariff="day"
)
OFFTAKE_NIGHT = Record(
    label=phrase("offtake night"),
    unit="kWh",
    pick=lambda p: _amount(p.offtake_night),
    tariff="night",
)
INJECTION_DAY = Record(
    label=phrase("injection day"), unit="kWh", pick=lambda p: _amount(p.injection_day), tariff="day"
)
INJECTION_NIGHT = Record(
    label=phrase("injection night"),
    unit="kWh",
    pick=lambda p: _amount(p.injection_night),
    tariff="night",
)
INJECTION = Record(
    label=phrase("injection"),
    unit="kWh",
    pick=lambda p: _amount(p.injection_day, p.injection_night),
)
ELECTRICITY = Record(
    label=phrase("electricity"), unit="EUR", pick=lambda p: p.electricity_eur, paid=_electricity
)
GAS = Record(label=phrase("gas"), unit="m3", pick=lambda p: _amount(p.gas))
GAS_KWH = Record(label=phrase("gas"), unit="kWh", pick=lambda p: p.gas_kwh)
GAS_EUR = Record(
    label=phrase("gas"), unit="EUR", pick=lambda p: _eur(p.gas), paid=lambda p: (p.gas,)
)
WATER = Record(label=phrase("water"), unit="m3", pick=lambda p: _amount(p.water))
WATER_EUR = Record(
    label=phrase("water"), unit="EUR", pick=lambda p: _eur(p.water), paid=lambda p: (p.water,)
)
TOTAL = Record(
    label=phrase("total"),
    unit="EUR",
    pick=lambda p: p.total_eur,
    paid=lambda p: (*_electricity(p), p.gas, p.water),
)
PEAK = Record(label=phrase("peak"), unit="kW", pick=lambda p: p.peak.kw if p.peak else None)

SMALL = (
    OFFTAKE_DAY, OFFTAKE_NIGHT, INJECTION, ELECTRICITY, GAS, GAS_EUR, WATER, WATER_EUR, TOTAL,
)  # fmt: skip
MEDIUM = (
    OFFTAKE_DAY, OFFTAKE_NIGHT, INJECTION_DAY, INJECTION_NIGHT, ELECTRICITY, GAS, GAS_EUR,
    WATER, WATER_EUR, TOTAL, PEAK,
)  # fmt: skip
LARGE = (
    OFFTAKE_DAY, _paid(phrase("offtake day"), "day", lambda p: p.offtake_day),
    OFFTAKE_NIGHT, _paid(phrase("offtake night"), "night", lambda p: p.offtake_night),
    INJECTION_DAY, _paid(phrase("injection day"), "day", lambda p: p.injection_day),
    INJECTION_NIGHT, _paid(phrase("injection night"), "night", lambda p: p.injection_night),
    ELECTRICITY, GAS, GAS_KWH, *MEDIUM[6:],
)  # fmt: skip

SPARED = WATER, GAS
"""Left out first where there are too few rows: their money is shown as well."""

NEAR_FIRST = ("today", "day-1", "week", "month", "year", "day-2", "day-3")
RUNNING = ("today", "week", "month", "year")
IN_ORDER = ("day-3", "day-2", "day-1", "today", "week", "month", "year")


def usage_width(periods: int, column: int = COLUMN) -> int:
    """The natural width of the usage panel."""
    return LABEL + periods * column + 4


def shorter(records: Sequence[Record], by: int) -> tuple[Record, ...]:
    """The records without `by` of those that may be spared."""
    return tuple(each for each in records if each not in SPARED[: max(0, by)])


def usage(
    view: MeterView,
    size: Size,
    glyphs: Glyphs,
    records: tuple[Record, ...],
    column: int = COLUMN,
    title: str = "",
) -> Block:
    """Use and cost of each period; the rows of the running tariff green and marked."""
    room = min(7, max(1, (size.columns - 4 - LABEL) // column))
    names = IN_ORDER if room == 7 else NEAR_FIRST[:room]
    periods = [period(view, name) for name in names]
    tariff = view.house.tariff if view.house else None
    lines = [_heads(names, column, glyphs)]
    if records is LARGE:
        starts = "".join(f"{glyphs.day(told.start) if told else '-':>{column}}" for told in periods)
        lines.append([ink(("  " + glyphs.say("from")).ljust(LABEL) + starts, DIM)])
    columns = [*zip(names, periods, strict=True)]
    lines += [_usage_line(record, columns, column, tariff, glyphs) for record in records]
    if records is LARGE:
        moments = "".join(f"{_peak_at(*each, glyphs):>{column}}" for each in columns)
        lines.append([ink(("  " + glyphs.say("peak at")).ljust(LABEL) + moments)])
    head = title or glyphs.say("Use and cost")
    return panel(f"{head}{_legend(periods, glyphs)}", lines, size, glyphs)


def _heads(names: tuple[str, ...], column: int, glyphs: Glyphs) -> Line:
    words = (_period_name(name, glyphs) for name in names)
    return [ink(" " * LABEL), ink("".join(f"{word:>{column}}" for word in words), DIM)]


def _period_name(name: str, glyphs: Glyphs) -> str:
    """The head of a column."""
    match name:
        case "today":
            return glyphs.say("today")
        case "day-1":
            return glyphs.say("yesterday")
        case "week":
            return glyphs.say("week")
        case "month":
            return glyphs.say("month")
        case "year":
            return glyphs.say("year")
    return glyphs.say("day {back}", back=name.removeprefix("day"))


def _usage_line(
    record: Record,
    columns: Sequence[tuple[str, messages.UsagePeriod | None]],
    column: int,
    tariff: str | None,
    glyphs: Glyphs,
) -> Line:
    running = record.tariff == tariff
    label = f"{glyphs.here if running else ' '} {record.called(glyphs)}"
    values = "".join(_value(record, name, told, column, glyphs) for name, told in columns)
    style = IN_FORCE if running else STRONG if record is TOTAL else None
    return [ink(f"{label:<{LABEL}}{values}", style)]


def _value(
    record: Record,
    name: str,
    told: messages.UsagePeriod | None,
    column: int,
    glyphs: Glyphs,
) -> str:
    """The number of a period; its peak in words until a quarter of it has closed."""
    if told is None:
        return glyphs.number(None, column)
    if record is PEAK and _peak_awaited(name, told):
        return f"{glyphs.say('none yet'):>{column}}"
    return marked(glyphs.number(record.pick(told), column), record.mark(told))


def _peak_awaited(name: str, told: messages.UsagePeriod) -> bool:
    """True if a period that runs has use, and no quarter of it has closed."""
    return told.peak is None and name in RUNNING and any(_electricity(told))


def _legend(told: Sequence[messages.UsagePeriod | None], glyphs: Glyphs) -> str:
    """Legend of the marks in the table, if any."""
    marks = {TOTAL.mark(each) for each in told if each}
    words = {
        PROVISIONAL: glyphs.say("{mark} provisional", mark=PROVISIONAL),
        INCOMPLETE: glyphs.say("{mark} some use has no price yet", mark=INCOMPLETE),
    }
    return "".join(f", {said}" for mark, said in words.items() if mark in marks)


def _peak_at(name: str, told: messages.UsagePeriod | None, glyphs: Glyphs) -> str:
    if told is not None and _peak_awaited(name, told):
        return ""
    if told is None or told.peak is None or told.peak.at is None:
        return "-"
    return clock(told.peak.at) if told.days == 1 else glyphs.day(told.peak.at)
