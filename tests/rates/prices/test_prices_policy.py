"""Times of price requests: at once, at 12:55, then with growing pauses."""

from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from base.time import local_day
from rates.prices.policy import State, next_try, state, wanted
from tests.rates.prices.factories import AUTUMN, DAY, NEXT, SPRING, at

MINUTE = timedelta(minutes=1)


def test_today_is_asked_for_at_once() -> None:
    """This holds at any hour when today is missing."""
    for clock in ("00:00", "09:30", "23:59"):
        assert DAY in wanted(at(clock), ())
        assert next_try(at(clock), (), 0, 0.5) == at(clock)


def test_tomorrow_is_asked_for_from_1255() -> None:
    assert wanted(at("12:54"), (DAY,)) == ()
    assert wanted(at("12:55"), (DAY,)) == (NEXT,)
    assert wanted(at("12:55"), ()) == (DAY, NEXT)
    assert next_try(at("09:00"), (DAY,), 0, 0) == at("12:55")


def test_houses_are_spread() -> None:
    """Houses ask at different seconds."""
    assert next_try(at("09:00"), (DAY,), 0, 1) == at("12:57")


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_1255_is_a_local_time(day: datetime) -> None:
    """This includes the day of a clock change and the day before."""
    before = day - timedelta(days=1)
    assert next_try(at("00:30", day), (day,), 0, 0) == at("12:55", day)
    assert next_try(at("23:00", before), (before, day), 0, 0) == at("12:55", day)


def test_with_both_days_nothing_is_asked_until_the_next_noon() -> None:
    assert wanted(at("13:01"), (DAY, NEXT)) == ()
    assert next_try(at("13:01"), (DAY, NEXT), 0, 0) == at("12:55", NEXT)


def test_the_pause_grows_to_a_quarter_of_an_hour() -> None:
    """1, 1.5, 2.25 minutes ... 15: frequent requests near the publication, rare ones later."""
    pauses = [next_try(at("13:00"), (DAY,), failures, 0) - at("13:00") for failures in range(1, 12)]
    assert pauses[:3] == [MINUTE, 1.5 * MINUTE, 2.25 * MINUTE]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 15 * MINUTE


def test_in_the_evening_it_waits_for_midnight() -> None:
    """At midnight the missing day becomes today and is requested through the night."""
    assert next_try(at("21:50"), (DAY,), 20, 0) == at("00:00", NEXT)
    assert next_try(at("00:00", NEXT), (DAY,), 20, 0) == at("00:15", NEXT)


def test_a_start_in_the_evening_still_asks_once() -> None:
    assert wanted(at("23:00"), (DAY,)) == (NEXT,)
    assert next_try(at("23:00"), (DAY,), 0, 0) == at("23:00")


@example(592_650, True, False, 8, 1.0)
@given(
    st.integers(0, 7 * 24 * 3600),
    st.booleans(),
    st.booleans(),
    st.integers(1, 10_000),
    st.floats(0, 1),
)
def test_a_failure_is_never_repeated_within_a_minute(
    second: int, today: bool, tomorrow: bool, failures: int, chance: float
) -> None:
    """A missing day is requested again after at least 1 and at most 145 minutes.

    A pause of 22.5 minutes that ends after 22:00 lasts until two minutes past midnight.
    """
    now = at("00:00", SPRING - timedelta(days=3)) + timedelta(seconds=second)
    days = [local_day(now), local_day(now) + timedelta(days=1)]
    known = [day for day, there in zip(days, (today, tomorrow), strict=True) if there]
    due = next_try(now, known, failures, chance)
    assert due <= now + timedelta(hours=38, minutes=5)
    if wanted(now, known):
        assert now + MINUTE <= due <= now + timedelta(hours=2, minutes=25)


def test_a_day_without_an_answer_costs_few_questions() -> None:
    """From 12:55 until the evening fewer than sixty requests are made without an answer."""
    now, failures = at("12:55"), 0
    while now < at("23:59"):
        failures += 1
        now = next_try(now, (DAY,), failures, 0.5)
    assert now >= at("00:00", NEXT)
    assert 25 < failures < 60


def test_the_state_is_what_a_householder_would_say() -> None:
    assert state(at("10:00"), ()) is State.NONE
    assert state(at("14:29"), (DAY,)) is State.TODAY
    assert state(at("14:30"), (DAY,)) is State.LATE
    assert state(at("14:30"), (DAY, NEXT)) is State.BOTH
    assert state(at("14:30"), (NEXT,)) is State.NONE
