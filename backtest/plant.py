"""The home follows a strategy, step by step, within physics; and the outcome."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from backtest.world import PERFECT, QUARTER_H, Charger, World
from base.limits import LEAST_A, VOLT
from base.time import HOUR_S

RUNNING_KW = 0.05
THREE_PHASES_KW = 3 * LEAST_A * VOLT / 1000

HALF_A_CENT_EUR = 0.005


@dataclass(slots=True)
class CarState:
    """`next_trip` indexes the car's trips: the one it waits for, or is on."""

    stored_kwh: float
    plugged: bool = True
    power_kw: float = 0.0
    next_trip: int = 0


@dataclass(slots=True, kw_only=True)
class View:
    """Facts that a strategy may use now. `so_far_kwh` is the import of this quarter until now."""

    step: int
    quarter: int
    left_s: float
    load_kw: float
    solar_kw: float
    so_far_kwh: float
    peak_kw: float
    stored_kwh: float
    battery_kw: float
    cars: list[CarState]


class Strategy(Protocol):
    """Decides for each step: battery kW (positive is charging) and kW of each car."""

    def decide(self, view: View) -> tuple[float, list[float]]: ...


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Result of a period. EUR; month peaks in kW, oldest first; kWh missed at departures."""

    name: str
    energy_eur: float = 0.0
    peak_eur: float = 0.0
    wear_eur: float = 0.0
    missed_kwh: float = 0.0
    missed_trips: int = 0
    leftover_eur: float = 0.0
    peaks_kw: list[float] = field(default_factory=list)
    cycles: float = 0.0
    starts: int = 0
    note: str = ""

    @property
    def bill_eur(self) -> float:
        """The supplier's bill."""
        return self.energy_eur + self.peak_eur

    @property
    def cost_eur(self) -> float:
        """The total: bill, wear, 1 EUR for each kWh missed, less what is left in the batteries."""
        return self.bill_eur + self.wear_eur + self.missed_kwh - self.leftover_eur


def live(
    world: World,
    strategy: Strategy,
    name: str,
    told: Callable[[int], None],
    charger: Charger = PERFECT,
) -> Outcome:
    """The whole period under one strategy. `told` is called with the quarter that begins."""
    out = Outcome(name=name)
    battery, dt = world.battery, QUARTER_H / world.steps
    stored = battery.capacity_kwh * battery.start_share
    cars = [CarState(car.capacity_kwh * car.start_share) for car in world.cars]
    months = world.months()
    peak_kw, battery_kw, through = world.peak_kw, 0.0, 0.0
    for quarter in range(world.quarters):
        told(quarter)
        if quarter and months[quarter] != months[quarter - 1]:
            out.peaks_kw.append(peak_kw)
            peak_kw = 0.0
        _move(world, cars, quarter, out)
        imported = exported = 0.0
        for part in range(world.steps):
            step = quarter * world.steps + part
            load, solar = float(world.load_kw[step]), float(world.solar_kw[step])
            left_s = 900.0 * (1 - part / world.steps)
            view = View(
                step=step,
                quarter=quarter,
                left_s=left_s,
                load_kw=load,
                solar_kw=solar,
                so_far_kwh=imported,
                peak_kw=peak_kw,
                stored_kwh=stored,
                battery_kw=battery_kw,
                cars=cars,
            )
            asked_kw, cars_kw = strategy.decide(view)
            battery_kw, stored = _store(world, asked_kw, stored, dt)
            through += abs(battery_kw) * dt
            net = load - solar + battery_kw
            for n, state in enumerate(cars):
                net += _charge(world, n, state, cars_kw[n], dt, out, charger)
            imported += max(0.0, net) * dt
            exported += max(0.0, -net) * dt
        out.energy_eur += imported * world.buy[quarter] - exported * world.sell[quarter]
        peak_kw = max(peak_kw, imported / QUARTER_H)
    out.peaks_kw.append(peak_kw)
    out.peak_eur = sum(max(world.floor_kw, kw) * world.eur_kw for kw in out.peaks_kw)
    out.wear_eur = through * battery.wear_eur_kwh
    out.cycles = through / 2 / battery.capacity_kwh if battery.capacity_kwh else 0.0
    pairs = zip(cars, world.car_worths, strict=True)
    left_eur = stored * world.battery_worth + sum(car.stored_kwh * worth for car, worth in pairs)
    out.leftover_eur = left_eur - world.started_eur
    return out


def _move(world: World, cars: list[CarState], quarter: int, out: Outcome) -> None:
    """Cars leave and come back as this quarter begins."""
    for car, state in zip(world.cars, cars, strict=True):
        if state.next_trip >= len(car.trips):
            continue
        trip = car.trips[state.next_trip]
        if quarter == trip.leave:
            lacks = max(0.0, trip.need_kwh - state.stored_kwh)
            out.missed_kwh += lacks / car.efficiency
            out.missed_trips += lacks > 0.5
            state.stored_kwh = max(state.stored_kwh, trip.need_kwh)
            state.plugged, state.power_kw = False, 0.0
        elif quarter == trip.back:
            state.stored_kwh -= trip.use_kwh
            state.plugged = True
            state.next_trip += 1


def _store(world: World, kw: float, stored: float, dt: float) -> tuple[float, float]:
    """The real power of the battery, and its contents after that."""
    battery = world.battery
    if battery.capacity_kwh <= 0:
        return 0.0, 0.0
    most = min(battery.kw, (battery.capacity_kwh - stored) / battery.efficiency / dt)
    least = -min(battery.kw, stored * battery.efficiency / dt)
    kw = min(max(kw, least), most)
    return kw, stored + (kw * battery.efficiency if kw > 0 else kw / battery.efficiency) * dt


def _charge(
    world: World, number: int, state: CarState, kw: float, dt: float, out: Outcome, charger: Charger
) -> float:
    """The mean power that the car takes in this step: the last one until its charger follows."""
    car, was = world.cars[number], state.power_kw
    state.power_kw = 0.0
    if not state.plugged:
        return 0.0
    need = car.trips[state.next_trip].need_kwh if state.next_trip < len(car.trips) else 0.0
    room = max(car.limit_kwh, need) - state.stored_kwh
    fits_kw = max(0.0, room) / car.efficiency / dt
    three = car.least_kw > THREE_PHASES_KW * 0.999
    if kw >= car.least_kw * 0.999:
        kw = charger.offered_kw(kw, three_phases=three)
    elif fits_kw >= car.least_kw:
        kw = 0.0
    state.power_kw = max(0.0, min(kw, car.most_kw, fits_kw))
    late = min(1.0, charger.latency_s / HOUR_S / dt)
    mean_kw = min(fits_kw, was * late + state.power_kw * (1.0 - late))
    state.stored_kwh += mean_kw * car.efficiency * dt
    out.starts += state.power_kw > RUNNING_KW >= was
    return mean_kw


def share_of(outcome: Outcome, without: Outcome, bound_eur: float) -> float:
    """Share of the possible saving that was reached, percent; NaN where that is less than half a
    cent."""
    possible = without.cost_eur - bound_eur
    if possible < HALF_A_CENT_EUR:
        return float(np.nan)
    return 100 * (without.cost_eur - outcome.cost_eur) / possible
