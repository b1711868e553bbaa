"""The charging screen: layouts that tile the terminal exactly."""

from base.time import local_day
from screen.charging import panels, strip
from screen.charging.view import ChargingView, Plug, told
from screen.facts import widening
from screen.meter import lists
from screen.primitives import DIM, LARGE, Block, Glyphs, Size, beside, ink, panel, stacked
from screen.satellite import dimmed, header
from screen.sizes import Sizes

COLUMN = 60
TURN_S = 6
HOUSE = 38


def _small(view: ChargingView, room: Size, glyphs: Glyphs) -> Block:
    """One charger at a time: charger and house, its car, its plan, and the decisions."""
    shown = _shown(view, 1)
    left = room.columns - HOUSE - widening(glyphs) - (room.columns - 80) // 3
    plug = shown[0] if shown else None
    return stacked(
        beside(
            _charger(plug, Size(left, 6), glyphs),
            _house(view, Size(room.columns - left, 6), glyphs),
        ),
        _car_and_plan(view, plug, Size(room.columns, 11), glyphs),
        _decisions(view, Size(room.columns, room.rows - 17), glyphs),
    )


def _roomy(view: ChargingView, room: Size, glyphs: Glyphs) -> Block:
    """The chargers that fit, side by side; below them the house, cars, trips and decisions."""
    shown = _shown(view, 3 if Size(room.columns, room.rows + 1).holds(LARGE) else 2)
    widths = _split(room.columns, max(1, len(shown)))
    chargers = [
        stacked(
            _charger(plug, Size(width, 6), glyphs),
            _car_and_plan(view, plug, Size(width, 13), glyphs),
        )
        for plug, width in zip(shown or (None,), widths, strict=True)
    ]
    house = HOUSE + widening(glyphs)
    rest = room.columns - house
    return stacked(
        beside(*chargers),
        beside(
            _house(view, Size(house, 8), glyphs),
            panels.cars(view, Size(rest // 2, 8), glyphs),
            panels.trips(view, Size(rest - rest // 2, 8), glyphs),
        ),
        _decisions(view, Size(room.columns, room.rows - 27), glyphs),
    )


def _shown(view: ChargingView, most: int) -> tuple[Plug, ...]:
    """The chargers that fit; more of them are shown in turn."""
    count = len(view.plugs)
    if count <= most:
        return view.plugs
    turn = int(view.now.timestamp()) // TURN_S * most % count
    return tuple(view.plugs[(turn + place) % count] for place in range(most))


def _split(columns: int, parts: int) -> list[int]:
    """Widths that differ at most one and add up."""
    return [columns * (part + 1) // parts - columns * part // parts for part in range(parts)]


def _charger(plug: Plug | None, size: Size, glyphs: Glyphs) -> Block:
    if plug is None:
        return panel(glyphs.say("Charger"), [[ink(glyphs.say("no data yet"), DIM)]], size, glyphs)
    return panels.charger(plug, size, glyphs)


def _house(view: ChargingView, size: Size, glyphs: Glyphs) -> Block:
    return dimmed(panels.house(view, size, glyphs), view)


def _car_and_plan(view: ChargingView, plug: Plug | None, size: Size, glyphs: Glyphs) -> Block:
    car, plan = Size(size.columns, 6), Size(size.columns, size.rows - 6)
    if plug is None:
        return stacked(
            panel(glyphs.say("Car"), [], car, glyphs), panel(glyphs.say("Plan"), [], plan, glyphs)
        )
    return stacked(
        panels.car(plug, view.now, car, glyphs), strip.plan(plug, view.now, plan, glyphs)
    )


def _decisions(view: ChargingView, size: Size, glyphs: Glyphs) -> Block:
    return lists.events(view.events, local_day(view.now), size, glyphs, glyphs.say("Decisions"))


render: Sizes[ChargingView] = Sizes(
    headline=told,
    header=header,
    small=_small,
    medium=_roomy,
    large=_roomy,
)
