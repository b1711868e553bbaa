"""Power the house may still add in this quarter under its target.

A quarter counts by its energy: ten seconds of a kettle use little of the budget. Headroom
is the extra power which, taken constantly until the quarter ends, brings it exactly to the target;
the steady part of it can continue in the next quarter. Neither is more than the connection carries.
"""

from dataclasses import dataclass
from math import inf, sqrt

from base.limits import NOT_A_LIMIT_A, NOT_A_LIMIT_KW, VOLT
from base.quarter import budget_wh, spread_kw

USUAL_A = 40.0
"""Default main fuse, without one from the meter or the owner: 9.2 kW on one phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """`gap_kw` is target minus forecast. Gap, headroom and steady are None without a forecast.

    `steady_kw` is the part of the headroom that may run on in the quarter after. `budget_wh` is the
    energy that may still be taken from the grid until the quarter ends; negative when the target is
    already passed.
    """

    target_kw: float
    gap_kw: float | None
    headroom_kw: float | None
    steady_kw: float | None
    budget_wh: float | None


def target_kw(floor_kw: float, peak_kw: float | None, ceiling_kw: float | None = None) -> float:
    """Demand that is already paid for, kW: the month peak, at least the floor; never above the
    owner's ceiling."""
    paid_kw = floor_kw if peak_kw is None else max(floor_kw, peak_kw)
    return paid_kw if ceiling_kw is None else min(paid_kw, ceiling_kw)


def connection_kw(
    limit_kw: float | None,
    *limits_a: float | None,
    phases: int,
    delta: bool = False,
) -> float:
    """The power that the grid connection carries: the smallest real limit, or the default.

    `delta` is a grid of 3x230 V. Source of the meter's limits: 0-0:17.0.0, 1-0:31.4.0.
    """
    real_a = [amps for amps in limits_a if amps and amps < NOT_A_LIMIT_A]
    lines = sqrt(3.0) if delta else max(1, phases)
    fused_kw = min(real_a, default=USUAL_A) * VOLT * lines / 1000.0
    if limit_kw and limit_kw < NOT_A_LIMIT_KW:
        return min(limit_kw, fused_kw) if real_a else limit_kw
    return fused_kw


def room(
    target_kw: float,
    so_far_kw: float | None,
    forecast_kw: float | None,
    left_s: float,
    *,
    next_kw: float | None = None,
    most_kw: float = inf,
) -> Room:
    """The room left under the target, `left_s` before the quarter ends.

    `next_kw` is the forecast of the quarter after, `most_kw` the free capacity of the connection.
    """
    gap_kw = None if forecast_kw is None else target_kw - forecast_kw
    headroom_kw = None
    if gap_kw is not None:
        headroom_kw = min(spread_kw(gap_kw, left_s), max(0.0, most_kw))
    steady_kw = headroom_kw
    if headroom_kw is not None and next_kw is not None:
        steady_kw = min(headroom_kw, target_kw - next_kw)
    return Room(
        target_kw=target_kw,
        gap_kw=gap_kw,
        headroom_kw=headroom_kw,
        steady_kw=steady_kw,
        budget_wh=None if so_far_kw is None else budget_wh(target_kw, so_far_kw),
    )
