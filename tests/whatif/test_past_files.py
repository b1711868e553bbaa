"""A CSV in the project's own form, day-ahead prices, and the billed days of a file."""

import gzip
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from base.time import QUARTER
from rates.amounts import Register
from rates.calendar import day_start
from rates.past.file import prices_in, quarters_in
from rates.past.quarters import Past, Span, missing, period, runs
from rates.past.table import FileError
from tests.whatif.factories import plain_csv, price, prices_csv, shared

START = datetime(2025, 6, 5, 10, tzinfo=UTC)
SINCE, UNTIL = datetime(2021, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
TODAY = date(2026, 9, 1)


def read(text: str) -> Past:
    return quarters_in(text.encode(), "own.csv")


def prices(text: str) -> dict[datetime, Decimal]:
    return prices_in(text.encode(), "prices.csv", SINCE, UNTIL)


def test_day_and_night_come_from_the_clock_unless_the_file_tells() -> None:
    """offtake_kwh is split by the hours of Flanders, with a note; registers are read unchanged."""
    by_clock = read("start_utc,offtake_kwh\n2025-06-05T10:00:00Z,0.5\n2025-06-07T10:15:00Z,0.25\n")
    assert by_clock.uses == (
        (START, Register.OFFTAKE_DAY, Decimal("0.5")),
        (START + timedelta(days=2, minutes=15), Register.OFFTAKE_NIGHT, Decimal("0.25")),
    )
    assert by_clock.notes == ("day and night are by the clock: weekdays 07:00 to 22:00 is day",)
    told = read("start;offtake_day_kwh;offtake_night_kwh\n2025-06-05T12:00:00+02:00;;0,5\n")
    assert told.uses == ((START, Register.OFFTAKE_NIGHT, Decimal("0.5")),)
    assert not told.notes


def test_gas_and_water_are_read_and_other_columns_left_alone() -> None:
    """m3 are read as m3, a remark is ignored, and the file may be gzip."""
    text = "start_utc,offtake_kwh,remark,gas_m3,water_m3\n2025-06-05T10:15:00Z,0.1,warm,0.02,0.3\n"
    past = quarters_in(gzip.compress(text.encode()), "own.csv.gz")
    assert {register: amount for _, register, amount in past.uses} == {
        Register.OFFTAKE_DAY: Decimal("0.1"),
        Register.GAS: Decimal("0.02"),
        Register.WATER: Decimal("0.3"),
    }


HEAD = "start_utc,offtake_kwh\n"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (HEAD + "2025-06-05T10:00:00,0.5\n", 2, "no time zone.*'2025-06-05T10:00:00'"),
        (HEAD + "05/06/2025 10:00,0.5\n", 2, "must look like 2026-01-31T18:45:00Z.*05/06/2025"),
        (HEAD + "2025-06-05T10:05:00Z,0.5\n", 2, "not the start of a quarter"),
        (HEAD + 2 * "2025-06-05T10:15:00Z,0.5\n", 3, "twice"),
        (HEAD + "2025-06-05T10:00:00Z,0.5\n2025-06-05T11:00:00Z,0.5\n", 2, "these are hours"),
        (HEAD + "2025-06-05T10:15:00Z,0,5\n", 2, "3 cells where the header has 2"),
        (HEAD + "2025-06-05T10:15:00Z,173\n", 2, "from 0 to 25.*'173'"),
        ("start_utc\tofftake_kwh\n2025-06-05T10:15:00Z\t1\n", 1, "commas or semicolons"),
        ("time,kwh\n1,2\n", 1, "must be an export .* offtake_kwh.*'time,kwh'"),
        ("start_utc,offtake_kwh,offtake_day_kwh\n", 1, "combined with day and night"),
        (HEAD, 2, "no rows"),
    ],
)
def test_a_wrong_table_is_named(text: str, line: int, why: str) -> None:
    """The error has the line, its content and the fault."""
    with pytest.raises(FileError, match=why) as caught:
        read(text)
    assert caught.value.line == line


