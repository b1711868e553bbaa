"""Expansion of an iCal file into the entries of the next days, whatever it contains."""

import os
import time
from datetime import timedelta
from pathlib import Path
from time import process_time

import pytest

from base.time import BRUSSELS
from ev.calendars import expand as expanding
from ev.calendars.expand import Expanded, expand
from tests.ev.calendars.factories import NOW, UNTIL, file, local

WEEKLY = (
    "SUMMARY:Werk @q4@\nDTSTART;TZID=Europe/Brussels:20261005T073000\n"
    "DTEND;TZID=Europe/Brussels:20261005T170000\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE\n"
    "EXDATE;TZID=Europe/Brussels:20261125T073000"
)


def read(*blocks: str, head: str = "") -> Expanded:
    return expand(file(*blocks, head=head), NOW, UNTIL, BRUSSELS)


def starts(*blocks: str, head: str = "") -> list[str]:
    """The start times of the entries, in local time."""
    found = read(*blocks, head=head)
    assert found.unclear == ()
    return [f"{event.start.astimezone(BRUSSELS):%m-%d %H:%M}" for event in found.events]


def test_a_recurring_entry_is_each_of_its_days() -> None:
    """Excluded dates are left out; the occurrence in progress is included."""
    assert starts(WEEKLY) == ["11-23 07:30", "11-30 07:30", "12-02 07:30", "12-07 07:30"]


def test_a_moved_day_stands_where_it_was_moved_to() -> None:
    """Its original day is free, also when only the moved occurrence names the car."""
    moved = (
        "UID:weekly\nSUMMARY:Werk later @q4@\nRECURRENCE-ID;TZID=Europe/Brussels:20261130T073000\n"
        "DTSTART;TZID=Europe/Brussels:20261201T093000\nDTEND;TZID=Europe/Brussels:20261201T120000"
    )
    series = f"UID:weekly\n{WEEKLY}"
    text = file(series, moved).replace("UID:made-0\n", "").replace("UID:made-1\n", "")
    found = expand(text, NOW, UNTIL, BRUSSELS).events
    assert [f"{event.start:%m-%d}" for event in found] == ["11-23", "12-01", "12-02", "12-07"]
    quiet = expand(text.replace("Werk @q4@", "Werk"), NOW, UNTIL, BRUSSELS).events
    assert [event.title for event in quiet] == ["Werk later @q4@"]


def test_a_cancelled_entry_is_gone() -> None:
    """STATUS:CANCELLED alone decides."""
    assert starts("SUMMARY:@q4@\nDTSTART:20261124T083000Z\nSTATUS:CANCELLED") == []


def test_the_clock_on_the_wall_holds_when_summer_time_ends() -> None:
    """A daily trip at 07:30 stays at 07:30 local time, an hour later in UTC."""
    daily = "SUMMARY:@q4@\nDTSTART;TZID=Europe/Brussels:20261001T073000\nRRULE:FREQ=DAILY"
    change = local("2026-10-24 00:00")
    found = expand(file(daily), change, change + timedelta(days=2), BRUSSELS).events
    assert [f"{event.start:%d %H:%M}" for event in found] == ["24 05:30", "25 06:30"]


@pytest.mark.parametrize(
    ("start", "head", "local_start"),
    [
        ("DTSTART:20261124T083000Z", "", "11-24 09:30"),
        ("DTSTART;TZID=America/New_York:20261124T083000", "", "11-24 14:30"),
        ("DTSTART;TZID=Romance Standard Time:20261124T083000", "", "11-24 08:30"),
        ("DTSTART:20261124T083000", "", "11-24 08:30"),
        ("DTSTART:20261124T083000", "X-WR-TIMEZONE:Europe/London\n", "11-24 09:30"),
        ("DTSTART:20261124T083000", "X-WR-TIMEZONE:No/Where\n", "11-24 08:30"),
        ("DTSTART;VALUE=DATE:20261124", "", "11-24 00:00"),
    ],
)
def test_an_instant_is_where_its_zone_puts_it(start: str, head: str, local_start: str) -> None:
    """An entry uses its own time zone, else the calendar's, else the household's."""
    assert starts(f"SUMMARY:@q4@\n{start}", head=head) == [local_start]


@pytest.mark.parametrize(
    ("rest", "hours"),
    [
        ("DTSTART:20261124T083000Z", 0),
        ("DTSTART:20261124T083000Z\nDURATION:PT2H", 2),
        ("DTSTART;VALUE=DATE:20261124", 24),
        ("DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261126", 48),
    ],
)
def test_an_entry_may_have_no_end(rest: str, hours: float) -> None:
    """An all-day entry without an end lasts its day; any other has no duration."""
    (event,) = read(f"SUMMARY:@q4@\n{rest}").events
    assert event.end - event.start == timedelta(hours=hours)
    assert event.all_day is ("VALUE=DATE" in rest)


