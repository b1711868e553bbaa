"""The plan strip of the charging screen: a mark for each coming quarter."""

from datetime import datetime, timedelta

from rich.style import Style

from base.time import QUARTER
from ev.central_plan import Plan
from screen.charging.view import Plug, ready
from screen.primitives import DIM, STRONG, Block, Glyphs, Line, Size, clock, ink, panel, runs

PLANNED_KW = 0.05


def plan(plug: Plug, now: datetime, size: Size, glyphs: Glyphs) -> Block:
    """The coming hours: a mark for each quarter, full where it charges, and when it is ready.

    With little room, the peak cost has priority over the reason.
    """
    width, rows = size.columns - 4, size.rows - 2
    why = glyphs.short(glyphs.read(plug.set.why.partition(": ")[2] or plug.set.why), width)
    made = plug.plan
    if made is None:
        return panel(glyphs.say("Plan"), [[ink(why)]], size, glyphs)
    first = made.start.replace(minute=0, second=0, microsecond=0)
    cells = width - width % 4
    strip, inks = _strip(made, first, cells, glyphs)
    lines: list[Line] = [[ink(_hours(first, cells), DIM)], runs(strip, inks)]
    peak = _peak(made, glyphs)
    if rows >= 4:
        lines.append([ink(glyphs.short(_money(made, peak, glyphs), width), DIM)])
    lines.append([ink(why if rows >= 4 or not peak else glyphs.short(peak, width))])
    if rows >= 5 and plug.whose:
        lines.append([ink(glyphs.short(glyphs.read(plug.whose), width), DIM)])
    title = glyphs.say("Plan, {when}", when=ready(plug, now, glyphs))
    return panel(title, lines, size, glyphs, alarm=plug.control.alarm is not None)


def _strip(made: Plan, first: datetime, cells: int, glyphs: Glyphs) -> tuple[str, list[Style]]:
    """A character for each quarter from `first`, and its ink."""
    text, inks = [" "] * cells, [DIM] * cells
    offset = (made.start - first) // QUARTER
    for place, (kw, sunny) in enumerate(zip(made.kws, made.sunny, strict=True), offset):
        if 0 <= place < cells:
            mark = glyphs.part if sunny else glyphs.full
            text[place] = mark if kw > PLANNED_KW else glyphs.free
            inks[place] = STRONG if kw > PLANNED_KW else DIM
    end = (made.deadline - first) // QUARTER
    if 0 <= end < cells:
        text[end] = glyphs.limit
    return "".join(text), inks


def _hours(first: datetime, cells: int) -> str:
    """The hours above the strip, four characters each."""
    hours = range(cells // 4)
    return "".join(f"{clock(first + timedelta(hours=hour), '%H'):<4}" for hour in hours)


def _money(made: Plan, peak: str, glyphs: Glyphs) -> str:
    """Energy and cost of the plan."""
    given = f"{glyphs.number(made.energy_kwh, 0, 1)} kWh"
    if made.eur is not None:
        given = glyphs.say(
            "{kwh:.1f} kWh for {eur:.2f} {euro}",
            kwh=made.energy_kwh,
            eur=made.eur,
            euro=glyphs.euro,
        )
    return "; ".join(filter(None, (given, peak)))


def _peak(made: Plan, glyphs: Glyphs) -> str:
    """Cost in month peak, on which the owner may decide; "" when nothing."""
    if made.choice is None or made.over_kw < 0.1:
        return ""
    return glyphs.say(
        "{kw:.2f} kW above the month peak: {eur:.2f} {euro}; type refuse to leave with less",
        kw=made.over_kw,
        eur=made.choice.eur,
        euro=glyphs.euro,
    )
