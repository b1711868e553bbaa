"""What the charging screen shows, frozen: each cable with its plan, the cars, the trips, the house.

ev fills it from its own state; nothing here reads a clock.
"""

from dataclasses import dataclass
from datetime import datetime

from base import messages
from base.limits import STALE_S
from ev.central_plan import Plan
from ev.charge_demand import Demand, Urgency
from ev.charger_state import Control
from ev.facts import SetPoint, Trip
from ev.inputs import Cable
from screen.primitives import clock, number, span


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """One charger with its set-point, what its car wants, and when; `read_by` read its SoC.

    `whose` says why the car is thought to be this one; `came` is when it came, `eur` what its
    energy cost since; what came from the home battery is in it at `battery_eur_kwh`. `asks` are
    the cars that may hang there when the owner must say which.
    """

    cable: Cable
    demand: Demand
    control: Control
    plan: Plan | None = None
    whose: str = ""
    read_by: str = ""
    came: datetime | None = None
    eur: float | None = None
    battery_eur_kwh: float | None = None
    asks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The charger's name."""
        return self.cable.charger.charger

    @property
    def set(self) -> SetPoint:
        return self.control.set


@dataclass(frozen=True, slots=True, kw_only=True)
class CarRow:
    """A car of the house: how full, read when and by whom, and where it is."""

    name: str
    soc_pct: float | None
    read_at: datetime | None
    read_by: str
    charger: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingView:
    """Everything on the charging screen. `heard` is when the last house message came.

    `now` and `heard` are of the same clock. `plugs` are the most urgent first. `trouble` is what
    the owner should know of calendars and cars.
    """

    now: datetime
    heard: datetime | None = None
    house: messages.House | None = None
    plugs: tuple[Plug, ...] = ()
    cars: tuple[CarRow, ...] = ()
    trips: tuple[Trip, ...] = ()
    trouble: tuple[str, ...] = ()
    events: messages.Events | None = None
    asked_kw: float | None = None
    title: str = "ev charging"
    peer: str = "ev"

    @property
    def age_s(self) -> float | None:
        """Seconds since the house was heard."""
        return None if self.heard is None else max(0.0, (self.now - self.heard).total_seconds())

    @property
    def stale(self) -> bool:
        """Whether nobody knows what the house takes."""
        fresh = self.house is not None and self.house.health.state == "fresh"
        return not fresh or self.age_s is None or self.age_s > STALE_S


def house_age(view: ChargingView) -> str:
    """How old the facts of the house are, in words."""
    if view.age_s is None:
        return "waiting for the meter"
    if view.stale and view.age_s <= STALE_S:
        return "the meter is silent"
    return f"no house for {span(view.age_s)}" if view.stale else f"house {span(view.age_s)} ago"


def headline(view: ChargingView) -> str:
    """Will the car be ready? In one sentence."""
    if not view.plugs:
        return "no charger was read yet"
    plug = view.plugs[0]
    if not plug.cable.charger.plugged:
        return "no car connected"
    soc = number(plug.cable.soc_pct, 0, 0)
    return f"{plug.cable.name} {soc} %, {ready(plug, view.now)}"


def told(view: ChargingView) -> str:
    """The headline and the reason of the set-point."""
    why = view.plugs[0].set.why if view.plugs else ""
    return f"{headline(view)}: {why}" if why else headline(view)


def ready(plug: Plug, now: datetime) -> str:
    """When the car will be ready."""
    if plug.demand.energy_kwh <= 0:
        return "ready" if plug.demand.urgency is Urgency.NONE else "charging"
    plan = plug.plan
    if plan is None:
        return "charging" if plug.set.current_a else "waiting"
    if plug.control.alarm:
        return f"{plan.lacks_kwh:.1f} kWh short at {_when(plan.deadline, now)}"
    return f"ready {_when(plan.ready_at, now)}"


def summary(view: ChargingView) -> str:
    """One plain line for where there is no terminal."""
    facts = [headline(view)]
    if view.plugs:
        plug = view.plugs[0]
        facts.append(f"charging {number(plug.cable.charger.power_kw, 0)} kW")
        facts.append(plug.set.why)
    return f"{clock(view.now, '%Y-%m-%d %H:%M')} {', '.join(facts)}"


def _when(at: datetime | None, now: datetime) -> str:
    """A moment of the coming days: the day too, when it is not today's."""
    if at is None:
        return "-"
    return clock(at) if clock(at, "%j") == clock(now, "%j") else clock(at, "%a %H:%M")