def test_long_lines_and_odd_line_ends_are_read() -> None:
    """Lines may be folded in the middle of a title and end as on any system."""
    text = file("SUMMARY;LANGUAGE=nl:Klant @q\n 4@ 120\\, of\n\t 130 km\nDTSTART:20261124T083000Z")
    for line_end in ("\n", "\r\n", "\r"):
        found = expand(text.replace("\n", line_end), NOW, UNTIL, BRUSSELS)
        assert [event.title for event in found.events] == ["Klant @q4@ 120, of 130 km"]


@pytest.mark.parametrize(
    "wrong",
    [
        "no start at all:",
        "DTSTART;TZID=Europe:20261124T083000",  # found by the fuzzer: a folder among the time zones
        "DTSTART:2026-13-45",
        "DTSTART:20261124T083000Z\nDTSTART:20261125T083000Z",
        "DTSTART:20261124T083000Z\nDURATION:P99999999999D",
        "DTSTART:20261124T083000Z\nRRULE:FREQ=NEVER",
        "DTSTART:20261123T083000Z\nRRULE:FREQ=HOURLY",
    ],
)
def test_one_wrong_entry_hides_no_other(wrong: str) -> None:
    """The faulty event is reported by its title, and the others are read."""
    found = read(f"SUMMARY:wrong @q4@\n{wrong}", "SUMMARY:good @q4@\nDTSTART:20261124T083000Z")
    assert [event.title for event in found.events] == ["good @q4@"]
    assert len(found.unclear) == 1
    assert found.unclear[0].startswith('"wrong @q4@" cannot be read (')


@pytest.mark.parametrize(
    "bomb",
    [
        "DTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY",
        "DTSTART:20261123T000000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "DTSTART:20261123T000000Z\nRRULE:FREQ=DAILY;INTERVAL=0",
    ],
)
def test_a_rule_that_never_ends_is_given_up(bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry has its own time limit, so that the others are still read."""
    monkeypatch.setattr(expanding, "SERIES_S", 0.2)
    found = read(f"SUMMARY:bomb @q4@\n{bomb}", "SUMMARY:good @q4@\nDTSTART:20261124T083000Z")
    assert [event.title for event in found.events] == ["good @q4@"]
    assert found.unclear == ('"bomb @q4@" repeats in a way that takes too long to compute.',)


def test_many_rules_that_never_end_hide_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry has its own time limit at first; all slow entries then share one."""
    monkeypatch.setattr(expanding, "QUICK_S", 0.05)
    monkeypatch.setattr(expanding, "ALL_S", 0.3)
    bomb = "SUMMARY:bomb @q4@\nDTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY"
    good = "SUMMARY:good @q4@\nDTSTART:20261124T083000Z"
    read(good)  # the packages are imported
    began = process_time()
    found = read(*[bomb] * 10, good)
    assert process_time() - began < 2.0
    assert [event.title for event in found.events] == ["good @q4@"]
    assert len(found.unclear) == 10


def test_a_busy_machine_loses_no_entry() -> None:
    """The limit counts the CPU time spent on an entry, not the time used by other processes."""
    with expanding._limited(0.05):
        time.sleep(0.2)


def test_a_bomb_that_names_no_car_costs_nothing() -> None:
    """Only entries marked with a car are expanded."""
    assert read("SUMMARY:bomb\nDTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY") == Expanded((), ())


def test_a_calendar_of_two_thousand_entries_is_soon_read() -> None:
    """Old trips are filtered out before any of them is expanded."""
    old = ("SUMMARY:old @q4@\nDTSTART:20240105T083000Z\nDTEND:20240105T093000Z",) * 1950
    new = ("SUMMARY:new @q4@\nDTSTART:20261124T083000Z\nDTEND:20261124T093000Z",) * 50
    read(new[0])  # the packages are imported
    began = process_time()
    assert len(read(*old, *new).events) == 50
    assert process_time() - began < 1.0


def test_a_real_calendar_of_google_is_read() -> None:
    """It has a recurring event with an excluded date, a moved day and an all-day entry."""
    root = Path(os.environ.get("DM_SHARED", Path(__file__).parents[3].parent / "shared"))
    path = root / "facts/devices_payloads/google_secret_address.ics"
    if not path.exists():
        pytest.skip(f"{path} is not here: set DM_SHARED to the real answers")
    found = expand(path.read_text(encoding="utf-8"), NOW, UNTIL, BRUSSELS)
    assert found.unclear == ()
    assert [f"{event.start:%m-%d %H:%M} {event.all_day}" for event in found.events] == [
        "11-23 06:30 False",
        "11-27 23:00 True",
        "11-30 08:30 False",
        "12-02 06:30 False",
        "12-07 06:30 False",
    ]
