"""Chargers that draw more than their set-point: named after a while on screen, log and health."""

from datetime import datetime, timedelta

from base.language import phrase
from ev.charger_state import SETTLE, Control
from ev.electrical import kw
from ev.facts import ChargerState

SLACK_KW, SLACK_SHARE = 0.5, 0.15
LASTS = timedelta(seconds=20)


def above_since(control: Control, charger: ChargerState, now: datetime) -> datetime | None:
    """Time since which the charger draws clearly more than its set-point; None when it does not."""
    settling = control.since is not None and charger.at < control.since + SETTLE
    power_kw = charger.power_kw or 0.0
    told_kw = kw(control.set.current_a, 3 if control.set.current_a else 1)
    if settling or power_kw <= told_kw * (1 + SLACK_SHARE) + SLACK_KW:
        return None
    return min(control.above_since or now, now)


def disobeys(control: Control, charger: ChargerState, now: datetime) -> str:
    """The sentence about a charger that does not obey; "" for one that does."""
    if control.above_since is None or now - control.above_since < LASTS:
        return ""
    name, kw = charger.charger, charger.power_kw or 0.0
    if not control.set.current_a:
        return phrase(
            "{charger} draws {kw:.1f} kW although it must pause: check the charger, or switch it"
            " off at its fuse",
            charger=name,
            kw=kw,
        )
    return phrase(
        "{charger} draws {kw:.1f} kW although its set-point is {a:.0f} A: check the charger, or"
        " switch it off at its fuse",
        charger=name,
        kw=kw,
        a=control.set.current_a,
    )
