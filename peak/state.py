"""The quarter, its forecast and the months, advanced together, in one message."""

from dataclasses import dataclass
from decimal import Decimal
from math import inf

from base import messages
from base.time import QUARTER_S
from p1.reading import Reading
from peak import forecast, months, quarter
from peak.clock import Quarter, Source
from peak.forecast import Forecast, Learned
from peak.headroom import room, target_kw
from peak.months import Months, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """State of the quarter and the month peaks. Quarter and forecast come with the first
    telegram that has a time. `told` is `months` in the form of the message."""

    months: Months
    learned: Learned | None = None
    told: tuple[messages.MonthPeak, ...] = ()
    quarter: Quarter | None = None
    forecast: Forecast | None = None


def begun(
    floor_kw: float,
    rows: tuple[Row, ...] = (),
    learned: Learned | None = None,
) -> Peaks:
    """Peaks before the first telegram; `rows` and `learned` are stored by an earlier run."""
    past = Months(floor_kw=Decimal(str(floor_kw)), rows=rows)
    return Peaks(months=past, learned=learned, told=_told(past))


def advance(peaks: Peaks, reading: Reading) -> Peaks:
    """The peaks after this telegram."""
    now = quarter.advance(peaks.quarter, reading)
    if now is None:
        return peaks
    ahead = forecast.advance(peaks.forecast, now, reading, peaks.learned)
    past = months.advance(peaks.months, reading, now.closed)
    told = peaks.told if past is peaks.months else _told(past)
    return Peaks(months=past, learned=ahead.learned, told=told, quarter=now, forecast=ahead)


def notices(peaks: Peaks) -> tuple[str, ...]:
    """Inconsistencies of the meter's own peaks, in sentences."""
    if peaks.quarter is None:
        return ()
    said = (peaks.quarter.disagreement, months.notice(peaks.months, peaks.quarter.time))
    return tuple(sentence for sentence in said if sentence)


def peak_state(
    peaks: Peaks, ceiling_kw: float | None = None, most_kw: float = inf, free_kw: float = 0.0
) -> messages.PeakState:
    """The message for the peak panels. Its `months` end with the running one.

    `most_kw` is the free capacity of the connection; a quarter up to `free_kw` adds no cost.
    """
    now, ahead, past = peaks.quarter, peaks.forecast, peaks.months
    top = past.running
    floor_kw = float(past.floor_kw)
    target = target_kw(max(floor_kw, free_kw), float(top.kw) if top else None, ceiling_kw)
    left = room(
        target,
        now.so_far_kw if now else None,
        ahead.kw if ahead else None,
        now.left_s if now else QUARTER_S,
        next_kw=ahead.next_kw if ahead else None,
        most_kw=most_kw,
    )
    return messages.PeakState(
        time=now.time if now else None,
        quarter=_quarter(now, ahead),
        month_peak=messages.Peak(kw=float(top.kw), at=top.at) if top else None,
        target_kw=left.target_kw,
        gap_kw=left.gap_kw,
        headroom_kw=left.headroom_kw,
        steady_kw=left.steady_kw,
        budget_wh=left.budget_wh,
        floor_kw=floor_kw,
        mean_kw=None if past.mean_kw is None else float(past.mean_kw),
        months=peaks.told,
        lost_since=months.lost_since(past, now.time) if now else None,
    )


def _quarter(now: Quarter | None, ahead: Forecast | None) -> messages.Quarter | None:
    """The running quarter, None while its use so far is unknown."""
    if now is None or ahead is None or now.so_far_kw is None or ahead.kw is None:
        return None
    return messages.Quarter(
        start=now.start,
        end=now.end,
        so_far_kw=now.so_far_kw,
        own_kw=now.own_kw,
        forecast_kw=ahead.kw,
        error_kw=ahead.error_kw,
    )


def _told(past: Months) -> tuple[messages.MonthPeak, ...]:
    """The months up to the running one."""
    return tuple(
        messages.MonthPeak(
            month=row.month,
            kw=float(row.kw),
            at=row.at,
            source="meter" if row.source is Source.METER else "own",
        )
        for row in past.rows
        if past.month is None or row.month <= past.month
    )
