"""Chargers that draw more than their set-point: said after a while, for screen, log and health."""

from datetime import datetime, timedelta

from ev.current import kw
from ev.drive import SETTLE, Drive
from ev.facts import ChargerState

SLACK_KW, SLACK_SHARE = 0.5, 0.15
LASTS = timedelta(seconds=20)


def above_since(drive: Drive, charger: ChargerState, now: datetime) -> datetime | None:
    """From when on the charger draws clearly more than it was told; None when it does not."""
    settled_at = drive.since + SETTLE if drive.since else now
    power_kw = charger.power_kw or 0.0
    told_kw = kw(drive.set.current_a, 3 if drive.set.current_a else 1)
    if charger.at < settled_at or power_kw <= told_kw * (1 + SLACK_SHARE) + SLACK_KW:
        return None
    return min(drive.above_since or now, now)


def disobeys(drive: Drive, charger: ChargerState, now: datetime) -> str:
    """The sentence about a charger that does not obey; "" for one that does."""
    if drive.above_since is None or now - drive.above_since < LASTS:
        return ""
    told = f"{drive.set.current_a:.0f} A" if drive.set.current_a else "a pause"
    return (
        f"{charger.charger} draws {charger.power_kw or 0.0:.1f} kW though it was told {told}: "
        "check the charger, or switch it off at its fuse"
    )
