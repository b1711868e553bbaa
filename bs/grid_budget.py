"""Headroom for charging from the grid in the running quarter.

The month peak is made of energy in clock quarters, and energy under the target is already paid.
Nothing is caught up above the target late in a quarter.
"""

from base import messages
from base.quarter import WH_OF_A_KW, left_s, spread_kw
from base.time import QUARTER_S
from bs.inputs import Rules

LEAVES = 0.8
"""Share of the quarter's remaining energy that may be used for charging: the oven may still
start."""


def most_import_kw(house: messages.House, rules: Rules) -> float | None:
    """Import at the meter, kW, up to which the battery may charge; None without a target."""
    if house.target_kw is None:
        return None
    most_kw = max(0.0, house.target_kw - rules.margin_kw)
    if house.budget_wh is not None:
        gap_kw = house.budget_wh / WH_OF_A_KW - rules.margin_kw
        most_kw = min(most_kw, max(0.0, spread_kw(gap_kw, _left_s(house))))
    most_kw *= LEAVES
    return most_kw if house.limit_kw is None else min(most_kw, house.limit_kw)


def _left_s(house: messages.House) -> float:
    """Seconds left of the quarter, by the meter's clock."""
    if house.quarter is None or house.time is None:
        return QUARTER_S
    return left_s(house.quarter.end, house.time)
