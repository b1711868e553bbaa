"""The panels of the charging screen: charger, house, car, cars and trips.

Each takes what it shows and the room it has, and returns a block of exactly that size.
"""

from datetime import datetime

from ev.charge_demand import plainly
from ev.electrical import power_kw
from ev.facts import ChargerPhase
from ev.vehicle import ready_at
from screen.charging.view import CarRow, ChargingView, Plug, house_age, ready
from screen.meter.panels import fact
from screen.primitives import (
    ALARM,
    ATTENTION,
    DIM,
    IN_FORCE,
    STRONG,
    Block,
    Glyphs,
    Line,
    Size,
    block,
    clock,
    day,
    ink,
    number,
    panel,
    runs,
    span,
)

LABEL = 11
COSTS_AND_SINCE = 46
"""From so many columns on there is room for what a stay cost and since when."""
COSTS_AND_VALUE = 64
"""And for what the home battery's kWh was valued at."""


def header(view: ChargingView, columns: int, glyphs: Glyphs) -> Block:
    """Whose screen, the time, and how old the facts of the house are."""
    left = glyphs.short(view.title, columns - 50)
    stamp = clock(view.now, f"%a {day(view.now)} %Y %H:%M:%S")
    age = house_age(view)
    style = ATTENTION if view.age_s is None else ALARM if view.stale else DIM
    gap = max(1, columns - len(left) - len(stamp) - 2 - len(age))
    line = [ink(left, STRONG), ink(" " * gap + stamp + "  "), ink(age, style)]
    return block([line], Size(columns, 1))


def charger(plug: Plug, size: Size, glyphs: Glyphs) -> Block:
    """What it is told, what it measures, how much this stay got, and what the owner must do."""
    state, told = plug.cable.charger, plug.set
    amps = max(state.currents_a, default=None) if state.power_kw is not None else None
    charges = state.phase is ChargerPhase.CHARGING
    doing = [
        ink(f"{'state':<{LABEL}}"),
        ink(f"{state.phase.value}", IN_FORCE if charges else STRONG),
    ]
    valued = _valued(plug, glyphs)
    if valued and size.columns < COSTS_AND_VALUE and charges:
        doing.append(ink(valued, DIM))
    elif plug.control.since is not None:
        doing.append(ink(f" since {clock(plug.control.since)}", DIM))
    notice = glyphs.short(state.notice or _which(plug), size.columns - 4)
    lines = [
        fact("set point", told.current_a, "A", _phases(told.phases), decimals=1),
        fact("measured", amps, "A", f"{number(state.power_kw, 0)} kW", decimals=1),
        fact("session", state.session_kwh, "kWh", _cost(plug, size.columns, glyphs)),
        [ink(notice, ATTENTION)] if notice else doing,
    ]
    alarm = state.phase is ChargerPhase.ERROR
    return panel(f"Charger {state.charger}", lines, size, glyphs, alarm=alarm)


def house(view: ChargingView, size: Size, glyphs: Glyphs) -> Block:
    """Power allowed now, power asked, and what the quarter leaves."""
    told = view.house
    grant = told.grants.get(view.peer) if told else None
    granted = fact("allowed", grant.kw if grant else None, "kW", "now")
    net = (told.offtake_kw or 0.0) - (told.injection_kw or 0.0) if told else None
    side = "injection" if net is not None and net < 0 else "offtake"
    ends = f"until {clock(told.quarter.end)}" if told and told.quarter else ""
    lines = [
        granted,
        fact("asked", view.asked_kw, "kW", "by all cars"),
        fact("headroom", told.headroom_kw if told else None, "kW", ends),
        fact(side, None if net is None else abs(net), "kW"),
        fact("target", told.target_kw if told else None, "kW", "this quarter"),
        fact("price", told.price_offtake_eur_kwh if told else None, glyphs.unit("EUR/kWh"),
             decimals=4),
    ]  # fmt: skip
    return panel("House", lines, size, glyphs)


def car(plug: Plug, now: datetime, size: Size, glyphs: Glyphs) -> Block:
    """How full it is against its target, by when, what it still needs, and who says so."""
    cable, wanted = plug.cable, plug.demand
    width = size.columns - 4
    if not cable.charger.plugged:
        return panel("Car", [[ink("no car connected", DIM)]], size, glyphs)
    by = ""
    if wanted.deadline is not None:
        by = f"{clock(wanted.deadline, '%a %H:%M')} {_title(plug)}"
    needs = fact("needed", wanted.energy_kwh, "kWh", ready(plug, now), decimals=1)
    lines = [
        _bar(plug, width, glyphs),
        fact("target", wanted.target_pct, "%", glyphs.clean(by), decimals=0),
        [*needs[:-1], ink(f" {_at_power(plug, now)}")],
        [ink(f"{'read':<{LABEL}}"), ink(glyphs.short(_read(plug, now), width - LABEL))],
    ]
    return panel(f"Car {cable.name}", lines, size, glyphs)


