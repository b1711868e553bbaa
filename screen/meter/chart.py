"""The graph of past quarters: offtake up from the time axis, injection down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import ceil

from base import messages
from base.time import BRUSSELS, QUARTER
from screen.primitives import DIM, Block, Glyphs, Line, Size, ink, panel

MARGIN = 6
TWO_DAYS_MIN = 2 * 24 * 60
STEPS_MIN = (15, 30, 60)
STEP_KW = 0.05


@dataclass(frozen=True, slots=True)
class Column:
    """One step of time: its start (UTC) and its highest quarters, kW; None when not known."""

    start: datetime
    offtake_kw: float | None
    injection_kw: float | None


@lru_cache(maxsize=4)
def demand(
    told: messages.Demand | None,
    size: Size,
    glyphs: Glyphs,
    *,
    battery: bool = False,
) -> Block:
    """The demand of two days or more, newest at the right; each column the highest quarter.

    For a `battery`: charging and discharging. Cached, because it is the most expensive panel
    and changes once a quarter.
    """
    cells, rows = size.columns - 4 - MARGIN, size.rows - 2
    if told is None or not told.offtake_kw:
        title = glyphs.say("History") if battery else glyphs.say("Demand")
        return panel(title, [[ink(glyphs.say("no quarter closed yet"), DIM)]], size, glyphs)
    step = next((step for step in STEPS_MIN if TWO_DAYS_MIN / step <= cells), 60)
    shown = columns(told, step, cells)
    offtake = [column.offtake_kw for column in shown]
    injection = [column.injection_kw for column in shown]
    row_kw, up, down = scale(highest(offtake), highest(injection), rows - 1)
    margin = MARGIN + cells - len(shown)
    lines = [
        *reversed(_bars(offtake, row_kw, up, glyphs.rising, margin, glyphs)),
        _axis(shown, glyphs, cells),
        *_bars(injection, row_kw, down, glyphs.hanging, margin, glyphs),
    ]
    return panel(
        _title(step, glyphs, battery=battery), [*[[]] * (rows - len(lines)), *lines], size, glyphs
    )


def _title(step_min: int, glyphs: Glyphs, *, battery: bool) -> str:
    """The caption: content, step, and the meaning of up and down."""
    by = by_step(step_min, glyphs)
    if battery:
        return glyphs.say("History, kW {by}: charging up, discharging down", by=by)
    if step_min == 15:
        return glyphs.say("Demand, kW {by}: offtake up, injection down", by=by)
    return glyphs.say("Demand, highest kW {by}: offtake up, injection down", by=by)


def by_step(step_min: int, glyphs: Glyphs) -> str:
    """The step of a graph, in words."""
    match step_min:
        case 15:
            return glyphs.say("by quarter hour")
        case 30:
            return glyphs.say("by half hour")
    return glyphs.say("by hour")


def columns(told: messages.Demand, step_min: int, cells: int) -> list[Column]:
    """The last `cells` steps of the clock that hold quarters, oldest first."""
    start, each = told.start.astimezone(UTC), step_min // 15
    early = start.minute % step_min // 15
    steps = ceil((len(told.offtake_kw) + early) / each)
    shown: list[Column] = []
    for step in range(max(0, steps - cells), steps):
        first = step * each - early
        quarters = slice(max(0, first), first + each)
        offtake, injection = told.offtake_kw[quarters], told.injection_kw[quarters]
        shown.append(Column(start + first * QUARTER, highest(offtake), highest(injection)))
    return shown


def highest(values: Iterable[float | None]) -> float | None:
    """The highest known value; None when all are unknown."""
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
    values: list[float | None], row_kw: float, rows: int, steps: str, margin: int, glyphs: Glyphs
) -> list[Line]:
    """`rows` rows of bars, the one at the axis first, the outermost with its kW."""
    full = len(steps) - 1
    pieces = [None if kw is None else ceil(round(max(0.0, kw) / row_kw * full, 6)) for kw in values]
    lines: list[Line] = []
    for row in range(rows):
        ladder = steps[0] * (row * full) + steps + steps[-1] * ((rows - row) * full)
        unknown = steps[0] if row else "-"
        bars = "".join(unknown if piece is None else ladder[piece] for piece in pieces)
        label = glyphs.number((row + 1) * row_kw, MARGIN - 1) if row == rows - 1 else ""
        lines.append([ink(f"{label:<{margin}}", DIM), ink(bars)])
    return lines


def _axis(shown: list[Column], glyphs: Glyphs, cells: int) -> Line:
    """The zero line with the hours written in it, and the day's name at midnight."""
    line = list(glyphs.box[1] * cells)
    for place, column in enumerate(shown, cells - len(shown)):
        local = column.start.astimezone(BRUSSELS)
        if local.hour % 6 or local.minute:
            continue
        word = glyphs.clock(local, "%a") if local.hour == 0 else f"{local:%H}"
        if place + len(word) <= cells:
            line[place : place + len(word)] = word
    return [ink(f"{glyphs.number(0.0, MARGIN - 1)} ", DIM), ink("".join(line), DIM)]
