"""A day and a third with two cars under the meter's plan: a sample of `bench trips`."""

from collections import Counter
from datetime import date

import pytest

from base.time import BRUSSELS
from bench.battery_month import FLOOR_KW
from bench.trips import Lived, PlantCar, alarms, household, live

pytestmark = pytest.mark.long

SLACK_KW, SLACK_PCT = 0.1, 1.0
Days = tuple[Lived, list[PlantCar]]


@pytest.fixture(scope="module")
def days() -> Days:
    """13 April 2026 to the next morning: showers, and a peak so far at the billed minimum."""
    cars = household(date(2026, 4, 13), 2)
    return live(date(2026, 4, 13), 1.34, cars, plan_each=2), cars


def test_a_car_leaves_with_what_its_trip_asked(days: Days) -> None:
    """The plan can meet all three trips, at the night tariff and under the month peak."""
    left = [each for car in days[1] for each in car.left_with]
    assert len(left) == 3
    for wanted, soc_pct in left:
        assert soc_pct >= wanted.target_pct - SLACK_PCT, wanted.title


def test_no_alarm_stands_that_is_not_true(days: Days) -> None:
    """An alarm about a departure comes true or is withdrawn."""
    _, _, standing = alarms(*days)
    assert standing == 0


def test_the_cars_never_raise_the_month_peak(days: Days) -> None:
    """Quarters above the peak so far are caused by the oven, not by the cars."""
    result, peak_kw = days[0], FLOOR_KW
    for start, kw in result.quarters.items():
        if kw > peak_kw + SLACK_KW:
            assert kw <= result.alone[start] + SLACK_KW, start
        peak_kw = max(peak_kw, kw)


def test_contactors_close_at_most_twelve_times_a_day(days: Days) -> None:
    """Clouds and kettles do not wear out contactors."""
    for car in days[1]:
        assert max(car.starts.values()) <= 12


def test_the_log_is_short(days: Days) -> None:
    """About thirty lines a day, each a sentence that begins with a car or its action."""
    lines = Counter(when.astimezone(BRUSSELS).date() for when, _ in days[0].diary)
    assert max(lines.values()) <= 35