def cars(view: ChargingView, size: Size, glyphs: Glyphs) -> Block:
    """The cars of the house, how full, read how long ago, and where they are."""
    lines = [_car_line(row, view.now, size.columns - 4, glyphs) for row in view.cars]
    return panel("Cars", lines or [[ink("none in config.py", DIM)]], size, glyphs)


def trips(view: ChargingView, size: Size, glyphs: Glyphs) -> Block:
    """The trips to come, and what of the calendar needs the owner."""
    width, rows = size.columns - 4, size.rows - 2
    lines: list[Line] = [
        [ink(glyphs.short(sentence, width), ATTENTION)] for sentence in view.trouble[:2]
    ]
    for trip in view.trips:
        head = f"{clock(trip.departure, '%a %H:%M')} {trip.car} {trip.target_pct:.0f} %"
        text = glyphs.short(head, width // 2) + " "
        title = glyphs.short(plainly(trip.title), max(0, width - len(text)))
        lines.append([ink(text), ink(title, DIM)])
    return panel("Trips", lines[:rows] or [[ink("none known", DIM)]], size, glyphs)


def _which(plug: Plug) -> str:
    """The question which car it is, with what to type; "" when nothing is asked."""
    answers = " or ".join(f"car {name}" for name in (*plug.asks, "guest"))
    return f"Which car? Type {answers} on {plug.name}" if plug.asks else ""


def _cost(plug: Plug, columns: int, glyphs: Glyphs) -> str:
    """What this stay cost, and since when, where there is room for both."""
    eur = f"{number(plug.eur, 0)} {glyphs.unit('EUR')}"
    since = f" since {clock(plug.came)}" if plug.came else ""
    value = _valued(plug, glyphs) if columns >= COSTS_AND_VALUE else ""
    return eur + since + value if columns >= COSTS_AND_SINCE else eur


def _valued(plug: Plug, glyphs: Glyphs) -> str:
    """What a kWh of the home battery is in the cost at; "" when the stay has none."""
    if plug.battery_eur_kwh is None:
        return ""
    return f", battery {plug.battery_eur_kwh:.2f} {glyphs.euro}"


def _bar(plug: Plug, width: int, glyphs: Glyphs) -> Line:
    """How full, with a mark where it must be."""
    soc, target = plug.cable.soc_pct, plug.demand.target_pct
    name = glyphs.short(plug.cable.name, 12) + " "
    end = f" {number(soc, 3, 0)} %"
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


def _at_power(plug: Plug, now: datetime) -> str:
    """How long what it needs takes at the power it gets, or would get."""
    cable, wanted = plug.cable, plug.demand
    kw = power_kw(plug.set)
    if wanted.energy_kwh <= 0:
        return "ready"
    if cable.car is None or cable.soc_pct is None or wanted.target_pct is None or not kw:
        return ready(plug, now)
    done = ready_at(cable.car, cable.soc_pct, wanted.target_pct, kw, now)
    if done is None:
        return ready(plug, now)
    hours, minutes = divmod(int((done - now).total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02} at {kw:.2f} kW"


def _title(plug: Plug) -> str:
    """The trip it must be ready for."""
    at = plug.demand.deadline
    return next((plainly(trip.title) for trip in plug.cable.trips if trip.departure == at), "")


def _read(plug: Plug, now: datetime) -> str:
    if plug.cable.soc_at is None:
        return f"never: type  soc {plug.cable.name} 55" if plug.cable.car else "a guest is not read"
    age = span((now - plug.cable.soc_at).total_seconds())
    return f"{age} ago by {plug.read_by}" if plug.read_by else f"{age} ago"


def _car_line(row: CarRow, now: datetime, width: int, glyphs: Glyphs) -> Line:
    age = "-" if row.read_at is None else span((now - row.read_at).total_seconds())
    where = f"on {row.charger}" if row.charger else "away"
    rest = f"{age} {row.read_by}".rstrip()
    head = f"{glyphs.short(row.name, 10):<11}"
    tail = glyphs.short(f"{rest}, {where}", max(0, width - 18))
    return [ink(head, STRONG), ink(f"{number(row.soc_pct, 3, 0)} %  "), ink(tail, DIM)]


def _phases(phases: int) -> str:
    return f"{phases} phase{'s' if phases > 1 else ''}"
