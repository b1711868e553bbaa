"""Trips that were not announced: planned, but never above the month peak."""

from collections.abc import Callable
from dataclasses import replace

from plan.ahead import Ahead
from plan.assets import Assets
from plan.month import MonthPeak
from plan.schedule import Plan

Planned = Callable[[Ahead, Assets, MonthPeak], Plan]
OVER_KW = 0.01


def under_the_peak(planned: Planned, seen: Ahead, held: Assets, month: MonthPeak) -> Plan:
    """The plan by `planned`. A trip that is only usual raises no quarter above the paid peak, or
    the peak that announced trips need."""
    plan = planned(seen, held, month)
    if not held.expects or plan.target_kw <= month.paid_kw + OVER_KW:
        return plan
    sure = planned(seen, held.sure, month)
    if plan.target_kw <= sure.target_kw + OVER_KW:
        return plan
    ceiling_kw = max(month.paid_kw, sure.target_kw, *sure.grid_kw)
    if month.ceiling_kw is not None:
        ceiling_kw = min(ceiling_kw, month.ceiling_kw)
    return planned(seen, held, replace(month, ceiling_kw=ceiling_kw))
