"""Batteries that move against their set-point: named after a while on screen, log and health."""

from datetime import datetime, timedelta

from base.language import phrase
from bs.facts import Mode, SetPoint
from bs.inputs import Unit

SLACK_KW, SLACK_SHARE = 0.5, 0.15
LASTS = timedelta(seconds=20)


def wrong_since(
    before: datetime | None, unit: Unit, point: SetPoint | None, now: datetime
) -> datetime | None:
    """Time since which the battery moves more than, or against, its set-point; None if it obeys."""
    power_kw = unit.state.power_kw
    if point is None or power_kw is None or point.mode is Mode.AUTO:
        return None
    slack_kw = SLACK_KW + SLACK_SHARE * abs(point.signed_kw)
    least_kw = min(0.0, point.signed_kw) - slack_kw
    most_kw = max(0.0, point.signed_kw) + slack_kw
    return None if least_kw <= power_kw <= most_kw else min(before or now, now)


def disobeys(since: datetime | None, unit: Unit, point: SetPoint, now: datetime) -> str:
    """The sentence about a battery that does not obey; "" for one that does."""
    if since is None or now - since < LASTS:
        return ""
    power_kw = unit.state.power_kw or 0.0
    told = f"{point.mode} {point.power_kw:.1f} kW" if point.power_kw else f"{point.mode}"
    if power_kw > 0:
        return phrase(
            "{battery} charges with {kw:.1f} kW although its set-point is {order}: check it, or"
            " switch it off",
            battery=unit.battery.name,
            kw=power_kw,
            order=told,
        )
    return phrase(
        "{battery} discharges with {kw:.1f} kW although its set-point is {order}: check it, or"
        " switch it off",
        battery=unit.battery.name,
        kw=-power_kw,
        order=told,
    )
