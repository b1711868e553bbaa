"""The graph of past quarters: offtake up from the time axis, injection down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

import messages
from screen.kit import BRUSSELS, DIM, Block, Glyphs, Line, Size, ink, number, panel
from screen.view import MeterView

MARGIN = 6
TWO_DAYS_MIN = 2 * 24 * 60
STEPS_MIN = {15: "quarter hour", 30: "half hour", 60: "hour", 120: "two hours"}
STEP_KW = 0.05
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Column:
    """One step of time: its start (UTC) and its highest quarters, kW; None when not known."""

    start: datetime
    offtake_kw: float | None
    injection_kw: float | None


def demand(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """The demand of two days or more, newest at the right; each column the highest quarter."""
    told, cells, rows = view.demand, size.columns - 4 - MARGIN, size.rows - 2
    if told is None or not told.offtake_kw:
        return panel("Demand", [[ink("no quarter closed yet", DIM)]], size, glyphs)
    step = next((step for step in STEPS_MIN if TWO_DAYS_MIN / step <= cells), 120)
    shown = columns(told, step, cells)
    offtake = [column.offtake_kw for column in shown]
    injection = [column.injection_kw for column in shown]
    row_kw, up, down = scale(highest(offtake), highest(injection), rows - 2)
    lines = [
        *(_bars(offtake, row_kw, level, up, glyphs.rising, cells) for level in range(up, 0, -1)),
        _axis(shown, glyphs, cells),
        *(_bars(injection, row_kw, n, down, glyphs.hanging, cells) for n in range(1, down + 1)),
    ]
    pick = " (highest quarter)" if step > 15 else ""
    legend = [ink(f"kW by {STEPS_MIN[step]}{pick}: offtake up, injection down", DIM)]
    blanks = rows - 1 - len(lines)
    return panel("Demand", [*[[]] * blanks, *lines, legend], size, glyphs)


def columns(told: messages.Demand, step_min: int, cells: int) -> list[Column]:
    """The last `cells` steps of the day that hold quarters, oldest first."""
    groups: dict[datetime, list[int]] = {}
    for place in range(len(told.offtake_kw)):
        at = told.start.astimezone(UTC) + place * QUARTER
        local = at.astimezone(BRUSSELS)
        into_step = timedelta(minutes=(local.hour * 60 + local.minute) % step_min)
        groups.setdefault(at - into_step, []).append(place)
    offtake, injection = told.offtake_kw, told.injection_kw
    return [
        Column(
            start,
            highest(offtake[place] for place in places),
            highest(injection[place] for place in places if place < len(injection)),
        )
        for start, places in list(groups.items())[-cells:]
    ]


def highest(values: Iterable[float | None]) -> float | None:
    """The highest known value; None when none is known."""
    return max((value for value in values if value is not None), default=None)


def scale(up_kw: float | None, down_kw: float | None, rows: int) -> tuple[float, int, int]:
    """kW for each row, rows up, rows down: the finest step for which both fit in `rows` (> 1)."""
    up_kw, down_kw = max(up_kw or 0.0, STEP_KW), down_kw or 0.0
    steps = ceil((up_kw + down_kw) / rows / STEP_KW)
    while True:
        row_kw = steps * STEP_KW
        up, down = ceil(up_kw / row_kw), ceil(down_kw / row_kw)
        if up + down <= rows:
            return row_kw, up, down
        steps += 1


def _bars(
    values: list[float | None], row_kw: float, level: int, outer: int, glyphs: str, cells: int
) -> Line:
    """The row `level` rows from the axis; the outermost says its kW."""
    full = len(glyphs) - 1
    unknown = "-" if level == 1 else " "
    bars = "".join(
        unknown if kw is None else glyphs[piece(kw / row_kw - level + 1, full)] for kw in values
    )
    label = number(level * row_kw, MARGIN - 1) if level == outer else ""
    return [ink(f"{label:<{MARGIN}}", DIM), ink(f"{bars:>{cells}}")]


def piece(share: float, full: int) -> int:
    """Which of the glyphs fills `share` of a cell; what is above zero is seen."""
    return min(full, max(0, ceil(round(share, 6) * full)))


def _axis(shown: list[Column], glyphs: Glyphs, cells: int) -> Line:
    """The zero line with the hours written in it, and the day's name at midnight."""
    line = list(glyphs.box[1] * cells)
    for place, column in enumerate(shown, cells - len(shown)):
        local = column.start.astimezone(BRUSSELS)
        if local.hour % 6 or local.minute:
            continue
        word = f"{local:%a}" if local.hour == 0 else f"{local:%H}"
        if place + len(word) <= cells:
            line[place : place + len(word)] = word
    return [ink(f"{'0.00 ':>{MARGIN}}", DIM), ink("".join(line), DIM)]
