"""The clairvoyant: the same program over the whole period with perfect knowledge. No strategy can
cost less: least powers, reaction times and missing knowledge only add cost."""

from dataclasses import dataclass

import numpy as np

from backtest.plant import Outcome
from backtest.world import QUARTER_H, Floats, World
from plan.program import FREE, Ints, Program, Solved

MISSED_EUR_KWH = 1.0


def clairvoyant(world: World) -> Outcome:
    """The least possible cost, and its parts. A month takes seconds."""
    bound = _Bound(world)
    solved = bound.solve()
    x = solved.x
    importing, months = x[bound.importing], world.months()
    out = Outcome(name="clairvoyant")
    energy = float(importing @ world.buy - x[bound.exporting] @ bound.sell)
    out.energy_eur = energy * QUARTER_H
    out.peaks_kw = [float(importing[months == kind].max()) for kind in np.unique(months)]
    out.peak_eur = float(x[bound.peaks].sum()) * world.eur_kw
    through = sum(float(x[each].sum()) for each in bound.moved) * QUARTER_H
    out.wear_eur = through * world.battery.wear_eur_kwh
    out.cycles = through / 2 / world.battery.capacity_kwh if world.battery.capacity_kwh else 0.0
    out.missed_kwh = sum(float(x[each].sum()) for each in bound.missed)
    out.leftover_eur = (
        out.bill_eur + out.wear_eur + out.missed_kwh - solved.cost - world.started_eur
    )
    return out


@dataclass(frozen=True, slots=True)
class Powers:
    """kW per quarter: battery (positive charges), all cars, the meter (positive is import)."""

    battery_kw: Floats
    cars_kw: Floats
    grid_kw: Floats


def powers(world: World) -> Powers:
    """Powers at the least possible cost."""
    bound = _Bound(world)
    x = bound.solve().x
    charge, discharge = bound.moved
    battery, grid = x[charge] - x[discharge], x[bound.importing] - x[bound.exporting]
    return Powers(battery, grid - battery - bound.net_kw, grid)


def worths(world: World, quarter: int) -> tuple[float, tuple[float, ...]]:
    """Value of a kWh in the battery and in each car to the clairvoyant, EUR."""
    bound = _Bound(world)
    worth = bound.solve().worth
    cars = []
    for car, rows in zip(world.cars, bound.car_rows, strict=True):
        stay = sum(trip.leave <= quarter for trip in car.trips)
        cars.append(max(0.0, float(worth[rows[stay]])))
    return max(0.0, float(worth[bound.battery_rows[quarter]])), tuple(cars)


class _Bound:
    """The program over the whole period, and the place of everything in it."""

    def __init__(self, world: World) -> None:
        self.world, self.program = world, Program()
        program, count, months = self.program, world.quarters, world.months()
        net = (world.load_kw - world.solar_kw).reshape(count, world.steps).mean(axis=1)
        self.net_kw = net
        self.sell = np.minimum(world.sell, world.buy)
        self.importing = program.column(count, world.buy * QUARTER_H)
        self.exporting = program.column(count, -self.sell * QUARTER_H)
        self.balance = program.row(count, net, net)
        program.put(self.balance, self.importing, 1.0)
        program.put(self.balance, self.exporting, -1.0)
        self.moved, self.battery_rows = self._battery()
        cars = [self._car(number) for number in range(len(world.cars))]
        self.missed, self.car_rows = [each[0] for each in cars], [each[1] for each in cars]
        kinds = np.unique(months)
        paid_kw = np.full(len(kinds), world.floor_kw)
        paid_kw[0] = max(world.floor_kw, world.peak_kw)
        self.peaks = program.column(len(kinds), world.eur_kw, paid_kw, FREE)
        rows = program.row(count, -FREE, 0.0)
        program.put(rows, self.importing, 1.0)
        program.put(rows, self.peaks[np.searchsorted(kinds, months)], -1.0)

    def solve(self) -> Solved:
        return self.program.solve(method="ipm", limit_s=900.0, presolve="on")

    def _battery(self) -> tuple[list[Ints], Ints]:
        program, battery, count = self.program, self.world.battery, self.world.quarters
        wear = battery.wear_eur_kwh * QUARTER_H
        charge = program.column(count, wear, upper=battery.kw)
        discharge = program.column(count, wear, upper=battery.kw)
        end = np.zeros(count)
        end[-1] = -self.world.battery_worth
        stored = program.column(count, end, 0.0, battery.capacity_kwh)
        first = np.zeros(count)
        first[0] = battery.capacity_kwh * battery.start_share
        rows = program.row(count, first, first)
        program.put(rows, stored, 1.0)
        program.put(rows[1:], stored[:-1], -1.0)
        program.put(rows, charge, -battery.efficiency * QUARTER_H)
        program.put(rows, discharge, QUARTER_H / battery.efficiency)
        program.put(self.balance, charge, -1.0)
        program.put(self.balance, discharge, 1.0)
        return [charge, discharge], rows

    def _car(self, number: int) -> tuple[Ints, Ints]:
        """Energy that the car misses, kWh of charging; the rows of its stored energy by stay."""
        program, world = self.program, self.world
        car, count = world.cars[number], world.quarters
        ends = [trip.leave for trip in car.trips] + [count]
        begins = [0] + [trip.back for trip in car.trips]
        needs = [trip.need_kwh for trip in car.trips] + [0.0]
        used = [-car.capacity_kwh * car.start_share] + [trip.use_kwh for trip in car.trips]
        stays = len(ends)
        value = np.zeros(stays)
        value[-1] = -world.car_worths[number]
        most = [max(car.limit_kwh, need) for need in needs]
        level = program.column(stays, value, 0.0, most)
        missed = program.column(stays, MISSED_EUR_KWH)
        rows = program.row(stays, np.negative(used), np.negative(used))
        program.put(rows, level, 1.0)
        program.put(rows[1:], level[:-1], -1.0)
        program.put(rows, missed, -car.efficiency)
        wants = program.row(stays, needs, FREE)
        program.put(wants, level, 1.0)
        for stay in range(stays):
            quarters = np.arange(begins[stay], max(begins[stay], ends[stay]))
            if len(quarters):
                power = program.column(len(quarters), 0.0, 0.0, car.most_kw)
                program.put(rows[stay], power, -QUARTER_H * car.efficiency)
                program.put(self.balance[quarters], power, -1.0)
        return missed, rows
