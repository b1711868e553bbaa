"""A battery in the plan: charge, discharge and contents by step; without a solver a dynamic program
around the other assets."""

from dataclasses import dataclass

import numpy as np

from plan.ahead import QUARTER_H
from plan.batteries import Battery
from plan.kinds.part import Case, Frame, Kind, Placed, schedule
from plan.program import Floats, Ints, Program, Solved
from plan.schedule import Schedule
from plan.tuning import TIE_EUR, battery_end

BOTH_KW = 0.01
STATES = 41
OVER_EUR_KW = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A battery's columns and the rows of its contents; `fine` steps are quarters."""

    asset: Battery
    charge: Ints
    discharge: Ints
    stored: Ints
    rows: Ints
    kept_kwh: Floats
    fine: int

    def settled(self, program: Program, solved: Solved) -> bool:
        """The columns; a battery that would charge and discharge at once may only do the
        greater."""
        charge, discharge = solved.x[self.charge], solved.x[self.discharge]
        both = np.minimum(charge, discharge) > BOTH_KW
        idle = np.where(charge >= discharge, self.discharge, self.charge)[both]
        if len(idle):
            program.bind(idle, upper=0.0)
        return not len(idle)

    def schedule(self, solved: Solved) -> Schedule:
        x, fine = solved.x, self.fine
        kw = x[self.charge] - x[self.discharge]
        # What the plan knowingly uses of the reserve is not kept from it.
        keep = np.minimum(x[self.stored], self.kept_kwh)
        return schedule(kw[:fine], solved.worth[self.rows][:fine], keep[:fine])

    def missed_kwh(self, solved: Solved) -> float:
        return 0.0

    def lacking(self, kwh: float) -> str:
        return ""


def columns(battery: Battery, frame: Frame) -> _Held:
    program, ahead, count = frame.program, frame.ahead, len(frame.ahead.hours)
    wear = battery.wear_eur_kwh * ahead.hours + TIE_EUR * (1 + np.arange(count))
    charge = program.column(count, wear, upper=battery.charge_kw)
    discharge = program.column(count, wear, upper=battery.discharge_kw)
    end = np.zeros(count)
    end[-1] = -battery_end(ahead, battery, frame.tuning)
    least_kwh = min(battery.reserve_kwh, battery.stored_kwh)
    most_kwh = max(battery.capacity_kwh, battery.stored_kwh)
    stored = program.column(count, end, least_kwh, most_kwh)
    first = np.zeros(count)
    first[0] = battery.stored_kwh
    rows = program.row(count, first, first)
    program.put(rows, stored, 1.0)
    program.put(rows[1:], stored[:-1], -1.0)
    program.put(rows, charge, -battery.efficiency * ahead.hours)
    program.put(rows, discharge, ahead.hours / battery.efficiency)
    program.put(frame.balance, charge, -1.0)
    program.put(frame.balance, discharge, 1.0)
    return _Held(
        asset=battery, charge=charge, discharge=discharge, stored=stored, rows=rows,
        kept_kwh=_kept_kwh(battery, frame), fine=ahead.fine,
    )  # fmt: skip


def _kept_kwh(battery: Battery, frame: Frame) -> Floats:
    """Energy to keep at each step's end: its owner's reserve, and its part of the common one."""
    every = frame.batteries
    room_kwh = sum(each.capacity_kwh - each.reserve_kwh for each in every)
    part = battery.capacity_kwh / sum(each.capacity_kwh for each in every)
    owners_kwh = min(battery.reserve_kwh, battery.stored_kwh)
    return owners_kwh + part * np.minimum(frame.ahead.reserve_kwh, room_kwh / 2)


def placed(battery: Battery, case: Case) -> Placed:
    return _Around(battery, case).placed()


class _Around:
    """A dynamic program for one battery around the assets placed before."""

    def __init__(self, battery: Battery, case: Case) -> None:
        self.battery, self.case = battery, case
        self.least_kwh = min(battery.reserve_kwh, battery.stored_kwh)
        self.most_kwh = max(battery.capacity_kwh, battery.stored_kwh)
        self.states = np.linspace(self.least_kwh, self.most_kwh, STATES)
        room_kwh = self.most_kwh - battery.reserve_kwh
        self.kept_kwh = np.minimum(case.ahead.reserve_kwh, room_kwh / 2)
        self.end_eur = battery_end(case.ahead, battery, case.tuning)

    def placed(self) -> Placed:
        """Its schedule, and the cost of wear less the value of its contents at the end."""
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
        return Placed(schedule(kw, worth), wear - self.end_eur * float(stored[0]))

    def _costs(self, quarter: int, stored: Floats, later: Floats) -> tuple[Floats, Floats, Floats]:
        """EUR from this quarter on, and power and contents after it, per state and option."""
        battery, case = self.battery, self.case
        power, after = self._moved(stored, self._options(quarter))
        grid = case.net_kw[quarter] + power
        buy = float(case.ahead.buy_eur_kwh[quarter])
        sell = min(float(case.ahead.sell_eur_kwh[quarter]), buy)
        cost = np.where(grid > 0, buy, sell) * grid * QUARTER_H
        cost += np.abs(power) * QUARTER_H * battery.wear_eur_kwh
        cost += np.maximum(0.0, grid - case.peak_kw) * OVER_EUR_KW
        lacking = np.maximum(0.0, battery.reserve_kwh + self.kept_kwh[quarter] - after)
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


BATTERY = Kind(columns, placed)
