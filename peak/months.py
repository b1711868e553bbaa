"""The month peaks: the running month, the past ones, and the 12-month mean that is billed.

The meter's values have priority: its maximum of this month and its history. While they are missing,
or still last month's, our own quarters are used, marked "own". Peaks belong to the connection, not
to its meter: peaks of a replaced meter stay. A month is a month in
Europe/Brussels, and a quarter belongs to the month it starts in: a peak stamped 00:00 on the 1st is
of the month before.

The mean is taken over the running month and the 11 before it, each raised to the floor first;
months not known are left out. The running month counts with its peak so far.
Source: eMUCS-P1, 1-0:1.6.0, 0-0:98.1.0.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from base.language import phrase
from base.time import BRUSSELS
from p1.reading import MonthPeak, Peak, Reading
from peak.clock import ClosedQuarter, Source

WINDOW = 12
KEPT = 25
"""Months kept: two years and the running one."""

_PATIENCE = timedelta(minutes=18)  # a register away for less is not worth a word


@dataclass(frozen=True, slots=True)
class Row:
    """The highest quarter of one month; `month` is its first day, `at` the quarter's end, UTC."""

    month: date
    kw: Decimal
    at: datetime | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """The month peaks known, oldest first, at most one a month; `mean_kw` is billed.

    `month` is the running month, from `begin` until `end`, UTC. The same object comes back from
    `advance` as long as nothing changes. Only `floor_kw` and `rows` are worth keeping over a
    restart.
    """

    floor_kw: Decimal
    rows: tuple[Row, ...] = ()
    month: date | None = None
    begin: datetime | None = None
    end: datetime | None = None
    mean_kw: Decimal | None = None
    heard: tuple[Peak | None, tuple[MonthPeak, ...], ClosedQuarter | None] = (None, (), None)
    meter_id: str | None = None
    peak_gone: datetime | None = None
    history_gone: datetime | None = None

    @property
    def running(self) -> Row | None:
        """The peak of the running month, None before there is one."""
        return next((row for row in reversed(self.rows) if row.month == self.month), None)


def advance(months: Months, reading: Reading, closed: ClosedQuarter | None) -> Months:
    """The months after this telegram and the last quarter that closed."""
    now = reading.time
    if now is None:
        return months
    heard = (reading.month_peak, reading.month_peaks, closed)
    same = heard == months.heard and reading.meter_id in (None, months.meter_id)
    if same and months.begin and months.end and months.begin <= now < months.end:
        return months
    month = month_of(now)
    known = {row.month: row for row in months.rows}
    before, old = months.heard[0], months.heard[1]
    if None not in (months.meter_id, reading.meter_id) and months.meter_id != reading.meter_id:
        before, old = None, ()  # another meter: it has no past to miss
        if month in known:
            known[month] = replace(known[month], source=Source.METER)
    rows = _rows(known, reading, closed, month)
    stale = reading.month_peak is not None and _month(reading.month_peak, month) < month
    told = reading.month_peak is not None and not stale
    return Months(
        floor_kw=months.floor_kw,
        rows=rows,
        month=month,
        begin=_midnight(month),
        end=_midnight(_shifted(month, 1)),
        mean_kw=mean_kw(rows, month, months.floor_kw),
        heard=heard,
        meter_id=reading.meter_id or months.meter_id,
        peak_gone=_gone(months.peak_gone, before is not None or stale, told, now),
        history_gone=_gone(months.history_gone, bool(old), bool(reading.month_peaks), now),
    )


def merged(rows: Iterable[Row], others: Iterable[Row]) -> tuple[Row, ...]:
    """The rows of both, by month; the higher of two, but the meter's before the program's."""
    known = {row.month: row for row in rows}
    for row in others:
        _hear(known, row)
    return tuple(known[month] for month in sorted(known))[-KEPT:]


def mean_kw(rows: tuple[Row, ...], month: date, floor_kw: Decimal) -> Decimal | None:
    """The billed mean, kW: `month` and the 11 before it, the floor applied to each.

    None when no month is known at all.
    """
    if not rows:
        return None
    first = _shifted(month, 1 - WINDOW)
    known = {row.month: row.kw for row in rows if first <= row.month <= month}
    known.setdefault(month, floor_kw)
    return sum((max(floor_kw, kw) for kw in known.values()), Decimal(0)) / len(known)


