"""Calendar entries become trips with a departure and a target for each car."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.time import BRUSSELS
from ev.facts import Event, Trip
from ev.trips import Schedule, schedule
from tests.ev.calendars.factories import CARS, NOW, Q4, event, local


def read(*events: Event, now: datetime = NOW) -> Schedule:
    return schedule(events, CARS, now, zone=BRUSSELS)


def only(*events: Event) -> Trip:
    """The only trip that results from these entries."""
    (trip,) = read(*events).coming
    return trip


def test_an_entry_is_a_trip() -> None:
    """The car leaves at the start of the entry and returns at its end."""
    assert only(event("Gent @q4@ 90 %")) == Trip(
        car="q4",
        departure=local("2026-11-24 08:30"),
        back=local("2026-11-24 17:00"),
        target_pct=90,
        title="Gent @q4@ 90 %",
        why="90 %",
    )


@pytest.mark.parametrize(
    ("title", "pct", "why"),
    [
        ("@q4@", 80, "the usual 80 %"),
        ("@q4@ 7.7 kWh", 30, "7.7 kWh needs 7.7 kWh above a reserve of 20 %"),
        ("@q4@ 2x77 km", 56, "2x77 km needs 27.7 kWh above a reserve of 20 %"),
        ("@q4@ 90% 77 km", 90, "90% + 77 km needs 13.9 kWh above a reserve of 20 %"),
        ("@q4@ 30% 154 km", 56, "30% + 154 km needs 27.7 kWh above a reserve of 20 %"),
        ("@zoe@ 100 km", 57.5, "100 km needs 15.0 kWh above a reserve of 20 %"),
    ],
)
def test_the_need_is_a_percentage_to_leave_with(title: str, pct: float, why: str) -> None:
    """km count by the car's consumption and kWh by its battery, both above the reserve of the
    car."""
    trip = only(event(title))
    assert trip.target_pct == pytest.approx(pct)
    assert trip.why == why


@pytest.mark.parametrize(
    ("title", "pct", "sentence"),
    [
        ("@q4@ 180%", 100, '"@q4@ 180%" asks for 180 %: q4 is charged to 100 %.'),
        ("@q4@ 5%", 20, '"@q4@ 5%" asks for 5 %: q4 is charged to 20 %, its minimum.'),
        ("@q4@ 0 %", 20, '"@q4@ 0 %" asks for 0 %: q4 is charged to 20 %, its minimum.'),
        (
            "@q4@ 600 km",
            100,
            '"@q4@ 600 km" needs 108 kWh; q4 holds 77 kWh, with a reserve of 20 %: it is'
            " charged to 100 %, charge on the way.",
        ),
        (
            "@q4@ 90 km retour",
            41.04,
            '"@q4@ 90 km retour" says retour: read as 90 km in total; write 2x90 km if that is'
            " one way.",
        ),
    ],
)
def test_an_impossible_entry_is_reported(title: str, pct: float, sentence: str) -> None:
    """The trip keeps its feasible parts; one sentence reports the rest."""
    found = read(event(title))
    assert found.coming[0].target_pct == pytest.approx(pct, abs=0.01)
    assert found.unclear == (sentence,)


def test_an_unknown_car_is_reported_with_the_known_names() -> None:
    """It is reported once, however often the entry is repeated."""
    found = read(event("@audi@ Gent"), event("@audi@ Gent", "2026-11-25 08:30", "2026-11-25 17:00"))
    assert found.coming == ()
    assert found.unclear == (
        '"@audi@ Gent" names @audi@, not a car in config.py; the cars are @q4@, @car_zoe@.',
    )


def test_two_cars_in_one_title_are_two_trips() -> None:
    """Each car has a trip computed with its own battery."""
    trips = read(event("Zee @q4@ @zoe@ 100 km")).coming
    assert [(trip.car, round(trip.target_pct, 1)) for trip in trips] == [
        ("car_zoe", 57.5),
        ("q4", 43.4),
    ]


def test_entries_that_overlap_are_one_trip_whose_needs_add() -> None:
    """The car cannot charge at home between overlapping entries."""
    trip = only(
        event("Gent @q4@ 77 km", "2026-11-24 08:30", "2026-11-24 17:00"),
        event("lunch @q4@ 77 km", "2026-11-24 12:00", "2026-11-24 18:00"),
        event("drop off @q4@ 40%", "2026-11-24 18:00", "2026-11-24 18:30"),
    )
    assert (trip.departure, trip.back) == (local("2026-11-24 08:30"), local("2026-11-24 18:30"))
    assert trip.target_pct == pytest.approx(56)
    assert trip.title == "Gent @q4@ 77 km; lunch @q4@ 77 km; drop off @q4@ 40%"


def test_entries_apart_are_trips_apart() -> None:
    """The trips are ordered by departure, whatever the order of the entries."""
    late = event("@q4@", "2026-11-24 20:00", "2026-11-24 22:00")
    early = event("@q4@", "2026-11-24 08:30", "2026-11-24 17:00")
    assert [trip.departure for trip in read(late, early).coming] == [early.start, late.start]


def test_one_entry_in_two_calendars_counts_once() -> None:
    """The km of a shared entry are not added twice."""
    his, hers = event("@q4@ 77 km"), replace(event("@q4@ 77 km"), uid="hers")
    assert only(his, hers).target_pct == pytest.approx(38)


def test_an_all_day_entry_leaves_in_the_morning() -> None:
    """The trip starts at the household's configured hour and ends with the last day."""
    away = event("Verlof @q4@", "2026-11-25 00:00", "2026-11-27 00:00", all_day=True)
    assert only(away).departure == local("2026-11-25 07:00")
    assert only(away).back == local("2026-11-27 00:00")
    assert only(away).why == "the usual 80 %, leaving at 07:00 because the entry has no time"
    early = schedule([away], CARS, NOW, zone=BRUSSELS, all_day_departure=time(5, 30))
    assert early.coming[0].departure == local("2026-11-25 05:30")


