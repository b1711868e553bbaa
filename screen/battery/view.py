"""The view of the battery screen, frozen; no clock is read here."""

from dataclasses import dataclass, field
from datetime import datetime

from base import messages
from base.language import phrase
from bs.inputs import Unit
from bs.tally import Tally
from screen.primitives import Glyphs, clock
from screen.satellite import SatelliteView

DIRECTION_KW = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryView(SatelliteView):
    """Everything on the battery screen.

    `told_kw` is the set-point of all batteries together (charging positive), None when they run
    their own mode; `act` the activity since `since`, `why` its reason; `damping` the current delay
    of the set-point. `keep_kwh` is the plan's reserve beyond the owner's, `worth_eur` the value of
    one more stored kWh in the plan.
    """

    units: tuple[Unit, ...] = ()
    told_kw: float | None = None
    act: str = phrase("starting")
    since: datetime | None = None
    why: str = ""
    damping: str = ""
    tally: Tally = field(default_factory=Tally)
    car_kw: float = 0.0
    keep_kwh: float | None = None
    worth_eur: float | None = None
    outlook: messages.Outlook | None = None
    title: str = phrase("home battery")

    @property
    def measured_kw(self) -> float | None:
        """Total power of the batteries; None when one is unknown."""
        powers = [unit.state.power_kw for unit in self.units]
        known = [power for power in powers if power is not None]
        return sum(known) if known and len(known) == len(powers) else None

    @property
    def capacity_kwh(self) -> float:
        return sum(unit.battery.capacity_kwh for unit in self.units)

    @property
    def stored_kwh(self) -> float | None:
        """Total stored energy; None when one is unknown."""
        known = [
            unit.state.soc_pct / 100 * unit.battery.capacity_kwh
            for unit in self.units
            if unit.state.soc_pct is not None
        ]
        return sum(known) if known and len(known) == len(self.units) else None

    @property
    def soc_pct(self) -> float | None:
        """State of charge of all together."""
        stored = self.stored_kwh
        return None if stored is None or not self.capacity_kwh else 100 * stored / self.capacity_kwh

    @property
    def reserve_kwh(self) -> float:
        """The owner's reserve."""
        return sum(u.battery.reserve_pct / 100 * u.battery.capacity_kwh for u in self.units)

    @property
    def notices(self) -> tuple[str, ...]:
        """Notice for the owner about a battery."""
        return tuple(
            f"{unit.battery.name}: {unit.state.notice}" for unit in self.units if unit.state.notice
        )


def direction(kw: float | None, glyphs: Glyphs) -> str:
    """The word for the sign of a power."""
    if kw is None or abs(kw) < DIRECTION_KW:
        return ""
    return glyphs.say("charging") if kw > 0 else glyphs.say("discharging")


def headline(view: BatteryView, glyphs: Glyphs) -> str:
    """State and reason, in one sentence."""
    if not view.units:
        return glyphs.say("no battery data yet")
    why = glyphs.read(view.why or view.act)
    return why if view.soc_pct is None else f"{glyphs.number(view.soc_pct, 0, 0)} %, {why}"


def summary(view: BatteryView, glyphs: Glyphs) -> str:
    """One plain line for output without a terminal."""
    facts, measured = [headline(view, glyphs)], view.measured_kw
    if measured is not None:
        word = direction(measured, glyphs) or glyphs.say("power")
        facts.insert(0, f"{word} {glyphs.number(abs(measured))} kW")
    return f"{clock(view.now, '%Y-%m-%d %H:%M')} {', '.join(facts)}"
