"""The month peaks of a past, and the months in which they are known only in part, or not."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from base.time import DAY, QUARTER
from rates.amounts import Register
from rates.bill import own_peaks
from rates.calendar import day_start, month_before, month_start
from rates.capacity import WINDOW, Peaks
from rates.past.quarters import Past
from rates.stretch import Counted

PATIENCE = 96
"""A month that lacks fewer quarters than this counts as known: a day's outage hides no peak."""


@dataclass(frozen=True, slots=True)
class MonthPeaks:
    """The peaks for the bill of a period: kW per month, billed as the mean over 12 months.

    `partly` are months of the period with only some known days, and their number; `unknown` are
    months without a peak. Both are needed for the mean.
    """

    kw: Peaks
    partly: Mapping[date, int]
    unknown: tuple[date, ...]

    def notes(self) -> Iterator[str]:
        """Notes on the 12 months behind the mean month peak; none when all are known."""
        if self.unknown:
            yield (
                "the mean month peak of the capacity tariff is over the months that are known;"
                f" not known: {_named(self.unknown)}"
            )
        for month, days in self.partly.items():
            counted = f"{days} of its {_days(month)} days"
            yield f"the month peak of {month:%b %Y} is the highest quarter of {counted}"


def month_peaks(
    past: Past, used: Mapping[Register, Sequence[Counted]], start: date, end: date
) -> MonthPeaks:
    """The month peaks for the days from `start` until before `end`.

    A month that is known in part counts in its own period only; one before it is left out: its
    real peak may be higher. Peaks that the meter itself sent are always complete.
    """
    months = list(_months(month_before(month_start(start), WINDOW - 1), end))
    counted = _known_quarters(past, months)
    own = own_peaks(used)
    kw = {**own, **past.month_peaks}
    partly = {
        month: count * QUARTER // DAY
        for month, count in counted.items()
        if month in own and month not in past.told and count + PATIENCE <= _quarters(month)
    }
    for month in [month for month in partly if month < month_start(start)]:
        kw.pop(month, None)
        del partly[month]
    return MonthPeaks(kw, partly, tuple(month for month in months if month not in kw))


def _months(first: date, end: date) -> Iterator[date]:
    while first < end:
        yield first
        first = month_before(first, -1)


def _known_quarters(past: Past, months: Sequence[date]) -> dict[date, int]:
    known = sorted(past.known)
    edges = [day_start(month) for month in (*months, month_before(months[-1], -1))]
    cuts = [bisect_left(known, edge) for edge in edges]
    return {month: to - of for month, (of, to) in zip(months, pairwise(cuts), strict=True)}


def _quarters(month: date) -> int:
    return (day_start(month_before(month, -1)) - day_start(month)) // QUARTER


def _days(month: date) -> int:
    return (month_before(month, -1) - month).days


def _named(months: Sequence[date]) -> str:
    """`Feb to Sep 2024, Nov 2024`: runs of months in a row."""
    runs: list[list[date]] = []
    for month in months:
        if runs and month_before(runs[-1][-1], -1) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(
        f"{run[0]:%b %Y}" if len(run) == 1 else f"{run[0]:%b %Y} to {run[-1]:%b %Y}" for run in runs
    )
