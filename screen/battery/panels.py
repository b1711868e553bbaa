"""The panels of the battery screen: battery, house, state of charge, history, the coming hours.
Each takes the view and a size, and returns a block of exactly that size.
"""

from datetime import datetime
from math import ceil
from textwrap import wrap

from rich.style import Style

from base import messages
from base.time import QUARTER
from bs.damping import Calm
from bs.inputs import Unit
from screen.battery.view import DIRECTION_KW, BatteryView, direction
from screen.facts import Fact, laid
from screen.meter import chart
from screen.meter.panels import none_yet
from screen.primitives import (
    ATTENTION,
    DIM,
    IN_FORCE,
    INACTIVE,
    STRONG,
    Block,
    Glyphs,
    Line,
    Size,
    clock,
    ink,
    midnight,
    panel,
    runs,
)

LEAST_KW = 0.02
WRAPPED_ROWS, MOST_LINES = 8, 4
NAME_ROOM, TIME = 12, 5
ANY_HOME_KWH = 0.65
"""The plan keeps up to so much in any home; more is learned."""
DAMPING_ROWS = 8  # of the panel, from which it has a line for the damping


def battery(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """Set-point, measured power, use of today, state, and damping."""
    say, told, measured = glyphs.say, view.told_kw, view.measured_kw
    way = direction(told, glyphs) or say("on hold")
    if told is None:
        way = say("its own mode") if measured is not None else ""
    cycles = view.tally.discharged_kwh / view.capacity_kwh if view.capacity_kwh else None
    width = size.columns - 4
    notice = glyphs.short("; ".join(map(glyphs.read, view.notices)), width)
    low = size.rows < DAMPING_ROWS and view.damping not in ("", Calm.AT_ONCE)
    damping = Fact(label=say("damping"), text=glyphs.read(view.damping) or "-")
    used: Fact | Line = damping if low else [ink(glyphs.short(_through(view, glyphs), width), DIM)]
    rows: list[Fact | Line] = [
        Fact(label=say("set point"), value=_size_of(told), unit="kW", note=way),
        Fact(
            label=say("measured"),
            value=_size_of(measured),
            unit="kW",
            note=direction(measured, glyphs),
        ),
        Fact(label=say("cycles"), value=cycles, note=say("today"), decimals=1),
        [ink(notice, ATTENTION)] if notice else used,
        Fact(
            label=say("state"),
            text=glyphs.read(view.act),
            text_ink=_flow(measured),
            note=say("since {time}", time=clock(view.since)) if view.since else "",
        ),
        damping,
    ]
    return panel(say("Battery"), laid(rows, width, glyphs), size, glyphs)


def _flow(kw: float | None) -> Style:
    """The colour of the power, which a word repeats."""
    if kw is None or abs(kw) < DIRECTION_KW:
        return STRONG
    return IN_FORCE if kw > 0 else INACTIVE


def _through(view: BatteryView, glyphs: Glyphs) -> str:
    return glyphs.say(
        "today {charged:.1f} kWh in and {discharged:.1f} out",
        charged=view.tally.charged_kwh,
        discharged=view.tally.discharged_kwh,
    )


def house(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """Power at the meter, the state of the quarter, and the power of the car."""
    say, told = glyphs.say, view.house
    running = told.quarter if told else None
    peak = told.month_peak if told else None
    rows: list[Fact | Line] = [
        net_fact(told, glyphs),
        Fact(
            label=say("forecast"),
            value=running.forecast_kw if running else None,
            unit="kW",
            note=say("this quarter"),
        ),
        Fact(
            label=say("target"),
            value=told.target_kw if told else None,
            unit="kW",
            note=say("until {time}", time=clock(running.end)) if running else "",
        ),
        Fact(
            label=say("month peak"),
            value=peak.kw if peak else None,
            unit="kW",
            note=glyphs.moment(peak.at) if peak else "",
            text=none_yet(told, glyphs),
        ),
        Fact(label=say("cars"), value=view.car_kw, unit="kW"),
        price_fact(told, glyphs),
    ]
    return panel(say("House"), laid(rows, size.columns - 4, glyphs), size, glyphs)


def net_fact(told: messages.House | None, glyphs: Glyphs) -> Fact:
    """Power at the meter: offtake or injection."""
    net = None
    if told and told.offtake_kw is not None:
        net = told.offtake_kw - (told.injection_kw or 0.0)
    side = glyphs.say("injection") if net is not None and net < 0 else glyphs.say("offtake")
    return Fact(label=side, value=_size_of(net), unit="kW")


def price_fact(told: messages.House | None, glyphs: Glyphs) -> Fact:
    """The price of offtake."""
    return Fact(
        label=glyphs.say("price"),
        value=told.price_offtake_eur_kwh if told else None,
        unit=glyphs.unit("EUR/kWh"),
        decimals=4,
    )


def charge(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """State of charge of all together, with the reserves marked, and how long that lasts."""
    say, width = glyphs.say, size.columns - 4
    stored = view.stored_kwh
    usable = None if stored is None else max(0.0, stored - view.reserve_kwh)
    share = round(100 * view.reserve_kwh / view.capacity_kwh) if view.capacity_kwh else 0
    rows: list[Fact | Line] = [
        soc_bar(view, width, glyphs),
        Fact(
            label=say("usable"),
            value=usable,
            unit="kWh",
            note="" if usable is None else say("above the {pct} % reserve", pct=share),
            decimals=1,
        ),
        *_lasts(view, glyphs),
        Fact(
            label=say("kept"),
            value=view.keep_kwh,
            unit="kWh",
            note=_kept_for(view, glyphs),
            decimals=1,
        ),
        Fact(
            label=say("worth"),
            value=view.worth_eur,
            unit=glyphs.unit("EUR/kWh"),
            note=say("per extra stored kWh"),
        ),
    ]
    return panel(say("State of charge"), laid(rows, width, glyphs), size, glyphs)


def _kept_for(view: BatteryView, glyphs: Glyphs) -> str:
    """Purpose of the energy that the plan keeps: a habit of this home, or what any home keeps;
    "" without a plan."""
    if view.keep_kwh is None:
        return ""
    if view.keep_kwh > ANY_HOME_KWH:
        return glyphs.say("for such hours, from past weeks")
    return glyphs.say("by the plan, as a reserve")


def soc_bar(view: BatteryView, width: int, glyphs: Glyphs) -> Line:
    """Full cells for the stored energy, a line at the reserve, and the percentage."""
    end = f" {glyphs.number(view.soc_pct, 3, 0)} %"
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
    none = [[ink(glyphs.say("no battery"), DIM)]]
    return panel(glyphs.say("Batteries"), lines or none, size, glyphs)


def decisions(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """The current reason, then the last decisions; wrapped where there is room."""
    width, today = size.columns - 4, midnight(view.now)
    now = glyphs.say("now").ljust(TIME)
    rows = 1 if size.rows < WRAPPED_ROWS else MOST_LINES
    lines: list[Line] = []
    if view.why:
        lines = _sentence(now, glyphs.read(view.why), width, rows, glyphs, STRONG)
    events = view.events.events if view.events else ()
    for event in [*reversed(events)][: size.rows - 2]:
        at = clock(event.at) if midnight(event.at) == today else glyphs.moment(event.at)
        lines += _sentence(at.ljust(len(now)), glyphs.read(event.text), width, rows, glyphs)
    nothing = [[ink(glyphs.say("nothing yet"), DIM)]]
    return panel(glyphs.say("Decisions"), lines or nothing, size, glyphs)


def _sentence(
    label: str, text: str, width: int, rows: int, glyphs: Glyphs, style: Style | None = None
) -> list[Line]:
    """The sentence beside its label, on at most `rows` rows."""
    room = width - len(label) - 1
    parts = [text]
    if rows > 1:
        parts = wrap(text, room) or [""]
        parts = [*parts[: rows - 1], " ".join(parts[rows - 1 :])] if len(parts) > rows else parts
    labels = [label] + [" " * len(label)] * (len(parts) - 1)
    return [
        [ink(f"{at} ", DIM), ink(glyphs.short(part, room), style)]
        for at, part in zip(labels, parts, strict=True)
    ]


def history(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """The power of the last days: a graph with room, else one row of its size by quarter."""
    if size.rows >= 9:
        return chart.demand(_demand(view), size, glyphs, battery=True)
    title = glyphs.say("History")
    width = size.columns - 4
    shown = view.tally.quarters[-width:]
    most = max((abs(kw) for _, kw in shown), default=0.0)
    scale = max(0.5, ceil(2 * most) / 2)
    steps = len(glyphs.rising) - 1
    marks = "".join(glyphs.rising[ceil(abs(kw) / scale * steps)] for _, kw in shown)
    hours = max(1, round(len(shown) / 4))
    words = glyphs.say(
        "kW by quarter hour, charging or discharging; last {hours} h, full height {kw:.1f} kW",
        hours=hours,
        kw=scale,
    )
    if not shown:
        return panel(title, [[ink(glyphs.say("no quarter closed yet"), DIM)]], size, glyphs)
    return panel(title, [[ink(f"{marks:>{width}}")], [ink(words, DIM)]], size, glyphs)


def ahead(view: BatteryView, size: Size, glyphs: Glyphs) -> Block:
    """The prices of the coming hours: what a kWh costs, by quarter."""
    told = view.outlook
    title = glyphs.say("Prices ahead")
    if told is None:
        return panel(title, [[ink(glyphs.say("no price known yet"), DIM)]], size, glyphs)
    width = size.columns - 4
    prices = [price for price in told.buy_eur_kwh[:width] if price is not None]
    if not prices:
        return panel(title, [[ink(glyphs.say("no price known yet"), DIM)]], size, glyphs)
    low, high = min(prices), max(prices)
    steps = len(glyphs.rising) - 1
    span = max(high - low, 0.01)
    marks = "".join(
        " " if price is None else glyphs.rising[1 + round((price - low) / span * (steps - 1))]
        for price in told.buy_eur_kwh[:width]
    )
    words = glyphs.say(
        "{unit} by quarter hour from {time}: {low:.2f} to {high:.2f}",
        unit=glyphs.unit("EUR/kWh"),
        time=clock(told.start),
        low=low,
        high=high,
    )
    lines: list[Line] = [
        [ink(_hour_marks(told, width), DIM)],
        [ink(marks)],
        [ink(words, DIM)],
    ]
    return panel(title, lines, size, glyphs)


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
    soc = f"{glyphs.number(state.soc_pct, 3, 0)} % "
    power = ""
    if state.power_kw is not None:
        way = direction(state.power_kw, glyphs)
        power = f"{glyphs.number(abs(state.power_kw), 5)} kW {way}"
    heat = "" if state.temperature_c is None else f" {state.temperature_c:.0f} °C"
    left = width - len(name) - len(soc)
    if len(power + heat) <= left:
        power += heat
    rest = glyphs.short(glyphs.read(state.notice) or power, left)
    return [ink(name), ink(soc, STRONG), ink(rest, style)]


def _size_of(kw: float | None) -> float | None:
    return None if kw is None else abs(kw)


def _lasts(view: BatteryView, glyphs: Glyphs) -> list[Fact]:
    """Time until full or empty at the present power; nothing while no power flows."""
    stored, kw = view.stored_kwh, view.measured_kw
    if stored is None or kw is None or abs(kw) < LEAST_KW:
        return []
    label = glyphs.say("full in") if kw > 0 else glyphs.say("empty in")
    hours = ((view.capacity_kwh if kw > 0 else view.reserve_kwh) - stored) / kw
    if hours <= 0:
        return []
    whole, minutes = divmod(round(hours * 60), 60)
    shown = f"{whole} h {minutes:02}" if whole else f"{minutes} min"
    at = glyphs.say("at {kw:.2f} kW", kw=abs(kw))
    return [Fact(label=label, text=shown, text_ink=STRONG, right=True, note=at)]
