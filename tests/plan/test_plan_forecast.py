"""The house's load two days ahead: a standard household at first, then its own habits; it knows
how far off it is."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from base.time import QUARTER
from plan.answer import answer
from plan.asking import Question, answer_of, answer_text
from plan.forecast import Past, error_kw, forecast, learned
from tests.plan.factories import MONTH, NOW, battery, needs, outlook

START = datetime(2026, 1, 11, 23, tzinfo=UTC)  # midnight in Brussels, a Monday


def weeks(count: int, noise_kw: float = 0.0, end: datetime = START) -> Past:
    """Workdays with an oven at 18:00, weekends with one at noon."""
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


def test_it_tells_how_far_off_it_was() -> None:
    """A steady house is foreseen better than a restless one, and the error is about the noise."""
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
        outlook=outlook(), needs=needs(batteries=(battery(),)), month=MONTH, past_kw=(0.4,) * 960
    )
    told = answer_of(answer_text(answer(question)))
    assert told.error_kw is not None
    assert 0.0 < told.error_kw < 0.3
    assert told.load_kw[0] == pytest.approx(0.4, abs=0.2)
    assert told.plan.start == NOW
