"""A Reading: what one telegram says about the house, in the words used everywhere."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Tariff(StrEnum):
    """The tariff in force. Source: eMUCS-P1 0-0:96.14.0, 0001 is day, 0002 is night."""

    DAY = "day"
    NIGHT = "night"


class Grid(StrEnum):
    """How the house hangs on the grid. Source: 1-0:94.32.1, else inferred from the voltages."""

    ONE_PHASE = "1x230"
    DELTA = "3x230"
    STAR = "3x400"


class Breaker(StrEnum):
    """Main breaker. Source: 0-0:96.3.10."""

    OFF = "off"
    ON = "on"
    READY = "ready"


class Medium(StrEnum):
    """What a sub-meter counts. Source: 0-n:24.1.0, never the code of its reading."""

    GAS = "gas"
    WATER = "water"
    WARM_WATER = "warm water"
    HEAT = "heat"
    COLD = "cold"
    ELECTRICITY = "electricity"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase, L1 first. kW, V, A; None where the meter does not say."""

    offtake_kw: float | None
    injection_kw: float | None
    voltage_v: float | None
    current_a: float | None


@dataclass(frozen=True, slots=True)
class Peak:
    """A highest quarter: its demand in kW and the end of that quarter (UTC)."""

    kw: Decimal
    at: datetime | None


@dataclass(frozen=True, slots=True)
class MonthPeak:
    """The highest quarter of a past month; `month` is its first day, local."""

    month: date
    kw: Decimal
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Submeter:
    """A gas, water or heat meter behind the electricity meter.

    `value` is its register in `unit` (m3, kWh, GJ), taken at `at` (UTC), up to minutes before
    the telegram. None where the meter sends a placeholder. `valve` is 0-n:24.4.0 as sent.
    """

    channel: int
    medium: Medium
    meter_id: str | None
    value: Decimal | None
    unit: str | None
    at: datetime | None
    valve: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one telegram says. Unknown is None, never 0. Power flows into the house or out of it.

    Registers are Decimal kWh, power is kW, `time` is the meter's clock in UTC.
    """

    time: datetime | None
    meter_id: str | None
    version: str | None
    tariff: Tariff | None
    offtake_day_kwh: Decimal | None
    offtake_night_kwh: Decimal | None
    injection_day_kwh: Decimal | None
    injection_night_kwh: Decimal | None
    offtake_kw: float | None
    injection_kw: float | None
    demand_kw: float | None
    month_peak: Peak | None
    month_peaks: tuple[MonthPeak, ...]
    grid: Grid | None
    phases: tuple[Phase, ...]
    breaker: Breaker | None
    limit_kw: float | None
    limit_a: float | None
    message: str | None
    submeters: tuple[Submeter, ...]
