"""Arithmetic of the clock quarter, whose demand is its offtake times four.

Energy under the target is already paid; nothing is caught up above it late in a quarter.
"""

from datetime import datetime

from base.time import QUARTER_S

MARGIN_KW = 0.03
"""Kept free under the target: rounding of the meter's own demand, and a second of a device."""
LEAST_LEFT_S = 30.0
"""Closer to the end than this, the rest is computed over 30 s. It then falls with the gap instead
of growing without bound: 1 Wh in the last second is 3.6 kW in theory, and no device follows
that."""
WH_OF_A_KW = QUARTER_S / 3.6
"""Energy that raises the demand of a quarter by 1 kW, Wh."""


def left_s(end: datetime, time: datetime) -> float:
    """Seconds until a quarter ends, for every room."""
    return clamped_s((end - time).total_seconds())


def clamped_s(seconds: float) -> float:
    """Time left of a quarter, from LEAST_LEFT_S to the whole of it, s."""
    return min(max(seconds, LEAST_LEFT_S), QUARTER_S)


def spread_kw(gap_kw: float, seconds: float) -> float:
    """Constant power over the `seconds` left that raises the quarter's demand by `gap_kw`."""
    return gap_kw * QUARTER_S / clamped_s(seconds)


def budget_wh(target_kw: float, so_far_kw: float) -> float:
    """Energy that may still be taken from the grid; negative above the target."""
    return (target_kw - so_far_kw) * WH_OF_A_KW
