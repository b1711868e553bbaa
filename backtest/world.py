"""Data of a home that no decision changes: load, sun, prices, trips, and its devices.

Powers in kW, mean of a step; prices per quarter in EUR/kWh; energies inside a battery in kWh.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from base.limits import LEAST_A, VOLT
from base.time import BRUSSELS, QUARTER
from plan.forecast import Air

Floats = NDArray[np.float64]
QUARTER_H = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A car is away in quarters `leave` to `back` (excluded), counted from the world's start.

    It must hold `need_kwh` when it leaves, and uses `use_kwh`. `told_back` and `told_kwh` are
    announced by its owner.
    """

    leave: int
    back: int
    need_kwh: float
    use_kwh: float
    told_back: int
    told_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A car of the household and its trips; `past` are its trips before the world begins."""

    name: str
    capacity_kwh: float
    trips: tuple[Trip, ...]
    past: tuple[Trip, ...] = ()
    least_kw: float = 1.4
    most_kw: float = 11.0
    efficiency: float = 0.92
    limit_share: float = 0.8
    start_share: float = 0.6

    @property
    def limit_kwh(self) -> float:
        """Usual charging target; a trip may ask for more."""
        return self.capacity_kwh * self.limit_share


@dataclass(frozen=True, slots=True)
class Charger:
    """Response of the chargers: a set-point holds after `latency_s`, in steps of `step_a`, down.

    On one phase up to 16 A, on three from 6 A each. 0 s and 0 A is a perfect one.
    """

    latency_s: float = 0.0
    step_a: float = 0.0

    def offered_kw(self, kw: float, *, three_phases: bool) -> float:
        """Power it offers for a set-point, kW; `three_phases`: it cannot switch to one."""
        if self.step_a <= 0:
            return kw
        one = not three_phases and kw < 3 * LEAST_A * VOLT / 1000
        step_kw = self.step_a * VOLT / 1000 * (1 if one else 3)
        return min(math.floor(kw / step_kw + 1e-6) * step_kw, ONE_PHASE_KW if one else kw)


PERFECT = Charger()
ONE_PHASE_KW = 16 * VOLT / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """The home battery."""

    capacity_kwh: float = 10.0
    kw: float = 5.0
    efficiency: float = 0.95
    wear_eur_kwh: float = 0.02
    start_share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Load of a home: kW per step, `steps` to a quarter, from `start` (UTC).

    `solar_told_kw` is the forecast of the day before and `spot` the market, EUR/MWh, per quarter.
    `known` is True for each measured quarter; None: all were. `air` is the weather of
    its days, as far as it is known.
    """

    name: str
    provenance: str
    start: datetime
    steps: int
    load_kw: Floats
    solar_kw: Floats
    solar_told_kw: Floats
    spot: Floats
    known: NDArray[np.bool_] | None = None
    air: Air = field(default_factory=dict)

    @property
    def quarters(self) -> int:
        return len(self.spot)

    def local(self) -> list[datetime]:
        """Start of each quarter, local time."""
        return [(self.start + q * QUARTER).astimezone(BRUSSELS) for q in range(self.quarters)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """Prices of a home: EUR/kWh bought and sold per quarter, EUR for a kW of one month's peak.

    `known_until` is up to which quarter prices are known in each quarter. `past_buy` are the
    prices of the two weeks before, as far as they are known.
    """

    name: str
    provenance: str
    buy: Floats
    sell: Floats
    known_until: NDArray[np.int64]
    past_buy: Floats
    eur_kw: float = 50.0 / 12.0
    floor_kw: float = 2.5

    @property
    def told(self) -> str:
        """Description in words."""
        if not self.eur_kw:
            return f"{self.provenance}; no month peak is billed"
        yearly = f"{12 * self.eur_kw:.2f} EUR/kW/year from {self.floor_kw:.1f} kW on"
        return f"{self.provenance}; the month peak {yearly}"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One home from `start` (UTC, a quarter), `steps` to a quarter.

    `past_kw` is the load of the quarters just before, `solar_told_kw` the forecast of the day
    before. `known_until` is up to which quarter prices are known in each quarter. `battery_worth`
    and `car_worths` are the value of a kWh inside at the end, EUR, the same for all strategies.
    `peak_kw` is the highest quarter of its first month before it begins, `typical_kw` that of the
    month before.
    """

    name: str
    start: datetime
    steps: int
    load_kw: Floats
    solar_kw: Floats
    solar_told_kw: Floats
    buy: Floats
    sell: Floats
    known_until: NDArray[np.int64]
    past_kw: Floats
    past_buy: Floats
    past_sun_kw: Floats
    cars: tuple[Car, ...]
    battery: Battery
    battery_worth: float
    car_worths: tuple[float, ...]
    eur_kw: float = 50.0 / 12.0
    floor_kw: float = 2.5
    peak_kw: float = 0.0
    typical_kw: float = 0.0
    air: Air = field(default_factory=dict)

    @property
    def quarters(self) -> int:
        return len(self.buy)

    @property
    def started_eur(self) -> float:
        """Value of the energy stored at the start, at its price of the end."""
        battery = self.battery
        kwh = battery.capacity_kwh * battery.start_share
        pairs = zip(self.cars, self.car_worths, strict=True)
        cars = sum(car.capacity_kwh * car.start_share * worth for car, worth in pairs)
        return kwh * self.battery_worth + cars

    def at(self, quarter: int) -> datetime:
        return self.start + quarter * QUARTER

    def months(self) -> NDArray[np.int64]:
        """The local month of each quarter, counted from year 0."""
        local = [self.at(q).astimezone(BRUSSELS) for q in range(self.quarters)]
        return np.array([each.year * 12 + each.month for each in local])
