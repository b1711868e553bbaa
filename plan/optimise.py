"""What every asset is to take in each of the next quarters, for the least money: a linear program.

Per quarter: import and export at their prices, each battery's charge, discharge and contents, each
car's power while it is on its cable. Per month: kW above what is paid already, at what a kW will
cost on the coming bills, weighted for how much of the month this plan sees. Nothing is ever
infeasible: a kWh missing at a departure, or in the reserve, has a price instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from base.time import HOUR, QUARTER
from plan.ahead import QUARTER_H, Ahead
from plan.assets import Assets
from plan.batteries import Battery
from plan.cars import Car
from plan.month import MonthPeak
from plan.program import FREE, Floats, Ints, Program, Solved
from plan.schedule import Plan, Schedule
from plan.tuning import TUNED, Tuning, battery_end, car_end, month_spans

TIE_EUR = 1e-6
BOTH_KW = 0.01
CEILING_EUR_KW = 50.0
EASY_SHARE = 0.5
NOTHING: Floats = np.zeros(0)
SEEN_KWH = 0.5
"""What a car lacks is told above this: less does not show in its percentage."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A battery's columns and the rows of its contents."""

    battery: Battery
    charge: Ints
    discharge: Ints
    stored: Ints
    rows: Ints


@dataclass(frozen=True, slots=True)
class _Parked:
    """A car's power columns by quarter, the stay of each, and what it lacks at each departure."""

    car: Car
    power: Ints
    quarters: Ints
    stays: Ints
    rows: Ints
    missed: Ints


def optimise(ahead: Ahead, assets: Assets, month: MonthPeak, tuning: Tuning = TUNED) -> Plan:
    """The plan. NoSolverError when there is no solver, or it does not answer in time."""
    model = _Model(ahead, assets, month, tuning)
    solved = model.program.solve()
    if model.forbid_both(solved):
        solved = model.program.solve()
    return model.plan(solved)


