"""The panels of the battery screen: battery, house, state of charge, history, what lies ahead.

Each takes the view and the room it has, and returns a block of exactly that size.
"""

from datetime import datetime
from math import ceil
from textwrap import wrap

from rich.style import Style

from base import messages
from base.time import QUARTER
from bs.inputs import Unit
from screen.battery.view import BatteryView, direction, house_age
from screen.meter import chart
from screen.meter.panels import LABEL, fact
from screen.primitives import (
    ALARM,
    ATTENTION,
    DIM,
    IN_FORCE,
    INACTIVE,
    STRONG,
    Block,
    Glyphs,
    Line,
    Size,
    block,
    clock,
    day,
    ink,
    moment,
    number,
    panel,
    runs,
)

LEAST_KW = 0.02
WRAPPED_ROWS, MOST_LINES = 8, 4
NAME_ROOM = 12
DAMPING_ROWS = 8  # of the panel, from which it has a line for the damping


FLOWS = {"charging": IN_FORCE, "discharging": INACTIVE}
"""The colour of what flows; the word says it too."""


def header(view: BatteryView, columns: int, glyphs: Glyphs) -> Block:
    """Whose screen, the time, and how old the facts of the house are."""
    left = glyphs.short(view.title, columns - 50)
    stamp = clock(view.now, f"%a {day(view.now)} %Y %H:%M:%S")
    age = house_age(view)
    style = ATTENTION if view.age_s is None else ALARM if view.stale else DIM
    gap = max(1, columns - len(left) - len(stamp) - 2 - len(age))
    line = [ink(left, STRONG), ink(" " * gap + stamp + "  "), ink(age, style)]
    return block([line], Size(columns, 1))


