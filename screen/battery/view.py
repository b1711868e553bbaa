"""What the battery screen shows, frozen; bs fills it from its own state. No clock is read here."""

from dataclasses import dataclass, field
from datetime import datetime

from base import messages
from base.limits import STALE_S
from bs.inputs import Unit
from bs.tally import Tally
from screen.primitives import clock, number, span


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryView:
    """Everything on the battery screen. `heard` is when the last house message came.

    `told_kw` is the set-point of all batteries together (charging positive), None when they are
    left to themselves; `act` the word for it since `since`, `why` its sentence; `damping` how
    calmly what is wanted is followed now. By the plan of the meter `keep_kwh` stays stored for
    surprises, beyond the owner's reserve, and one more stored kWh is worth `worth_eur`.
    """

    now: datetime
    heard: datetime | None = None
    house: messages.House | None = None
    units: tuple[Unit, ...] = ()
    told_kw: float | None = None
    act: str = "starting"
    since: datetime | None = None
    why: str = ""
    damping: str = ""
    tally: Tally = field(default_factory=Tally)
    car_kw: float = 0.0
    keep_kwh: float | None = None
    worth_eur: float | None = None
    outlook: messages.Outlook | None = None
    events: messages.Events | None = None
    title: str = "home battery"

    @property
    def age_s(self) -> float | None:
        """Seconds since the house was heard."""
        return None if self.heard is None else max(0.0, (self.now - self.heard).total_seconds())

    @property
    def stale(self) -> bool:
        """Whether nobody knows what the house takes."""
        fresh = self.house is not None and self.house.health.state == "fresh"
        return not fresh or self.age_s is None or self.age_s > STALE_S

    @property
    def measured_kw(self) -> float | None:
        """What all batteries take; None when one does not say."""
        powers = [unit.state.power_kw for unit in self.units]
        known = [power for power in powers if power is not None]
        return sum(known) if known and len(known) == len(powers) else None

    @property
    def capacity_kwh(self) -> float:
        return sum(unit.battery.capacity_kwh for unit in self.units)

    @property
    def stored_kwh(self) -> float | None:
        """What is stored in all; None when one does not say."""
        known = [
            unit.state.soc_pct / 100 * unit.battery.capacity_kwh
            for unit in self.units
            if unit.state.soc_pct is not None
        ]
        return sum(known) if known and len(known) == len(self.units) else None

    @property
    def soc_pct(self) -> float | None:
        """How full all are together."""
        stored = self.stored_kwh
        return None if stored is None or not self.capacity_kwh else 100 * stored / self.capacity_kwh

    @property
    def reserve_kwh(self) -> float:
        """What the owner keeps in them."""
        return sum(u.battery.reserve_pct / 100 * u.battery.capacity_kwh for u in self.units)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the owner must know of a battery."""
        return tuple(
            f"{unit.battery.name}: {unit.state.notice}" for unit in self.units if unit.state.notice
        )


def house_age(view: BatteryView) -> str:
    """How old the facts of the house are, in words."""
    if view.age_s is None:
        return "waiting for the meter"
    if view.stale and view.age_s <= STALE_S:
        return "the meter is silent"
    return f"no house for {span(view.age_s)}" if view.stale else f"house {span(view.age_s)} ago"


def direction(kw: float | None) -> str:
    """The word for a power's sign."""
    return "" if kw is None or abs(kw) < 0.005 else "charging" if kw > 0 else "discharging"


def headline(view: BatteryView) -> str:
    """What it is doing, and why, in one sentence."""
    if not view.units:
        return "no battery was read yet"
    soc = f"{number(view.soc_pct, 0, 0)} %"
    return f"{soc}, {view.why}" if view.why else f"{soc}, {view.act}"


def summary(view: BatteryView) -> str:
    """One plain line for where there is no terminal."""
    measured = view.measured_kw
    size = number(None if measured is None else abs(measured), 0)
    power = f"{direction(measured) or 'power'} {size} kW"
    return f"{clock(view.now, '%Y-%m-%d %H:%M')} {power}, {headline(view)}"
