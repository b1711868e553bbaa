"""The month peaks: this month and the ones before, and the price of one more kW."""

from datetime import date, datetime
from math import ceil
from textwrap import wrap

from base import messages
from base.time import BRUSSELS
from screen.meter.view import MeterView
from screen.primitives import (
    DIM,
    STRONG,
    Block,
    Glyphs,
    Line,
    Size,
    fit,
    ink,
    panel,
)

MONTHS = 13
LONG = 24


def months(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """The peaks of this month and the ones before, newest first, as numbers and bars. With rows for
    a list also the least billed peak, and the price of one more kW with its reason.
    """
    told, bill = view.peak, view.bill
    rows, width = size.rows - 2, size.columns - 4
    peaks = _peaks(told)[:MONTHS] if told else []
    each = width // max(1, ceil(len(peaks) / rows))
    cells = _long(peaks, bill, each, glyphs) if each >= LONG else _short(peaks, glyphs)
    lines = _in_columns(cells, rows, each)
    title = _title(told, glyphs)
    notes = _notes(told, bill, width, glyphs)
    if len(lines) + len(notes) <= rows:
        lines += notes
    elif bill and bill.peak_eur_kw and told and told.mean_kw:
        title = glyphs.say(
            "Month peaks, mean {mean:.2f} kW, one more kW costs {eur:.2f} {euro}",
            mean=told.mean_kw,
            eur=bill.peak_eur_kw,
            euro=glyphs.euro,
        )
    return panel(title, lines or [[ink(glyphs.say("none yet"), DIM)]], size, glyphs)


def _title(told: messages.PeakState | None, glyphs: Glyphs) -> str:
    if told is None or not told.mean_kw:
        return glyphs.say("Month peaks")
    return glyphs.say("Month peaks, mean {mean:.2f} kW", mean=told.mean_kw)


def _notes(
    told: messages.PeakState | None, bill: messages.Bill | None, width: int, glyphs: Glyphs
) -> list[Line]:
    """The least billed peak of each month, and the price of one more kW with its reason."""
    if told is None:
        return []
    floor = glyphs.say("each billed as at least {kw:.2f} kW", kw=told.floor_kw)
    texts = (floor, glyphs.read(bill.why)) if bill else (floor,)
    return [[], *([ink(line, DIM)] for text in texts for line in wrap(text, width))]


def _in_columns(cells: list[Line], rows: int, each: int) -> list[Line]:
    """The cells below each other in columns of `rows`, `each` wide."""
    return [
        [part for cell in cells[row::rows] for part in fit(cell, each)]
        for row in range(min(rows, len(cells)))
    ]


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


def _long(
    peaks: list[messages.MonthPeak], bill: messages.Bill | None, width: int, glyphs: Glyphs
) -> list[Line]:
    """For each month its time, kW, a bar, and a remark."""
    tags = [_tag(peak, bill, glyphs) for peak in peaks]
    room = max(0, width - LONG - max(map(len, tags), default=0))
    most = max((peak.kw for peak in peaks), default=0.0)
    lines: list[Line] = []
    for place, (peak, tag) in enumerate(zip(peaks, tags, strict=True)):
        mark, style = (glyphs.here, STRONG) if place == 0 else (" ", None)
        when = glyphs.moment(peak.at) or glyphs.clock(peak.month, "%b %Y")
        bar = glyphs.full * (round(peak.kw / most * room) if most > 0 else 0)
        fact = f"{mark} {when:>12}{glyphs.number(peak.kw, 6)}"
        lines.append([ink(fact, style), ink(" kW ", DIM), ink(bar, style or DIM), ink(tag, DIM)])
    return lines


def _tag(peak: messages.MonthPeak, bill: messages.Bill | None, glyphs: Glyphs) -> str:
    """A remark for the month that leaves the bill next, or a peak that the meter did not count."""
    billed = bill.peaks if bill else ()
    if any(each.month == peak.month and each.drops_out_next for each in billed):
        return " " + glyphs.say("out next")
    return " " + glyphs.say("own") if peak.source == "own" else ""


def _short(peaks: list[messages.MonthPeak], glyphs: Glyphs) -> list[Line]:
    """For each month its name, its kW, and a bar that rises."""
    most = max((peak.kw for peak in peaks), default=0.0)
    full = len(glyphs.rising) - 1
    lines: list[Line] = []
    for place, peak in enumerate(peaks):
        mark, style = (glyphs.here, STRONG) if place == 0 else (" ", None)
        bar = glyphs.rising[ceil(peak.kw / most * full) if most > 0 else 0]
        fact = f"{mark} {glyphs.clock(peak.month, '%b')}{glyphs.number(peak.kw, 6)} "
        lines.append([ink(fact, style), ink(bar * 2, style or DIM)])
    return lines
