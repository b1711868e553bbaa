"""The clairvoyant: the same program over the whole stretch with perfect knowledge. Nobody can do
it for less: least powers, reaction times and not knowing only cost more."""

import numpy as np

from backtest.plant import Outcome
from backtest.world import QUARTER_H, World
from plan.program import FREE, Ints, Program, Solved

MISSED_EUR_KWH = 1.0


def clairvoyant(world: World) -> Outcome:
    """The least cost there is, and how it is made up. Programs of months take seconds."""
    program = Program()
    count, months = world.quarters, world.months()
    net = (world.load_kw - world.solar_kw).reshape(count, world.steps).mean(axis=1)
    sell = np.minimum(world.sell, world.buy)
    importing = program.column(count, world.buy * QUARTER_H)
    exporting = program.column(count, -sell * QUARTER_H)
    balance = program.row(count, net, net)
    program.put(balance, importing, 1.0)
    program.put(balance, exporting, -1.0)
    moved = _battery(program, world, balance)
    missed = [_car(program, world, n, balance) for n in range(len(world.cars))]
    kinds = np.unique(months)
    peaks = program.column(len(kinds), world.eur_kw, world.floor_kw, FREE)
    rows = program.row(count, -FREE, 0.0)
    program.put(rows, importing, 1.0)
    program.put(rows, peaks[np.searchsorted(kinds, months)], -1.0)
    solved = program.solve(method="ipm", limit_s=900.0, presolve="on")
    x = solved.x
    out = Outcome("clairvoyant")
    out.energy_eur = float(x[importing] @ world.buy - x[exporting] @ sell) * QUARTER_H
    out.peaks_kw = [float(x[importing][months == kind].max()) for kind in kinds]
    out.peak_eur = float(x[peaks].sum()) * world.eur_kw
    through = sum(float(x[each].sum()) for each in moved) * QUARTER_H
    out.wear_eur = through * world.battery.wear_eur_kwh
    out.cycles = through / 2 / world.battery.capacity_kwh if world.battery.capacity_kwh else 0.0
    out.missed_kwh = sum(float(x[each].sum()) for each in missed)
    out.leftover_eur = out.bill_eur + out.wear_eur + out.missed_kwh - _cost(world, solved)
    return out


def _cost(world: World, solved: Solved) -> float:
    """The program's cost, with what was stored at the start taken off as for everybody."""
    start = world.battery.capacity_kwh * world.battery.start_share
    start += sum(car.capacity_kwh * car.start_share / car.efficiency for car in world.cars)
    return solved.cost + start * world.leftover_eur_kwh


def _battery(program: Program, world: World, balance: Ints) -> list[Ints]:
    battery, count = world.battery, world.quarters
    wear = battery.wear_eur_kwh * QUARTER_H
    charge = program.column(count, wear, upper=battery.kw)
    discharge = program.column(count, wear, upper=battery.kw)
    end = np.zeros(count)
    end[-1] = -world.leftover_eur_kwh
    stored = program.column(count, end, 0.0, battery.capacity_kwh)
    first = np.zeros(count)
    first[0] = battery.capacity_kwh * battery.start_share
    rows = program.row(count, first, first)
    program.put(rows, stored, 1.0)
    program.put(rows[1:], stored[:-1], -1.0)
    program.put(rows, charge, -battery.efficiency * QUARTER_H)
    program.put(rows, discharge, QUARTER_H / battery.efficiency)
    program.put(balance, charge, -1.0)
    program.put(balance, discharge, 1.0)
    return [charge, discharge]


def _car(program: Program, world: World, number: int, balance: Ints) -> Ints:
    """The car's columns; what it misses, in kWh of charging."""
    car, count = world.cars[number], world.quarters
    ends = [trip.leave for trip in car.trips] + [count]
    begins = [0] + [trip.back for trip in car.trips]
    needs = [trip.need_kwh for trip in car.trips] + [0.0]
    used = [-car.capacity_kwh * car.start_share] + [trip.use_kwh for trip in car.trips]
    stays = len(ends)
    value = np.zeros(stays)
    value[-1] = -world.leftover_eur_kwh / car.efficiency
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
            program.put(balance[quarters], power, -1.0)
    return missed
