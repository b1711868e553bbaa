"""Optimal plan of every asset for the next quarters at the least cost: a linear program.

Per quarter: import and export at their prices, and the columns of each kind of asset (plan/kinds/).
Per month: kW above the peak paid already, at the price of a kW on the coming bills, weighted by the
part of the month that this plan covers. Nothing is ever infeasible: a kWh that will be missing, or
in the reserve, has a price instead.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from plan.ahead import Ahead
from plan.asset import Asset
from plan.assets import Assets
from plan.kinds.part import MISSED_KWH, SEEN_KWH, Frame, Part
from plan.kinds.registry import kind_of
from plan.month import MonthPeak
from plan.program import FREE, Ints, Program, Solved
from plan.schedule import Plan
from plan.tuning import TIE_EUR, TUNED, Tuning, month_spans

CEILING_EUR_KW = 50.0


def optimise(ahead: Ahead, assets: Assets, month: MonthPeak, tuning: Tuning = TUNED) -> Plan:
    """The plan. NoSolverError without a solver, or without an answer in time."""
    model = _Model(ahead, assets, month, tuning)
    solved = model.program.solve()
    if not model.settled(solved):
        solved = model.program.solve()
    return model.plan(solved)


class _Model:
    """The program under construction, with the columns and rows of each asset."""

    def __init__(self, ahead: Ahead, assets: Assets, month: MonthPeak, tuning: Tuning) -> None:
        self.ahead, self.assets, self.month, self.tuning = ahead, assets, month, tuning
        self.count = len(ahead.hours)
        self.program = Program()
        self._grid()
        self.parts = [*self._parts(assets.stores), *self._parts(assets.takers)]
        self._reserve([each for each in self.parts if len(each.stored)])
        self._peaks()

    def _grid(self) -> None:
        program, ahead = self.program, self.ahead
        buy = ahead.buy_eur_kwh
        sell = np.minimum(
            ahead.sell_eur_kwh, buy
        )  # earning on a loop through the meter is not a plan
        self.importing = program.column(self.count, buy * ahead.hours + TIE_EUR)
        self.exporting = program.column(self.count, -sell * ahead.hours + TIE_EUR)
        net = ahead.load_kw - ahead.solar_kw
        self.balance = program.row(self.count, net, net)
        program.put(self.balance, self.importing, 1.0)
        program.put(self.balance, self.exporting, -1.0)

    def _parts(self, assets: Iterable[Asset]) -> Iterator[Part]:
        """The columns and rows of each that is planned."""
        kinds = ((each, kind_of(each)) for each in assets)
        planned = ((each, kind) for each, kind in kinds if kind is not None)
        for order, (each, kind) in enumerate(planned, 1):
            yield kind.columns(
                each,
                Frame(
                    program=self.program,
                    balance=self.balance,
                    ahead=self.ahead,
                    tuning=self.tuning,
                    batteries=self.assets.batteries,
                    order=order,
                ),
            )

    def _reserve(self, stores: list[Part]) -> None:
        """Keep a reserve in the stores; going below it has a price."""
        if not stores:
            return
        lacking = self.program.column(
            self.count, self.tuning.reserve_eur_kwh * 4 * self.ahead.hours
        )
        rows = self.program.row(self.count, sum(each.kept_kwh for each in stores), FREE)
        self.program.put(rows, lacking, 1.0)
        for each in stores:
            self.program.put(rows, each.stored, 1.0)

    def _peaks(self) -> None:
        """Each month's kW above the paid peak, up to the typical need and above it."""
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
            # The owner's ceiling is not a wall: the house alone may be over it.
            beyond = self.program.column(1, span.eur_kw + CEILING_EUR_KW)
            for column in (paid, usual, more, beyond):
                self.program.put(rows[span.first : span.last], column, -1.0)
            if not len(self.above):
                self.above = np.concatenate((paid, usual, more, beyond))

    def settled(self, solved: Solved) -> bool:
        """True if each device can follow its set-point; else the program is changed to possible
        ones."""
        told = [each.settled(self.program, solved) for each in self.parts]
        return all(told)

    def plan(self, solved: Solved) -> Plan:
        """The plan in the solution, by asset, for the quarters."""
        x, fine = solved.x, self.ahead.fine
        schedules = {each.asset.key: each.schedule(solved) for each in self.parts}
        lacks = [(each, each.missed_kwh(solved)) for each in self.parts]
        missed = {each.asset.key[1]: kwh for each, kwh in lacks if kwh > MISSED_KWH}
        notes = [each.lacking(kwh) for each, kwh in lacks if kwh > SEEN_KWH]
        grid = tuple((x[self.importing] - x[self.exporting])[:fine].tolist())
        target_kw = float(x[self.above].sum()) if len(self.above) else self.month.paid_kw
        return Plan(
            start=self.ahead.start,
            schedules=schedules,
            grid_kw=grid,
            target_kw=target_kw,
            cost_eur=solved.cost,
            missed_kwh=missed,
            notes=(*self.assets.notes, *self.ahead.notes, *notes),
        )
