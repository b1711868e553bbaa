"""Days of a period, quarter by quarter: ours and perfect knowledge, with their differences.

A day's cost is its energy and wear, less the value of additional energy stored at its end; the cost
of a month's peak above the floor belongs to the day of that peak.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from backtest.bound import Powers, powers
from backtest.plant import Strategy, View, live
from backtest.world import PERFECT, QUARTER_H, Charger, Floats, World
from base.time import local_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Per quarter, kW and EUR; `soc_pct` of the battery, and the cost of the quarter."""

    load_kw: Floats
    solar_kw: Floats
    battery_kw: Floats
    cars_kw: Floats
    grid_kw: Floats
    soc_pct: Floats
    cost_eur: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The quarters `first` to `last` (excluded) of a local day, and its cost above the bound's."""

    day: date
    first: int
    last: int
    regret_eur: float


@dataclass(slots=True)
class _Watched:
    """A strategy whose home is watched: power of each step is known when the next begins."""

    strategy: Strategy
    battery_kw: list[float] = field(default_factory=list)
    cars_kw: list[float] = field(default_factory=list)

    def decide(self, view: View) -> tuple[float, list[float]]:
        self.battery_kw.append(view.battery_kw)
        self.cars_kw.append(sum(car.power_kw for car in view.cars))
        return self.strategy.decide(view)


def lived(world: World, strategy: Strategy, charger: Charger = PERFECT) -> Trace:
    """The period under a strategy. The change in its last step is assumed to be 0."""
    watched = _Watched(strategy)
    live(world, watched, "", lambda _: None, charger)
    battery, cars = (
        _quarters(world, np.append(each[1:], 0.0)) for each in (watched.battery_kw, watched.cars_kw)
    )
    load, solar = _quarters(world, world.load_kw), _quarters(world, world.solar_kw)
    return _trace(world, Powers(battery, cars, load - solar + battery + cars))


def bound(world: World) -> Trace:
    """The period under perfect knowledge."""
    return _trace(world, powers(world))


def worst(world: World, ours: Trace, best: Trace, count: int) -> list[Day]:
    """The days on which ours lost most, the worst first."""
    return sorted(_days(world, ours, best), key=lambda day: -day.regret_eur)[:count]


def _days(world: World, ours: Trace, best: Trace) -> Iterator[Day]:
    days = np.array([local_day(world.at(q)).toordinal() for q in range(world.quarters)])
    more = ours.cost_eur - best.cost_eur
    for ordinal in np.unique(days):
        at = np.flatnonzero(days == ordinal)
        yield Day(
            day=date.fromordinal(int(ordinal)),
            first=int(at[0]),
            last=int(at[-1]) + 1,
            regret_eur=float(more[at].sum()),
        )


def _trace(world: World, kw: Powers) -> Trace:
    battery = world.battery
    gained = np.where(kw.battery_kw > 0, battery.efficiency, 1 / battery.efficiency)
    gained_kwh = kw.battery_kw * gained * QUARTER_H
    stored = battery.capacity_kwh * battery.start_share + np.cumsum(gained_kwh)
    bought = np.where(kw.grid_kw > 0, world.buy, world.sell) * kw.grid_kw * QUARTER_H
    worth = float(np.mean(world.car_worths)) if world.car_worths else 0.0
    efficiency = float(np.mean([car.efficiency for car in world.cars])) if world.cars else 0.0
    cost = bought + np.abs(kw.battery_kw) * QUARTER_H * battery.wear_eur_kwh
    cost -= gained_kwh * world.battery_worth + kw.cars_kw * QUARTER_H * efficiency * worth
    capacity = battery.capacity_kwh
    months = world.months()
    for month in np.unique(months):
        at = np.flatnonzero(months == month)
        highest = at[np.argmax(kw.grid_kw[at])]
        above_kw = max(0.0, float(kw.grid_kw[highest]) - world.floor_kw)
        cost[highest] += above_kw * world.eur_kw
    return Trace(
        load_kw=_quarters(world, world.load_kw),
        solar_kw=_quarters(world, world.solar_kw),
        battery_kw=kw.battery_kw,
        cars_kw=kw.cars_kw,
        grid_kw=kw.grid_kw,
        soc_pct=100 * stored / capacity if capacity else np.zeros(len(cost)),
        cost_eur=cost,
    )


def _quarters(world: World, steps: Floats) -> Floats:
    return np.asarray(np.asarray(steps).reshape(world.quarters, world.steps).mean(axis=1))
