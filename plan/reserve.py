"""The energy a battery keeps for surprises, learned from the home's own past.

A day's need from a quarter on is the energy of the load above the target until the same energy
below it has passed: an evening of cooking beside a heat pump. The reserve covers 19 of the last 20
days within an hour of that time.
"""

from datetime import datetime, timedelta

import numpy as np

from base.time import QUARTER
from plan.ahead import LEAST_RESERVE_KWH, QUARTER_H
from plan.forecast import SLOTS, Past, placed
from plan.program import Floats

DAYS = 28
LEAST_DAYS = 7
SHARE = 0.95
LATE = 4
"""Quarters by which an evening may begin or end earlier or later than the day before."""


def reserve_kwh(past: Past, start: datetime, count: int, target_kw: float) -> Floats:
    """kWh to keep at the end of each of `count` quarters from `start` (UTC).

    Never below LEAST_RESERVE_KWH; that much for all while fewer than seven days are known.
    """
    today = placed(start)[0]
    since = today - timedelta(days=DAYS)
    rows = [row for day, row in zip(past.days, past.kw, strict=True) if since <= day < today]
    if len(rows) < LEAST_DAYS:
        return np.full(count, LEAST_RESERVE_KWH)
    above = np.nan_to_num(np.concatenate(rows) - target_kw, nan=-target_kw) * QUARTER_H
    sums = np.cumsum(above)
    worst = np.maximum.accumulate(sums[::-1])[::-1]
    needs = worst - sums
    near = np.lib.stride_tricks.sliding_window_view(np.pad(needs, LATE), 2 * LATE + 1)
    needs = near.max(axis=1).reshape(-1, SLOTS)
    kept = np.quantile(needs, SHARE, axis=0)
    slots = [placed(start + each * QUARTER)[1] for each in range(count)]
    return np.asarray(np.maximum(LEAST_RESERVE_KWH, kept[slots]))
