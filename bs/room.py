"""What the running quarter leaves the battery: how much it may charge, and when it must step in.

The month peak is made of energy in clock quarters, and what is under the target is already paid:
so the import is held at the target, not at zero, and what a quarter has not used yet is free for
the rest of it. Nothing is caught up above the target late in a quarter.
"""

from dataclasses import dataclass

from base import messages
from base.time import HOUR_S, QUARTER_S
from bs.inputs import Rules

LEAST_LEFT_S = 10.0
LEAVES = 0.8
"""Of what the quarter leaves, the share that may be charged with: the oven may come yet."""


@dataclass(frozen=True, slots=True)
class Room:
    """Import at the meter, kW. Above `hold_kw`, held until the end, the quarter would pass its
    target; `charge_kw` is the most that the battery may bring it to. None: no target is known.
    """

    hold_kw: float | None
    charge_kw: float | None
    left_s: float
    target_kw: float | None = None


def room(house: messages.House, rules: Rules) -> Room:
    """The room of this second."""
    left_s = _left_s(house)
    if house.target_kw is None:
        return Room(None, None, left_s)
    aim_kw = max(0.0, house.target_kw - rules.margin_kw)
    hold_kw = aim_kw
    if house.budget_wh is not None:
        spare_wh = house.budget_wh - rules.margin_kw * 1000.0 * QUARTER_S / HOUR_S
        hold_kw = max(0.0, spare_wh / 1000.0 * HOUR_S / left_s)
    most_kw = LEAVES * min(aim_kw, hold_kw)
    if house.limit_kw is not None:
        most_kw = min(most_kw, house.limit_kw)
    return Room(hold_kw, most_kw, left_s, house.target_kw)


def _left_s(house: messages.House) -> float:
    """Seconds of the quarter that are left, by the meter's clock."""
    if house.quarter is None or house.time is None:
        return QUARTER_S
    return max(LEAST_LEFT_S, (house.quarter.end - house.time).total_seconds())
