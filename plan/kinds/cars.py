"""A car in the plan: its power while it is on its cable, its level at the end of each stay; without
a solver the cheapest quarters of each stay."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from base.language import phrase
from base.time import HOUR, QUARTER
from plan.ahead import QUARTER_H, Ahead
from plan.cars import Car, Stay
from plan.kinds.part import MISSED_KWH, NONE, NOTHING, Case, Frame, Kind, Placed, cheapest, schedule
from plan.program import FREE, Floats, Ints, Program, Solved
from plan.schedule import Schedule
from plan.tuning import TIE_EUR, Tuning, car_end

EASY_SHARE = 0.5
LEAST_KW = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parked:
    """A car's power columns by quarter, the stay of each, and the missing energy at each
    departure."""

    asset: Car
    ahead: Ahead
    power: Ints
    quarters: Ints
    stays: Ints
    rows: Ints
    missed: Ints

    @property
    def stored(self) -> Ints:
        return NONE

    @property
    def kept_kwh(self) -> Floats:
        return NOTHING

    def settled(self, program: Program, solved: Solved) -> bool:
        return True

    def schedule(self, solved: Solved) -> Schedule:
        count, fine = len(self.ahead.hours), self.ahead.fine
        kw, worth = np.zeros(count), np.zeros(count)
        kw[self.quarters] = solved.x[self.power]
        worth[self.quarters] = solved.worth[self.rows][self.stays]
        lacks = self._lacks(solved)
        sure = (kwh for kwh, stay in zip(lacks, self.asset.stays, strict=False) if not stay.usual)
        return schedule(kw[:fine], worth[:fine], lacks_kwh=float(next(sure, 0.0)))

    def missed_kwh(self, solved: Solved) -> float:
        return float(self._lacks(solved).sum())

    def lacking(self, kwh: float) -> str:
        name = self.asset.name
        return phrase(
            "{name} will be {kwh:.1f} kWh short at departure: too little time, or too expensive",
            name=name,
            kwh=kwh,
        )

    def _lacks(self, solved: Solved) -> Floats:
        """kWh missing at each departure; 0 at those after these two days, or only usual."""
        until = self.ahead.start + self.ahead.fine * QUARTER
        stays = self.asset.stays[: len(self.missed)]
        counts = [each.end is not None and each.end <= until and not each.usual for each in stays]
        return np.where(counts, solved.x[self.missed], 0.0)


def columns(car: Car, frame: Frame) -> _Parked:
    program, ahead = frame.program, frame.ahead
    spans = list(_spans(car, ahead, frame.tuning))
    quarters = np.concatenate([np.arange(a, b) for a, b in spans] or [np.arange(0)])
    stays = np.repeat(np.arange(len(spans)), [b - a for a, b in spans])
    tie = TIE_EUR * (1 + quarters) * (0.5 + 0.5 * frame.order)  # one after the other
    power = program.column(len(quarters), tie, upper=car.most_kw)
    program.put(frame.balance[quarters], power, -1.0)
    staying = car.stays[: len(spans)]
    cost = np.zeros(len(spans))
    if spans:
        cost[-1] = -car_end(ahead, frame.tuning)
    level = program.column(len(spans), cost, -FREE, car.room_kwh)
    missed = program.column(len(spans), [stay.missed_eur_kwh for stay in staying])
    used = [0.0, *(stay.use_kwh for stay in staying[:-1])][: len(spans)]
    rows = program.row(len(spans), np.negative(used), np.negative(used))
    program.put(rows, level, 1.0)
    program.put(rows[1:], level[:-1], -1.0)
    program.put(rows[1:], missed[:-1], -1.0)  # what is missing is charged on the way
    program.put(rows[stays], power, -ahead.hours[quarters])
    wants = program.row(len(spans), [_need_kwh(stay, ahead) for stay in staying], FREE)
    program.put(wants, level, 1.0)
    program.put(wants, missed, 1.0)
    return _Parked(
        asset=car, ahead=ahead, power=power, quarters=quarters, stays=stays, rows=rows,
        missed=missed,
    )  # fmt: skip


def _need_kwh(stay: Stay, ahead: Ahead) -> float:
    """Energy needed at the end of a stay; 0 when that lies beyond the plan."""
    if stay.end is None or stay.end > ahead.start + float(ahead.hours.sum()) * HOUR:
        return -FREE
    return stay.need_kwh


def _spans(car: Car, ahead: Ahead, tuning: Tuning) -> Iterator[tuple[int, int]]:
    """The steps of each stay that begins within the plan."""
    for stay in car.stays:
        first, last = ahead.steps(stay.start, stay.end)
        if first >= len(ahead.hours):
            return
        yield first, _ready(first, last, stay.need_kwh / car.most_kw, ahead, tuning)


def _ready(first: int, last: int, least_h: float, ahead: Ahead, tuning: Tuning) -> int:
    """End of a stay's charging: a little before the car leaves, as a margin; not when time is
    short, or far ahead."""
    early = last - tuning.ready_quarters
    if not 0 < least_h <= EASY_SHARE * QUARTER_H * (early - first) or last > ahead.fine:
        return last
    return early


def placed(car: Car, case: Case) -> Placed:
    """Place it in the cheapest quarters of its stays."""
    count = len(case.net_kw)
    kw, level, lacks, lacks_eur = np.zeros(count), 0.0, list[float](), 0.0
    end_eur = car_end(case.ahead, case.tuning)
    for stay, first, last in _stays(car, case.ahead):
        need = stay.need_kwh - level if stay.end is not None and last < count else 0.0
        short = 0.0
        if need > 0:
            most_eur = stay.missed_eur_kwh if stay.usual else np.inf
            level += cheapest(kw, range(first, last), need, most_eur, car.most_kw, case)
            short = max(0.0, stay.need_kwh - level)
            lacks_eur += short * stay.missed_eur_kwh
            level += short
        if not stay.usual:
            lacks.append(short)
        room = car.room_kwh - level
        level += cheapest(kw, range(first, last), room, end_eur, car.most_kw, case)
        level -= stay.use_kwh
    worth = np.where(kw > LEAST_KW, case.ahead.buy_eur_kwh, end_eur)
    missed = sum(lacks) if sum(lacks) > MISSED_KWH else 0.0
    made = schedule(kw, worth, lacks_kwh=next(iter(lacks), 0.0))
    return Placed(made, lacks_eur - end_eur * level, missed)


def _stays(car: Car, ahead: Ahead) -> Iterator[tuple[Stay, int, int]]:
    for stay in car.stays:
        first, last = ahead.steps(stay.start, stay.end)
        if first < len(ahead.hours):
            yield stay, first, last


CAR = Kind(columns, placed)
