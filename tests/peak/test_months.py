"""The month peaks and their mean, on dates with irregular months."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.time import BRUSSELS
from p1.reading import MonthPeak, Peak
from peak.clock import ClosedQuarter, Source
from peak.months import Months, Row, advance, lost_since, mean_kw, month_of, notice
from tests.peak.factories import reading

FLOOR = Decimal("2.5")
NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
PEAK = Peak(Decimal("3.410"), datetime(2026, 1, 6, 16, 15, tzinfo=UTC))
HISTORY = (
    MonthPeak(date(2025, 9, 1), Decimal("0.000"), None),
    MonthPeak(date(2025, 11, 1), Decimal("4.100"), datetime(2025, 11, 3, 18, 0, tzinfo=UTC)),
    MonthPeak(date(2025, 12, 1), Decimal("1.900"), datetime(2025, 12, 24, 18, 0, tzinfo=UTC)),
)


def heard(
    time: datetime,
    peak: Peak | None = None,
    history: tuple[MonthPeak, ...] = (),
    closed: ClosedQuarter | None = None,
    before: Months | None = None,
) -> Months:
    telegram = reading(time, month_peak=peak, month_peaks=history)
    return advance(before or Months(floor_kw=FLOOR), telegram, closed)


def rows(*kws: str, last: date = date(2026, 1, 1)) -> tuple[Row, ...]:
    """Rows of consecutive months up to `last`."""
    count = last.year * 12 + last.month - 1
    months = [date(n // 12, n % 12 + 1, 1) for n in range(count - len(kws) + 1, count + 1)]
    return tuple(
        Row(month, Decimal(kw), None, Source.METER) for month, kw in zip(months, kws, strict=True)
    )


def test_the_floor_counts_per_month_before_the_mean() -> None:
    """Twelve peaks whose floored mean is 4.456 kW; floored after the mean it would be 3.969.

    Source: nl.wikibooks.org/wiki/Energietransitie/Capaciteitstarief, the worked example.
    """
    half = ("0.632", "4.600", "0", "1.028", "3.444", "4.164")
    other = ("4.564", "6.000", "9.200", "5.000", "4.120", "4.880")
    assert mean_kw(rows(*half, *other), date(2026, 1, 1), FLOOR) == Decimal("4.456")


@pytest.mark.parametrize(
    ("kws", "expected"),
    [
        ((), None),
        (("4.0",), "4.0"),
        (("1.0",), "2.5"),
        (("4.0", "1.0"), "3.25"),
        (("99",) + ("3.0",) * 12, "3.0"),
    ],
    ids=["nothing", "one month", "under the floor", "two", "the 13th back is out"],
)
def test_mean_of_the_months_there_are(kws: tuple[str, ...], expected: str | None) -> None:
    """The mean covers the running month and up to 11 months before it."""
    mean = mean_kw(rows(*kws), date(2026, 1, 1), FLOOR)
    assert mean == (None if expected is None else Decimal(expected))


def test_a_running_month_without_a_peak_counts_as_the_floor() -> None:
    december = rows("4.5", last=date(2025, 12, 1))
    assert mean_kw(december, date(2026, 1, 1), FLOOR) == Decimal("3.5")


def test_months_need_not_follow_each_other() -> None:
    """A gap in the history is left out of the mean, and so is a placeholder of 0 kW."""
    months = heard(NOON, PEAK, HISTORY)
    assert [row.month for row in months.rows] == [
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
    ]
    assert months.mean_kw == (Decimal("4.1") + FLOOR + Decimal("3.41")) / 3
    assert months.running is not None
    assert months.running.kw == Decimal("3.410")


def test_order_of_the_history_does_not_matter() -> None:
    assert heard(NOON, PEAK, HISTORY[::-1]).rows == heard(NOON, PEAK, HISTORY).rows


def test_nothing_new_gives_the_same_object() -> None:
    """A telegram without changes costs one comparison."""
    months = heard(NOON, PEAK, HISTORY)
    assert heard(NOON + timedelta(seconds=1), PEAK, HISTORY, before=months) is months


def local_midnights() -> st.SearchStrategy[date]:
    return st.dates(date(2023, 1, 1), date(2030, 12, 31)).map(lambda day: day.replace(day=1))


@given(local_midnights())
def test_a_peak_at_midnight_on_the_1st_closes_the_month_before(first: date) -> None:
    """The quarter 23:45-00:00 ends on the 1st and belongs to the month it started in."""
    midnight = datetime(first.year, first.month, 1, tzinfo=BRUSSELS).astimezone(UTC)
    months = heard(midnight + timedelta(seconds=5), Peak(Decimal("5.0"), midnight))
    assert months.month == first
    assert months.running is None
    assert [row.month for row in months.rows] == [month_of(midnight - timedelta(seconds=1))]
    later = Peak(Decimal("0.7"), midnight + timedelta(minutes=15))
    months = heard(midnight + timedelta(minutes=16), later, before=months)
    assert months.running is not None
    assert months.running.kw == Decimal("0.7")


@pytest.mark.parametrize(
    ("time", "month"),
    [
        (datetime(2026, 1, 31, 22, 59, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 31, 23, 0, tzinfo=UTC), date(2026, 2, 1)),
        (datetime(2028, 2, 29, 22, 59, 59, tzinfo=UTC), date(2028, 2, 1)),
        (datetime(2028, 2, 29, 23, 0, tzinfo=UTC), date(2028, 3, 1)),
        (datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 31, 22, 0, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), date(2026, 10, 1)),
        (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), date(2026, 11, 1)),
    ],
)
def test_a_month_turns_at_midnight_in_brussels(time: datetime, month: date) -> None:
    """The cases include 29 February and the months of the clock changes."""
    assert heard(time).month == month


def test_last_months_peak_still_shown_on_the_1st_is_not_this_months() -> None:
    """1.6.0 with a stamp from before the 1st stays with its own month."""
    months = heard(datetime(2026, 1, 31, 22, 59, 50, tzinfo=UTC), PEAK)
    months = heard(datetime(2026, 1, 31, 23, 0, 5, tzinfo=UTC), PEAK, before=months)
    assert months.running is None
    assert months.rows == (Row(date(2026, 1, 1), PEAK.kw, PEAK.at, Source.METER),)
    months = heard(
        datetime(2026, 1, 31, 23, 0, 6, tzinfo=UTC), Peak(Decimal(0), None), (), None, months
    )
    assert months.running is None


def test_the_history_has_the_last_word_on_a_past_month() -> None:
    """The value of December in 98.1.0 replaces the program's own."""
    months = heard(datetime(2025, 12, 20, tzinfo=UTC), Peak(Decimal("1.5"), NOON - timedelta(40)))
    months = heard(NOON, PEAK, HISTORY, before=months)
    assert [row.kw for row in months.rows if row.month == date(2025, 12, 1)] == [Decimal("1.900")]


