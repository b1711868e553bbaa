"""How much more the house may take in this quarter, and what it is held against.

A quarter is judged by its energy: a kettle of ten seconds spends little of the budget. Headroom
is the power which, taken constantly until the quarter ends, brings it exactly to the target.
"""

from dataclasses import dataclass

LEAST_LEFT_S = 30.0
"""Nearer the end than this, headroom is reckoned over 30 s. It then fades with the gap instead of
growing without bound: 1 Wh in the last second is 3.6 kW on paper, and no device follows it."""


@dataclass(frozen=True, slots=True)
class Room:
    """`gap_kw` is target minus forecast. Gap and headroom are None without a forecast.

    `budget_wh` is what may still be taken from the grid until the quarter ends; negative when the
    target is already passed.
    """

    target_kw: float
    gap_kw: float | None
    headroom_kw: float | None
    budget_wh: float | None


def target_kw(floor_kw: float, peak_kw: float | None, ceiling_kw: float | None = None) -> float:
    """What is already paid for, kW: the month peak so far, at least the floor; never above the
    owner's ceiling."""
    paid_kw = floor_kw if peak_kw is None else max(floor_kw, peak_kw)
    return paid_kw if ceiling_kw is None else min(paid_kw, ceiling_kw)


def room(
    target_kw: float, so_far_kw: float | None, forecast_kw: float | None, left_s: float
) -> Room:
    """The room left under the target, `left_s` before the quarter ends."""
    gap_kw = None if forecast_kw is None else target_kw - forecast_kw
    return Room(
        target_kw=target_kw,
        gap_kw=gap_kw,
        headroom_kw=None if gap_kw is None else gap_kw * 900.0 / max(left_s, LEAST_LEFT_S),
        budget_wh=None if so_far_kw is None else (target_kw - so_far_kw) * 250.0,
    )
