"""How much the cars may take this second: under the quarter's energy, the fuse, or a grant.

The quarter is judged by its energy, so a kettle of ten seconds stops nothing. `hold_kw` is what
brings the quarter exactly to its target when it is held until its end: above it, fall. `rise_kw`
is what could be held for ever: never rise above it, because catching up late in a quarter only
means falling at its end.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from base import messages
from base.time import HOUR_S, QUARTER_S
from ev.inputs import Rules
from ev.load import Load

LEAST_LEFT_S = 15.0
REAL_LIMIT_A = 200.0
REAL_LIMIT_KW = 90.0


@dataclass(frozen=True, slots=True)
class Room:
    """What is left for the cars not served yet. kW; `spare_wh` of the quarter's energy.

    `sun_kw` is what the roof gives beyond the house, `sunny_kw` over some minutes. `fuse_a` is
    what they may draw on each phase, None when no fuse is known. `granted`: dm has said how much,
    and that is that.
    """

    hold_kw: float
    rise_kw: float
    spare_wh: float
    sun_kw: float
    sunny_kw: float
    fuse_a: float | None
    left_s: float
    granted: bool = False

    def less(self, kw: float, current_a: float) -> "Room":
        """The room when a car takes so much of it."""
        return replace(
            self,
            hold_kw=self.hold_kw - kw,
            rise_kw=self.rise_kw - kw,
            spare_wh=self.spare_wh - kw * self.left_s / HOUR_S * 1000.0,
            sun_kw=self.sun_kw - kw,
            sunny_kw=self.sunny_kw - kw,
            fuse_a=None if self.fuse_a is None else self.fuse_a - current_a,
        )


def room(
    house: messages.House, load: Load, rules: Rules, now: datetime, *, over_kw: float, cars_a: float
) -> Room:
    """The room for all cars together, with the target lifted by `over_kw` for a trip.

    `cars_a` is what they may draw on one phase at this moment.
    """
    fuse_a = _fuse_a(house, rules, cars_a)
    sun = -(load.fast_kw or 0.0), -(load.slow_kw or 0.0)
    at = house.time or now  # a grant ends by the clock of who gave it
    if (grant := house.grants.get("ev")) is not None and at < grant.until:
        return Room(grant.kw, grant.kw, 0.0, *sun, fuse_a, 0.0, granted=True)
    left_s = _left_s(house)
    aim_kw = (house.target_kw or 0.0) + over_kw - rules.margin_kw
    slow_kw, rest_kw = load.slow_kw or 0.0, load.rest_kw(left_s)
    if house.budget_wh is None:
        return Room(aim_kw - rest_kw, aim_kw - slow_kw, 0.0, *sun, fuse_a, left_s)
    budget_wh = house.budget_wh + (over_kw - rules.margin_kw * left_s / QUARTER_S) * 250.0
    spare_wh = budget_wh - rest_kw * left_s / HOUR_S * 1000.0
    hold_kw = spare_wh / 1000.0 / (left_s / HOUR_S)
    return Room(hold_kw, aim_kw - slow_kw, spare_wh, *sun, fuse_a, left_s)


def _left_s(house: messages.House) -> float:
    """Seconds of the quarter that are left, by the meter's clock."""
    if house.quarter is None or house.time is None:
        return QUARTER_S
    return max(LEAST_LEFT_S, (house.quarter.end - house.time).total_seconds())


def _fuse_a(house: messages.House, rules: Rules, cars_a: float) -> float | None:
    """A on each phase for the cars, under the main fuse and the meter's own limits."""
    limits = [limit for limit in (rules.fuse_a, house.limit_a) if limit and limit < REAL_LIMIT_A]
    if house.limit_kw and house.limit_kw < REAL_LIMIT_KW and house.phases:
        limits.append(house.limit_kw * 1000.0 / 230.0 / len(house.phases))
    drawn = max(_drawn_a(house.phases), default=None)
    if not limits or drawn is None:
        return None
    return cars_a + min(limits) - drawn


def _drawn_a(phases: Iterable[messages.Phase]) -> Iterable[float]:
    """A from the grid on each phase, negative when it injects."""
    for phase in phases:
        if phase.offtake_kw is not None:
            net_kw = phase.offtake_kw - (phase.injection_kw or 0.0)
            yield net_kw * 1000.0 / (phase.voltage_v or 230.0)
