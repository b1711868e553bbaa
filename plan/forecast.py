"""The house's load in the next two days, from its own past, with its uncertainty.

Learned per local quarter of the day, separately for workdays and other days, with most weight on
the
last weeks, and corrected for the outdoor temperature where it is known; today's deviation continues
for some hours. Without a past a standard household is used. The load is the house without cars and
batteries, kW, before the sun is subtracted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from math import exp, isnan, nan

import numpy as np

from base.holidays import workday
from base.time import BRUSSELS, QUARTER
from plan.program import Floats

SLOTS = 96
KEPT_DAYS = 56
STANDARD_DAYS = 0.5
"""Weight of the standard day, in days of the house's own past: it fades within a week."""
HEATS_BELOW_C = 15.5
MOST_KW = 1000.0
STANDARD_KWH = 9.0
"""What a household without cars, heat pump or sun uses in a day; our own round figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Chosen on 2022-2024. Days and hours after which an observation counts for 1/e."""

    recency_days: float = 14.0
    other_kind: float = 0.25
    lasts_h: float = 1.5
    carried: float = 0.5
    looks_back: int = 4
    smooth: int = 1
    steady_k2: float = 2.0


TUNED = Tuning()
Air = Mapping[date, float]
"""Mean outdoor temperature of local days, °C, past and to come."""
NO_AIR: Air = {}


@dataclass(frozen=True, slots=True)
class Past:
    """The last weeks: kW per day (oldest first) and local quarter, NaN where nothing is known."""

    days: tuple[date, ...] = ()
    kw: Floats = field(default_factory=lambda: np.empty((0, SLOTS)))

    def with_quarter(self, start: datetime, kw: float) -> "Past":
        """The past with one more quarter; impossible loads are left out."""
        if not usable(kw):
            return self
        day, slot = placed(start)
        days, grid = self.days, self.kw
        if day not in days:
            if days and day < days[-1]:
                return self
            days, grid = (*days, day)[-KEPT_DAYS:], np.vstack((grid, np.full(SLOTS, np.nan)))
            grid = grid[-KEPT_DAYS:]
        else:
            grid = grid.copy()
        grid[days.index(day), slot] = kw
        return Past(days, grid)


def learned(quarters: Iterable[tuple[datetime, float]], most: int | None = KEPT_DAYS) -> Past:
    """The past from quarters, oldest first: their start (UTC) and mean kW; its last `most` days."""
    rows: dict[date, Floats] = {}
    for start, kw in quarters:
        day, slot = placed(start)
        row = rows.setdefault(day, np.full(SLOTS, np.nan))
        row[slot] = kw if usable(kw) else nan
    days = tuple(sorted(rows))[-most if most else 0 :]
    return Past(days, np.array([rows[day] for day in days]).reshape(len(days), SLOTS))


def usable(kw: float) -> bool:
    """True for a power that a house can take or give, kW; not for NaN."""
    return abs(kw) < MOST_KW


@dataclass(frozen=True, slots=True)
class Load:
    """kW per quarter from `start`: the expected value, and the 90th percentile."""

    start: datetime
    kw: Floats
    high_kw: Floats


def forecast(
    past: Past, start: datetime, count: int = 192, tuning: Tuning = TUNED, air: Air = NO_AIR
) -> Load:
    """The load of the next `count` quarters from `start` (UTC)."""
    places = [placed(start + each * QUARTER) for each in range(count)]
    days = sorted({day for day, _ in places})
    rows = {day: _day(past, day, tuning, air) for day in days}
    mean = np.array([rows[day][0][slot] for day, slot in places])
    high = np.array([rows[day][1][slot] for day, slot in places])
    fade = np.exp(-np.arange(count) / 4.0 / tuning.lasts_h)
    deviation = _deviation(past, start, tuning, air) * tuning.carried * fade
    kw = np.maximum(mean + deviation, mean - 0.75 * np.abs(mean))
    return Load(start, kw, np.maximum(high + deviation, kw))


def error_kw(past: Past, air: Air = NO_AIR) -> float | None:
    """Forecast error of the days of the last week, each predicted the evening before: the mean over
    their quarters, kW. None while unknown."""
    off = [
        np.abs(row - _day(past, day, TUNED, air)[0])
        for day, row in zip(past.days[-7:], past.kw[-7:], strict=True)
    ]
    known = np.concatenate(off) if off else np.empty(0)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else None


def profile(past: Past, day: date, air: Air = NO_AIR, tuning: Tuning = TUNED) -> Floats:
    """The load of a local day by quarter, foreseen at its midnight, kW."""
    return _day(past, day, tuning, air)[0]


def _day(past: Past, day: date, tuning: Tuning, air: Air) -> tuple[Floats, Floats]:
    """Load profile of a local day, mean and high, from the days before it."""
    standard = STANDARD_KWH * _shape(workday(day))
    if not past.days:
        return standard, standard * 2.0
    past = in_weather(past, day, air, tuning)
    known = ~np.isnan(past.kw)
    seen = np.where(known, past.kw, 0.0)
    by_slot = _weights(past, day, tuning)[:, None] * known
    scale = STANDARD_DAYS * exp(-1.0 / tuning.recency_days)
    total = by_slot.sum(axis=0) + scale
    mean = ((by_slot * seen).sum(axis=0) + scale * standard) / total
    mean = _smoothed(mean, tuning.smooth)
    above = np.maximum(0.0, seen - mean) ** 2
    spread = np.sqrt(((by_slot * above).sum(axis=0) + scale * standard**2) / total)
    return mean, mean + 1.3 * _smoothed(spread, 2)


