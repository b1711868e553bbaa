"""A reference planner of ours, after the published description of evcc's optimiser.

It minimises energy bought less energy sold, plus a demand rate on the highest import above a limit,
over the slots of a forecast. A battery has power limits, an efficiency and a value of its final
energy; a car is charged to its goal before it leaves. It is not evcc's code.
"""

from time import process_time

import numpy as np

from backtest.world import QUARTER_H, Floats
from plan.program import FREE, Ints, NoSolverError, Program
from tests.prove.peers.question import Answer, Question, Task

MISSED_EUR_KWH = 10.0
LATER_EUR = 1e-6


def demand_rate(asked: Question) -> Answer | None:
    """The plan; None if the solver finds none."""
    began = process_time()
    program, count, battery = Program(), len(asked.load_kw), asked.battery
    net = asked.load_kw - asked.solar_kw
    sell = np.minimum(asked.sell_eur_kwh, asked.buy_eur_kwh - LATER_EUR)
    bought = program.column(count, asked.buy_eur_kwh * QUARTER_H)
    sold = program.column(count, -sell * QUARTER_H)
    charge = program.column(count, LATER_EUR * np.arange(count), upper=battery["kw"])
    discharge = program.column(count, LATER_EUR, upper=battery["kw"])
    balance = program.row(count, net, net)
    for columns, sign in ((bought, 1.0), (sold, -1.0), (charge, -1.0), (discharge, 1.0)):
        program.put(balance, columns, sign)
    end = np.zeros(count)
    end[-1] = -float(np.median(asked.buy_eur_kwh)) * battery["efficiency"]
    stored = program.column(count, end, 0.0, battery["capacity_kwh"])
    first = np.zeros(count)
    first[0] = battery["stored_kwh"]
    rows = program.row(count, first, first)
    program.put(rows, stored, 1.0)
    program.put(rows[1:], stored[:-1], -1.0)
    program.put(rows, charge, -battery["efficiency"] * QUARTER_H)
    program.put(rows, discharge, QUARTER_H / battery["efficiency"])
    peak = program.column(1, asked.eur_kw)
    above = program.row(count, -FREE, asked.peak_kw)
    program.put(above, bought, 1.0)
    program.put(above, peak, -1.0)
    powers = [_charged(program, balance, task) for task in asked.tasks]
    try:
        x = program.solve().x
    except NoSolverError:
        return None
    return Answer(
        battery_kw=x[charge] - x[discharge],
        tasks_kw=tuple(
            _planned(x, power, task, count) for power, task in zip(powers, asked.tasks, strict=True)
        ),
        grid_kw=x[bought] - x[sold],
        took_s=process_time() - began,
    )


def _charged(program: Program, balance: Ints, task: Task) -> Ints:
    """The columns of its power; missed energy is expensive."""
    count = task.last - task.first
    power = program.column(count, LATER_EUR * np.arange(count), upper=task.most_kw)
    missed = program.column(1, MISSED_EUR_KWH)
    rows = program.row(1, task.kwh, FREE)
    program.put(rows, missed, 1.0)
    if count:
        program.put(balance[task.first : task.last], power, -1.0)
        program.put(rows, power, QUARTER_H)
    return power


def _planned(x: Floats, power: Ints, task: Task, count: int) -> Floats:
    kw = np.zeros(count)
    kw[task.first : task.last] = x[power]
    return kw
