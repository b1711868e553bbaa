"""The battery reserve is the energy that past evenings of this home needed above the target."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from base.time import BRUSSELS
from plan.ahead import LEAST_RESERVE_KWH, ahead
from plan.assets import assets
from plan.forecast import SLOTS, Past
from plan.optimise import optimise
from plan.reserve import reserve_kwh
from tests.plan.factories import MONTH, NOW, battery, needs, outlook

START = datetime(2026, 2, 2, 12, tzinfo=BRUSSELS)
TARGET_KW = 2.5
NOON_TO = {hour: 4 * (hour - 12) for hour in (13, 16, 17, 19, 20, 21, 23)}


def past(days: int, evening_kw: float, every: int = 1) -> Past:
    """A past of 0.4 kW, and of `evening_kw` from 18 to 20 h in one of `every` days."""
    kw = np.full((days, SLOTS), 0.4)
    kw[::every, 72:80] = evening_kw
    first = date(2026, 2, 2) - timedelta(days=days)
    return Past(tuple(first + timedelta(days=day) for day in range(days)), kw)


def test_a_home_that_stays_under_its_target_keeps_the_least() -> None:
    kept = reserve_kwh(past(28, 2.4), START, SLOTS, TARGET_KW)
    assert kept == pytest.approx(np.full(SLOTS, LEAST_RESERVE_KWH))


def test_before_the_evening_all_of_it_is_kept_and_after_it_only_the_least() -> None:
    """4 kW for two hours is 3 kWh above 2.5 kW; the start may be an hour earlier or later."""
    kept = reserve_kwh(past(28, 4.0), START, SLOTS, TARGET_KW)
    assert kept[NOON_TO[17] : NOON_TO[19] - 1] == pytest.approx(np.full(7, 3.0))
    assert kept[NOON_TO[20] - 1] == pytest.approx(1.5)
    assert kept[NOON_TO[21]] == kept[NOON_TO[23]] == LEAST_RESERVE_KWH


def test_hours_in_which_it_can_be_charged_again_need_less_of_it() -> None:
    """From 17 to 18 h 2.1 kWh fit under the target, and an hour is kept for an early start."""
    kept = reserve_kwh(past(28, 4.0), START, SLOTS, TARGET_KW)
    assert kept[NOON_TO[16] - 1] == pytest.approx(3.0 - 2.1)
    assert kept[NOON_TO[13]] == LEAST_RESERVE_KWH


def test_one_evening_in_four_weeks_is_no_habit_and_one_in_ten_is() -> None:
    rare = reserve_kwh(past(28, 4.0, every=28), START, SLOTS, TARGET_KW)
    assert rare.max() == LEAST_RESERVE_KWH
    assert reserve_kwh(past(28, 4.0, every=10), START, SLOTS, TARGET_KW).max() > 2.0


def test_a_peak_that_is_paid_already_needs_no_reserve() -> None:
    assert reserve_kwh(past(28, 4.0), START, SLOTS, 4.1).max() == LEAST_RESERVE_KWH


@pytest.mark.parametrize("days", [0, 6])
def test_less_than_a_week_is_too_little_to_learn_from(days: int) -> None:
    kept = reserve_kwh(past(days, 9.0), START, 10, TARGET_KW)
    assert kept == pytest.approx(np.full(10, LEAST_RESERVE_KWH))


def test_what_is_not_known_of_the_past_counts_as_nothing() -> None:
    """A gap of a month and invalid values give a finite reserve at or above the minimum."""
    holes = past(28, 4.0)
    holes.kw[:20] = np.nan
    kept = reserve_kwh(holes, START, SLOTS, TARGET_KW)
    assert np.isfinite(kept).all()
    assert kept.max() == pytest.approx(3.0)


def test_the_plan_keeps_it_and_at_most_half_of_what_the_batteries_hold() -> None:
    pytest.importorskip("highspy")
    held = assets(needs(batteries=(battery(soc_pct=90.0),)), NOW)
    wide = ahead(outlook(), reserve_kwh=np.full(192, 3.0))
    assert optimise(wide, held, MONTH).schedules["bs", "home"].keep_kwh[0] == pytest.approx(3.0)
    most = ahead(outlook(), reserve_kwh=np.full(192, 9.0))
    assert optimise(most, held, MONTH).schedules["bs", "home"].keep_kwh[0] == pytest.approx(5.0)
