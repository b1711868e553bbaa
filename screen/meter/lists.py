"""The panels of lists: what the neighbours do, what happened, what the meter said.

Each takes the view and the room it has and returns a block of exactly that size.
"""

from functools import lru_cache

from base import messages
from screen.meter.view import MeterView
from screen.primitives import (
    ALARM,
    ATTENTION,
    DIM,
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

NAME = 9
SOME_KW = 0.05


def neighbours(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """What each peer takes and why; with room, what it is granted, and with more, why."""
    rows, width = size.rows - 2, size.columns - 4
    choices = view.outlook.choices if view.outlook else ()
    taking = view.house.overtaking if view.house else ()
    lines: list[Line] = [
        [ink(glyphs.short(choice_told(each, glyphs), width), ATTENTION)] for each in choices
    ]
    roomy = rows - len(lines) >= 2 * len(view.neighbours)
    for need in view.neighbours:
        grant = view.house.grants.get(need.name) if view.house else None
        beside = grant if width >= 100 and not roomy else None
        lines.append(_need_line(need, beside, width, glyphs, over=need.name in taking))
        if grant and roomy:
            why = f"granted {grant.kw:.2f} kW until {clock(grant.until)}: {grant.why}"
            lines.append([ink(" " * NAME + glyphs.short(why, width - NAME), DIM)])
    if len(lines) > rows:
        lines = [*lines[: rows - 1], [ink(f"and {len(lines) - rows + 1} more", DIM)]]
    return panel("Neighbours", lines or [[ink("no car or battery connected", DIM)]], size, glyphs)


def choice_told(choice: messages.Choice, glyphs: Glyphs) -> str:
    """A trip that costs extra, and the owner's other way, in one sentence."""
    peak = f"+{choice.over_kw:.1f} kW = " if choice.over_kw >= SOME_KW else "dear hours, "
    bills = " over the coming bills" if choice.over_kw >= SOME_KW else ""
    leaves = clock(choice.leaves, "%a %H:%M")
    less = f"{choice.lacks_kwh:.1f} kWh less"
    if choice.without_pct is not None:
        less = f"{choice.car} at {choice.without_pct:.0f} %"
    said = "accepted, type refuse to ev" if choice.accepted else "refused, type accept to ev"
    return f"{peak}{choice.eur:.2f} {glyphs.euro}{bills}, or {less} at {leaves} ({said})"


def _need_line(
    need: messages.Need, grant: messages.Grant | None, width: int, glyphs: Glyphs, *, over: bool
) -> Line:
    why = need.why if need.healthy else f"not well: {need.why}"
    if over and grant is None:
        why = f"takes more than granted: {why}"
    name = f"{glyphs.short(need.name, NAME - 1):<{NAME}}"
    exceeds = "exceeds" if over else "granted"
    granted = f"{exceeds} {number(grant.kw, 5)} kW  " if grant else ""
    room = max(0, width - NAME - 10 - len(granted))
    return [
        ink(name),
        ink(number(need.power_kw, 6), STRONG),
        ink(" kW ", DIM),
        ink(granted, ATTENTION if over else DIM),
        ink(glyphs.short(why, room), ATTENTION if over or not need.healthy else None),
    ]


@lru_cache(maxsize=4)
def events(
    told: messages.Events | None, today: str, size: Size, glyphs: Glyphs, title: str = "Events"
) -> Block:
    """What happened last, newest at the top, each with its time, and its day if not `today`.

    Remembered, because it changes some thirty times a day.
    """
    lines: list[Line] = []
    for event in reversed(told.events[-(size.rows - 2) :] if told else ()):
        at = clock(event.at) if day(event.at) == today else moment(event.at)
        word = "" if event.level == "info" else f"{event.level}: "
        style = {"info": None, "warning": ATTENTION, "error": ALARM}[event.level]
        text = glyphs.short(word + event.text, size.columns - 5 - len(at))
        lines.append([ink(at + " ", DIM), ink(text, style)])
    return panel(title, lines or [[ink("nothing yet", DIM)]], size, glyphs)


def telegram(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """The last telegram, line by line: code, what it is, what it says."""
    told = view.telegram
    if told is None:
        return panel("Telegram", [[ink("-")]], size, glyphs)
    width, rows = size.columns - 4, size.rows - 2
    name = min(30, max((len(line.name) for line in told.lines), default=0))
    lines: list[Line] = [[ink(glyphs.short(told.header, width), DIM)]]
    for line in told.lines:
        code, what = (
            f"{glyphs.short(line.obis, 11):<12}",
            f"{glyphs.short(line.name, name):<{name}} ",
        )
        text = glyphs.short(line.text, max(0, width - len(code) - len(what)))
        lines.append([ink(code, DIM), ink(what), ink(text, STRONG)])
    if len(lines) > rows:
        lines = [*lines[: rows - 1], [ink(f"{len(lines) - rows + 1} more lines", DIM)]]
    return panel(f"Telegram {clock(told.time, '%H:%M:%S')}", lines, size, glyphs)