def lost_since(months: Months, now: datetime) -> datetime | None:
    """Time since which the meter has sent no month peaks; None while it sends any."""
    gone = _missing(months, now)
    return min(gone) if gone and _stale_at(months, gone) is None else None


def _missing(months: Months, now: datetime) -> list[datetime]:
    return [at for at in (months.peak_gone, months.history_gone) if at and now - at >= _PATIENCE]


def _stale_at(months: Months, gone: list[datetime]) -> datetime | None:
    """The time of an earlier month's peak that the meter still sends; None without one."""
    heard = months.heard[0]
    return heard.at if months.peak_gone in gone and heard is not None else None


def notice(months: Months, now: datetime) -> str | None:
    """A sentence when the meter has stopped sending its month peak or the history of them."""
    gone = _missing(months, now)
    if not gone:
        return None
    if (stale_at := _stale_at(months, gone)) is not None:
        return phrase(
            "The meter still sends the peak of {month}: our own count is used for this month.",
            month=f"{stale_at.astimezone(BRUSSELS):%b %Y}",
        )
    what = phrase("its month peak") if months.peak_gone in gone else phrase("its past month peaks")
    since = min(gone).astimezone(BRUSSELS)
    return phrase(
        "The meter has not sent {what} since {since}: our own count replaces it. Renew the"
        " consent for the P1 port on mijn.fluvius.be.",
        what=what,
        since=f"{since.day} {since:%b %H:%M}",
    )


def month_of(moment: datetime) -> date:
    """The first day of the month that holds `moment`, in Europe/Brussels."""
    return moment.astimezone(BRUSSELS).date().replace(day=1)


def _rows(
    known: Mapping[date, Row], reading: Reading, closed: ClosedQuarter | None, month: date
) -> tuple[Row, ...]:
    """The known rows, updated by this telegram and the closed quarter."""
    rows = dict(known)
    peak = reading.month_peak
    of = _month(peak, month) if peak else None
    if (peak is None or of != month) and closed is not None:
        kw = Decimal(closed.kw).quantize(Decimal("0.001"))
        _raise(rows, Row(month_of(closed.start), kw, closed.end, Source.OWN))
    if peak is not None and of is not None and peak.kw > 0:
        _hear(rows, Row(of, peak.kw, peak.at, Source.METER))
    for past in _in_use(reading.month_peaks, month):
        _hear(rows, Row(past.month, past.kw, past.at, Source.METER))
    return tuple(rows[key] for key in sorted(rows))[-KEPT:]


def _month(peak: Peak, running: date) -> date:
    """The month of a meter's month peak: 1-0:1.6.0 may be from an earlier one."""
    return month_of(peak.at - timedelta(seconds=1)) if peak.at else running


def _in_use(told: Sequence[MonthPeak], running: date) -> Iterator[MonthPeak]:
    """The past months in which the meter was installed here. 0 kW does not count without a time,
    nor at the month's first instant when months are missing after it: the meter was then still in
    the factory. An empty month without such a gap counts.
    """
    after = running
    gap = False
    for past in sorted(told, key=attrgetter("month"), reverse=True):
        if past.month >= running:
            continue
        gap = gap or past.month < _shifted(after, -1)
        after = past.month
        if past.kw > 0 or (past.at is not None and not (gap and past.at == _midnight(past.month))):
            yield past


def _hear(rows: dict[date, Row], row: Row) -> None:
    """Replace the program's count by the meter's. Another meter of the same month only raises
    it."""
    known = rows.get(row.month)
    if known is None or (row.source, known.source) == (Source.METER, Source.OWN):
        rows[row.month] = row
    elif row.source is known.source:
        _raise(rows, row)


def _raise(rows: dict[date, Row], row: Row) -> None:
    known = rows.get(row.month)
    if known is None or known.kw < row.kw:
        rows[row.month] = row


def _gone(since: datetime | None, was: bool, here: bool, now: datetime) -> datetime | None:
    """Time since which a register is missing."""
    if here:
        return None
    return since or (now if was else None)


def _shifted(month: date, months: int) -> date:
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BRUSSELS).astimezone(UTC)
