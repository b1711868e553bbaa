"""The strategies to be measured against, in few lines each.

`uncontrolled`: a car charges at full power as soon as it is plugged in; the battery stores the sun
and gives it back, as batteries do out of the box. `evcc_like`: after evcc's planner and PV mode:
the cheapest quarters at full power before a departure, else the sun above the minimum power; the
battery as it comes, holding while a car charges fast. `seed`: below 20 % at once; for a trip, and
up to its limit at the low rate, under the month peak; sun; the battery as it comes.
"""

from collections.abc import Callable

import numpy as np

from backtest.plant import CarState, View
from backtest.world import QUARTER_H, Car, World

SAFE = 1.15
"""Planned time is multiplied by this, as evcc does for its charging losses."""
LOW_SHARE = 0.2


class Rules:
    """A strategy made of one rule for the cars; the battery balances the meter."""

    def __init__(self, world: World, rule: Callable[["Rules", View, Car, CarState], float]) -> None:
        self.world, self.rule = world, rule

    def decide(self, view: View) -> tuple[float, list[float]]:
        cars_kw = [
            self.rule(self, view, car, state) if state.plugged else 0.0
            for car, state in zip(self.world.cars, view.cars, strict=True)
        ]
        net_kw = view.load_kw - view.solar_kw + sum(cars_kw)
        if self.rule is evcc_rule and sum(cars_kw) > 4.0 and view.load_kw > view.solar_kw:
            return 0.0, cars_kw
        return -net_kw, cars_kw

    def missing_kwh(self, car: Car, state: CarState) -> tuple[float, int]:
        """Out of the charger until its next trip, and when it leaves."""
        if state.next_trip >= len(car.trips):
            return 0.0, self.world.quarters
        trip = car.trips[state.next_trip]
        return max(0.0, trip.need_kwh - state.stored_kwh) / car.efficiency, trip.leave

    def room_kwh(self, car: Car, state: CarState) -> float:
        return max(0.0, car.limit_kwh - state.stored_kwh) / car.efficiency

    def cheapest(self, view: View, car: Car, kwh: float, leave: int) -> bool:
        """True if this quarter is among the cheapest that together give `kwh` before `leave`."""
        until = max(view.quarter + 1, min(leave, int(self.world.known_until[view.quarter])))
        count = int(np.ceil(kwh * SAFE / car.most_kw / QUARTER_H))
        if until < leave and count <= leave - until:
            pass  # what is not known yet may be cheaper; it is planned again when it is known
        prices = self.world.buy[view.quarter : until]
        order = np.lexsort((-np.arange(len(prices)), prices))
        return bool(np.isin(0, order[:count]))

    def median(self, quarter: int) -> float:
        """The middle of the prices known of this day: below it the rate is low."""
        first = quarter - quarter % 96
        return float(np.median(self.world.buy[first : first + 96]))


def uncontrolled_rule(rules: Rules, view: View, car: Car, state: CarState) -> float:
    missing, _ = rules.missing_kwh(car, state)
    return car.most_kw if max(missing, rules.room_kwh(car, state)) > 0.01 else 0.0


def evcc_rule(rules: Rules, view: View, car: Car, state: CarState) -> float:
    missing, leave = rules.missing_kwh(car, state)
    if missing > 0.01 and rules.cheapest(view, car, missing, leave):
        return car.most_kw
    sun_kw = view.solar_kw - view.load_kw
    return sun_kw if sun_kw >= car.least_kw and rules.room_kwh(car, state) > 0.01 else 0.0


def seed_rule(rules: Rules, view: View, car: Car, state: CarState) -> float:
    missing, leave = rules.missing_kwh(car, state)
    if state.stored_kwh < LOW_SHARE * car.capacity_kwh:
        return car.most_kw
    must = missing / car.most_kw >= (leave - view.quarter - 1) * QUARTER_H
    if missing > 0.01 and must:
        return car.most_kw
    sun_kw = view.solar_kw - view.load_kw
    wants = max(missing, rules.room_kwh(car, state))
    if wants <= 0.01:
        return 0.0
    target_kw = max(rules.world.floor_kw, view.peak_kw)
    left_h = view.left_s / 3600.0
    room_kw = min(target_kw, (target_kw * QUARTER_H - view.so_far_kwh) / left_h) - view.load_kw
    others = sum(each.power_kw for each in view.cars if each is not state)
    price, low = rules.world.buy[view.quarter], rules.median(view.quarter)
    if price < low - 1e-6 or price <= float(np.quantile(rules.world.buy, 0.4)):
        kw = room_kw + view.solar_kw - others
        return min(car.most_kw, kw) if kw >= car.least_kw else 0.0
    return sun_kw if sun_kw >= car.least_kw else 0.0


def uncontrolled(world: World) -> Rules:
    return Rules(world, uncontrolled_rule)


def evcc_like(world: World) -> Rules:
    return Rules(world, evcc_rule)


def seed(world: World) -> Rules:
    return Rules(world, seed_rule)
