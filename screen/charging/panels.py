"""The panels of the charging screen: charger, house, car, cars and trips.

Each takes its part of the view and a size, and returns a block of exactly that size.
"""

from datetime import datetime

from rich.style import Style

from ev.charge_demand import plainly
from ev.electrical import power_kw
from ev.facts import ChargerPhase
from ev.habit import described
from ev.vehicle import ready_at
from screen.battery.panels import net_fact, price_fact
from screen.charging.view import CarRow, ChargingView, Plug, ready
from screen.facts import Fact, laid
from screen.primitives import (
    ATTENTION,
    DIM,
    IN_FORCE,
    STRONG,
    Block,
    Glyphs,
    Line,
    Size,
    clock,
    ink,
    panel,
    runs,
)

COSTS_AND_SINCE = 46
"""Columns from which cost and start of a stay fit."""
COSTS_AND_VALUE = 64
"""Columns from which the value of the home battery's kWh fits too."""


def charger(plug: Plug, size: Size, glyphs: Glyphs) -> Block:
    """Set-point, measured power, energy and cost of this stay, state or notice."""
    say, state, told = glyphs.say, plug.cable.charger, plug.set
    amps = max(state.currents_a, default=None) if state.power_kw is not None else None
    notice = glyphs.short(glyphs.read(state.notice) or _which(plug, glyphs), size.columns - 4)
    rows: list[Fact | Line] = [
        Fact(
            label=say("set point"),
            value=told.current_a,
            unit="A",
            note=glyphs.many("{count} phase", "{count} phases", told.phases),
            decimals=1,
        ),
        Fact(
            label=say("measured"),
            value=amps,
            unit="A",
            note="" if state.power_kw is None else f"{glyphs.number(state.power_kw)} kW",
            decimals=1,
        ),
        Fact(
            label=say("session"),
            value=state.session_kwh,
            unit="kWh",
            note=_cost(plug, size.columns, glyphs),
        ),
        [ink(notice, ATTENTION)] if notice else _state(plug, size.columns, glyphs),
    ]
    title = say("Charger {name}", name=glyphs.clean(state.charger))
    alarm = state.phase is ChargerPhase.ERROR
    return panel(title, laid(rows, size.columns - 4, glyphs), size, glyphs, alarm=alarm)


def _state(plug: Plug, columns: int, glyphs: Glyphs) -> Fact:
    """State of the charger, with the value of its energy or the start."""
    charges = plug.cable.charger.phase is ChargerPhase.CHARGING
    note, valued = "", _valued(plug, glyphs)
    if valued and columns < COSTS_AND_VALUE and charges:
        note = valued
    elif plug.control.since is not None:
        note = glyphs.say("since {time}", time=clock(plug.control.since))
    style: Style = IN_FORCE if charges else STRONG
    text = glyphs.read(plug.cable.charger.phase.value)
    return Fact(label=glyphs.say("state"), text=text, text_ink=style, note=note)


def house(view: ChargingView, size: Size, glyphs: Glyphs) -> Block:
    """Power allowed now, power requested, and headroom of the quarter."""
    say, told = glyphs.say, view.house
    grant = told.grants.get(view.peer) if told else None
    ends = say("until {time}", time=clock(told.quarter.end)) if told and told.quarter else ""
    rows: list[Fact | Line] = [
        Fact(
            label=say("allowed"),
            value=grant.kw if grant else None,
            unit="kW",
            note=say("right now"),
        ),
        Fact(label=say("asked"), value=view.asked_kw, unit="kW", note=say("by all cars")),
        Fact(label=say("headroom"), value=told.headroom_kw if told else None, unit="kW", note=ends),
        net_fact(told, glyphs),
        Fact(
            label=say("target"),
            value=told.target_kw if told else None,
            unit="kW",
            note=say("this quarter"),
        ),
        price_fact(told, glyphs),
    ]
    return panel(say("House"), laid(rows, size.columns - 4, glyphs), size, glyphs)


def car(plug: Plug, now: datetime, size: Size, glyphs: Glyphs) -> Block:
    """State of charge and target, deadline, remaining energy, and the source."""
    say, cable, wanted = glyphs.say, plug.cable, plug.demand
    width = size.columns - 4
    if not cable.charger.plugged:
        return panel(say("Car"), [[ink(say("no car connected"), DIM)]], size, glyphs)
    by = ""
    if wanted.deadline is not None:
        by = f"{glyphs.clock(wanted.deadline, '%a %H:%M')} {glyphs.clean(_title(plug))}"
    rows: list[Fact | Line] = [
        _bar(plug, width, glyphs),
        Fact(label=say("charge to"), value=wanted.target_pct, unit="%", note=by, decimals=0),
        Fact(
            label=say("needed"),
            value=wanted.energy_kwh,
            unit="kWh",
            note=_at_power(plug, now, glyphs),
            decimals=1,
        ),
        Fact(label=say("read"), text=_read(plug, now, glyphs)),
    ]
    title = say("Car {name}", name=glyphs.clean(cable.name))
    return panel(title, laid(rows, width, glyphs), size, glyphs)


def cars(view: ChargingView, size: Size, glyphs: Glyphs) -> Block:
    """The cars of the house: state of charge, its age, and where they are."""
    lines = [_car_line(row, view.now, size.columns - 4, glyphs) for row in view.cars]
    none = [[ink(glyphs.say("no car in config.py"), DIM)]]
    return panel(glyphs.say("Cars"), lines or none, size, glyphs)


