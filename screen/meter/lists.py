"""The panels of lists: cars and batteries, events, the telegram.

Each takes the view and a size, and returns a block of exactly that size.
"""

from datetime import date
from functools import lru_cache

from base import messages
from base.time import local_day
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
    ink,
    panel,
)

NAME = 9
SOME_KW = 0.05


def neighbours_rows(view: MeterView, most: int) -> int:
    """Rows of the panel of cars and batteries: a line for each, 4 at least and `most` at most."""
    choices = len(view.outlook.choices) if view.outlook else 0
    return min(max(4, len(view.neighbours) + choices + 2), most)


def neighbours(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """Power of each peer and its reason; with room also the power allowed, with more room its
    reason.

    Choices of the owner come first, but never in the place of a peer.
    """
    rows, width = size.rows - 2, size.columns - 4
    peers = len(view.neighbours)
    every = view.outlook.choices if view.outlook else ()
    choices = every[: max(0, rows - peers)]
    title = glyphs.say("Cars and batteries")
    if choices != every:
        title = glyphs.say("Cars and batteries, {count} more", count=len(every) - len(choices))
    taking = view.house.overtaking if view.house else ()
    lines: list[Line] = [
        [ink(glyphs.short(choice_told(each, glyphs), width), ATTENTION)] for each in choices
    ]
    roomy = rows - len(lines) >= 2 * peers
    for need in view.neighbours:
        grant = view.house.grants.get(need.name) if view.house else None
        beside = grant if width >= 100 and not roomy else None
        lines.append(_need_line(need, beside, width, glyphs, over=need.name in taking))
        if grant and roomy:
            why = glyphs.say(
                "allowed {kw:.2f} kW until {time}: {reason}",
                kw=grant.kw,
                time=clock(grant.until),
                reason=glyphs.read(grant.why),
            )
            lines.append([ink(" " * NAME + glyphs.short(why, width - NAME), DIM)])
    if len(lines) > rows:
        lines = [
            *lines[: rows - 1],
            [ink(glyphs.say("and {count} more", count=len(lines) - rows + 1), DIM)],
        ]
    return panel(
        title,
        lines or [[ink(glyphs.say("no car or battery connected"), DIM)]],
        size,
        glyphs,
    )


def choice_told(choice: messages.Choice, glyphs: Glyphs) -> str:
    """A trip that costs extra, and the owner's alternative, in one sentence."""
    cost, less = _choice_cost(choice, glyphs), _choice_less(choice, glyphs)
    if choice.accepted:
        return glyphs.say("{cost}, or {less} (accepted; type refuse)", cost=cost, less=less)
    return glyphs.say("{cost}, or {less} (refused; type accept)", cost=cost, less=less)


def _choice_cost(choice: messages.Choice, glyphs: Glyphs) -> str:
    eur, euro = choice.eur, glyphs.euro
    if choice.over_kw < SOME_KW:
        return glyphs.say("expensive hours: {eur:.2f} {euro}", eur=eur, euro=euro)
    return glyphs.say(
        "peak {kw:.1f} kW higher: {eur:.2f} {euro}", kw=choice.over_kw, eur=eur, euro=euro
    )


def _choice_less(choice: messages.Choice, glyphs: Glyphs) -> str:
    at, car = glyphs.clock(choice.leaves, "%a %H:%M"), glyphs.clean(choice.car)
    if choice.without_pct is None:
        return glyphs.say("{car} {kwh:.1f} kWh less {time}", car=car, kwh=choice.lacks_kwh, time=at)
    return glyphs.say("{car} at {pct:.0f} % {time}", car=car, pct=choice.without_pct, time=at)


def called(peer: str, glyphs: Glyphs) -> str:
    """The householder's name of a program: cars, battery; others keep their name."""
    match peer:
        case "ev":
            return glyphs.say("cars")
        case "bs":
            return glyphs.say("battery")
    return peer


def _need_line(
    need: messages.Need, grant: messages.Grant | None, width: int, glyphs: Glyphs, *, over: bool
) -> Line:
    why = glyphs.read(need.why)
    if not need.healthy:
        why = glyphs.say("fault: {reason}", reason=why)
    if over and grant is None:
        why = glyphs.say("takes more than allowed: {reason}", reason=why)
    name = f"{glyphs.short(called(need.name, glyphs), NAME - 1):<{NAME}}"
    allowed = ""
    if grant:
        kw = glyphs.number(grant.kw, 5)
        allowed = (
            glyphs.say("exceeds {kw} kW", kw=kw) if over else glyphs.say("allowed {kw} kW", kw=kw)
        )
        allowed += "  "
    room = max(0, width - NAME - 10 - len(allowed))
    return [
        ink(name),
        ink(glyphs.number(need.power_kw, 6), STRONG),
        ink(" kW ", DIM),
        ink(allowed, ATTENTION if over else DIM),
        ink(glyphs.short(why, room), ATTENTION if over or not need.healthy else None),
    ]


@lru_cache(maxsize=4)
def events(
    told: messages.Events | None, today: date, size: Size, glyphs: Glyphs, title: str
) -> Block:
    """The last events, newest at the top, each with its time, and its day if not `today`.

    Cached, because it changes some thirty times a day.
    """
    lines: list[Line] = []
    for event in reversed(told.events[-(size.rows - 2) :] if told else ()):
        at = clock(event.at) if local_day(event.at) == today else glyphs.moment(event.at)
        style = {"info": None, "warning": ATTENTION, "error": ALARM}[event.level]
        text = glyphs.short(leveled(event, glyphs), size.columns - 5 - len(at))
        lines.append([ink(at + " ", DIM), ink(text, style)])
    return panel(title, lines or [[ink(glyphs.say("nothing yet"), DIM)]], size, glyphs)


def leveled(event: messages.Event, glyphs: Glyphs) -> str:
    """The event, with a word before it where it is a warning or an error."""
    text = glyphs.read(event.text)
    match event.level:
        case "warning":
            return glyphs.say("warning: {text}", text=text)
        case "error":
            return glyphs.say("error: {text}", text=text)
    return text


def telegram(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """The last telegram, line by line: code, name, value."""
    told = view.telegram
    if told is None:
        return panel(glyphs.say("Telegram"), [[ink(glyphs.say("nothing yet"), DIM)]], size, glyphs)
    width, rows = size.columns - 4, size.rows - 2
    names = [glyphs.read(line.name) for line in told.lines]
    name = min(30, max(map(len, names), default=0))
    lines: list[Line] = [[ink(glyphs.short(told.header, width), DIM)]]
    for line, called in zip(told.lines, names, strict=True):
        code, what = f"{glyphs.short(line.obis, 11):<12}", f"{glyphs.short(called, name):<{name}} "
        text = glyphs.short(glyphs.read(line.text), max(0, width - len(code) - len(what)))
        lines.append([ink(code, DIM), ink(what), ink(text, STRONG)])
    if len(lines) > rows:
        more = glyphs.many("{count} more line", "{count} more lines", len(lines) - rows + 1)
        lines = [*lines[: rows - 1], [ink(more, DIM)]]
    title = glyphs.say("Telegram {time}", time=clock(told.time, "%H:%M:%S"))
    return panel(title, lines, size, glyphs)
