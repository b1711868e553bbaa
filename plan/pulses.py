"""Pulses: an asset that cannot run as low as planned runs at minimum power for part of a quarter.

A quarter is billed by its energy: 4.1 kW for half of it are 2.1 kW. A pulse starts as late as it
can, so that it continues in the next quarter and uses the energy of that one first: half as many
starts, and a long pause after each.
"""

from dataclasses import dataclass

from base.language import phrase
from base.time import HOUR_S, QUARTER_S
from plan.asset import SOME_KW, Asset, Wish
from plan.state import State

ENDS = 0.8
"""Part of the margin under the target that a running asset may use instead of stopping."""
LEAST_ON_S = 300.0
"""Least length of a pulse: a shorter one would wear the contactor for nothing."""
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
    """On or off now, so that the quarter gets the requested energy; None where power alone does
    that.

    `taken_kwh` is the asset's energy since the quarter began, `others_kw` the power planned for the
    assets after it.
    """
    able = asset.pulses and state.rules.fall_s < LEAST_ON_S
    if not able or wish.on_sun or wish.kw <= 0 or state.sun_kw > SOME_KW:
        return None
    least_kw = asset.least_kw
    if state.connection.room_kw(asset) < least_kw:
        return None
    if _carried(wish, state, state.room_kw, others_kw) >= least_kw <= 2 * wish.kw:
        return None
    left_kwh = _left_kwh(wish, state, taken_kwh, others_kw)
    mean_kw = max(0.0, left_kwh) / state.left_h
    if _on(asset, state, left_kwh):
        why = phrase("at its minimum of {kw:.1f} kW for part of the quarter", kw=least_kw)
        falls_h = min(state.rules.fall_s / HOUR_S, state.left_h)
        return Pulse(least_kw, max(mean_kw, least_kw * falls_h / state.left_h), why)
    if mean_kw < SOME_KW and asset.power_kw <= SOME_KW:
        return None
    why = phrase("its minimum of {kw:.1f} kW is too much for the whole quarter", kw=least_kw)
    return Pulse(0.0, mean_kw, why)


def _left_kwh(wish: Wish, state: State, taken_kwh: float, others_kw: float) -> float:
    """Energy that it may still take in this quarter; with a battery's help at most the planned
    one."""
    whole_kw, else_kw = state.hold_kw - state.rest_kw, state.rest_kw + others_kw
    beyond_kwh = else_kw * (state.left_h - state.end_h)
    alone_kwh = (whole_kw - others_kw) * state.left_h + beyond_kwh
    helped_kwh = _carried(wish, state, whole_kw, others_kw) * state.left_h + beyond_kwh
    alone_kwh = min(alone_kwh, wish.kw * QUARTER_H - taken_kwh)
    return max(alone_kwh, min(helped_kwh, wish.carried_kw * QUARTER_H - taken_kwh))


def _carried(wish: Wish, state: State, whole_kw: float, others_kw: float) -> float:
    """The room less the planned power of others, plus the power that a battery may add by the
    plan."""
    room_kw = whole_kw - others_kw
    if not wish.carried_kw:
        return room_kw
    return max(room_kw, min(wish.carried_kw, state.carried_kw(room_kw, whole_kw)))


def _on(asset: Asset, state: State, left_kwh: float) -> bool:
    if asset.power_kw > SOME_KW:
        spare_kwh = left_kwh + ENDS * state.rules.margin_kw * QUARTER_H
        stops_kwh = asset.least_kw * min(state.rules.fall_s / HOUR_S, state.end_h)
        return state.hold_kw > 0 and spare_kwh >= stops_kwh
    following_kwh = _following_kw(asset, state) * QUARTER_H
    if left_kwh + following_kwh < asset.least_kw * LEAST_ON_S / HOUR_S:
        return False
    runs_s = state.left_h * HOUR_S - asset.calm_s  # in this quarter, if it is allowed to now
    if following_kwh == 0.0:
        return runs_s >= LEAST_ON_S
    return left_kwh >= asset.least_kw * runs_s / HOUR_S


def _following_kw(asset: Asset, state: State) -> float:
    """Power planned for it in the next quarter; its minimum power without a plan, 0 for next to
    nothing."""
    schedule = state.plan.schedules.get(asset.key) if state.plan else None
    if schedule is None:
        return asset.least_kw
    (kw,) = schedule.kw[state.index + 1 : state.index + 2] or (0.0,)
    return kw if kw > SOME_KW else 0.0