def trips(view: ChargingView, size: Size, glyphs: Glyphs) -> Block:
    """The coming trips, and problems of calendars and cars."""
    width, rows = size.columns - 4, size.rows - 2
    lines: list[Line] = [
        [ink(glyphs.short(glyphs.read(sentence), width), ATTENTION)]
        for sentence in view.trouble[:2]
    ]
    for trip in view.trips:
        head = f"{glyphs.clock(trip.departure, '%a %H:%M')} {trip.car} {trip.target_pct:.0f} %"
        text = glyphs.short(head, width * 2 // 3) + " "
        title = glyphs.short(plainly(trip.title), max(0, width - len(text)))
        lines.append([ink(text), ink(title, DIM)])
    for row in view.usual:
        sentence = f"{glyphs.clean(row.car)} {glyphs.read(described(row.trip, row.km))}"
        lines.append([ink(glyphs.short(sentence, width), DIM)])
    none = [[ink(glyphs.say("no trip known"), DIM)]]
    return panel(glyphs.say("Trips"), lines[:rows] or none, size, glyphs)


def _which(plug: Plug, glyphs: Glyphs) -> str:
    """The question which car it is, with the command to type; "" without one."""
    if not plug.asks:
        return ""
    *first, last = (f"car {name}" for name in (*plug.asks, "guest"))
    return glyphs.say(
        "Which car? Type {answers} or {last} on {charger}",
        answers=", ".join(first),
        last=last,
        charger=plug.name,
    )


def _cost(plug: Plug, columns: int, glyphs: Glyphs) -> str:
    """Cost and start of this stay, where both fit."""
    parts = [] if plug.eur is None else [f"{glyphs.number(plug.eur)} {glyphs.euro}"]
    if columns >= COSTS_AND_SINCE and plug.came:
        parts.append(glyphs.say("since {time}", time=clock(plug.came)))
    if columns >= COSTS_AND_VALUE and (value := _valued(plug, glyphs)):
        parts.append(value)
    return ", ".join(parts)


def _valued(plug: Plug, glyphs: Glyphs) -> str:
    """Value of a kWh of the home battery in the cost; "" without one."""
    if plug.battery_eur_kwh is None:
        return ""
    eur, euro = plug.battery_eur_kwh, glyphs.euro
    return glyphs.say("battery at {eur:.2f} {euro}", eur=eur, euro=euro)


def _bar(plug: Plug, width: int, glyphs: Glyphs) -> Line:
    """State of charge as a bar, with a mark at the target."""
    soc, target = plug.cable.soc_pct, plug.demand.target_pct
    name = glyphs.short(plug.cable.name, 12) + " "
    end = f" {glyphs.number(soc, 3, 0)} %"
    cells = max(4, width - len(name) - len(end))
    done = round((soc or 0.0) / 100 * cells)
    bar = glyphs.full * done + glyphs.free * (cells - done)
    inks = [IN_FORCE if target is not None and (soc or 0.0) >= target else None] * done
    inks += [DIM] * (cells - done)
    if target is not None:
        at = min(cells - 1, int(target / 100 * cells))
        bar = bar[:at] + glyphs.limit + bar[at + 1 :]
        inks[at] = STRONG
    return [ink(name, STRONG), *runs(bar, inks), ink(end, STRONG)]


def _at_power(plug: Plug, now: datetime, glyphs: Glyphs) -> str:
    """Duration of charging at the current or coming power."""
    cable, wanted = plug.cable, plug.demand
    kw = power_kw(plug.set)
    if wanted.energy_kwh <= 0:
        return glyphs.say("ready")
    if cable.car is None or cable.soc_pct is None or wanted.target_pct is None or not kw:
        return ready(plug, now, glyphs)
    done = ready_at(cable.car, cable.soc_pct, wanted.target_pct, kw, now)
    if done is None:
        return ready(plug, now, glyphs)
    hours, minutes = divmod(int((done - now).total_seconds()) // 60, 60)
    return glyphs.say("{time} at {kw:.2f} kW", time=f"{hours} h {minutes:02}", kw=kw)


def _title(plug: Plug) -> str:
    """The trip it must be ready for."""
    at = plug.demand.deadline
    return next((plainly(trip.title) for trip in plug.cable.trips if trip.departure == at), "")


def _read(plug: Plug, now: datetime, glyphs: Glyphs) -> str:
    say = glyphs.say
    if plug.cable.soc_at is None:
        if plug.cable.car is None:
            return say("the car of a guest has no data")
        return say("never: type soc {car} 55", car=plug.cable.name)
    age = glyphs.span((now - plug.cable.soc_at).total_seconds())
    if plug.read_by:
        return say("{age} ago by {source}", age=age, source=glyphs.read(plug.read_by))
    return say("{age} ago", age=age)


def _car_line(row: CarRow, now: datetime, width: int, glyphs: Glyphs) -> Line:
    age = "" if row.read_at is None else glyphs.span((now - row.read_at).total_seconds())
    where = glyphs.say("on {charger}", charger=row.charger) if row.charger else glyphs.say("away")
    read = f"{age} {glyphs.read(row.read_by)}".strip()
    head = f"{glyphs.short(row.name, 10):<11}"
    tail = glyphs.short(", ".join(filter(None, (read, where))), max(0, width - 18))
    return [ink(head, STRONG), ink(f"{glyphs.number(row.soc_pct, 3, 0)} %  "), ink(tail, DIM)]
