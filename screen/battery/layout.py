"""The battery screen: layouts that tile the terminal exactly."""

from screen.battery import panels
from screen.battery.view import BatteryView, headline
from screen.facts import widening
from screen.primitives import Block, Glyphs, Size, beside, stacked
from screen.satellite import dimmed, header
from screen.sizes import Sizes


def _small(view: BatteryView, room: Size, glyphs: Glyphs) -> Block:
    """Battery and house, the charge, the last hours, the decisions."""
    left = room.columns // 2 - widening(glyphs)
    return stacked(
        beside(
            panels.battery(view, Size(left, 7), glyphs),
            _house(view, Size(room.columns - left, 7), glyphs),
        ),
        panels.charge(view, Size(room.columns, 6), glyphs),
        panels.history(view, Size(room.columns, 4), glyphs),
        panels.decisions(view, Size(room.columns, room.rows - 17), glyphs),
    )


def _medium(view: BatteryView, room: Size, glyphs: Glyphs) -> Block:
    """Each battery too, and two days of power."""
    low = (room.rows - 21) // 2
    return stacked(
        _top(view, room.columns, glyphs),
        panels.charge(view, Size(room.columns, 8), glyphs),
        panels.ahead(view, Size(room.columns, 5), glyphs),
        panels.history(view, Size(room.columns, room.rows - 21 - low), glyphs),
        panels.decisions(view, Size(room.columns, low), glyphs),
    )


def _large(view: BatteryView, room: Size, glyphs: Glyphs) -> Block:
    """The same with the decisions of a day at the right."""
    right = room.columns // 3
    left = room.columns - right
    facts = stacked(
        _top(view, left, glyphs),
        panels.charge(view, Size(left, 8), glyphs),
        panels.ahead(view, Size(left, 5), glyphs),
        panels.history(view, Size(left, room.rows - 21), glyphs),
    )
    return beside(facts, panels.decisions(view, Size(right, room.rows), glyphs))


def _top(view: BatteryView, columns: int, glyphs: Glyphs) -> Block:
    third, more = columns // 3, widening(glyphs)
    return beside(
        panels.battery(view, Size(third, 8), glyphs),
        _house(view, Size(third + more, 8), glyphs),
        panels.batteries(view, Size(columns - 2 * third - more, 8), glyphs),
    )


def _house(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    return dimmed(panels.house(view, size, glyphs), view)


render: Sizes[BatteryView] = Sizes(
    headline=headline,
    header=header,
    small=_small,
    medium=_medium,
    large=_large,
)