@pytest.mark.parametrize(
    ("day", "hour", "departure"),
    [
        ("2026-03-29", time(7), "2026-03-29T05:00+00:00"),
        ("2026-10-25", time(7), "2026-10-25T06:00+00:00"),
        ("2026-03-29", time(2, 30), "2026-03-29T01:30+00:00"),
        ("2026-10-25", time(2, 30), "2026-10-25T00:30+00:00"),
    ],
)
def test_the_hour_holds_on_the_days_the_clock_changes(day: str, hour: time, departure: str) -> None:
    """A skipped hour is read as before the change; a repeated hour is its first occurrence."""
    start = datetime.fromisoformat(day).replace(tzinfo=BRUSSELS)
    entry = event("@q4@", day, str((start + timedelta(days=1)).date()), all_day=True)
    now = start.astimezone(UTC) - timedelta(days=1)
    (trip,) = schedule([entry], CARS, now, zone=BRUSSELS, all_day_departure=hour).coming
    assert trip.departure == datetime.fromisoformat(departure)


def test_a_trip_that_has_begun_is_under_way() -> None:
    """A running trip provides the place of the car; a past trip does not."""
    gone = event("@q4@", "2026-11-23 08:00", "2026-11-23 18:00")
    over = event("@zoe@", "2026-11-23 08:00", "2026-11-23 09:00")
    found = read(gone, over)
    assert found.coming == ()
    assert [trip.car for trip in found.under_way] == ["q4"]


def test_an_entry_without_end_is_back_when_it_leaves() -> None:
    """An unknown end is not a week later; an end before the start is ignored."""
    for end in ("2026-11-24 08:30", "2026-11-24 08:00"):
        trip = only(event("@q4@", end=end))
        assert trip.back == trip.departure


def test_without_cars_there_are_no_trips() -> None:
    """A house without named cars gets a warning."""
    found = schedule([event("@q4@")], [], NOW, zone=BRUSSELS)
    assert found.coming == ()
    assert found.unclear[0].endswith("the cars are none.")


MOMENTS = st.integers(0, 15 * 96).map(lambda quarters: NOW + timedelta(minutes=15 * quarters))
NEEDS = st.sampled_from(["", " 90%", " 30 kWh", " 2x60 km", " 900 km", " 120 km retour"])
EVENTS = st.builds(
    lambda car, need, start, hours, all_day: Event(
        uid="made",
        title=f"@{car}@{need}",
        description="",
        start=start,
        end=start + timedelta(hours=hours),
        all_day=all_day,
    ),
    st.sampled_from(["q4", "car_zoe", "audi"]),
    NEEDS,
    MOMENTS,
    st.integers(-2, 60),
    st.booleans(),
)


@given(st.lists(EVENTS, max_size=12), MOMENTS)
def test_trips_are_in_order_and_never_overlap(events: list[Event], now: datetime) -> None:
    """Trips are sorted by departure, one after another per car, between its minimum and full
    charge.
    """
    found = schedule(events, CARS, now, zone=BRUSSELS)
    trips = [*found.under_way, *found.coming]
    assert [trip.departure for trip in trips] == sorted(trip.departure for trip in trips)
    assert all(trip.departure > now for trip in found.coming)
    assert all(trip.departure <= now < trip.back for trip in found.under_way)
    assert all(Q4.least_pct <= trip.target_pct <= 100 for trip in trips)
    for car in CARS:
        own = [trip for trip in trips if trip.car == car.name]
        assert all(a.back < b.departure for a, b in pairwise(own))


@pytest.mark.parametrize(
    ("title", "car"),
    [
        ("@q4 sea 210 km", "q4"),
        ("Q4@ sea", "q4"),
        ("to the sea @car zoe, 60 km", "car_zoe"),
        ("with @q4", "q4"),
        ("dinner @home", None),
        ("write to me@q4.be", None),
        ("50 % @ 10", None),
    ],
)
def test_a_forgotten_mark_is_reported_and_is_not_a_trip(title: str, car: str | None) -> None:
    found = read(event(title))
    assert found.coming == ()
    said = f'"{title}" has one @ only: write @{car}@ to make it a trip of {car}.'
    assert found.unclear == ((said,) if car else ())
