"""Usual trips: learned from past trips, with a probability; they end when unused or by command."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from base.time import BRUSSELS, DAY
from ev.facts import Car, CarStatus, ChargerPhase, ChargerState, Trip
from ev.garage import Garage, forgotten, furnished, looked, told, with_trips, with_usual
from ev.habit import KEPT, Outing, Usual, described, expected, remembered, unannounced
from ev.inputs import Away
from ev.need_message import _away as need_away

WEEK = timedelta(days=7)
SUNDAY = datetime(2026, 3, 22, 20, tzinfo=BRUSSELS)
"""A week before summer time begins."""


def local(day: datetime, hour: int, minute: int = 0) -> datetime:
    return day.replace(hour=hour, minute=minute).astimezone(UTC)


def outing(day: datetime, kwh: float | None = 7.0) -> Outing:
    return Outing(local(day, 7, 40), local(day, 17, 30), kwh)


def weeks(count: int, days: Iterable[int] = (0,), before: datetime = SUNDAY) -> tuple[Outing, ...]:
    """Trips on these weekdays (0 is Monday) in each of these weeks before a Sunday."""
    monday = before - timedelta(days=6)
    starts = (monday - week * WEEK for week in reversed(range(count)))
    return tuple(outing(start + day * DAY) for start in starts for day in days)


def test_what_is_made_on_most_mondays_is_expected_on_the_next() -> None:
    (usual,) = expected(weeks(6), SUNDAY, days=2)
    assert usual.leaves.astimezone(BRUSSELS).strftime("%a %H:%M") == "Mon 07:40"
    assert usual.returns.astimezone(BRUSSELS).strftime("%a %H:%M") == "Mon 17:30"
    assert 0.7 < usual.chance < 1.0
    assert usual.kwh == usual.most_kwh == 7.0
    assert described(usual, 38.2) == "expected, as on most Mondays: leaves 07:40, 38 km"


def test_nothing_is_expected_on_the_other_days() -> None:
    assert len(expected(weeks(6), SUNDAY)) == 1


def test_the_wall_clock_counts_when_summer_time_begins() -> None:
    after = SUNDAY + WEEK
    (usual,) = expected(weeks(6, before=after), after, days=2)
    assert usual.leaves.astimezone(BRUSSELS).strftime("%a %H:%M") == "Mon 07:40"


@pytest.mark.parametrize("count", [1, 2])
def test_two_weeks_are_no_habit(count: int) -> None:
    assert not expected(weeks(count), SUNDAY)


def test_a_habit_that_ended_fades_within_a_month() -> None:
    made = weeks(8)
    chances = [expected(made, SUNDAY + week * WEEK, days=2) for week in range(5)]
    shown = [each[0].chance for each in chances if each]
    assert shown == sorted(shown, reverse=True)
    assert 1 <= len(shown) <= 3
    assert not chances[3]
    assert not expected(made, SUNDAY + KEPT + WEEK)


def test_a_commuter_who_stays_at_home_now_and_then_is_expected_with_less() -> None:
    every = weeks(8, range(5))
    some = tuple(each for place, each in enumerate(every) if place % 4)
    sure, less = expected(every, SUNDAY, days=2)[0], expected(some, SUNDAY, days=2)[0]
    assert less.chance < sure.chance


def test_an_early_departure_and_a_far_drive_are_taken_into_account() -> None:
    made = weeks(8)
    early = [Outing(each.left - timedelta(hours=1), each.back, 12.0) for each in made[::2]]
    (usual,) = expected([*early, *made[1::2]], SUNDAY, days=2)
    assert usual.leaves.astimezone(BRUSSELS).strftime("%H:%M") == "06:40"
    assert 7.0 < usual.kwh < usual.most_kwh == 12.0


def test_what_left_today_is_not_expected_again_today() -> None:
    monday = SUNDAY + DAY
    made = (*weeks(6), Outing(local(monday, 6), local(monday, 6, 40), 3.0))
    assert not expected(made, local(monday, 7), days=1)
    assert expected(weeks(6), local(monday, 7), days=1)


def test_no_trip_and_no_absence_of_days_is_remembered() -> None:
    day = SUNDAY - DAY
    left, ends = local(day, 8), (local(day, 8, 10), local(day, 8) + 4 * DAY)
    for back in ends:
        assert remembered((), Outing(left, back, 5.0)) == ()
    assert remembered((), Outing(left, local(day, 12), 0.1)) == ()
    old = Outing(left - KEPT - DAY, local(day, 8) - KEPT, 5.0)
    assert remembered((old,), outing(day)) == (outing(day),)


def test_the_calendar_speaks_for_its_day() -> None:
    (usual,) = expected(weeks(6), SUNDAY, days=2)
    monday = usual.leaves
    assert unannounced([usual], []) == (usual,)
    for span in (
        (monday + timedelta(hours=11), monday + timedelta(hours=12)),
        (monday - 3 * DAY, monday + DAY),
    ):
        assert not unannounced([usual], [span])
    assert unannounced([usual], [(monday + DAY, monday + DAY + timedelta(hours=2))])


CAR = Car(name="q4", capacity_kwh=77.0)


def seen(at: datetime, phase: ChargerPhase, kwh: float = 0.0) -> ChargerState:
    return ChargerState(charger="main", at=at, phase=phase, session_kwh=kwh, power_kw=0.0)


def driven(garage: Garage, day: datetime, *, soc_known: bool = True) -> Garage:
    """A car leaves at 07:40 with 80 %, comes back at 17:30 with 70 %, and is charged again."""
    leaves, comes = local(day, 7, 40), local(day, 17, 30)
    garage = looked(garage, seen(leaves - timedelta(minutes=5), ChargerPhase.CONNECTED))
    if soc_known:
        garage = said(garage, leaves - timedelta(minutes=4), 80.0)
    garage = looked(garage, seen(leaves, ChargerPhase.CONNECTED))
    garage = looked(garage, seen(leaves + timedelta(seconds=10), ChargerPhase.STANDBY))
    garage = looked(garage, seen(comes, ChargerPhase.CONNECTED))
    if soc_known:
        garage = said(garage, comes + timedelta(minutes=2), 70.0)
    return looked(garage, seen(comes + timedelta(hours=4), ChargerPhase.CHARGING, 8.5))


def said(garage: Garage, at: datetime, soc_pct: float) -> Garage:
    return told(garage, CarStatus(car="q4", source="portal", at=at, soc_pct=soc_pct, plugged=True))


def lived(*, soc_known: bool = True, count: int = 5) -> Garage:
    garage = furnished(Garage(), (CAR,), ("main",))
    for week in reversed(range(count)):
        garage = driven(garage, SUNDAY - timedelta(days=6) - week * WEEK, soc_known=soc_known)
    return garage


def test_a_garage_learns_what_its_car_does() -> None:
    garage = with_usual(lived(), SUNDAY)
    (usual,) = garage.usual["q4"]
    assert usual.leaves == local(SUNDAY + DAY, 7, 40)
    assert usual.kwh == pytest.approx(7.7, abs=0.3)


def test_without_a_state_of_charge_what_was_charged_tells_the_use() -> None:
    (usual,) = with_usual(lived(soc_known=False), SUNDAY).usual["q4"]
    assert usual.kwh == pytest.approx(8.5 * 0.9, abs=0.1)


def test_a_calendar_that_is_filled_for_the_past_changes_nothing() -> None:
    garage = lived()
    past = tuple(
        Trip(
            car="q4",
            departure=local(day, 9),
            back=local(day, 18),
            target_pct=80.0,
            title="",
            why="",
        )
        for day in (SUNDAY - week * WEEK - 3 * DAY for week in range(6))
    )
    before, after = with_usual(garage, SUNDAY), with_usual(with_trips(garage, past, SUNDAY), SUNDAY)
    assert after.usual == before.usual
    assert len(after.usual["q4"]) == 1


@pytest.mark.parametrize(("ahead", "left"), [(6, 0), (1, 1)])
def test_who_tells_of_his_trips_in_time_has_no_usual_ones(ahead: int, left: int) -> None:
    """Announced a day ahead, the trip in eight days may still come; a week ahead, it is
    cancelled."""
    garage = furnished(Garage(), (CAR,), ("main",))
    for week in reversed(range(5)):
        monday = SUNDAY - timedelta(days=6) - week * WEEK
        trip = Trip(
            car="q4",
            departure=local(monday, 7, 45),
            back=local(monday, 17),
            target_pct=80.0,
            title="",
            why="",
        )
        garage = with_trips(garage, (trip,), local(monday, 7) - ahead * DAY)
        garage = driven(garage, monday)
    assert garage.vehicles["q4"].outings[-1].ahead is not None
    wednesday = SUNDAY - 4 * DAY
    assert len(with_usual(garage, wednesday).usual["q4"]) == left


def test_one_command_ends_it() -> None:
    garage = forgotten(with_usual(lived(), SUNDAY), "q4")
    assert not with_usual(garage, SUNDAY).usual["q4"]


def test_the_need_tells_it_as_a_trip_with_a_chance() -> None:
    usual = Usual(
        leaves=local(SUNDAY + DAY, 7, 40),
        returns=local(SUNDAY + DAY, 17, 30),
        chance=0.8,
        kwh=7.7,
        most_kwh=70.0,
    )
    away = Away(car=CAR, soc_pct=50.0, soc_at=SUNDAY, usual=(usual,))
    (trip,) = need_away(away, SUNDAY, 600.0, 60.0).trips
    assert (trip.leaves, trip.returns, trip.chance) == (usual.leaves, usual.returns, 0.8)
    assert trip.need_kwh == pytest.approx(0.3 * 77 / 0.9)  # no more than its usual charge
    assert trip.use_kwh == pytest.approx(7.7 / 0.9)
    assert not need_away(away, usual.leaves, 600.0, 60.0).trips