def test_own_quarters_stand_in_when_the_month_peak_vanishes() -> None:
    """The meter's last value counts until a quarter counted by the program is higher."""
    months = heard(NOON, PEAK)
    low = ClosedQuarter(NOON, 2.0, Source.OWN)
    months = heard(NOON + timedelta(minutes=15), None, closed=low, before=months)
    assert months.running == Row(date(2026, 1, 1), PEAK.kw, PEAK.at, Source.METER)
    high = ClosedQuarter(NOON, 4.0, Source.METER)
    months = heard(NOON + timedelta(minutes=30), None, closed=high, before=months)
    end = NOON + timedelta(minutes=15)
    assert months.running == Row(date(2026, 1, 1), Decimal("4.000"), end, Source.OWN)
    months = heard(NOON + timedelta(minutes=31), PEAK, closed=high, before=months)
    assert months.running == Row(date(2026, 1, 1), PEAK.kw, PEAK.at, Source.METER)


def test_own_months_stand_in_when_the_history_vanishes() -> None:
    """Past months missing from 98.1.0 keep their peak; the mean continues."""
    months = heard(NOON, PEAK, HISTORY)
    first = datetime(2026, 1, 31, 23, 0, tzinfo=UTC)
    evening = ClosedQuarter(first - timedelta(minutes=15), 6.0, Source.OWN)
    months = heard(first + timedelta(seconds=1), None, (), evening, months)
    assert [(row.month.month, row.kw, row.source) for row in months.rows[-2:]] == [
        (12, Decimal("1.900"), Source.METER),
        (1, Decimal("6.000"), Source.OWN),
    ]
    assert months.running is None
    assert months.mean_kw == (Decimal("4.1") + FLOOR + 6 + FLOOR) / 4


def test_own_quarters_do_not_correct_a_meter_that_speaks() -> None:
    """1.6.0 is billed: a higher count by the program changes nothing."""
    high = ClosedQuarter(NOON - timedelta(minutes=15), 9.0, Source.OWN)
    assert heard(NOON, PEAK, closed=high).running == heard(NOON, PEAK).running


def test_a_missing_register_is_reported_after_a_quarter_hour() -> None:
    """One damaged telegram is not reported; a quarter without the month peak is."""
    months = heard(NOON, PEAK, HISTORY)
    gone = heard(NOON + timedelta(seconds=1), before=months)
    assert notice(gone, NOON + timedelta(minutes=5)) is None
    assert notice(gone, NOON + timedelta(minutes=20)) == (
        "The meter has not sent its month peak since 15 Jan 12:00: our own count replaces it."
        " Renew the consent for the P1 port on mijn.fluvius.be."
    )
    assert lost_since(gone, NOON + timedelta(minutes=5)) is None
    assert lost_since(gone, NOON + timedelta(minutes=20)) == NOON + timedelta(seconds=1)
    back = heard(NOON + timedelta(minutes=21), PEAK, HISTORY, before=gone)
    assert lost_since(back, NOON + timedelta(hours=2)) is None
    assert notice(back, NOON + timedelta(hours=2)) is None
    only_history = heard(NOON + timedelta(seconds=1), PEAK, before=months)
    said = notice(only_history, NOON + timedelta(minutes=20))
    assert said is not None
    assert "past month peaks" in said


def test_a_meter_that_never_sent_them_is_not_missing_them() -> None:
    assert notice(heard(NOON), NOON + timedelta(hours=5)) is None


def test_a_clock_that_falls_back_to_2000_loses_no_month() -> None:
    """A meter that starts with a wrong clock gets its months back with the right one."""
    months = heard(NOON, PEAK, HISTORY)
    lost = heard(datetime(2000, 1, 1, tzinfo=UTC), before=months)
    assert lost.running is None
    assert heard(NOON + timedelta(minutes=1), before=lost).rows == months.rows


def test_two_years_are_kept() -> None:
    """The running month and 24 before it."""
    months = heard(NOON, PEAK, before=Months(floor_kw=FLOOR, rows=rows(*["3.0"] * 40)))
    assert len(months.rows) == 25
    assert months.rows[0].month == date(2024, 1, 1)