def battery(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """What it is told and measures, how much it was used today, what it does, and how calmly."""
    told, measured = view.told_kw, view.measured_kw
    way = direction(told) or "hold"
    if told is None:
        way = "its own mode" if measured is not None else ""
    cycles = view.tally.discharged_kwh / view.capacity_kwh if view.capacity_kwh else None
    since = f" since {clock(view.since)}" if view.since else ""
    through = f"{view.tally.charged_kwh:.1f} kWh in and {view.tally.discharged_kwh:.1f} out today"
    width = size.columns - 4
    notice = glyphs.short("; ".join(view.notices), width)
    low = size.rows < DAMPING_ROWS and view.damping not in ("", "at once")
    damping = [ink(f"{'damping':<{LABEL}}"), ink(view.damping or "-")]
    used = damping if low else [ink(glyphs.short(through, width), DIM)]
    act = glyphs.short(view.act, width - LABEL)
    flow = FLOWS.get(direction(measured), STRONG)
    fits = LABEL + len(act) + len(since) <= width
    lines: list[Line] = [
        fact("set point", _size_of(told), "kW", way),
        fact("measured", _size_of(measured), "kW", direction(measured)),
        fact("cycles", cycles, "", "today", decimals=1),
        [ink(notice, ATTENTION)] if notice else used,
        [
            ink(f"{'state':<{LABEL}}"),
            ink(act, flow),
            ink(since if fits else "", DIM),
        ],
        damping,
    ]
    return panel("Battery", lines, size, glyphs)


def house(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """Power at the meter, the state of the quarter, and the power of the car."""
    told = view.house
    running = told.quarter if told else None
    peak = told.month_peak if told else None
    net = None
    if told and told.offtake_kw is not None:
        net = told.offtake_kw - (told.injection_kw or 0.0)
    side = "injection" if net is not None and net < 0 else "offtake"
    lines = [
        fact(side, _size_of(net), "kW"),
        fact("forecast", running.forecast_kw if running else None, "kW", "quarter"),
        fact("target", told.target_kw if told else None, "kW", _until(running)),
        fact("month peak", peak.kw if peak else None, "kW", moment(peak.at) if peak else ""),
        fact("car takes", view.car_kw, "kW"),
        fact("price", told.price_offtake_eur_kwh if told else None, glyphs.unit("EUR/kWh"),
             decimals=4),
    ]  # fmt: skip
    return panel("House", lines, size, glyphs)


def charge(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """How full all are together, with the reserves marked, and how long that lasts."""
    width = size.columns - 4
    stored, measured = view.stored_kwh, view.measured_kw
    usable = None if stored is None else max(0.0, stored - view.reserve_kwh)
    share = round(100 * view.reserve_kwh / view.capacity_kwh) if view.capacity_kwh else 0
    lines: list[Line] = [
        soc_bar(view, width, glyphs),
        fact("usable", usable, "kWh", f"above the {share} % reserve", decimals=1),
        _time_to("full in", _hours(view.capacity_kwh, stored, measured), measured),
        _time_to("empty in", _hours(view.reserve_kwh, stored, measured), measured),
        fact("kept", view.keep_kwh, "kWh", "for evenings like this", decimals=1),
        fact("worth", view.worth_eur, glyphs.unit("EUR/kWh"), "one more kWh stored"),
    ]
    return panel("State of charge", lines, size, glyphs)


def soc_bar(view: BatteryView, width: int, glyphs: Glyphs) -> Line:
    """Full cells for what is stored, a line at the reserve, and the percentage."""
    end = f" {number(view.soc_pct, 3, 0)} %"
    cells = width - len(end)
    full = 0 if view.soc_pct is None else min(cells, max(0, round(view.soc_pct / 100 * cells)))
    text = glyphs.full * full + glyphs.free * (cells - full)
    inks = [None] * full + [DIM] * (cells - full)
    if view.capacity_kwh:
        at = min(cells - 1, int(view.reserve_kwh / view.capacity_kwh * cells))
        text = text[:at] + glyphs.limit + text[at + 1 :]
        inks[at] = STRONG
    return [*runs(text, inks), ink(end, STRONG)]


def batteries(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """Each battery by itself."""
    longest = max((len(unit.battery.name) for unit in view.units), default=0)
    room = min(NAME_ROOM, longest)
    lines = [_unit_line(unit, room, size.columns - 4, glyphs) for unit in view.units]
    return panel("Batteries", lines or [[ink("none", DIM)]], size, glyphs)


def decisions(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """Why it does what it does now, then what it did last; long sentences go on where there is room
    for it."""
    width, today = size.columns - 4, day(view.now)
    events = reversed(view.events.events) if view.events else ()
    told = [(clock(e.at) if day(e.at) == today else moment(e.at), e.text) for e in events]
    rows = 1 if size.rows < WRAPPED_ROWS else MOST_LINES
    lines = _sentence("now  ", view.why, width, rows, glyphs, STRONG) if view.why else []
    for at, text in told[: size.rows - 2]:
        lines += _sentence(at, text, width, rows, glyphs)
    return panel("Decisions", lines or [[ink("nothing yet", DIM)]], size, glyphs)


def _sentence(
    label: str, text: str, width: int, rows: int, glyphs: Glyphs, style: Style | None = None
) -> list[Line]:
    """The sentence beside its label, on so many rows at most."""
    room = width - len(label) - 1
    parts = [text]
    if rows > 1:
        parts = wrap(glyphs.clean(text), room) or [""]
        parts = [*parts[: rows - 1], " ".join(parts[rows - 1 :])] if len(parts) > rows else parts
    labels = [label] + [" " * len(label)] * (len(parts) - 1)
    return [
        [ink(f"{at} ", DIM), ink(glyphs.short(part, room), style)]
        for at, part in zip(labels, parts, strict=True)
    ]


def history(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """The power of the last days: a graph with room, else one row of its size by quarter."""
    if size.rows >= 9:
        ways = ("charging", "discharging")
        return chart.demand(_demand(view), size, glyphs, "History", ways)
    width = size.columns - 4
    shown = view.tally.quarters[-width:]
    most = max((abs(kw) for _, kw in shown), default=0.0)
    scale = max(0.5, ceil(2 * most) / 2)
    steps = len(glyphs.rising) - 1
    marks = "".join(glyphs.rising[ceil(abs(kw) / scale * steps)] for _, kw in shown)
    hours = max(1, round(len(shown) / 4))
    words = f"kW by quarter hour, either way; last {hours} h, full height {scale:.1f} kW"
    if not shown:
        return panel("History", [[ink("no quarter closed yet", DIM)]], size, glyphs)
    return panel("History", [[ink(f"{marks:>{width}}")], [ink(words, DIM)]], size, glyphs)


def ahead(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """The prices of the coming hours: what a kWh costs, by quarter."""
    told = view.outlook
    if told is None:
        return panel("Prices ahead", [[ink("-")]], size, glyphs)
    width = size.columns - 4
    prices = [price for price in told.buy_eur_kwh[:width] if price is not None]
    if not prices:
        return panel("Prices ahead", [[ink("not known", DIM)]], size, glyphs)
    low, high = min(prices), max(prices)
    steps = len(glyphs.rising) - 1
    span = max(high - low, 0.01)
    marks = "".join(
        " " if price is None else glyphs.rising[1 + round((price - low) / span * (steps - 1))]
        for price in told.buy_eur_kwh[:width]
    )
    words = f"{glyphs.unit('EUR/kWh')} by quarter hour from {clock(told.start)}"
    lines: list[Line] = [
        [ink(_hour_marks(told, width), DIM)],
        [ink(marks)],
        [ink(f"{words}: {low:.2f} to {high:.2f}", DIM)],
    ]
    return panel("Prices ahead", lines, size, glyphs)


def _hour_marks(told: messages.Outlook, width: int) -> str:
    """Every third hour, above its quarter."""
    text = [" "] * width
    for place in range(min(width - 2, len(told.buy_eur_kwh))):
        at = told.start + place * QUARTER
        if clock(at, "%M") == "00" and int(clock(at, "%H")) % 3 == 0:
            text[place : place + 2] = clock(at, "%H")
    return "".join(text)


def _demand(view: BatteryView) -> messages.Demand | None:
    """The tally as the graph takes it, quarters without a value unknown."""
    quarters = view.tally.quarters
    if not quarters:
        return None
    start: datetime = quarters[0][0]
    count = (quarters[-1][0] - start) // QUARTER + 1
    known = dict(quarters)
    values = [known.get(start + place * QUARTER) for place in range(count)]
    return messages.Demand(
        start=start,
        offtake_kw=tuple(None if kw is None else max(0.0, kw) for kw in values),
        injection_kw=tuple(None if kw is None else max(0.0, -kw) for kw in values),
    )


def _unit_line(unit: Unit, room: int, width: int, glyphs: Glyphs) -> Line:
    state = unit.state
    style = None if state.healthy else ATTENTION
    name = f"{glyphs.short(unit.battery.name, room):<{room}} "
    soc = f"{number(state.soc_pct, 3, 0)} % "
    power = f"{number(_size_of(state.power_kw), 5)} kW {direction(state.power_kw)}"
    heat = "" if state.temperature_c is None else f" {state.temperature_c:.0f} °C"
    left = width - len(name) - len(soc)
    if len(power + heat) <= left:
        power += heat
    rest = glyphs.short(state.notice or power, left)
    return [ink(name), ink(soc, STRONG), ink(rest, style)]


def _size_of(kw: float | None) -> float | None:
    return None if kw is None else abs(kw)


def _hours(end_kwh: float, stored: float | None, kw: float | None) -> float | None:
    """Hours until so much is stored at this power; None when it never is."""
    if stored is None or kw is None or abs(kw) < LEAST_KW:
        return None
    hours = (end_kwh - stored) / kw
    return hours if hours > 0 else None


def _time_to(label: str, hours: float | None, kw: float | None) -> Line:
    if hours is None or kw is None:
        return [ink(f"{label:<{LABEL}}"), ink(f"{'-':>6}", STRONG)]
    whole, minutes = divmod(round(hours * 60), 60)
    shown = f"{whole} h {minutes:02}" if whole else f"{minutes} min"
    return [ink(f"{label:<{LABEL}}"), ink(f"{shown:>6}", STRONG), ink(f" at {abs(kw):.2f} kW")]


def _until(running: messages.Quarter | None) -> str:
    return f"until {clock(running.end)}" if running else ""
