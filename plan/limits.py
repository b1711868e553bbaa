"""The limits of the house, applied in this one place to every asset: quarter and connection.

Limits of a request: the quarter's energy under its target, the main fuse, the phases and the
meter's limiter; at least the asset's minimum power, or nothing. A minimum power is a request like
any other.
"""

from base.language import phrase
from base.time import HOUR_S, QUARTER_S
from plan.asset import SOME_KW, Asset, Wish
from plan.pulses import ENDS
from plan.state import State

BEARABLE = 0.7
"""An asset continues at minimum power while the quarter leaves this fraction of it."""
QUARTER_H = QUARTER_S / HOUR_S
QUARTER = phrase("{kw:.1f} kW is left under the target of this quarter")
CONNECTION = phrase("{kw:.1f} kW is left under the main fuse")
Turn = tuple[float, str]
"""kW and the reason."""


def limited(asset: Asset, wish: Wish, state: State, others_kw: float = 0.0) -> Turn:
    """The request within all limits. `others_kw` is planned for the assets after it."""
    if wish.kw <= 0:
        return wish.kw, wish.why
    room_kw = state.room_kw - others_kw
    most_room_kw = room_kw
    if wish.carried_kw:  # the battery still carries what the plan let it carry
        most_room_kw = max(room_kw, min(wish.carried_kw, state.carried_kw(room_kw, state.room_kw)))
    power_kw, why = min(wish.kw, most_room_kw), wish.why
    if power_kw < wish.kw - SOME_KW:
        why = _cut(asset, power_kw, QUARTER)
    if power_kw < asset.least_kw <= 2 * wish.kw:
        power_kw, why = _at_least(asset, state, room_kw, most_room_kw, why)
    most_kw = min(asset.most_kw, state.connection.room_kw(asset))
    if most_kw < power_kw:
        power_kw = most_kw
        if most_kw < asset.most_kw:
            why = _cut(asset, most_kw, CONNECTION)
    return (power_kw, why) if power_kw >= max(SOME_KW, asset.least_kw) else (0.0, why)


def _at_least(asset: Asset, state: State, room_kw: float, most_room_kw: float, why: str) -> Turn:
    """Its minimum power, if there is room or a battery supplies the rest; else nothing."""
    lacking_kw = asset.least_kw - most_room_kw
    if lacking_kw <= 0:
        return asset.least_kw, why
    runs = asset.power_kw > SOME_KW
    if runs and lacking_kw * state.left_h <= ENDS * state.rules.margin_kw * QUARTER_H:
        return asset.least_kw, phrase("at minimum power until the quarter ends")
    held_kw = max(most_room_kw, room_kw + state.hold_kw - state.rise_kw)
    if runs and held_kw > BEARABLE * asset.least_kw:
        return asset.least_kw, phrase("at minimum power: the quarter has room for it")
    short = lacking_kw * state.left_h <= state.rules.carry_kwh
    if runs and short and asset.least_kw <= state.carried_kw(room_kw, state.room_kw):
        gives_kw = asset.least_kw - max(0.0, room_kw)
        return asset.least_kw, phrase(
            "at minimum power; the battery supplies {gives_kw:.1f} kW of it", gives_kw=gives_kw
        )
    return 0.0, _cut(asset, room_kw, QUARTER)


def _cut(asset: Asset, left_kw: float, limit: str) -> str:
    """Reason for granting less than it requests, or nothing."""
    left = limit.format(kw=max(0.0, left_kw))
    if max(0.0, left_kw) < asset.least_kw:
        left = phrase(
            "its minimum of {kw:.1f} kW is not possible: {reason}", kw=asset.least_kw, reason=left
        )
    return asset.cut(left_kw, left)
