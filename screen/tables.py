"""The tables: use and cost by period, and the month peaks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import messages
from screen.kit import (
    BRUSSELS,
    DIM,
    IN_FORCE,
    STRONG,
    Block,
    Glyphs,
    Line,
    Size,
    clock,
    day,
    ink,
    moment,
    number,
    panel,
)
from screen.view import MeterView, period

LABEL = 22
MONTHS = 13
DATED, UNDATED, OWN = 24, 20, " own"


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the usage table: its words, its unit, and where a period keeps its number.

    `tariff` is the tariff in which this row is the one that runs.
    """

    label: str
    unit: str
    pick: Callable[[messages.UsagePeriod], float | None]
    tariff: str = ""


def _amount(*parts: messages.Used | None) -> float | None:
    known = [part.amount for part in parts if part is not None]
    return sum(known) if known else None


def _eur(part: messages.Used | None) -> float | None:
    return None if part is None else part.eur


OFFTAKE_DAY = Record("offtake day", "kWh", lambda p: _amount(p.offtake_day), "day")
OFFTAKE_NIGHT = Record("offtake night", "kWh", lambda p: _amount(p.offtake_night), "night")
INJECTION_DAY = Record("injection day", "kWh", lambda p: _amount(p.injection_day), "day")
INJECTION_NIGHT = Record("injection night", "kWh", lambda p: _amount(p.injection_night), "night")
INJECTION = Record("injection", "kWh", lambda p: _amount(p.injection_day, p.injection_night))
ELECTRICITY = Record("electricity", "EUR", lambda p: p.electricity_eur)
GAS = Record("gas", "m3", lambda p: _amount(p.gas))
GAS_KWH = Record("gas", "kWh", lambda p: p.gas_kwh)
GAS_EUR = Record("gas", "EUR", lambda p: _eur(p.gas))
WATER = Record("water", "m3", lambda p: _amount(p.water))
WATER_EUR = Record("water", "EUR", lambda p: _eur(p.water))
TOTAL = Record("total", "EUR", lambda p: p.total_eur)
PEAK = Record("peak", "kW", lambda p: p.peak.kw if p.peak else None)

SMALL = (
    OFFTAKE_DAY, OFFTAKE_NIGHT, INJECTION, ELECTRICITY, GAS, GAS_EUR, WATER, WATER_EUR, TOTAL,
)  # fmt: skip
MEDIUM = (
    OFFTAKE_DAY, OFFTAKE_NIGHT, INJECTION_DAY, INJECTION_NIGHT, ELECTRICITY, GAS, GAS_KWH, GAS_EUR,
    WATER, WATER_EUR, TOTAL, PEAK,
)  # fmt: skip
LARGE = (
    OFFTAKE_DAY, Record("offtake day", "EUR", lambda p: _eur(p.offtake_day), "day"),
    OFFTAKE_NIGHT, Record("offtake night", "EUR", lambda p: _eur(p.offtake_night), "night"),
    INJECTION_DAY, Record("injection day", "EUR", lambda p: _eur(p.injection_day), "day"),
    INJECTION_NIGHT, Record("injection night", "EUR", lambda p: _eur(p.injection_night), "night"),
    *MEDIUM[4:],
)  # fmt: skip

NEAR_FIRST = ("today", "day-1", "week", "month", "year", "day-2", "day-3")
IN_ORDER = ("day-3", "day-2", "day-1", "today", "week", "month", "year")


def usage_width(periods: int, column: int) -> int:
    """The natural width of the usage panel."""
    return LABEL + periods * column + 4


def usage(
    view: MeterView, size: Size, glyphs: Glyphs, records: tuple[Record, ...], column: int
) -> Block:
    """What each period used and cost; the rows of the running tariff green and marked."""
    room = min(7, max(1, (size.columns - 4 - LABEL) // column))
    names = IN_ORDER if room == 7 else NEAR_FIRST[:room]
    periods = [period(view, name) for name in names]
    tariff = view.house.tariff if view.house else None
    lines = [_heads(names, column)]
    if records is LARGE:
        starts = "".join(f"{day(told.start) if told else '-':>{column}}" for told in periods)
        lines.append([ink(f"{'  from':<{LABEL}}{starts}", DIM)])
    lines += [_usage_line(record, periods, column, tariff, glyphs) for record in records]
    if records is LARGE:
        moments = "".join(f"{_peak_at(told):>{column}}" for told in periods)
        lines.append([ink(f"{'  peak at':<{LABEL}}{moments}")])
    return panel("Use and cost", lines, size, glyphs)


def _heads(names: tuple[str, ...], column: int) -> Line:
    words = ("yesterday" if name == "day-1" else name for name in names)
    return [ink(" " * LABEL), ink("".join(f"{word:>{column}}" for word in words), DIM)]


def _usage_line(
    record: Record,
    periods: list[messages.UsagePeriod | None],
    column: int,
    tariff: str | None,
    glyphs: Glyphs,
) -> Line:
    running = record.tariff == tariff
    label = f"{glyphs.here if running else ' '} {record.label} {glyphs.unit(record.unit)}"
    values = "".join(number(record.pick(told) if told else None, column) for told in periods)
    style = IN_FORCE if running else STRONG if record is TOTAL else None
    return [ink(f"{label:<{LABEL}}{values}", style)]


def _peak_at(told: messages.UsagePeriod | None) -> str:
    if told is None or told.peak is None or told.peak.at is None:
        return "-"
    return clock(told.peak.at) if told.days == 1 else day(told.peak.at)


def months(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """The peak of this month and of those before, newest first, as numbers and bars."""
    told = view.peak
    mean = f", mean {told.mean_kw:.2f} kW" if told and told.mean_kw is not None else ""
    peaks = _peaks(told)[:MONTHS] if told else []
    head = DATED if size.columns >= 36 else UNDATED
    own = len(OWN) if any(_is_own(peak) for peak in peaks) else 0
    room = max(0, size.columns - 4 - head - own)
    cell_kw = max((peak.kw for peak in peaks), default=0.0) / max(1, room)
    lines = [_month_line(peak, cell_kw, head, glyphs, here=not n) for n, peak in enumerate(peaks)]
    if told:
        lines += [[], [ink(f"billed at least {told.floor_kw:.2f} kW", DIM)]]
    return panel(f"Months peak{mean}", lines or [[ink("-")]], size, glyphs)


def _is_own(peak: messages.MonthPeak) -> bool:
    return peak.source == "own"


def _peaks(told: messages.PeakState) -> list[messages.MonthPeak]:
    """This month's peak and the past ones, newest first, each month once."""
    peaks = {peak.month: peak for peak in told.months}
    if told.month_peak is not None and told.time is not None:
        month = _month(told.time)
        current = messages.MonthPeak(month=month, kw=told.month_peak.kw, at=told.month_peak.at)
        peaks[month] = current
    return sorted(peaks.values(), key=lambda peak: peak.month, reverse=True)


def _month(at: datetime) -> date:
    return at.astimezone(BRUSSELS).date().replace(day=1)


def _month_line(
    peak: messages.MonthPeak, cell_kw: float, width: int, glyphs: Glyphs, *, here: bool
) -> Line:
    when = moment(peak.at) if peak.at and width == DATED else f"{peak.month:%b %Y}"
    head = f"{glyphs.here if here else ' '} {when:>{width - 12}}{number(peak.kw, 6)}"
    bar = glyphs.full * (round(peak.kw / cell_kw) if cell_kw else 0)
    style = STRONG if here else None
    own = ink(OWN if _is_own(peak) else "", DIM)
    return [ink(head, style), ink(" kW ", DIM), ink(bar, None if here else DIM), own]
