"""The meter screen: three layouts that tile the terminal exactly, and one sentence below them."""

from screen import chart, lists, panels, tables
from screen.kit import (
    DIM,
    Block,
    Frame,
    Glyphs,
    Size,
    beside,
    block,
    day,
    ink,
    restyled,
    stacked,
)
from screen.view import MeterView, headline

SMALL = Size(80, 24)
MEDIUM = Size(120, 40)
LARGE = Size(200, 50)


def render(view: MeterView, size: Size, glyphs: Glyphs) -> Frame:
    """The meter screen at `size`, exactly; dim as a whole when what it shows is old."""
    if not size.holds(SMALL):
        return Frame(size, block([[ink(glyphs.short(headline(view), size.columns))]], size))
    head = panels.header(view, size.columns, glyphs)
    room = Size(size.columns, size.rows - 1)
    layout = _large if size.holds(LARGE) else _medium if size.holds(MEDIUM) else _small
    body = layout(view, room, glyphs)
    return Frame(size, stacked(head, restyled(body, DIM) if view.stale else body))


def _small(view: MeterView, room: Size, glyphs: Glyphs) -> Block:
    """Quarter and now, use and cost, neighbours; events when there is room for them."""
    left = room.columns - 38 - (room.columns - 80) // 3
    spare = room.rows - 23
    neighbours = 4 if spare >= 3 else 4 + spare
    blocks = [
        beside(
            panels.quarter(view, Size(left, 7), glyphs),
            panels.now(view, Size(room.columns - left, 7), glyphs),
        ),
        tables.usage(view, Size(room.columns, 12), glyphs, tables.SMALL, 13),
        lists.neighbours(view, Size(room.columns, neighbours), glyphs),
    ]
    if spare >= 3:
        blocks.append(lists.events(view.events, day(view.now), Size(room.columns, spare), glyphs))
    return stacked(*blocks)


def _medium(view: MeterView, room: Size, glyphs: Glyphs) -> Block:
    """Everything but the telegram; what is left over goes to the history."""
    table = tables.usage_width(5, 11)
    return stacked(
        _top(view, room.columns, glyphs),
        beside(
            tables.usage(view, Size(table, 15), glyphs, tables.MEDIUM, 11),
            tables.months(view, Size(room.columns - table, 15), glyphs),
        ),
        _past(view, Size(room.columns, room.rows - 23), glyphs, neighbours=4),
    )


def _large(view: MeterView, room: Size, glyphs: Glyphs) -> Block:
    """Everything, with all periods in the table and the telegram at the right."""
    telegram = min(90, room.columns - 132)
    left = room.columns - telegram
    table = tables.usage_width(7, 11)
    facts = stacked(
        _top(view, left, glyphs),
        beside(
            tables.usage(view, Size(table, 21), glyphs, tables.LARGE, 11),
            tables.months(view, Size(left - table, 21), glyphs),
        ),
        _past(view, Size(left, room.rows - 29), glyphs, neighbours=6),
    )
    return beside(facts, lists.telegram(view, Size(telegram, room.rows), glyphs))


def _top(view: MeterView, columns: int, glyphs: Glyphs) -> Block:
    """The quarter, what flows now, and the prices."""
    spread = (columns - 120) // 3
    now, rates = 38 + spread, 36 + spread
    return beside(
        panels.quarter(view, Size(columns - now - rates, 8), glyphs),
        panels.now(view, Size(now, 8), glyphs),
        panels.rates(view, Size(rates, 8), glyphs),
    )


def _past(view: MeterView, room: Size, glyphs: Glyphs, *, neighbours: int) -> Block:
    """What the neighbours do, the demand of the last days, and what happened."""
    low, events = room.rows - neighbours, 60
    return stacked(
        lists.neighbours(view, Size(room.columns, neighbours), glyphs),
        beside(
            chart.demand(view.demand, Size(room.columns - events, low), glyphs),
            lists.events(view.events, day(view.now), Size(events, low), glyphs),
        ),
    )
