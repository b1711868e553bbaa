"""Power of the house without its battery, also while the battery is still moving.

The meter shows house and battery together, each second; the battery reports its power a moment
later, and follows a new set-point at its own speed. Until then its power is only known to lie
between the old and the new set-point: the house is assumed unchanged, as far as that explains the
meter. A battery that mistook its own change for the house's would oscillate.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bs.history import History, held, holds

FOLLOW_S, OLD_S = 4.0, 15.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Power of all batteries together when they were last read, kW; charging is positive."""

    at: datetime
    kw: float


@dataclass(frozen=True, slots=True)
class Follow:
    """The house without the battery at the last telegram, kW (None before the first).

    `told` are the set-points of the last seconds and the one before them, oldest first; `read` are
    its measurements in the last seconds. After `follow_s` it has reached its set-point, or reports
    that it did not.
    """

    base_kw: float | None = None
    told: History = ()
    read: tuple[Measured, ...] = ()
    follow_s: float = FOLLOW_S


def seen(follow: Follow, net_kw: float, measured: Measured | None, now: datetime) -> Follow:
    """The house after a telegram that shows `net_kw` at the meter, injection negative."""
    follow = replace(follow, read=_recent(follow, measured, now))
    least_kw, most_kw = bounds_kw(follow, now)
    before_kw = follow.base_kw
    guess_kw = (least_kw + most_kw) / 2 if before_kw is None else net_kw - before_kw
    battery_kw = min(max(guess_kw, least_kw), most_kw)
    return replace(follow, base_kw=net_kw - battery_kw)


def told(follow: Follow, kw: float, now: datetime) -> Follow:
    """Note the set-point `kw` sent at `now`."""
    return replace(follow, told=holds(follow.told, kw, now, follow.follow_s))


def left_alone(follow: Follow) -> Follow:
    """Follow only the measurements: the battery runs its own mode."""
    return replace(follow, told=())


def bounds_kw(follow: Follow, now: datetime) -> tuple[float, float]:
    """Bounds of the battery's present power, kW.

    While it moves: anywhere between its recent set-points and its measurement. After that its later
    measurements, or without one its set-point.
    """
    values = [measured.kw for measured in follow.read]
    if follow.told:
        told_at, told_kw = follow.told[-1]
        if _age_s(told_at, now) < follow.follow_s:
            values += [kw for _, kw in held(follow.told, now, follow.follow_s)]
        else:
            there = [one.kw for one in follow.read if _age_s(told_at, one.at) >= follow.follow_s]
            values = there or [told_kw]
    return (min(values), max(values)) if values else (0.0, 0.0)


def _recent(follow: Follow, measured: Measured | None, now: datetime) -> tuple[Measured, ...]:
    """Measurements of the last seconds: a meter's telegram is of a moment between them."""
    if measured is None or _age_s(measured.at, now) >= max(OLD_S, 2 * follow.follow_s):
        return ()
    late_s = follow.follow_s
    before = tuple(
        one for one in follow.read if one != measured and 0.0 <= _age_s(one.at, now) < late_s
    )
    return (*before, measured)


def _age_s(at: datetime, now: datetime) -> float:
    return (now - at).total_seconds()
