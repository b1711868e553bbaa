"""Exports of mijn.fluvius.be: every layout, both clock changes, and invalid files."""

import gzip
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.time import DAY, QUARTER
from rates.amounts import Register
from rates.bill import by_register
from rates.calendar import day_start
from rates.past.file import quarters_in
from rates.past.quarters import Past, missing, period
from rates.past.table import FileError
from tests.whatif.factories import EAN, LAYOUTS, daily, export, shared, summed, volumes

OCTOBER, MARCH, LEAP = date(2025, 10, 26), date(2025, 3, 30), date(2024, 2, 29)
TODAY = date(2026, 9, 1)


def read(text: str) -> Past:
    return quarters_in(text.encode("utf-8-sig"), "export.csv")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_says_the_same(layout: str) -> None:
    """Language, date form, decimal sign and EAN form differ; the quarters are equal."""
    days = [date(2025, 6, 5), date(2025, 6, 6), date(2025, 6, 7)]
    past = read(export(days, layout))
    assert past == read(export(days, "nl_2021"))
    offtake = sum(kwh for _, register, kwh in past.uses if register.value.startswith("offtake"))
    assert offtake == summed(days[0], date(2025, 6, 8), 0)


def test_the_repeated_hour_is_summer_time_first() -> None:
    """In October a label occurs twice: first in summer time, then in winter time."""
    first = datetime(2025, 10, 26, 0, 0, tzinfo=UTC)  # 02:00 in summer time
    told = {first: ("0.111", "0"), first + timedelta(hours=1): ("0.222", "0")}
    past = read(export([OCTOBER], told=lambda quarter: told.get(quarter, ("0", "0"))))
    kwh = {quarter: each for quarter, register, each in past.uses if each}
    assert kwh == {first: Decimal("0.111"), first + timedelta(hours=1): Decimal("0.222")}
    assert len(past.known) == 100


@pytest.mark.parametrize(("day", "count"), [(OCTOBER, 100), (MARCH, 92), (LEAP, 96)])
def test_odd_days_are_whole(day: date, count: int) -> None:
    """October has a day of 100 quarters, March one of 92; 29 February exists."""
    past = read(export([day]))
    assert len(past.known) == count
    assert not missing(past, *period(past, TODAY))
    assert (past.first, past.last + QUARTER) == (day_start(day), day_start(day + DAY))


def test_a_label_that_the_clock_skips_is_refused() -> None:
    """02:15 does not exist on the last Sunday of March."""
    text = export([MARCH]).replace("2025;01:15:00;30", "2025;02:15:00;30", 1)
    with pytest.raises(FileError, match=r"is not a quarter of that day.*30-03-2025 02:15"):
        read(text)


def test_an_empty_volume_is_missing_and_not_nothing() -> None:
    """A quarter without a volume is unknown; a volume of 0,000 is zero."""
    hole = day_start(date(2025, 6, 5)) + 7 * QUARTER
    past = read(export([date(2025, 6, 5)], told=lambda q: ("", "") if q == hole else volumes(q)))
    (span,) = missing(past, *period(past, TODAY))
    assert (span.start, span.quarters) == (hole, 1)


def test_a_flow_that_is_missing_makes_the_quarter_missing() -> None:
    """If injection is exported, a quarter without it is incomplete."""
    hole = day_start(date(2025, 6, 5))
    told = lambda q: ("0.1", "") if q == hole else volumes(q)  # noqa: E731
    past = read(export([date(2025, 6, 5)], told=told))
    assert hole not in past.known
    assert (hole, Register.OFFTAKE_NIGHT, Decimal("0.1")) in past.uses


def test_estimates_of_fluvius_are_noted() -> None:
    """Estimated volumes are used, with a note."""
    text = export([date(2025, 6, 5)]).replace("Uitgelezen", "Geschat", 3)
    assert read(text).notes == ("3 volumes are estimated by Fluvius",)


def test_daily_totals_are_spread_over_the_hours_of_their_register() -> None:
    """The kWh of a day are kept, in its own tariff hours; the note names the lost detail."""
    past = read(daily([date(2025, 6, 5), date(2025, 6, 7)], "6,000", "3,000"))
    kwh = by_register(use for use in past.uses if use[0] < day_start(date(2025, 6, 6)))
    assert round(sum(amount for _, amount in kwh[Register.OFFTAKE_DAY]), 6) == 6
    assert round(sum(amount for _, amount in kwh[Register.OFFTAKE_NIGHT]), 6) == 3
    assert "daily totals" in past.notes[0]


def broken(old: str, new: str, count: int = 1) -> str:
    text = export([date(2025, 6, 5)])
    assert old in text
    return text.replace(old, new, count)


