"""A plan without a solver, for machines that highspy is not built for: plain NumPy.

Cars first, each in the cheapest quarters of its stay under a peak; then a dynamic program for each
battery around what is there. A few peaks are tried, and the cheapest kept. Some points worse than
the linear program, and it says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from plan.ahead import QUARTER_H, Ahead
from plan.assets import Assets
from plan.batteries import Battery
from plan.cars import Car, Stay
from plan.month import MonthPeak
from plan.program import Floats
from plan.schedule import Plan, Schedule
from plan.tuning import TUNED, Tuning, battery_end, car_end, month_cost_eur

STATES = 41
OVER_EUR_KW = 2.0
LEAST_KW = 0.01
STEPS_KW = (0.0, 0.5, 1.0, 2.0, 3.5, 6.0, 9.0)
NOTE = "planned without a solver: some savings are left; pip install highspy where it exists"


@dataclass(frozen=True, slots=True)
class _Case:
    """What stays the same while one peak is tried; `net_kw` is what the meter sees so far."""

    ahead: Ahead
    tuning: Tuning
    peak_kw: float
    net_kw: Floats


@dataclass(frozen=True, slots=True)
class _Tried:
    """A plan under one peak."""

    cost_eur: float
    schedules: dict[tuple[str, str], Schedule]
    grid_kw: Floats
    missed_kwh: dict[str, float]


def dynamic(ahead: Ahead, assets: Assets, month: MonthPeak, tuning: Tuning = TUNED) -> Plan:
    """The cheapest of the plans under a few peaks."""
    ahead, tried = ahead.near(), []
    for more_kw in STEPS_KW:
        peak_kw = month.paid_kw + more_kw
        found = _under(ahead, assets, peak_kw, tuning)
        top_kw = float(found.grid_kw.max(initial=0.0))
        cost = found.cost_eur + month_cost_eur(ahead, month, tuning, top_kw)
        tried.append((cost, peak_kw, found))
        if top_kw <= peak_kw - 0.4:
            break  # more room would not be used
    cost, _, best = min(tried, key=lambda each: each[0])
    target_kw = max(month.paid_kw, float(best.grid_kw.max(initial=0.0)))
    return Plan(
        ahead.start, best.schedules, tuple(best.grid_kw.tolist()), target_kw, cost, best.missed_kwh,
        solver="NumPy", notes=(*assets.notes, *ahead.notes, NOTE),
    )  # fmt: skip


def _under(ahead: Ahead, assets: Assets, peak_kw: float, tuning: Tuning) -> _Tried:
    case = _Case(ahead, tuning, peak_kw, ahead.load_kw - ahead.solar_kw)
    schedules: dict[tuple[str, str], Schedule] = {}
    missed: dict[str, float] = {}
    cost, end_eur = 0.0, car_end(ahead, tuning)
    for car in assets.cars:
        kw, lacks, lacks_eur, level = _car(car, case)
        worth = np.where(kw > LEAST_KW, ahead.buy_eur_kwh, end_eur)
        schedules[car.peer, car.name] = Schedule(
            tuple(kw.tolist()), tuple(worth.tolist()), lacks_kwh=next(iter(lacks), 0.0)
        )
        case = replace(case, net_kw=case.net_kw + kw)
        cost += lacks_eur - end_eur * level
        if sum(lacks) > 0.05:
            missed[car.name] = sum(lacks)
    for battery in assets.batteries:
        around = _Around(battery, case)
        schedule, value = around.schedule()
        schedules[battery.peer, battery.name] = schedule
        case = replace(case, net_kw=case.net_kw + np.asarray(schedule.kw))
        cost += value
    buy, sell = ahead.buy_eur_kwh, np.minimum(ahead.sell_eur_kwh, ahead.buy_eur_kwh)
    net = case.net_kw
    cost += float((np.maximum(net, 0.0) @ buy + np.minimum(net, 0.0) @ sell) * QUARTER_H)
    return _Tried(cost, schedules, net, missed)


def _car(car: Car, case: _Case) -> tuple[Floats, list[float], float, float]:
    """kW per quarter, kWh missed at each departure, what that costs, and how much it then holds."""
    count = len(case.net_kw)
    kw, level, lacks, lacks_eur = np.zeros(count), 0.0, list[float](), 0.0
    for stay, first, last in _stays(car, case.ahead):
        need = stay.need_kwh - level if stay.end is not None and last < count else 0.0
        short = 0.0
        if need > 0:
            level += _cheapest(kw, range(first, last), need, np.inf, car, case)
            short = max(0.0, stay.need_kwh - level)
            lacks_eur += short * stay.missed_eur_kwh
            level += short
        lacks.append(short)
        room, most_eur = car.room_kwh - level, car_end(case.ahead, case.tuning)
        level += _cheapest(kw, range(first, last), room, most_eur, car, case)
        level -= stay.use_kwh
    return kw, lacks, lacks_eur, level


def _stays(car: Car, ahead: Ahead) -> Iterator[tuple[Stay, int, int]]:
    for stay in car.stays:
        first, last = ahead.steps(stay.start, stay.end)
        if first < len(ahead.hours):
            yield stay, first, last


def _cheapest(
    kw: Floats, quarters: range, kwh: float, most_eur: float, car: Car, case: _Case
) -> float:
    """`kwh` go into the cheapest quarters below `most_eur`: the sun first. How much did."""
    given = 0.0
    ahead, net = case.ahead, case.net_kw
    offers = [(float(ahead.sell_eur_kwh[q]), q, True) for q in quarters]
    offers += [(float(ahead.buy_eur_kwh[q]), q, False) for q in quarters]
    for price, quarter, from_sun in sorted(offers):
        if given >= kwh - 1e-9 or price >= most_eur:
            break
        limit = max(0.0, -net[quarter]) if from_sun else case.peak_kw - net[quarter]
        room = min(car.most_kw, limit) - kw[quarter]
        power = min(max(0.0, room), (kwh - given) / QUARTER_H)
        kw[quarter] += power
        given += power * QUARTER_H
    return given


class _Around:
    """A dynamic program for one battery around what is there already."""

    def __init__(self, battery: Battery, case: _Case) -> None:
        self.battery, self.case = battery, case
        self.least_kwh = min(battery.reserve_kwh, battery.stored_kwh)
        self.most_kwh = max(battery.capacity_kwh, battery.stored_kwh)
        self.states = np.linspace(self.least_kwh, self.most_kwh, STATES)
        self.end_eur = battery_end(case.ahead, battery, case.tuning)

    def schedule(self) -> tuple[Schedule, float]:
        """Its schedule, and what wear costs less what it holds at the end."""
        count = len(self.case.net_kw)
        values = np.empty((count + 1, STATES))
        values[count] = -self.end_eur * self.states
        for quarter in range(count - 1, -1, -1):
            values[quarter] = self._costs(quarter, self.states, values[quarter + 1])[0].min(axis=1)
        kw, worth = np.zeros(count), np.zeros(count)
        stored = np.array([self.battery.stored_kwh])
        for quarter in range(count):
            cost, power, after = self._costs(quarter, stored, values[quarter + 1])
            best = int(cost[0].argmin())
            kw[quarter], stored = power[0, best], after[:, best]
            slope = -np.gradient(values[quarter + 1], self.states)
            worth[quarter] = np.interp(stored[0], self.states, slope)
        wear = float(np.abs(kw).sum()) * QUARTER_H * self.battery.wear_eur_kwh
        schedule = Schedule(tuple(kw.tolist()), tuple(worth.tolist()))
        return schedule, wear - self.end_eur * float(stored[0])

    def _costs(self, quarter: int, stored: Floats, later: Floats) -> tuple[Floats, Floats, Floats]:
        """EUR from this quarter on, power and contents after, per state and option."""
        battery, case = self.battery, self.case
        power, after = self._moved(stored, self._options(quarter))
        grid = case.net_kw[quarter] + power
        buy = float(case.ahead.buy_eur_kwh[quarter])
        sell = min(float(case.ahead.sell_eur_kwh[quarter]), buy)
        cost = np.where(grid > 0, buy, sell) * grid * QUARTER_H
        cost += np.abs(power) * QUARTER_H * battery.wear_eur_kwh
        cost += np.maximum(0.0, grid - case.peak_kw) * OVER_EUR_KW
        lacking = np.maximum(0.0, battery.reserve_kwh + case.tuning.reserve_kwh - after)
        cost += lacking * case.tuning.reserve_eur_kwh
        return cost + np.interp(after, self.states, later), power, after

    def _options(self, quarter: int) -> Floats:
        """The powers worth trying: nothing, all, half, no grid, just the peak."""
        net_kw, battery = float(self.case.net_kw[quarter]), self.battery
        most, least = battery.charge_kw, -battery.discharge_kw
        under_kw = self.case.peak_kw - net_kw
        options = np.array([0.0, most, least, most / 2, least / 2, -net_kw, under_kw])
        return np.asarray(np.clip(options, least, most))

    def _moved(self, stored: Floats, options: Floats) -> tuple[Floats, Floats]:
        """Power and contents after a quarter, as far as the contents allow."""
        efficiency = self.battery.efficiency
        room = np.maximum(self.most_kwh - stored, 0.0)[:, None] / efficiency / QUARTER_H
        inside = np.maximum(stored - self.least_kwh, 0.0)[:, None] * efficiency / QUARTER_H
        power = np.clip(options[None, :], -inside, room)
        gained = np.where(power > 0, power * efficiency, power / efficiency)
        return power, stored[:, None] + gained * QUARTER_H
