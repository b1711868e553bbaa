"""Values of the battery program: batteries, limits, modes and set-points."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum


class Mode(StrEnum):
    """Modes of a battery. AUTO is its own self-use; only the last two have a power."""

    AUTO = "auto"
    HOLD = "hold"
    CHARGE = "charge"
    DISCHARGE = "discharge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A battery of the household, from config.py. kWh, kW; efficiency is one way.

    A car that can discharge `leaves` each day at that time in Brussels and is then `leaves_pct`
    full.
    """

    name: str
    capacity_kwh: float
    charge_kw: float = 5.0
    discharge_kw: float = 5.0
    phases: int = 1
    reserve_pct: float = 10.0
    most_pct: float = 100.0
    efficiency: float = 0.95
    wear_eur_kwh: float = 0.02
    leaves: time | None = None
    leaves_pct: float = 80.0


@dataclass(frozen=True, slots=True)
class Departure:
    """Departure of a car that can discharge: time (UTC) and state of charge."""

    at: datetime
    soc_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryState:
    """One battery as last read at `at` (UTC). `power_kw` is positive when it charges.

    `charge_kw` and `discharge_kw` are allowed by the device now, None when unknown.
    `mode` is the set-point that it reports; `notice` a sentence when the owner must act.
    """

    battery: str
    at: datetime
    soc_pct: float | None
    power_kw: float | None
    charge_kw: float | None = None
    discharge_kw: float | None = None
    temperature_c: float | None = None
    mode: Mode | None = None
    healthy: bool = True
    notice: str = ""
    departure: Departure | None = None


@dataclass(frozen=True, slots=True)
class SetPoint:
    """Set-point of a battery, and its reason. `power_kw` is 0 or more, with (DIS)CHARGE only."""

    mode: Mode
    power_kw: float
    why: str

    @property
    def signed_kw(self) -> float:
        """Positive for charging; 0 for hold and auto."""
        return {Mode.CHARGE: 1, Mode.DISCHARGE: -1}.get(self.mode, 0) * self.power_kw
