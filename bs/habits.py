"""What the house takes by itself, learned from its own quarters; and what the evening may need.

The house here is the meter without battery and cars: negative when the roof gives more than is
used. Four weeks are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from base.time import BRUSSELS, HOUR_S, QUARTER, quarter_of
from bs.inputs import QUARTER_H

QUARTERS = 96
DAYS_KEPT = 28
LIKE_DAYS, LIVED_DAYS = 10, 4
LEAST_DAYS = 3
TELLING_S = 600.0
SURE = 0.95
UNKNOWN_KW = 0.4
SURPRISE_KWH, SURPRISE_KW = 0.5, 1.5
"""What is kept at least for an oven nobody expected, in a house that came so near its target."""
Kws = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Habits:
    """The days that were seen, oldest first: 96 quarters of local time each, kW, None unknown.

    `start`, `kws` and `seconds` gather the running quarter; `last_kw` holds since `at`.
    """

    days: tuple[tuple[date, Kws], ...] = ()
    at: datetime | None = None
    last_kw: float = 0.0
    start: datetime | None = None
    kws: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Able:
    """What the battery can do, for reckoning ahead. kW, kWh; efficiency is one way."""

    charge_kw: float
    discharge_kw: float
    usable_kwh: float
    efficiency: float


def gathered(habits: Habits, at: datetime, kw: float) -> Habits:
    """The habits after a telegram at `at` that leaves the house `kw`."""
    step_s = (at - habits.at).total_seconds() if habits.at else 0.0
    quarter = quarter_of(at)
    if habits.start is None or quarter != habits.start:
        habits = replace(_closed(habits), start=quarter, kws=0.0, seconds=0.0)
        step_s = min(step_s, (at - quarter).total_seconds())
    if not 0.0 < step_s <= HOUR_S / 4:
        return replace(habits, at=at, last_kw=kw)
    return replace(
        habits,
        at=at,
        last_kw=kw,
        kws=habits.kws + (habits.last_kw + kw) / 2 * step_s,
        seconds=habits.seconds + step_s,
    )


def _closed(habits: Habits) -> Habits:
    """The running quarter is in its day, when enough of it was seen."""
    if habits.start is None or habits.seconds < TELLING_S:
        return habits
    day, place = _place(habits.start)
    kws = dict(habits.days).get(day, (None,) * QUARTERS)
    value = round(habits.kws / habits.seconds, 3)
    changed = {**dict(habits.days), day: (*kws[:place], value, *kws[place + 1 :])}
    return replace(habits, days=tuple(sorted(changed.items()))[-DAYS_KEPT:])


def lived(habits: Habits, start: datetime, count: int) -> list[list[float]]:
    """What the house may take in `count` quarters from `start`, kW: as it went on each of the last
    days. Sun and cloud each stand for themselves; their mean never happens."""
    today = _place(start)[0]
    past = [(day, kws) for day, kws in habits.days if day < today]
    usual = {weekend: _usual(past, weekend) for weekend in (False, True)}
    places = [_place(start + number * QUARTER) for number in range(count)]
    lives = [[usual[day.weekday() >= 5][place] for day, place in places]]
    if len(past) >= LEAST_DAYS:
        known = dict(past)
        lives = [_life(known, usual, places, day - today) for day, _ in past[-LIVED_DAYS:]]
    return lives


def _life(
    known: dict[date, Kws],
    usual: dict[bool, list[float]],
    places: Sequence[tuple[date, int]],
    back: timedelta,
) -> list[float]:
    """The quarters as they went `back` then; as usual where that is not known, or not yet."""
    found = []
    for day, place in places:
        kws = known.get(day + back)
        kw = kws[place] if kws else None
        found.append(usual[day.weekday() >= 5][place] if kw is None else kw)
    return found


def _usual(past: Sequence[tuple[date, Kws]], weekend: bool) -> list[float]:
    """The mean of the last like days, by quarter; of all days where those are few."""
    like = [kws for day, kws in past if (day.weekday() >= 5) == weekend][-LIKE_DAYS:]
    like = like if len(like) >= LEAST_DAYS else [kws for _, kws in past][-LIKE_DAYS:]
    return [_mean([kws[place] for kws in like]) for place in range(QUARTERS)]


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else UNKNOWN_KW


def reserves_kwh(
    habits: Habits, start: datetime, count: int, target_kw: float, able: Able
) -> list[float]:
    """What must be stored at the start of each quarter so that the quarters after it can be held.

    On each of the past days the battery would have needed so much at that time of day, charged
    again where the day left room under the target: nearly the most of those, and a little for
    what never happened before.
    """
    today = _place(start)[0]
    past = [kws for day, kws in habits.days if day < today]
    surprise = min(SURPRISE_KWH, able.usable_kwh)
    if len(past) < LEAST_DAYS:
        return [surprise] * count
    highest_kw = max((kw for kws in past for kw in kws if kw is not None), default=target_kw)
    least = surprise if highest_kw > target_kw - SURPRISE_KW else 0.0
    by_day = [_needed(kws, target_kw, able) for kws in past]
    nearly = min(len(past) - 1, int(SURE * len(past)))
    most = [max(least, sorted(day[at] for day in by_day)[nearly]) for at in range(QUARTERS)]
    return [most[_place(start + number * QUARTER)[1]] for number in range(count)]


def _needed(kws: Kws, target_kw: float, able: Able) -> list[float]:
    """What was needed at the start of each quarter of a day like this, day after day. kWh."""
    needed = [0.0] * QUARTERS
    after = 0.0
    for place in (*reversed(range(QUARTERS)), *reversed(range(QUARTERS))):
        kw = kws[place]
        change = 0.0 if kw is None else _change_kwh(kw - target_kw, able)
        after = needed[place] = min(max(0.0, after + change), able.usable_kwh)
    return needed


def _change_kwh(over_kw: float, able: Able) -> float:
    """What a quarter so much over the target takes from the battery; negative: can be charged."""
    if over_kw > 0:
        return min(over_kw, able.discharge_kw) / able.efficiency * QUARTER_H
    return -min(-over_kw, able.charge_kw) * able.efficiency * QUARTER_H


def _place(at: datetime) -> tuple[date, int]:
    """The local day and the place of the quarter in it."""
    local = at.astimezone(BRUSSELS)
    return local.date(), local.hour * 4 + local.minute // 15