TWICE = broken(";00:15:00;05-06-2025;00:30", ";00:00:00;05-06-2025;00:30").replace(
    ",060", ",070", 1
)


@pytest.mark.parametrize(
    ("text", "line", "value", "why"),
    [
        (export([date(2025, 6, 5)]).replace(";", ","), 1, "Van (datum),", "semicolons"),
        (broken(f'{EAN}";1SAG', '541448899999999999";1SAG'), 3, EAN, "another EAN"),
        ("<!DOCTYPE html>\n<html><body>Meld u aan</body>", 1, "<!DOCTYPE html>", "web page"),
        ('{"error": "no session"}', 1, '{"error"', "JSON"),
        ("", 1, "", "empty"),
        (broken(";kWh;", ";kW;"), 2, "kw", "unit must be kWh"),
        (broken("Afname Nacht", "Afname Totaal"), 2, "Afname Totaal", "register must be"),
        (broken(";0,060;", ";0.060,5;"), 2, "0.060,5", "not a number"),
        (broken(";0,060;", ";-0,060;"), 2, "-0,060", "from 0 to 25"),
        (broken(";0,060;", ";60,000;"), 2, "60,000", "from 0 to 25"),
        (broken("05-06-2025;00:00:00", "2025/06;00:00:00"), 2, "2025/06", "date must look like"),
        (TWICE, 4, "00:00", "twice"),
        (broken(";kWh;Uitgelezen;", ";kWh"), 2, "05-06-2025;00:00", "10 cells"),
        (export([date(2025, 6, 5)]).split("\r\n")[0], 2, "", "no rows"),
        (broken("Volume;Eenheid", "Volume;Maat"), 1, "van (datum)", "a column for the unit"),
    ],
)  # fmt: skip
def test_a_wrong_export_is_named(text: str, line: int, value: str, why: str) -> None:
    """The error has the line, its content and the fault."""
    with pytest.raises(FileError, match=why) as caught:
        read(text)
    assert caught.value.line == line
    assert value in str(caught.value)
    assert str(caught.value).startswith(f"export.csv, line {line}: ")


def test_bytes_that_are_no_text_are_named() -> None:
    """The errors for a damaged gzip and another encoding differ."""
    whole = gzip.compress(export([date(2025, 6, 5)]).encode())
    assert quarters_in(whole, "export.csv.gz") == read(export([date(2025, 6, 5)]))
    with pytest.raises(FileError, match="gzip file is damaged"):
        quarters_in(whole[:-20], "export.csv.gz")
    with pytest.raises(FileError, match="line 2: is not text in UTF-8"):
        quarters_in(b"EAN;Register;Volume\n\x81\x00;;", "export.csv")


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nothing_but_a_named_error_comes_of_noise(data: bytes) -> None:
    """Any file is read, or refused with its line."""
    with pytest.raises(FileError, match=r"x, line \d+: "):
        quarters_in(data, "x")


@settings(max_examples=25, deadline=None)
@given(
    st.dates(date(2021, 1, 1), date(2026, 12, 30)) | st.sampled_from([OCTOBER, MARCH, LEAP]),
    st.sampled_from(sorted(LAYOUTS)),
    st.integers(1, 997),
)
def test_an_export_gives_back_what_went_in(day: date, layout: str, seed: int) -> None:
    """Each quarter is read at its own instant, on any day, in any layout."""

    def told(quarter: datetime) -> tuple[str, str]:
        count = int(quarter.timestamp()) // 900 * seed
        return f"{count % 2999 / 1000:.3f}", f"{count % 1999 / 1000:.3f}"

    past = read(export([day], layout, told))
    for quarter, register, kwh in past.uses:
        assert kwh == Decimal(told(quarter)[register.value.startswith("injection")])
    assert len(past.known) == len({quarter for quarter, _, _ in past.uses}) in (92, 96, 100)


@pytest.mark.parametrize(
    ("name", "offtake"),
    [("sample_nl_2021_layout.csv", "4.733"), ("sample_en_2025_layout.csv", "30.609")],
)
def test_real_samples(name: str, offtake: str) -> None:
    """The contributed rows of real exports add up to their volumes."""
    data = shared("data", "fluvius_format", name).read_bytes()
    cells = re.findall(r"(?:Afname|Offtake) \w+;(\d+,\d+);", data.decode("utf-8-sig"))
    by_hand = sum(Decimal(cell.replace(",", ".")) for cell in cells)
    past = quarters_in(data, name)
    got = sum(kwh for _, register, kwh in past.uses if register.value.startswith("offtake"))
    assert got == by_hand == Decimal(offtake)
