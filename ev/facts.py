"""Facts and decisions of car charging as frozen values: cars, chargers, trips, set-points."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A car of the household, from config.py. `name` is written between the @ in the calendar.

    `most_a` and `phases` are the limits of the car itself; on several phases it draws nothing below
    `least_a`. `default_target_pct` is the target for a trip without one;
    `least_pct` below which it is charged at once.
    """

    name: str
    capacity_kwh: float
    most_a: float = 16.0
    phases: int = 3
    efficiency: float = 0.9
    consumption_kwh_100km: float = 18.0
    default_target_pct: float = 80.0
    least_pct: float = 20.0
    value_eur_kwh: float = 1.0
    least_a: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CarStatus:
    """Status of a car from one source, taken at `at` (UTC) by the car. None is not known."""

    car: str
    source: str
    at: datetime
    soc_pct: float | None = None
    range_km: float | None = None
    plugged: bool | None = None
    charging: bool | None = None
    target_pct: float | None = None
    home: bool | None = None


class ChargerPhase(StrEnum):
    """Phases of a charger."""

    STANDBY = "no car"
    CONNECTED = "car connected"
    CHARGING = "charging"
    ERROR = "error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerState:
    """One charger as last read at `at` (UTC). A, kW, kWh; None is not known.

    `set_a` and `paused` are its set-point, `phases` the number on which it charges or would charge,
    `offered_phases` the number on which it offers power; `power_kw` and `currents_a` (L1..L3) are
    measured. `session_kwh` is the energy since the plug-in; it falls when another session begins.
    `register_kwh` is the register of its meter, which only increases. `rated_a` and `rated_phases`
    are the lesser of
    charger and connector. `notice` is a sentence for the owner when action is needed.
    """

    charger: str
    at: datetime
    phase: ChargerPhase
    set_a: float | None = None
    paused: bool | None = None
    phases: int | None = None
    power_kw: float | None = None
    currents_a: tuple[float, ...] = ()
    session_kwh: float | None = None
    register_kwh: float | None = None
    rated_a: float = 16.0
    rated_phases: int = 3
    can_switch_phases: bool = False
    notice: str = ""
    offered_phases: int | None = None

    @property
    def plugged(self) -> bool:
        """True if a car is on the cable."""
        return self.phase in (ChargerPhase.CONNECTED, ChargerPhase.CHARGING)


@dataclass(frozen=True, slots=True)
class SetPoint:
    """Set-point of a charger, and its reason. 0 A is a pause; anything else is at least 6 A."""

    current_a: float
    phases: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A calendar entry as its source gives it, occurrences expanded; instants are UTC."""

    uid: str
    title: str
    description: str
    start: datetime
    end: datetime
    all_day: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A car must be ready at `departure` (UTC) and is back at `back`.

    `target_pct` is the SoC it must leave with, 0 to 100; `why` names its origin.
    """

    car: str
    departure: datetime
    back: datetime
    target_pct: float
    title: str
    why: str
