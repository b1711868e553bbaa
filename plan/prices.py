"""Prices beyond the published ones: as at the same time of the days before.

A mean of many days, not a copy of one: a copy promises its cheapest hours again, and a plan that
waits for them waits in vain.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from base.holidays import workday
from plan.forecast import SLOTS, placed
from plan.program import Floats

LEVEL_DAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Chosen on 2022-2025. Days after which a price counts for 1/e, weight of a day of the other
    kind (workday or not), and how much of the last two days' level continues, for how long.

    The other kind counts only where no day of the same kind is known: a tariff of day and night is
    then expected exactly.
    """

    days: int = 28
    recency_days: float = 7.0
    other_kind: float = 0.001
    carried: float = 0.5
    lasts_days: float = 3.0


TUNED = Tuning()


def expected(past: Floats, at: datetime, count: int, tuning: Tuning = TUNED) -> Floats:
    """The prices of `count` quarters from `at` (UTC) on, in the unit of `past`, which ends there.

    The mean of all with less than a day known, NaN with none.
    """
    days = min(len(past) // SLOTS, tuning.days)
    if not days:
        return np.full(count, float(past.mean()) if len(past) else np.nan)
    mean = _as_before(past, at, count, tuning)
    level = 0.0
    if days > LEVEL_DAYS:
        recent = LEVEL_DAYS * SLOTS
        before = _as_before(past[:-recent], at - timedelta(days=LEVEL_DAYS), recent, tuning)
        level = float((past[-recent:] - before).mean())
    fade = np.exp(-np.arange(count) / SLOTS / tuning.lasts_days)
    return np.asarray(mean + tuning.carried * level * fade)


def _as_before(past: Floats, at: datetime, count: int, tuning: Tuning) -> Floats:
    """Weighted mean of the same time of day on the days before `at`."""
    wanted = np.arange(count)
    days = min(len(past) // SLOTS, tuning.days)
    back = np.arange(1, count // SLOTS + days + 2)[:, None]
    index = wanted - SLOTS * back
    there = (index < 0) & (index >= -SLOTS * days)
    today, slot = placed(at)
    number = (slot + wanted) // SLOTS
    works = np.array(
        [workday(today + timedelta(days=each)) for each in range(-back[-1, 0], count // SLOTS + 2)]
    )
    alike = works[number - back + back[-1, 0]] == works[number + back[-1, 0]]
    weight = there * np.exp(-back / tuning.recency_days) * np.where(alike, 1.0, tuning.other_kind)
    seen = past[np.where(there, index, -1)]
    return np.asarray((weight * seen).sum(axis=0) / weight.sum(axis=0))