def test_an_hours_price_holds_in_its_quarters() -> None:
    """Hours and quarters may follow each other in one file; a missing step is inferred."""
    text = "start_utc,resolution_min,price_eur_per_mwh\n2025-09-30T21:00:00Z,60,80\n"
    mixed = prices(text + "2025-09-30T22:00:00Z,15,-3.5\n")
    assert list(mixed.values()) == [80] * 4 + [Decimal("-3.5")]
    hourly = prices(
        "start_utc,price_eur_per_mwh\n2025-09-30T21:00:00Z,80\n2025-09-30T22:00:00Z,9\n"
    )
    assert len(hourly) == 8
    assert prices(prices_csv(date(2025, 3, 30), date(2025, 3, 31)))[START.replace(
        month=3, day=30, minute=30
    )] == price(START.replace(month=3, day=30))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("start_utc,price_eur_per_kwh\n2025-06-05T10:00:00Z,0.08\n", 1, "price_eur_per_mwh"),
        ("start_utc,eur_mwh\n2025-06-05T10:00:00Z,9080\n", 2, "from -500 to 4000.*'9080'"),
        ("start_utc,eur_mwh\n2025-06-05T10:00:00Z,NaN\n", 2, "not a number.*'NaN'"),
        ("start_utc,resolution_min,eur_mwh\n2025-06-05T10:00:00Z,30,8\n", 2, "15 or 60.*'30'"),
        ("start_utc,eur_mwh\n2025-06-05T10:00:00Z,8\n", 2, "by the quarter or by the hour"),
        ("<html><body>503</body></html>", 1, "web page"),
        ("start_utc,eur_mwh\n", 2, "no prices"),
    ],
)
def test_wrong_prices_are_named(text: str, line: int, why: str) -> None:
    """A web page, another unit or an impossible price never becomes a bill."""
    with pytest.raises(FileError, match=why) as caught:
        prices(text)
    assert caught.value.line == line


def test_real_prices_are_read_in_all_their_forms() -> None:
    """With and without a step, as gzip or plain; the quarters of clock changes are complete."""
    for name, day, count in (
        ("be_day_ahead_2021-02_2026-02.csv.gz", date(2025, 10, 26), 100),
        ("be_day_ahead_hourly_mean_2026-02_2026-08.csv", date(2026, 3, 29), 92),
        ("nl_day_ahead_hourly_2022_2025-01.csv.gz", date(2024, 2, 29), 96),
    ):
        data = shared("data", "prices", name).read_bytes()
        since, until = day_start(day), day_start(day + timedelta(days=1))
        assert len(prices_in(data, name, since, until)) == count


def test_a_file_cut_at_midnight_utc_makes_no_day_too_many() -> None:
    """Two hours or less of a day at either end are left out; a whole year is a year."""
    text = plain_csv(date(2025, 1, 1), date(2026, 1, 2))
    lines = text.splitlines()
    in_utc = "\n".join([lines[0], *lines[5 : 5 + 35_040]])  # 01:00 local to 01:00 local
    past = read(in_utc)
    assert period(past, TODAY) == (date(2025, 1, 1), date(2026, 1, 1))
    (span,) = missing(past, date(2025, 1, 1), date(2026, 1, 1))
    assert (span.start, span.quarters) == (day_start(date(2025, 1, 1)), 4)


def test_the_last_year_before_today_is_billed() -> None:
    """Today is incomplete; of more than a year the last year is billed, also from 29 February."""
    past = read(plain_csv(date(2024, 2, 27), date(2024, 3, 3)))
    assert period(past, date(2024, 3, 1)) == (date(2024, 2, 27), date(2024, 3, 1))
    with pytest.raises(ValueError, match="no whole day"):
        period(past, date(2024, 2, 27))
    long = Past(
        uses=(),
        known=frozenset(),
        first=day_start(date(2022, 5, 1)),
        last=day_start(date(2024, 2, 29)),
    )
    assert period(long, date(2024, 2, 29)) == (date(2023, 3, 1), date(2024, 2, 29))


def test_missing_quarters_are_listed_in_runs() -> None:
    """Consecutive quarters form one span."""
    times = [START, START + QUARTER, START + 5 * QUARTER]
    assert list(runs(times)) == [
        Span(START, START + 2 * QUARTER),
        Span(START + 5 * QUARTER, START + 6 * QUARTER),
    ]
