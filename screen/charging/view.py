"""The view of the charging screen, frozen: chargers with their plan, cars, trips, the house.

Nothing here reads a clock.
"""

from dataclasses import dataclass
from datetime import datetime

from base.language import phrase
from ev.central_plan import Plan
from ev.charge_demand import Demand, Urgency
from ev.charger_state import Control
from ev.facts import SetPoint, Trip
from ev.habit import Usual
from ev.inputs import Cable
from screen.primitives import Glyphs, clock
from screen.satellite import SatelliteView


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """One charger with its set-point, its car's demand and deadline; `read_by` is the source of its
    SoC.

    `whose` is the reason for identifying the car; `came` is the time of its arrival, `eur` the cost
    of its energy since then, with the home battery's at `battery_eur_kwh`. `asks` are the cars that
    may be plugged in there when the owner must say which.
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
    """A car of the house: state of charge, time and source of its reading, and place."""

    name: str
    soc_pct: float | None
    read_at: datetime | None
    read_by: str
    charger: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualRow:
    """A usual trip of a car that was not announced; about `km` far."""

    car: str
    trip: Usual
    km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingView(SatelliteView):
    """Everything on the charging screen.

    `plugs` are the most urgent first. `trouble` are notices for the owner about calendars and cars.
    """

    plugs: tuple[Plug, ...] = ()
    cars: tuple[CarRow, ...] = ()
    trips: tuple[Trip, ...] = ()
    usual: tuple[UsualRow, ...] = ()
    trouble: tuple[str, ...] = ()
    asked_kw: float | None = None
    title: str = phrase("car charging")
    peer: str = "ev"


def headline(view: ChargingView, glyphs: Glyphs) -> str:
    """When the car will be ready, in one sentence."""
    if not view.plugs:
        return glyphs.say("no charger data yet")
    plug = view.plugs[0]
    if not plug.cable.charger.plugged:
        return glyphs.say("no car connected")
    name, soc_pct = glyphs.clean(plug.cable.name), plug.cable.soc_pct
    full = "" if soc_pct is None else f" {glyphs.number(soc_pct, 0, 0)} %"
    return f"{name}{full}, {ready(plug, view.now, glyphs)}"


def told(view: ChargingView, glyphs: Glyphs) -> str:
    """The headline and the reason of the set-point."""
    why = view.plugs[0].set.why if view.plugs else ""
    head = headline(view, glyphs)
    return f"{head}: {glyphs.read(why)}" if why else head


def ready(plug: Plug, now: datetime, glyphs: Glyphs) -> str:
    """When the car will be ready."""
    say = glyphs.say
    if plug.demand.energy_kwh <= 0:
        return say("ready") if plug.demand.urgency is Urgency.NONE else say("charging")
    plan = plug.plan
    if plan is None:
        return say("charging") if plug.set.current_a else say("waiting")
    if plug.control.alarm:
        at = glyphs.soon(plan.deadline, now)
        return say("{kwh:.1f} kWh short at {time}", kwh=plan.lacks_kwh, time=at)
    if plan.ready_at is not None:
        return say("ready {time}", time=glyphs.soon(plan.ready_at, now))
    if plan.ends is not None:
        return say("until {time}", time=glyphs.soon(plan.ends, now))
    return say("waiting")


def summary(view: ChargingView, glyphs: Glyphs) -> str:
    """One plain line for output without a terminal."""
    facts = [headline(view, glyphs)]
    if view.plugs:
        plug = view.plugs[0]
        if (kw := plug.cable.charger.power_kw) is not None:
            facts.append(glyphs.say("charging {kw:.2f} kW", kw=kw))
        facts.append(glyphs.read(plug.set.why))
    return f"{clock(view.now, '%Y-%m-%d %H:%M')} {', '.join(facts)}"