class _Model:
    """The program under construction, and where everything stands in it."""

    def __init__(self, ahead: Ahead, assets: Assets, month: MonthPeak, tuning: Tuning) -> None:
        self.ahead, self.assets, self.month, self.tuning = ahead, assets, month, tuning
        self.count = len(ahead.hours)
        self.program = Program()
        self.quarters = np.arange(self.count)
        self._grid()
        self.held = [self._battery(each) for each in assets.batteries]
        self.parked = [self._car(order, each) for order, each in enumerate(assets.cars, 1)]
        self._reserve()
        self._peaks()

    def _grid(self) -> None:
        program, ahead = self.program, self.ahead
        buy = ahead.buy_eur_kwh
        sell = np.minimum(ahead.sell_eur_kwh, buy)  # earning on a loop through the meter is no plan
        self.importing = program.column(self.count, buy * ahead.hours + TIE_EUR)
        self.exporting = program.column(self.count, -sell * ahead.hours + TIE_EUR)
        net = ahead.load_kw - ahead.solar_kw
        self.balance = program.row(self.count, net, net)
        program.put(self.balance, self.importing, 1.0)
        program.put(self.balance, self.exporting, -1.0)

    def _battery(self, battery: Battery) -> _Held:
        program, count = self.program, self.count
        wear = battery.wear_eur_kwh * self.ahead.hours + TIE_EUR * (1 + self.quarters)
        charge = program.column(count, wear, upper=battery.charge_kw)
        discharge = program.column(count, wear, upper=battery.discharge_kw)
        end = np.zeros(count)
        end[-1] = -battery_end(self.ahead, battery, self.tuning)
        least_kwh = min(battery.reserve_kwh, battery.stored_kwh)
        most_kwh = max(battery.capacity_kwh, battery.stored_kwh)
        stored = program.column(count, end, least_kwh, most_kwh)
        first = np.zeros(count)
        first[0] = battery.stored_kwh
        rows = program.row(count, first, first)
        program.put(rows, stored, 1.0)
        program.put(rows[1:], stored[:-1], -1.0)
        program.put(rows, charge, -battery.efficiency * self.ahead.hours)
        program.put(rows, discharge, self.ahead.hours / battery.efficiency)
        program.put(self.balance, charge, -1.0)
        program.put(self.balance, discharge, 1.0)
        return _Held(battery, charge, discharge, stored, rows)

    def _car(self, order: int, car: Car) -> _Parked:
        spans = list(self._spans(car))
        quarters = np.concatenate([np.arange(a, b) for a, b in spans] or [np.arange(0)])
        stays = np.repeat(np.arange(len(spans)), [b - a for a, b in spans])
        program = self.program
        tie = TIE_EUR * (1 + quarters) * (0.5 + 0.5 * order)  # cars in turn, not by turns
        power = program.column(len(quarters), tie, upper=car.most_kw)
        program.put(self.balance[quarters], power, -1.0)
        staying = car.stays[: len(spans)]
        cost = np.zeros(len(spans))
        if spans:
            cost[-1] = -car_end(self.ahead, self.tuning)
        level = program.column(len(spans), cost, -FREE, car.room_kwh)
        missed = program.column(len(spans), [stay.missed_eur_kwh for stay in staying])
        used = [0.0, *(stay.use_kwh for stay in staying[:-1])][: len(spans)]
        rows = program.row(len(spans), np.negative(used), np.negative(used))
        program.put(rows, level, 1.0)
        program.put(rows[1:], level[:-1], -1.0)
        program.put(rows[1:], missed[:-1], -1.0)  # what is missing is charged on the way
        program.put(rows[stays], power, -self.ahead.hours[quarters])
        wants = program.row(
            len(spans), [self._need(car, n, spans) for n in range(len(spans))], FREE
        )
        program.put(wants, level, 1.0)
        program.put(wants, missed, 1.0)
        return _Parked(car, power, quarters, stays, rows, missed)

    def _need(self, car: Car, stay: int, spans: list[tuple[int, int]]) -> float:
        """What must be in it at the end of a stay; nothing when that lies beyond the plan."""
        end = car.stays[stay].end
        if end is None or end > self.ahead.start + float(self.ahead.hours.sum()) * HOUR:
            return -FREE
        return car.stays[stay].need_kwh

    def _spans(self, car: Car) -> Iterator[tuple[int, int]]:
        """The steps of each stay that begins within the plan."""
        for stay in car.stays:
            first, last = self.ahead.steps(stay.start, stay.end)
            if first >= self.count:
                return
            yield first, self._ready(first, last, stay.need_kwh / car.most_kw)

    def _ready(self, first: int, last: int, least_h: float) -> int:
        """Where a stay's charging ends: a little before the car leaves, for what may come between;
        not when time is short, or far ahead."""
        early = last - self.tuning.ready_quarters
        if not 0 < least_h <= EASY_SHARE * QUARTER_H * (early - first) or last > self.ahead.fine:
            return last
        return early

    def _reserve(self) -> None:
        """A little stays in the batteries for what nobody foresaw; less than it has a price."""
        if not self.held:
            return
        lacking = self.program.column(
            self.count, self.tuning.reserve_eur_kwh * 4 * self.ahead.hours
        )
        rows = self.program.row(self.count, sum(map(self._reserved_kwh, self.held)), FREE)
        self.program.put(rows, lacking, 1.0)
        for each in self.held:
            self.program.put(rows, each.stored, 1.0)

    def _reserved_kwh(self, held: _Held) -> float:
        """What should stay in a battery: what its owner keeps, and its part of the reserve."""
        battery, every = held.battery, [each.battery for each in self.held]
        room_kwh = sum(each.capacity_kwh - each.reserve_kwh for each in every)
        part = battery.capacity_kwh / sum(each.capacity_kwh for each in every)
        owners_kwh = min(battery.reserve_kwh, battery.stored_kwh)
        return owners_kwh + part * min(self.tuning.reserve_kwh, room_kwh / 2)

    def _peaks(self) -> None:
        """Each month's kW above what is paid, up to the typical need and above it."""
        month, ahead = self.month, self.ahead
        rows = self.program.row(self.count, -FREE, 0.0)
        self.program.put(rows, self.importing, 1.0)
        self.above: Ints = np.arange(0)
        for span in month_spans(ahead, month, self.tuning):
            usual_kw = max(0.0, month.typical_kw - span.paid_kw)
            cheap = span.eur_kw * self.tuning.typical_share
            paid = self.program.column(1, 0.0, span.paid_kw, span.paid_kw)
            below_kw = (
                FREE if month.ceiling_kw is None else max(0.0, month.ceiling_kw - span.paid_kw)
            )
            usual_kw = min(usual_kw, below_kw)
            usual = self.program.column(1, cheap, upper=usual_kw)
            more = self.program.column(1, span.eur_kw, upper=below_kw - usual_kw)
            # The owner's ceiling is no wall: the house alone may be over it.
            beyond = self.program.column(1, span.eur_kw + CEILING_EUR_KW)
            for column in (paid, usual, more, beyond):
                self.program.put(rows[span.first : span.last], column, -1.0)
            if not len(self.above):
                self.above = np.concatenate((paid, usual, more, beyond))

    def forbid_both(self, solved: Solved) -> bool:
        """Where a battery would charge and discharge at once, it may now only do the greater."""
        found = False
        for each in self.held:
            charge, discharge = solved.x[each.charge], solved.x[each.discharge]
            both = np.flatnonzero(np.minimum(charge, discharge) > BOTH_KW)
            found = found or bool(len(both))
            for quarter in both:
                idle = each.discharge if charge[quarter] >= discharge[quarter] else each.charge
                self._close(idle[quarter])
        return found

    def _close(self, column: int) -> None:
        uppers = np.concatenate(self.program.uppers)
        uppers[column] = 0.0
        self.program.uppers = [uppers]

    def plan(self, solved: Solved) -> Plan:
        """What the solution says, by asset, for the quarters."""
        x, fine = solved.x, self.ahead.fine
        schedules: dict[tuple[str, str], Schedule] = {}
        for held in self.held:
            kw = x[held.charge] - x[held.discharge]
            worth = solved.worth[held.rows]
            # What the plan knowingly uses of the reserve is not kept from it.
            keep = np.minimum(x[held.stored], self._reserved_kwh(held))
            schedules[held.battery.peer, held.battery.name] = _schedule(
                kw[:fine], worth[:fine], keep[:fine]
            )
        missed: dict[str, float] = {}
        for parked in self.parked:
            kw, worth = np.zeros(self.count), np.zeros(self.count)
            kw[parked.quarters] = x[parked.power]
            worth[parked.quarters] = solved.worth[parked.rows][parked.stays]
            lacks = self._lacks(parked, x)
            schedules[parked.car.peer, parked.car.name] = _schedule(
                kw[:fine], worth[:fine], lacks=lacks
            )
            if (all_kwh := float(lacks.sum())) > 0.05:
                missed[parked.car.name] = all_kwh
        grid = tuple((x[self.importing] - x[self.exporting])[:fine].tolist())
        target_kw = float(x[self.above].sum()) if len(self.above) else self.month.paid_kw
        return Plan(
            self.ahead.start, schedules, grid, target_kw, solved.cost, missed,
            notes=(*self.assets.notes, *self.ahead.notes, *_lacking(missed)),
        )  # fmt: skip

    def _lacks(self, parked: _Parked, x: Floats) -> Floats:
        """kWh missing at each departure; 0 at those after these two days."""
        until = self.ahead.start + self.ahead.fine * QUARTER
        ends = [stay.end for stay in parked.car.stays[: len(parked.missed)]]
        near = [end is not None and end <= until for end in ends]
        return np.where(near, x[parked.missed], 0.0)


def _schedule(
    kw: Floats, worth: Floats, keep: Floats = NOTHING, lacks: Floats = NOTHING
) -> Schedule:
    kept = tuple(keep.tolist())
    lacks_kwh = float(lacks[0]) if len(lacks) else 0.0
    return Schedule(tuple(kw.tolist()), tuple(worth.tolist()), kept, lacks_kwh)


def _lacking(missed: Mapping[str, float]) -> Iterator[str]:
    """A sentence for each car that will lack what its driver would see: below that is no news."""
    for name, kwh in missed.items():
        if kwh > SEEN_KWH:
            yield f"{name} will lack {kwh:.1f} kWh at departure: too little time, or too dear"
