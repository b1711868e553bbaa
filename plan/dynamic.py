"""A plan without a solver, for machines that highspy is not built for: plain NumPy.

The takers first, each in its cheapest quarters under a peak; then each store around them. A few
candidate peaks are computed, and the cheapest is used. Some points worse than the linear program,
and it says so.
"""

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from base.language import phrase
from plan.ahead import QUARTER_H, Ahead
from plan.assets import Assets
from plan.kinds.part import Case
from plan.kinds.registry import kind_of
from plan.month import MonthPeak
from plan.program import Floats
from plan.schedule import Plan, Schedule
from plan.tuning import TUNED, Tuning, month_cost_eur

STEPS_KW = (0.0, 0.5, 1.0, 2.0, 3.5, 6.0, 9.0)
NOTE = phrase("planned without a solver, which saves less: pip install highspy if it is available")


@dataclass(frozen=True, slots=True)
class _Tried:
    """A plan under one peak."""

    cost_eur: float
    schedules: dict[tuple[str, str], Schedule]
    grid_kw: Floats
    missed_kwh: dict[str, float]


def dynamic(ahead: Ahead, assets: Assets, month: MonthPeak, tuning: Tuning = TUNED) -> Plan:
    """The cheapest of the plans under a few peaks, none above the owner's ceiling."""
    ahead, tried = ahead.near(), []
    most_kw = max(month.paid_kw, inf if month.ceiling_kw is None else month.ceiling_kw)
    for peak_kw in dict.fromkeys(min(month.paid_kw + more_kw, most_kw) for more_kw in STEPS_KW):
        found = _under(ahead, assets, peak_kw, tuning)
        top_kw = float(found.grid_kw.max(initial=0.0))
        cost = found.cost_eur + month_cost_eur(ahead, month, tuning, top_kw)
        tried.append((cost, peak_kw, found))
        if top_kw <= peak_kw - 0.4:
            break  # more room would not be used
    cost, _, best = min(tried, key=lambda each: each[0])
    target_kw = max(month.paid_kw, float(best.grid_kw.max(initial=0.0)))
    return Plan(
        start=ahead.start,
        schedules=best.schedules,
        grid_kw=tuple(best.grid_kw.tolist()),
        target_kw=target_kw,
        cost_eur=cost,
        missed_kwh=best.missed_kwh,
        solver="NumPy",
        notes=(*assets.notes, *ahead.notes, NOTE),
    )


def _under(ahead: Ahead, assets: Assets, peak_kw: float, tuning: Tuning) -> _Tried:
    case = Case(ahead, tuning, peak_kw, ahead.load_kw - ahead.solar_kw)
    schedules: dict[tuple[str, str], Schedule] = {}
    missed: dict[str, float] = {}
    cost = 0.0
    for asset in assets.every:
        if (kind := kind_of(asset)) is None:
            continue
        placed = kind.placed(asset, case)
        schedules[asset.key] = placed.schedule
        case = replace(case, net_kw=case.net_kw + np.asarray(placed.schedule.kw))
        cost += placed.cost_eur
        if placed.missed_kwh:
            missed[asset.key[1]] = placed.missed_kwh
    buy, sell = ahead.buy_eur_kwh, np.minimum(ahead.sell_eur_kwh, ahead.buy_eur_kwh)
    net = case.net_kw
    cost += float((np.maximum(net, 0.0) @ buy + np.minimum(net, 0.0) @ sell) * QUARTER_H)
    return _Tried(cost, schedules, net, missed)
