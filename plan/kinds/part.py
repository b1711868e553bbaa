"""Interface of a kind of asset for the two planners.

The linear program asks for columns and rows (a Part); the planner without a solver for a place
under a peak, around the assets placed before (Placed).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from plan.ahead import QUARTER_H, Ahead
from plan.asset import Asset
from plan.batteries import Battery
from plan.program import Floats, Ints, Program, Solved
from plan.schedule import Schedule
from plan.tuning import Tuning

NONE: Ints = np.arange(0)
NOTHING: Floats = np.zeros(0)
MISSED_KWH = 0.05
"""A smaller amount does not count as missing."""
SEEN_KWH = 0.5
"""Missing energy is shown above this: less does not change a percentage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The program under construction, for one asset. `balance` has a row for each step: import less
    consumption, kW. `order` is the asset's number among its like, from 1: equal ones take turns by
    it.
    """

    program: Program
    balance: Ints
    ahead: Ahead
    tuning: Tuning
    batteries: tuple[Battery, ...]
    order: int


class Part(Protocol):
    """An asset's columns and rows in the program, and its part of a solution.

    `stored` are the columns of its contents in each step, kWh, of which `kept_kwh` should stay as a
    reserve; none for an asset that only takes.
    """

    @property
    def asset(self) -> Asset: ...
    @property
    def stored(self) -> Ints: ...
    @property
    def kept_kwh(self) -> Floats: ...

    def settled(self, program: Program, solved: Solved) -> bool:
        """True if its device can follow its set-point; else its bounds are changed to possible
        ones."""

    def schedule(self, solved: Solved) -> Schedule:
        """Power in each quarter."""

    def missed_kwh(self, solved: Solved) -> float:
        """Energy that will be missing."""

    def lacking(self, kwh: float) -> str:
        """A sentence with the missing amount."""


@dataclass(frozen=True, slots=True)
class Case:
    """Data that are constant for one candidate peak; `net_kw` is the meter's power so far."""

    ahead: Ahead
    tuning: Tuning
    peak_kw: float
    net_kw: Floats


@dataclass(frozen=True, slots=True)
class Placed:
    """An asset's place under one peak: its cost beside that at the meter, and the missing
    energy."""

    schedule: Schedule
    cost_eur: float
    missed_kwh: float = 0.0


@dataclass(frozen=True, slots=True)
class Kind:
    """Planning of one kind of asset in either planner. The first argument is the asset."""

    columns: Callable[[Any, Frame], Part]
    placed: Callable[[Any, Case], Placed]


def schedule(kw: Floats, worth: Floats, keep: Floats = NOTHING, lacks_kwh: float = 0.0) -> Schedule:
    """Arrays as a schedule of plain numbers."""
    return Schedule(tuple(kw.tolist()), tuple(worth.tolist()), tuple(keep.tolist()), lacks_kwh)


def cheapest(
    kw: Floats, quarters: range, kwh: float, most_eur: float, most_kw: float, case: Case
) -> float:
    """`kwh` go into the cheapest quarters below `most_eur`: the sun first. How much did."""
    given = 0.0
    ahead, net = case.ahead, case.net_kw
    offers = [(float(ahead.sell_eur_kwh[q]), q, True) for q in quarters]
    offers += [(float(ahead.buy_eur_kwh[q]), q, False) for q in quarters]
    for price, quarter, from_sun in sorted(offers):
        if given >= kwh - 1e-9 or price >= most_eur:
            break
        limit = max(0.0, -net[quarter]) if from_sun else case.peak_kw - net[quarter]
        room = min(most_kw, limit) - kw[quarter]
        power = min(max(0.0, room), (kwh - given) / QUARTER_H)
        kw[quarter] += power
        given += power * QUARTER_H
    return given
