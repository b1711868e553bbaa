"""Comparison of a battery's behaviour with its set-point. Pure."""

from base.language import clause
from bs.devices.command_tracker import said
from bs.facts import BatteryState, Mode, SetPoint

PATIENCE_S = 20.0
LEAST_TOLD_KW = 0.2
NOTHING, AGAINST = 0.1, 0.3
ROOM_PCT = (15.0, 90.0)


def disobedience(told: SetPoint, since_s: float, state: BatteryState) -> str:
    """Deviation from a set-point given `since_s` ago, as a clause; empty when it follows.

    Less than the set-point is allowed: near full, near empty, hot or cold a battery tapers. No
    power at all, when half full, is a deviation; so is the opposite power, the sign of a wrong
    sign.
    """
    if told.mode not in (Mode.CHARGE, Mode.DISCHARGE) or state.power_kw is None:
        return ""
    if since_s < PATIENCE_S or told.power_kw < LEAST_TOLD_KW:
        return ""
    along_kw = state.power_kw if told.mode is Mode.CHARGE else -state.power_kw
    if along_kw < -AGAINST * told.power_kw:
        if told.mode is Mode.CHARGE:
            return clause(
                "discharges {kw:.2f} kW when set to charge {asked:.2f} kW",
                kw=-along_kw,
                asked=told.power_kw,
            )
        return clause(
            "charges {kw:.2f} kW when set to discharge {asked:.2f} kW",
            kw=-along_kw,
            asked=told.power_kw,
        )
    if along_kw < NOTHING * told.power_kw and _has_room(state.soc_pct):
        return clause("accepts {order} but does not follow it", order=said(told))
    return ""


def _has_room(soc_pct: float | None) -> bool:
    least, most = ROOM_PCT
    return soc_pct is not None and least <= soc_pct <= most
