"""Forecast of the house's load for two days: a standard profile at first, then learned habits,
with its error.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import inf, nan

import numpy as np
import pytest

from base.time import QUARTER
from plan.answer import answer
from plan.asking import Question, answer_of, answer_text, question_of, question_text
from plan.forecast import Past, error_kw, forecast, learned, profile
from tests.plan.factories import MONTH, NOW, battery, needs, outlook

START = datetime(2026, 1, 11, 23, tzinfo=UTC)  # midnight in Brussels, a Monday


def weeks(count: int, noise_kw: float = 0.0, end: datetime = START) -> Past:
    """Weeks with an oven at 18:00 on workdays and at noon on weekends."""
    rng = np.random.default_rng(1)
    quarters = []
    for n in range(-count * 7 * 96, 0):
        at = end + n * QUARTER
        local = at + timedelta(hours=1)
        oven = local.hour == (18 if local.weekday() < 5 else 12)
        quarters.append((at, 0.3 + 2.0 * oven + noise_kw * rng.normal()))
    return learned(quarters)


def test_without_a_past_a_standard_household_stands_in() -> None:
    load = forecast(Past(), START)
    assert load.kw.sum() / 4 == pytest.approx(18.0, rel=0.05)
    assert (load.high_kw >= load.kw).all()
    assert error_kw(Past()) is None


def test_its_own_habits_take_over_apart_for_workday_and_weekend() -> None:
    friday = START + timedelta(days=4)
    load = forecast(weeks(6, end=friday), friday)
    assert load.kw[18 * 4 + 1] > 1.2  # Friday evening
    assert load.kw[96 + 18 * 4 + 1] < load.kw[18 * 4 + 1] - 0.15  # Saturday evening
    assert load.kw[96 + 12 * 4 + 1] > 1.0


def test_what_today_is_above_it_goes_on_for_some_hours() -> None:
    past = weeks(6)
    for n in range(-4, 0):
        past = past.with_quarter(START + n * QUARTER, 2.3)
    usual, today = forecast(weeks(6), START), forecast(past, START)
    more = today.kw - usual.kw
    assert more[0] > 0.3
    assert more[40] < 0.1


def test_a_public_holiday_is_a_sunday() -> None:
    """Easter Monday, 2026-04-06: the oven is on at noon as on a Sunday."""
    monday = datetime(2026, 4, 5, 22, tzinfo=UTC)
    load = profile(weeks(6, end=monday), date(2026, 4, 6))
    assert load[12 * 4 + 1] > 0.7 > load[18 * 4 + 1]


def cold(end: datetime = START, days: int = 42) -> tuple[Past, dict[date, float]]:
    """A heat pump: 0.1 kW for each degree below 15.5, in alternating cold and mild weeks."""
    first = (end - timedelta(days=days)).date() + timedelta(days=1)
    air_c = {first + timedelta(days=n): 8.0 + 6.0 * np.sin(n) for n in range(days)}
    kw = [[0.4 + 0.1 * (15.5 - each)] * 96 for each in air_c.values()]
    return Past(tuple(air_c), np.array(kw)), air_c


def test_a_cold_day_is_foreseen_by_how_the_load_followed_the_cold() -> None:
    past, air_c = cold()
    day = past.days[-1] + timedelta(days=1)
    mild, frost = (profile(past, day, air_c | {day: each}).mean() for each in (12.0, -4.0))
    assert frost - mild == pytest.approx(1.6, rel=0.25)
    summer = profile(past, day, air_c | {day: 20.0}).mean()
    assert summer == pytest.approx(profile(past, day, air_c | {day: 30.0}).mean())


@pytest.mark.parametrize("unknown", ["past", "day", "all"])
def test_without_a_temperature_the_past_stands_as_it_was(unknown: str) -> None:
    past, air_c = cold()
    day = past.days[-1] + timedelta(days=1)
    known = {"past": {day: -4.0}, "day": air_c, "all": {}}[unknown]
    assert profile(past, day, known) == pytest.approx(profile(past, day))


def test_a_home_that_does_not_heat_by_electricity_is_left_as_it_is() -> None:
    """Its load varies, but does not depend on the weather."""
    past, (_, air_c) = weeks(6, noise_kw=0.3), cold()
    day = past.days[-1] + timedelta(days=1)
    change = profile(past, day, air_c | {day: -4.0}) - profile(past, day)
    assert abs(change.mean()) < 0.05


def test_an_impossible_past_is_ignored_with_a_note() -> None:
    """Scenarios of NaN are left out: the plan uses the other data, and reports it."""
    good = (0.4,) * 960
    question = Question(
        outlook=outlook(), needs=needs(batteries=(battery(),)), month=MONTH, past_kw=good
    )
    odd = (*(nan, inf, -1e6, None) * 96, *good[384:])
    told = answer(replace(question, past_kw=odd, air_c={NOW.date(): nan}))
    assert "288 past quarter hours have an impossible load: ignored" in told.plan.notes
    assert np.isfinite(told.load_kw).all()
    assert told.load_kw == pytest.approx(answer(question).load_kw, abs=0.2)
    assert np.isfinite(told.plan.schedules["bs", "home"].keep_kwh).all()


def test_it_tells_how_far_off_it_was() -> None:
    """The error of a steady house is smaller than that of a varying one, and about its noise."""
    steady, restless = error_kw(weeks(6)), error_kw(weeks(6, noise_kw=0.5))
    assert steady is not None
    assert restless is not None
    assert steady < 0.15
    assert 0.3 < restless < 0.6


def test_nonsense_is_left_out_of_the_past() -> None:
    past = weeks(1)
    assert past.with_quarter(START, float("nan")) is past
    assert past.with_quarter(START, 5000.0) is past


def test_the_answer_brings_the_error_along() -> None:
    question = Question(
        outlook=outlook(),
        needs=needs(batteries=(battery(),)),
        month=MONTH,
        past_kw=(0.4,) * 960,
        air_c={NOW.date(): 3.5},
    )
    assert question_of(question_text(question)).air_c == question.air_c
    told = answer_of(answer_text(answer(question)))
    assert told.error_kw is not None
    assert 0.0 < told.error_kw < 0.3
    assert told.load_kw[0] == pytest.approx(0.4, abs=0.2)
    assert told.plan.start == NOW
