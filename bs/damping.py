"""Damping of the battery's set-point: steps at once, flutter smoothed, few reversals.

a step                  at once: the quarter and the money are made of such seconds
to and fro              while the last 20 s went more than 2.5 times their range, their mean
less than the dead band not at all
a turn                  5 s after the swing the other way: no oscillation above 0.1 Hz
another sign            after 10 s without power: inverters switch, and cells rest
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from base.language import phrase
from bs.inputs import Rules

WINDOW = timedelta(seconds=20)
RESTLESS = 2.5
NEWS = 3.0


class Calm(StrEnum):
    """Delays of the set-point, in the screen's words."""

    AT_ONCE = phrase("at once")
    MEAN = phrase("smoothing")
    TURN = phrase("direction change delayed")
    SIGN = phrase("pause between charging and discharging")


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """The set-point in force, kW (charging positive), and how it came there.

    `way` is the direction of its last movement, `swing_kw` how far it went since it turned, and
    `moved` when, but for a little more at its end, which makes no step back wait. `sign` is that of
    the last power, which ended at `powered`; `wanted` are the requests of the last 20 s; `calm` is
    the current delay of the set-point.
    """

    kw: float = 0.0
    way: int = 0
    moved: datetime | None = None
    swing_kw: float = 0.0
    sign: int = 0
    powered: datetime | None = None
    wanted: tuple[tuple[datetime, float], ...] = ()
    calm: Calm = Calm.AT_ONCE


def moved(motion: Motion, wanted_kw: float, now: datetime, rules: Rules) -> Motion:
    """The next set-point towards the request."""
    lately = ((at, kw) for at, kw in motion.wanted if now - WINDOW < at <= now)
    window = (*lately, (now, wanted_kw))
    motion = replace(motion, wanted=window)
    goal_kw, calm = _mean([kw for _, kw in window])
    if abs(goal_kw) < rules.idle_kw:
        goal_kw = 0.0
    if _other_sign(motion, goal_kw, now, rules):
        goal_kw, calm = 0.0, Calm.SIGN
    way = _sign(goal_kw - motion.kw)
    small = abs(goal_kw - motion.kw) < rules.dead_kw and goal_kw != 0.0
    news = abs(goal_kw - motion.kw) >= NEWS * motion.swing_kw
    turns = way == -motion.way and not news and not _over(motion.moved, now, rules.turn_s)
    if way != 0 and turns and not small:
        calm = Calm.TURN
    if way == 0 or small or turns:
        goal_kw = motion.kw
    return _set(replace(motion, calm=calm), goal_kw, now)


def forced(motion: Motion, kw: float, now: datetime, rules: Rules) -> Motion:
    """Set `kw` at once, except within the dead band: a command of the owner or the meter."""
    small = abs(kw - motion.kw) < rules.dead_kw and _sign(kw) == _sign(motion.kw)
    return _set(replace(motion, wanted=(), calm=Calm.AT_ONCE), motion.kw if small else kw, now)


def _mean(wanted_kw: list[float]) -> tuple[float, Calm]:
    """The last value, or the mean while it fluctuates."""
    path_kw = sum(abs(after - before) for before, after in pairwise(wanted_kw))
    range_kw = max(wanted_kw) - min(wanted_kw)
    if path_kw > RESTLESS * range_kw:
        return sum(wanted_kw) / len(wanted_kw), Calm.MEAN
    return wanted_kw[-1], Calm.AT_ONCE


def _other_sign(motion: Motion, goal_kw: float, now: datetime, rules: Rules) -> bool:
    """True if it would change its sign without a rest."""
    other = _sign(goal_kw) == -motion.sign and goal_kw != 0.0
    return other and not _over(motion.powered, now, rules.sign_s)


def _set(motion: Motion, kw: float, now: datetime) -> Motion:
    if kw != motion.kw:
        way, by_kw = _sign(kw - motion.kw), abs(kw - motion.kw)
        so_far_kw = motion.swing_kw if way == motion.way else 0.0
        moved_at = now if NEWS * by_kw >= so_far_kw else motion.moved
        motion = replace(motion, way=way, moved=moved_at, swing_kw=so_far_kw + by_kw)
    if kw != 0.0 or motion.kw != 0.0:
        motion = replace(motion, sign=_sign(kw) or motion.sign, powered=now)
    return replace(motion, kw=kw)


def _over(since: datetime | None, now: datetime, least_s: float) -> bool:
    return since is None or not 0 <= (now - since).total_seconds() < least_s


def _sign(kw: float) -> int:
    return (kw > 0) - (kw < 0)
