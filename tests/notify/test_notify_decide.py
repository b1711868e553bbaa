"""Each cause is notified once, also after a restart; quiet hours allow only questions."""

from datetime import UTC, datetime, time, timedelta

import pytest
from pydantic import TypeAdapter

from notify.decide import Memory, decide, is_quiet
from tests.notify.factories import (
    EVENING,
    away,
    charging,
    choice,
    guest,
    house,
    lasting,
    outlook,
    quarter,
    scene,
    told,
)

QUIET = (time(22), time(7))
NIGHT = datetime(2026, 1, 15, 22, 5, tzinfo=UTC)  # 23:05 in Belgium


def test_a_cause_is_notified_once_while_it_lasts() -> None:
    assert len(told(lasting(300, charging=charging(guest())))) == 1


def test_a_cause_is_notified_once_across_a_restart() -> None:
    memory = Memory()
    for each in lasting(10, charging=charging(guest())):
        memory, _ = decide(memory, each, None)
    adapter = TypeAdapter(Memory)
    kept = adapter.validate_json(adapter.dump_json(memory))
    assert kept == memory
    assert told(lasting(60, charging=charging(guest())), memory=kept) == []


def test_a_plan_that_wavers_asks_once() -> None:
    with_it, without = outlook(choices=(choice(),)), outlook()
    scenes = [
        scene(now=EVENING + timedelta(minutes=n), outlook=without if n % 7 == 0 else with_it)
        for n in range(60)
    ]
    assert len(told(scenes)) == 1


def test_a_momentary_cause_is_not_notified() -> None:
    flicker = [
        scene(
            now=EVENING + timedelta(seconds=30 * n),
            house=house(quarter=quarter(4.6 if n % 2 else 2.0)),
        )
        for n in range(8)
    ]
    assert told(flicker) == []


def test_another_trip_is_another_cause() -> None:
    later = choice(leaves=choice().leaves + timedelta(days=1))
    assert len(told(lasting(5, outlook=outlook(choices=(choice(), later))))) == 2


def test_a_quiet_night_has_questions_only() -> None:
    peak_coming = house(quarter=quarter(4.6), time=EVENING)
    night = lasting(
        30, now=NIGHT, house=peak_coming, needs=away(), outlook=outlook(choices=(choice(),))
    )
    assert [each.reason for each in told(night, QUIET)] == ["trip"]


def test_a_cause_that_lasts_is_notified_in_the_morning() -> None:
    gone = house(health={"state": "stale", "age_s": 60.0, "good": 9, "rejected": 0}, quarter=None)
    (first,) = told(lasting(9 * 60, now=NIGHT, house=gone), QUIET)
    assert first.at == datetime(2026, 1, 16, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "hour_utc", "expected"),
    [
        (QUIET, 20, False), (QUIET, 21, True), (QUIET, 5, True), (QUIET, 6, False),
        ((time(12), time(14)), 11, True), ((time(12), time(14)), 13, False), (None, 1, False),
        ((time(0), time(0)), 1, False),
    ],
)  # fmt: skip
def test_quiet_hours_are_those_of_belgium(
    quiet: tuple[time, time] | None, hour_utc: int, *, expected: bool
) -> None:
    assert is_quiet(datetime(2026, 1, 15, hour_utc, tzinfo=UTC), quiet) is expected


def test_a_clock_that_is_put_back_tells_nothing_again() -> None:
    memory = Memory()
    for each in lasting(10, charging=charging(guest())):
        memory, _ = decide(memory, each, None)
    back = lasting(60, now=EVENING - timedelta(days=1), charging=charging(guest()))
    assert told(back, memory=memory) == []
