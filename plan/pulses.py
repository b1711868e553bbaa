"""Pulses: what cannot go as low as planned runs at its least power for part of a quarter.

A quarter is billed by its energy: 4.1 kW for half of it are 2.1 kW. A pulse starts as late as it
can, so that it runs on into the next quarter and uses the energy of that one first: half as many
starts, and a long rest after each.
"""

from dataclasses import dataclass

from base.quarter import LEAST_LEFT_S
from base.time import HOUR_S, QUARTER_S
from plan.asset import SOME_KW, Asset, Wish
from plan.state import State

ENDS = 0.8
"""Part of the margin under the target that what runs may use so that it need not stop and rest."""
LEAST_ON_S = 300.0
"""A pulse that ends with its quarter lasts so long."""
QUARTER_H = QUARTER_S / HOUR_S


@dataclass(frozen=True, slots=True)
class Pulse:
    """The power now, its mean until the quarter ends, and why."""

    kw: float
    mean_kw: float
    why: str


def pulse(
    asset: Asset, wish: Wish, state: State, taken_kwh: float, others_kw: float = 0.0
) -> Pulse | None:
    """On or off now, so that the quarter holds what is wished of it; None where power alone does.

    `taken_kwh` is what the asset took since the quarter began, `others_kw` what is planned for
    assets whose turn is to come.
    """
    able = asset.pulses and state.rules.fall_s < LEAST_ON_S
    if not able or wish.on_sun or wish.kw <= 0 or state.sun_kw > SOME_KW:
        return None
    least_kw = asset.least_kw
    if state.connection.room_kw(asset) < least_kw:
        return None
    if _carried(wish, state, state.room_kw - others_kw) >= least_kw <= 2 * wish.kw:
        return None
    room_kw = _carried(wish, state, state.hold_kw - state.rest_kw - others_kw)
    left_kwh = min(room_kw * state.left_h, wish.kw * QUARTER_H - taken_kwh)
    mean_kw = max(0.0, left_kwh) / state.left_h
    if _on(asset, state, left_kwh):
        return Pulse(
            least_kw, mean_kw, f"at its least of {least_kw:.1f} kW for part of the quarter"
        )
    if mean_kw < SOME_KW and asset.power_kw <= SOME_KW:
        return None
    why = f"it waits: at its least of {least_kw:.1f} kW it runs for part of the quarter only"
    return Pulse(0.0, mean_kw, why)


def _carried(wish: Wish, state: State, room_kw: float) -> float:
    """The room with what the plan lets a battery add to it."""
    if not wish.carried_kw:
        return room_kw
    return max(room_kw, min(wish.carried_kw, state.carried_kw(room_kw)))


def _on(asset: Asset, state: State, left_kwh: float) -> bool:
    if asset.power_kw > SOME_KW:
        spare_kwh = left_kwh + ENDS * state.rules.margin_kw * QUARTER_H
        if state.left_h * HOUR_S <= LEAST_LEFT_S and _goes_on(asset, state):
            return spare_kwh > 0  # it was there in time, and the next quarter begins
        return spare_kwh >= asset.least_kw * min(state.rules.fall_s / HOUR_S, state.left_h)
    if left_kwh >= asset.least_kw * state.left_h:
        return True
    return not _goes_on(asset, state) and left_kwh >= asset.least_kw * LEAST_ON_S / HOUR_S


def _goes_on(asset: Asset, state: State) -> bool:
    """True if the next quarter has power for it too."""
    schedule = state.plan.schedules.get(asset.key) if state.plan else None
    following = schedule.kw[state.index + 1 : state.index + 2] if schedule else (1.0,)
    return any(kw > SOME_KW for kw in following)
