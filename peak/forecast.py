"""Forecast of the running quarter's closing demand, with its error.

    forecast = so far + share of the quarter left x power expected for the rest of it

Power is offtake where positive; injection is not subtracted. It is smoothed twice: `short` with 30
s, and `base`, the continuous load, which falls with 1 min and rises with 15. The excess of short
over base (a kettle, an oven) is expected to decay with one of three lifetimes: 7.5 min, 25 min, or
never. Every minute all three forecasts are noted; when the quarter closes their errors are scored,
and the best of the last week is used. A house that charges a car for hours soon uses the longest
lifetime, one with kettles the shortest.

The error is a band that contained four quarters out of five recently, learned for each minute of
the
quarter in proportion to how unsettled the power is (0.1 kW + short off base) and the time left.

Error in W, mean and 95th percentile over minutes 1 to 14 (bench/forecast.py):

                     this    last minute held    rate so far    slope of the last second
    real month     61  254          61  252         72  310           189  396
    synthetic year 54  327          60  379         64  398           163  451

The band held 80 % and 81 %. The constants were tuned on both files.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from math import exp, expm1, inf

from base.time import QUARTER_S
from p1.reading import Reading
from peak.clock import Quarter

LIVES_S = (450.0, 1500.0, inf)

_SHORT_S = 30.0
_RISE_S = 900.0
_FALL_S = 60.0
_SETTLED_KW = 0.1
_MINUTES = 15
_MEMORY = 672.0  # quarters in a week: how long a score is remembered
_HELD = 0.8  # the share of quarters the error band is to hold
_STEP = 0.05  # how far one quarter moves the band
_LEAST_RATIO, _MOST_RATIO = 0.05, 20.0


@dataclass(frozen=True, slots=True)
class Learned:
    """Parameters learned from past quarters: plain floats, worth keeping across a restart.

    `scores_kw` is the mean error of each of LIVES_S; `ratios` the error band of each minute, as a
    multiple of the unsettledness of the power.
    """

    scores_kw: tuple[float, ...] = (0.058, 0.057, 0.058)
    ratios: tuple[float, ...] = (0.5,) * _MINUTES

    @property
    def best(self) -> int:
        """The recently most accurate of LIVES_S."""
        return self.scores_kw.index(min(self.scores_kw))

    @property
    def life_s(self) -> float:
        return LIVES_S[self.best]


@dataclass(frozen=True, slots=True)
class Note:
    """Forecast at a minute's first telegram: kW per lifetime, and kW of unsettledness."""

    minute: int
    kws: tuple[float, ...]
    unsettled_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The expected closing demand, give or take `error_kw`. None: not known yet.

    `next_kw` is the same of the quarter after. `short_kw` and `base_kw` follow the power. `notes`
    are this quarter's, since `start`.
    """

    time: datetime
    start: datetime
    kw: float | None
    error_kw: float
    short_kw: float | None
    base_kw: float | None
    notes: tuple[Note, ...]
    learned: Learned
    next_kw: float | None = None


def advance(
    last: Forecast | None, quarter: Quarter, reading: Reading, learned: Learned | None = None
) -> Forecast:
    """The forecast after this telegram, which `quarter` has already counted.

    `learned` is stored by an earlier run; it is used on the first call only.
    """
    if last is None:
        last = Forecast(
            time=quarter.time,
            start=quarter.start,
            kw=None,
            error_kw=0.0,
            short_kw=None,
            base_kw=None,
            notes=(),
            learned=learned or Learned(),
        )
    elif last.start != quarter.start:
        last = replace(last, start=quarter.start, notes=(), learned=_taught(last, quarter))
    short_kw, base_kw = _followed(last, quarter.time, _power_kw(reading))
    taught, notes = last.learned, last.notes
    if short_kw is None or base_kw is None or quarter.so_far_kw is None:
        return Forecast(
            time=quarter.time,
            start=quarter.start,
            kw=None,
            error_kw=0.0,
            short_kw=short_kw,
            base_kw=base_kw,
            notes=notes,
            learned=taught,
        )
    left_s = quarter.left_s
    share, excess_kw, minute = left_s / QUARTER_S, short_kw - base_kw, int(15.0 - left_s / 60.0)
    unsettled_kw = share * (_SETTLED_KW + abs(excess_kw))
    kw = quarter.so_far_kw + share * (base_kw + excess_kw * _lasting(taught.life_s, left_s))
    if not notes or notes[-1].minute < minute:
        notes = (*notes, _note(minute, quarter.so_far_kw, share, base_kw, excess_kw))
    error_kw = taught.ratios[minute] * unsettled_kw
    life_s = taught.life_s
    next_kw = base_kw + excess_kw * exp(-left_s / life_s) * _lasting(life_s, QUARTER_S)
    return Forecast(
        time=quarter.time,
        start=quarter.start,
        kw=kw,
        error_kw=error_kw,
        short_kw=short_kw,
        base_kw=base_kw,
        notes=notes,
        learned=taught,
        next_kw=next_kw,
    )


def _power_kw(reading: Reading) -> float | None:
    """Offtake now, kW; 0 while the house injects."""
    if reading.offtake_kw is None:
        return None
    return max(0.0, reading.offtake_kw - (reading.injection_kw or 0.0))


def _followed(
    last: Forecast, time: datetime, power_kw: float | None
) -> tuple[float | None, float | None]:
    """short_kw and base_kw, moved to the power that held since the last telegram."""
    short_kw, base_kw = last.short_kw, last.base_kw
    if power_kw is None:
        return short_kw, base_kw
    if short_kw is None or base_kw is None:
        return power_kw, power_kw
    dt_s = max(0.0, (time - last.time).total_seconds())
    pace_s = _RISE_S if power_kw > base_kw else _FALL_S
    short_kw -= (power_kw - short_kw) * expm1(-dt_s / _SHORT_S)
    base_kw -= (power_kw - base_kw) * expm1(-dt_s / pace_s)
    return short_kw, base_kw


def _lasting(life_s: float, left_s: float) -> float:
    """The mean share of an excess that remains in the next `left_s`, decaying with `life_s`."""
    return -expm1(-left_s / life_s) * life_s / left_s if life_s < inf else 1.0


def _note(minute: int, so_far_kw: float, share: float, base_kw: float, excess_kw: float) -> Note:
    left_s = share * QUARTER_S
    kws = [so_far_kw + share * (base_kw + excess_kw * _lasting(s, left_s)) for s in LIVES_S]
    return Note(minute, tuple(kws), share * (_SETTLED_KW + abs(excess_kw)))


def _taught(last: Forecast, quarter: Quarter) -> Learned:
    """The parameters, learned again when the quarter of `last.notes` has closed."""
    learned, closed = last.learned, quarter.closed
    if closed is None or closed.start != last.start or not last.notes:
        return learned
    best = learned.best
    ratios = list(learned.ratios)
    for note in last.notes:
        held = abs(note.kws[best] - closed.kw) <= ratios[note.minute] * note.unsettled_kw
        moved = ratios[note.minute] * (1.0 + _STEP * (_HELD - held))
        ratios[note.minute] = min(max(moved, _LEAST_RATIO), _MOST_RATIO)
    scores_kw = tuple(
        score + (_mean_off(last.notes, life, closed.kw) - score) / _MEMORY
        for life, score in enumerate(learned.scores_kw)
    )
    return Learned(scores_kw, tuple(ratios))


def _mean_off(notes: tuple[Note, ...], life: int, kw: float) -> float:
    return sum(abs(note.kws[life] - kw) for note in notes) / len(notes)
