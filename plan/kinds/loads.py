"""A load that can wait, in the plan: its power until its time, then rounded to runs.

The program may give it part of its minimum power in many quarters. The load then runs in the
quarters
with most power, for as long as it must stay on, and the rest is planned around it.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from base.language import phrase
from base.time import QUARTER_S
from plan.ahead import QUARTER_H, Ahead
from plan.asset import SOME_KW
from plan.kinds.part import MISSED_KWH, NONE, NOTHING, Case, Frame, Kind, Placed, cheapest, schedule
from plan.loads import Deferrable
from plan.program import Floats, Ints, Program, Solved
from plan.schedule import Schedule
from plan.tuning import TIE_EUR

NEAR = 1e-6
PART = 0.05
"""A smaller part of a quarter is not a reason to run in another one."""


@dataclass(slots=True, kw_only=True)
class _Run:
    """A load's power in the quarters until its time; `worth` is that before it was rounded."""

    asset: Deferrable
    fine: int
    power: Ints
    missed: Ints
    beyond: Ints
    row: Ints
    worth: float = 0.0

    @property
    def stored(self) -> Ints:
        return NONE

    @property
    def kept_kwh(self) -> Floats:
        return NOTHING

    def settled(self, program: Program, solved: Solved) -> bool:
        """Round it: at least its minimum power, long enough, or not at all."""
        load, kw = self.asset, solved.x[self.power]
        self.worth = float(solved.worth[self.row][0])
        if load.least_kw <= SOME_KW:
            return True
        on = runs(kw, load)
        fits = bool(np.all(on == (kw > NEAR)) and np.all(kw[on] >= load.least_kw - NEAR))
        # Bound even so: another asset may have the program solved again.
        program.bind(self.power[on], load.least_kw, upper=load.most_kw)
        program.bind(self.power[~on], upper=0.0)
        least_kwh = float(np.count_nonzero(on)) * load.least_kw * QUARTER_H
        program.bind(self.beyond, upper=max(0.0, least_kwh - load.energy_kwh))
        return fits

    def schedule(self, solved: Solved) -> Schedule:
        kw = np.zeros(self.fine)
        kw[: len(self.power)] = solved.x[self.power]
        worth = np.full(self.fine, self.worth)
        return schedule(kw, worth, lacks_kwh=self.missed_kwh(solved))

    def missed_kwh(self, solved: Solved) -> float:
        return float(solved.x[self.missed][0])

    def lacking(self, kwh: float) -> str:
        return phrase(
            "{asset} will be {kwh:.1f} kWh short in time: too little time, or too expensive",
            asset=self.asset.name,
            kwh=kwh,
        )


def columns(load: Deferrable, frame: Frame) -> _Run:
    program = frame.program
    quarters = np.arange(_until(load, frame.ahead))
    tie = TIE_EUR * (1 + quarters) * (0.5 + 0.5 * frame.order)
    power = program.column(len(quarters), tie, upper=load.most_kw)
    missed = program.column(1, load.missed_eur_kwh)
    beyond = program.column(1, upper=0.0)
    row = program.row(1, -load.energy_kwh, -load.energy_kwh)
    program.put(row, power, -QUARTER_H)
    program.put(row, missed, -1.0)
    program.put(row, beyond, 1.0)
    program.put(frame.balance[quarters], power, -1.0)
    return _Run(
        asset=load, fine=frame.ahead.fine, power=power, missed=missed, beyond=beyond, row=row
    )


def _until(load: Deferrable, ahead: Ahead) -> int:
    """The quarters until its time, the running one at least."""
    return min(ahead.fine, max(1, ahead.steps(ahead.start, load.end)[1]))


def runs(kw: Floats, load: Deferrable) -> NDArray[np.bool_]:
    """The quarters in which it runs, to take about the planned energy."""
    wanted = min(len(kw), ceil(float(kw.sum()) / load.most_kw - PART))
    block = min(len(kw), max(1, ceil(load.least_on_s / QUARTER_S)))
    on = np.zeros(len(kw), dtype=bool)
    while np.count_nonzero(on) < wanted:
        first, last = _best(kw, on, block)
        on[first:last] = True
    return on


def _best(kw: Floats, on: NDArray[np.bool_], block: int) -> tuple[int, int]:
    """The quarter beside a run, or the quarters of a new one, with the most planned power each."""
    off_kw = np.where(on, 0.0, kw)
    beside = ~on & (np.append(on[1:], False) | np.append(False, on[:-1]))
    news = np.convolve(off_kw, np.ones(block), "valid") / block
    new = int(news.argmax())
    next_to = int(np.where(beside, off_kw, -1.0).argmax())
    if beside.any() and off_kw[next_to] >= news[new] - NEAR:
        return next_to, next_to + 1
    return new, new + block


def placed(load: Deferrable, case: Case) -> Placed:
    """Place it in its cheapest quarters, then round that to runs."""
    kw, until = np.zeros(len(case.net_kw)), _until(load, case.ahead)
    given_kwh = cheapest(kw, range(until), load.energy_kwh, load.missed_eur_kwh, load.most_kw, case)
    on = kw[:until] > NEAR
    if load.least_kw > SOME_KW:
        on = runs(kw[:until], load)
        mean_kw = given_kwh / QUARTER_H / max(1, int(np.count_nonzero(on)))
        kw[:until] = np.where(on, np.clip(mean_kw, load.least_kw, load.most_kw), 0.0)
    short_kwh = max(0.0, load.energy_kwh - float(kw.sum()) * QUARTER_H)
    worth = np.full(len(kw), float(case.ahead.buy_eur_kwh[:until][on].max(initial=0.0)))
    missed_kwh = short_kwh if short_kwh > MISSED_KWH else 0.0
    made = schedule(kw, worth, lacks_kwh=short_kwh)
    return Placed(made, short_kwh * load.missed_eur_kwh, missed_kwh)


LOAD = Kind(columns, placed)