def _weights(past: Past, day: date, tuning: Tuning) -> Floats:
    """Weight of each past day for `day`: recent ones and those of its kind count most."""
    age = np.array([(day - each).days for each in past.days], dtype=float)
    alike = np.where([workday(each) == workday(day) for each in past.days], 1.0, tuning.other_kind)
    return np.asarray(np.where(age > 0, np.exp(-age / tuning.recency_days) * alike, 0.0))


def in_weather(past: Past, day: date, air: Air, tuning: Tuning = TUNED) -> Past:
    """The past as its days would have been in the weather of `day`.

    The power per heating degree, kW/K, is fitted to the differences between the days; a day of
    unknown temperature is unchanged.
    """
    wanted = heating_degrees(air.get(day))
    degrees = np.array([heating_degrees(air.get(each)) for each in past.days])
    there = ~np.isnan(degrees)
    if np.isnan(wanted) or not there.any():
        return past
    cold, kw = degrees[there, None], past.kw[there]
    weight = np.where(np.isnan(kw), 0.0, _weights(past, day, tuning)[there, None])
    kw = np.nan_to_num(kw)
    total = np.maximum(weight.sum(axis=0), 1e-9)
    colder = cold - (weight * cold).sum(axis=0) / total
    more = kw - (weight * kw).sum(axis=0) / total
    squares = (weight * (colder**2 + tuning.steady_k2)).sum()
    slope = max(0.0, float((weight * colder * more).sum() / max(squares, 1e-9)))
    return Past(past.days, past.kw + slope * np.nan_to_num(wanted - degrees)[:, None])


def heating_degrees(air_c: float | None) -> float:
    """K below which a house heats; NaN where the temperature is not known."""
    return nan if air_c is None or isnan(air_c) else max(0.0, HEATS_BELOW_C - air_c)


def _smoothed(values: Floats, reach: int) -> Floats:
    """Each quarter with its neighbours: habits are not exact to the quarter."""
    if not reach:
        return values
    kernel = np.exp(-0.5 * (np.arange(-2 * reach, 2 * reach + 1) / reach) ** 2)
    wrapped = np.concatenate((values[-2 * reach :], values, values[: 2 * reach]))
    return np.convolve(wrapped, kernel / kernel.sum(), mode="valid")


def _deviation(past: Past, start: datetime, tuning: Tuning, air: Air) -> float:
    """Deviation of the last quarters above their forecast, kW."""
    places = [placed(start - each * QUARTER) for each in range(1, tuning.looks_back + 1)]
    rows = {day: profile(past, day, air, tuning) for day, _ in places if day in past.days}
    off = [
        past.kw[past.days.index(day), slot] - rows[day][slot] for day, slot in places if day in rows
    ]
    known = [kw for kw in off if not np.isnan(kw)]
    return float(np.mean(known)) if known else 0.0


def placed(start: datetime) -> tuple[date, int]:
    """The local day and quarter of the day (0 to 95) of an instant."""
    local = start.astimezone(BRUSSELS)
    return local.date(), local.hour * 4 + local.minute // 15


@lru_cache(maxsize=2)
def _shape(workday: bool) -> Floats:
    """Our own drawing of a household's day: its mean is 1/24 of a day's kWh, in kW."""
    hour = np.arange(SLOTS) / 4.0
    morning, noon, evening = (1.0, 0.5, 2.2) if workday else (0.8, 1.2, 1.9)
    bumps = (
        (morning, 7.5, 1.2), (noon, 12.5, 1.8), (evening, 19.0, 2.0),
    )  # fmt: skip
    raw = np.full(SLOTS, 0.55)
    for size, at, wide in bumps:
        raw += size * np.exp(-0.5 * ((hour - at) / wide) ** 2)
    return np.asarray(raw / raw.sum() * 4.0)


def sunlight(
    told_kw: Floats, told_before_kw: Floats, measured_kw: Floats, lasts_h: float = 2.0
) -> Floats:
    """The solar forecast, corrected by its error in the last quarters, with a correction that
    fades.

    `told_before_kw` and `measured_kw` are of the same quarters just past.
    """
    expected = float(np.sum(told_before_kw))
    if expected < 0.4:
        return np.asarray(told_kw)
    ratio = min(max(float(np.sum(measured_kw)) / expected, 0.2), 2.0)
    fade = np.exp(-np.arange(len(told_kw)) / 4.0 / lasts_h)
    return np.asarray(told_kw * (1.0 + (ratio - 1.0) * fade))


def like_before(past: Floats, told: Floats, count: int) -> Floats:
    """The rest of `count` values after `told`: the mean day of the `past`, which ends where `told`
    begins."""
    days = len(past) // SLOTS
    wanted = np.arange(len(told), count) % SLOTS
    if not days:
        return np.asarray(np.resize(told, SLOTS)[wanted] if len(told) else np.zeros(len(wanted)))
    return np.asarray(past[-days * SLOTS :].reshape(days, SLOTS).mean(axis=0)[wanted])
