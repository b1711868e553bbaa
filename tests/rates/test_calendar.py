"""Days, weeks, tariff hours and quarters, on real dates."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.time import BRUSSELS, local_day, quarter_of
from p1.reading import Tariff
from rates.calendar import (
    Hours,
    day_start,
    month_start,
    next_change,
    quarters_of_day,
    week_start,
)

FLANDERS = Hours()
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 15 * 365 * 86400).map(lambda s: EPOCH + timedelta(seconds=s))


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS, fold=fold)


@pytest.mark.parametrize(
    ("day", "count"),
    [
        (date(2026, 1, 15), 96),
        (date(2026, 3, 29), 92),
        (date(2026, 10, 25), 100),
        (date(2024, 2, 29), 96),
        (date(2025, 3, 30), 92),
        (date(2025, 10, 26), 100),
    ],
)
def test_a_day_has_its_quarters_also_when_the_clock_changes(day: date, count: int) -> None:
    """They are all quarters of the local day, in order, and no others."""
    quarters = quarters_of_day(day)
    assert len(quarters) == count
    assert {local_day(quarter) for quarter in quarters} == {day}
    assert quarters[-1] + timedelta(minutes=15) == day_start(day + timedelta(days=1))


def test_a_quarter_is_known_from_any_instant_in_it() -> None:
    """The start belongs to the quarter, the end to the next one; the result is in UTC."""
    assert quarter_of(local("2026-01-15 13:14:59.9")) == datetime(2026, 1, 15, 12, tzinfo=UTC)
    assert quarter_of(local("2026-01-15 13:15")) == datetime(2026, 1, 15, 12, 15, tzinfo=UTC)
    assert quarter_of(local("2026-10-25 02:40", fold=1)).hour == 1


def test_midnight_is_that_of_brussels() -> None:
    """23:30 UTC on 31 December is the next year in Brussels; winter and summer offsets apply."""
    assert local_day(datetime(2025, 12, 31, 23, 30, tzinfo=UTC)) == date(2026, 1, 1)
    assert local_day(datetime(2026, 6, 30, 22, 0, tzinfo=UTC)) == date(2026, 7, 1)
    assert month_start(date(2024, 2, 29)) == date(2024, 2, 1)
    assert week_start(date(2026, 3, 1)) == date(2026, 2, 23)


@pytest.mark.parametrize(
    ("moment", "hours", "tariff"),
    [
        ("2026-01-15 06:59:59", FLANDERS, Tariff.NIGHT),
        ("2026-01-15 07:00", FLANDERS, Tariff.DAY),
        ("2026-01-15 21:59:59", FLANDERS, Tariff.DAY),
        ("2026-01-15 22:00", FLANDERS, Tariff.NIGHT),
        ("2026-01-17 12:00", FLANDERS, Tariff.NIGHT),
        ("2026-01-17 12:00", Hours(weekend_is_night=False), Tariff.DAY),
        ("2026-05-14 12:00", FLANDERS, Tariff.DAY),
        ("2026-05-14 12:00", Hours(holidays_are_night=True), Tariff.NIGHT),
        ("2026-01-15 06:30", Hours(time(6), time(21)), Tariff.DAY),
        ("2026-01-15 21:30", Hours(time(6), time(21)), Tariff.NIGHT),
        ("2026-01-15 23:59", Hours(time(7), time(0)), Tariff.DAY),
        ("2026-01-15 00:30", Hours(time(7), time(0)), Tariff.NIGHT),
    ],
)
def test_the_hours_decide_between_day_and_night(moment: str, hours: Hours, tariff: Tariff) -> None:
    """Day runs from its first hour to its last; weekends and holidays as configured."""
    assert hours.tariff_at(local(moment)) is tariff


@pytest.mark.parametrize(
    ("moment", "hours", "change"),
    [
        ("2026-01-15 12:00", FLANDERS, "2026-01-15 22:00"),
        ("2026-01-16 22:00", FLANDERS, "2026-01-19 07:00"),
        ("2026-03-28 12:00", FLANDERS, "2026-03-30 07:00"),
        ("2026-04-03 23:00", Hours(holidays_are_night=True), "2026-04-07 07:00"),
        ("2026-12-24 22:30", Hours(holidays_are_night=True), "2026-12-28 07:00"),
    ],
)
def test_the_next_change_is_found_over_weekends_holidays_and_clock_changes(
    moment: str, hours: Hours, change: str
) -> None:
    """It is a local time: 07:00 stays 07:00 across a clock change."""
    found = next_change(local(moment), hours)
    assert found is not None
    assert found.astimezone(BRUSSELS) == local(change)


def test_a_tariff_that_never_changes_has_no_next_change() -> None:
    """The day rate applies around the clock."""
    always = Hours(time(0), time(0), weekend_is_night=False)
    assert next_change(local("2026-01-15 12:00"), always) is None


@given(INSTANTS, st.booleans(), st.booleans())
def test_the_tariff_holds_until_the_next_change(at: datetime, weekend: bool, off: bool) -> None:
    """Every instant before the change has one tariff, the change itself the other."""
    hours = Hours(weekend_is_night=weekend, holidays_are_night=off)
    change = next_change(at, hours)
    assert change is not None
    assert hours.tariff_at(change) is not hours.tariff_at(at)
    assert hours.tariff_at(change - timedelta(seconds=1)) is hours.tariff_at(at)
    step = (change - at) / 7
    assert all(hours.tariff_at(at + i * step) is hours.tariff_at(at) for i in range(7))
