"""A plan without a solver, for machines that highspy is not built for: plain NumPy.

Cars first, each in the cheapest quarters of its stay under a peak; then a dynamic program for each
battery around what is there. A few peaks are tried, and the cheapest kept. Some points worse than
the linear program, and it says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from plan.ahead import Ahead
from plan.need import Assets, Battery, Car, Stay
from plan.optimise import (
    QUARTER_H,
    TUNED,
    Course,
    MonthPeak,
    Plan,
    Tuning,
    battery_end,
    car_end,
    month_cost_eur,
)
from plan.program import Floats

STATES = 41
OVER_EUR_KW = 2.0
STEPS_KW = (0.0, 0.5, 1.0, 2.0, 3.5, 6.0, 9.0)
NOTE = "planned without a solver: some savings are left; pip install highspy where it exists"


@dataclass(frozen=True, slots=True)
class _Tried:
    """A plan under one peak."""

    cost_eur: float
    courses: dict[tuple[str, str], Course]
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
        ahead.start, best.courses, best.grid_kw, target_kw, cost, best.missed_kwh,
        solver="NumPy", notes=(*assets.notes, *ahead.notes, NOTE),
    )  # fmt: skip


def _under(ahead: Ahead, assets: Assets, peak_kw: float, tuning: Tuning) -> _Tried:
    net = ahead.load_kw - ahead.solar_kw
    courses: dict[tuple[str, str], Course] = {}
    missed: dict[str, float] = {}
    cost = 0.0
    for car in assets.cars:
        kw, lacks, lacks_eur, level = _car(car, ahead, net, peak_kw, tuning)
        worth = np.where(kw > 0.01, ahead.buy_eur_kwh, car_end(ahead, tuning))
        courses[car.peer, car.name] = Course(kw, worth)
        net = net + kw
        cost += lacks_eur - car_end(ahead, tuning) * level
        if lacks > 0.05:
            missed[car.name] = lacks
    for battery in assets.batteries:
        course, value = _battery(battery, ahead, net, peak_kw, tuning)
        courses[battery.peer, battery.name] = course
        net = net + course.kw
        cost += value
    buy, sell = ahead.buy_eur_kwh, np.minimum(ahead.sell_eur_kwh, ahead.buy_eur_kwh)
    cost += float((np.maximum(net, 0.0) @ buy + np.minimum(net, 0.0) @ sell) * QUARTER_H)
    return _Tried(cost, courses, net, missed)


def _car(
    car: Car, ahead: Ahead, net: Floats, peak_kw: float, tuning: Tuning
) -> tuple[Floats, float, float, float]:
    """kW per quarter, kWh and EUR missed, and how much more it then holds."""
    kw, level, lacks, lacks_eur = np.zeros(len(net)), 0.0, 0.0, 0.0
    for stay, quarters in _stays(car, ahead):
        ends = stay.end is not None and quarters.stop < len(net)
        need = stay.need_kwh - level if ends else 0.0
        if need > 0:
            level += _cheapest(kw, quarters, need, np.inf, car, ahead, net, peak_kw)
            short = max(0.0, stay.need_kwh - level)
            lacks, lacks_eur = lacks + short, lacks_eur + short * stay.missed_eur_kwh
            level += short
        room = car.room_kwh - level
        level += _cheapest(kw, quarters, room, car_end(ahead, tuning), car, ahead, net, peak_kw)
        level -= stay.use_kwh
    return kw, lacks, lacks_eur, level


def _stays(car: Car, ahead: Ahead) -> Iterator[tuple[Stay, slice]]:
    for stay in car.stays:
        first, last = ahead.steps(stay.start, stay.end)
        if first < len(ahead.load_kw):
            yield stay, slice(first, last)


def _cheapest(
    kw: Floats, quarters: slice, kwh: float, most_eur: float, car: Car, ahead: Ahead,
    net: Floats, peak_kw: float,
) -> float:  # fmt: skip
    """`kwh` go into the cheapest quarters below `most_eur`: the sun first. How much did."""
    given = 0.0
    sun = np.maximum(0.0, -net)
    offers = [(float(ahead.sell_eur_kwh[q]), q, True) for q in range(quarters.start, quarters.stop)]
    offers += [
        (float(ahead.buy_eur_kwh[q]), q, False) for q in range(quarters.start, quarters.stop)
    ]
    for price, quarter, from_sun in sorted(offers):
        if given >= kwh - 1e-9 or price >= most_eur:
            break
        limit = sun[quarter] if from_sun else peak_kw - net[quarter]
        room = min(car.most_kw, limit) - kw[quarter]
        power = min(max(0.0, room), (kwh - given) / QUARTER_H)
        kw[quarter] += power
        given += power * QUARTER_H
    return given


def _battery(
    battery: Battery, ahead: Ahead, net: Floats, peak_kw: float, tuning: Tuning
) -> tuple[Course, float]:
    """Its course and what wear costs less what it holds at the end."""
    least = min(battery.reserve_kwh, battery.stored_kwh)
    states = np.linspace(least, max(battery.capacity_kwh, battery.stored_kwh), STATES)
    count = len(net)
    values = np.empty((count + 1, STATES))
    end = battery_end(ahead, battery, tuning)
    values[count] = -end * states
    for quarter in range(count - 1, -1, -1):
        options = _options(net[quarter], peak_kw, battery)
        total = _costs(
            quarter, states, options, values[quarter + 1], battery, ahead, net, peak_kw, tuning
        )
        values[quarter] = total.min(axis=1)
    kw, worth = np.zeros(count), np.zeros(count)
    stored = np.array([battery.stored_kwh])
    for quarter in range(count):
        options = _options(net[quarter], peak_kw, battery)
        total = _costs(
            quarter, stored, options, values[quarter + 1], battery, ahead, net, peak_kw, tuning
        )
        best = int(total[0].argmin())
        power, after = _moved(stored, options, battery)
        kw[quarter], stored = power[0, best], after[:, best]
        slope = -np.gradient(values[quarter + 1], states)
        worth[quarter] = np.interp(stored[0], states, slope)
    wear = float(np.abs(kw).sum()) * QUARTER_H * battery.wear_eur_kwh
    return Course(kw, worth), wear - end * float(stored[0])


def _options(net_kw: float, peak_kw: float, battery: Battery) -> Floats:
    """The powers worth trying: nothing, all, half, no grid, just the peak."""
    most, least = battery.charge_kw, -battery.discharge_kw
    options = np.array([0.0, most, least, most / 2, least / 2, -net_kw, peak_kw - net_kw])
    return np.asarray(np.clip(options, least, most))


def _moved(stored: Floats, options: Floats, battery: Battery) -> tuple[Floats, Floats]:
    """Power and contents after a quarter, per state and option, as far as the contents allow."""
    room = (battery.capacity_kwh - stored[:, None]) / battery.efficiency / QUARTER_H
    least_kwh = np.minimum(battery.reserve_kwh, stored)
    inside = (stored - least_kwh)[:, None] * battery.efficiency / QUARTER_H
    power = np.clip(options[None, :], -inside, np.maximum(room, 0.0))
    gained = np.where(power > 0, power * battery.efficiency, power / battery.efficiency)
    return power, stored[:, None] + gained * QUARTER_H


def _costs(
    quarter: int, stored: Floats, options: Floats, after_eur: Floats, battery: Battery,
    ahead: Ahead, net: Floats, peak_kw: float, tuning: Tuning,
) -> Floats:  # fmt: skip
    """EUR from this quarter on, per state and option."""
    power, after = _moved(stored, options, battery)
    grid = net[quarter] + power
    buy = float(ahead.buy_eur_kwh[quarter])
    sell = min(float(ahead.sell_eur_kwh[quarter]), buy)
    cost = np.where(grid > 0, buy, sell) * grid * QUARTER_H
    cost += np.abs(power) * QUARTER_H * battery.wear_eur_kwh
    cost += np.maximum(0.0, grid - peak_kw) * OVER_EUR_KW
    lacking = np.maximum(0.0, battery.reserve_kwh + tuning.reserve_kwh - after)
    cost += lacking * tuning.reserve_eur_kwh
    states = np.linspace(
        min(battery.reserve_kwh, battery.stored_kwh),
        max(battery.capacity_kwh, battery.stored_kwh),
        STATES,
    )
    return np.asarray(cost + np.interp(after, states, after_eur))
