"""Schedule of asking for prices, and changes of state to log. Pure: time is passed in.

The auction of tomorrow is published about 12:55; when it goes wrong, up to 14:20.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from enum import Enum

from base.follower import Pace
from base.time import BRUSSELS, DAY, local_day
from rates.calendar import day_start

PUBLISHED, LATE, EVENING = time(12, 55), time(14, 30), time(22)
SPREAD = timedelta(minutes=2)  # not every house at 12:55:00
PACE = Pace(every_s=0.0, first_s=60.0, longest_s=900.0, refused_s=86_400.0, growth=1.5, spread=0.5)
"""Never under a minute after a failure: a service may allow two questions a minute."""


class State(Enum):
    """Known prices of today and tomorrow."""

    NONE = "none"
    TODAY = "today"
    LATE = "late"
    BOTH = "both"


def wanted(now: datetime, known: Collection[date]) -> tuple[date, ...]:
    """The days to ask for now: today if it is missing, tomorrow once it can be published."""
    today = local_day(now)
    days = (today, today + DAY) if now >= _at(today, PUBLISHED) else (today,)
    return tuple(day for day in days if day not in known)


def earlier(now: datetime, known: Collection[date], back: int) -> tuple[date, ...]:
    """Of the `back` days before today those that are missing."""
    days = (local_day(now) - count * DAY for count in range(back, 0, -1))
    return tuple(day for day in days if day not in known)


def next_try(now: datetime, known: Collection[date], failures: int, chance: float) -> datetime:
    """Time of the next try, after this number of incomplete tries in a row, the last one now.

    `chance` (0 to 1) spreads the houses. A failed try is repeated after 1 to 1.5 minutes, later
    after up to 22: for tomorrow until the evening, then at midnight, for today on and on.
    """
    today = local_day(now)
    if today not in known:
        return now + _pause(failures, chance)
    if today + DAY in known:
        return _at(today + DAY, PUBLISHED) + chance * SPREAD
    if now < _at(today, PUBLISHED):
        return _at(today, PUBLISHED) + chance * SPREAD
    again = now + _pause(failures, chance)
    if failures and again >= _at(today, EVENING):
        return day_start(today + DAY) + chance * SPREAD
    return again


def state(now: datetime, known: Collection[date]) -> State:
    """State at `now`."""
    today = local_day(now)
    if today not in known:
        return State.NONE
    if today + DAY in known:
        return State.BOTH
    return State.LATE if now >= _at(today, LATE) else State.TODAY


def _pause(failures: int, chance: float) -> timedelta:
    return timedelta(seconds=PACE.backoff_s(failures, chance) if failures else 0.0)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, BRUSSELS)
