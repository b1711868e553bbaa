"""Power of the house without its battery, while the power of the battery changes."""

from datetime import timedelta

import pytest

from bs.balance import Follow, Measured, bounds_kw, left_alone, seen, told
from bs.history import held
from tests.bs.factories import NOON


def test_a_quiet_battery_is_what_it_measures() -> None:
    follow = seen(Follow(), 1.0, Measured(NOON, -2.0), NOON)
    assert follow.base_kw == 3.0


def test_its_own_movement_is_not_the_houses() -> None:
    """The meter shows a new battery power before the battery does: the house is unchanged."""
    follow = seen(Follow(), 3.0, Measured(NOON, 0.0), NOON)
    follow = told(follow, -3.0, NOON)
    later = NOON + timedelta(seconds=1)
    for net_kw in (3.0, 1.5, 0.0):
        assert seen(follow, net_kw, Measured(NOON, 0.0), later).base_kw == pytest.approx(3.0)


def test_a_step_while_it_moves_is_seen_as_far_as_it_must_be() -> None:
    """Power that the battery cannot explain belongs to the house."""
    follow = told(seen(Follow(), 3.0, Measured(NOON, 0.0), NOON), -3.0, NOON)
    later = NOON + timedelta(seconds=1)
    assert seen(follow, 5.0, Measured(NOON, 0.0), later).base_kw == pytest.approx(5.0)


def test_a_reading_one_second_old_is_no_lie() -> None:
    """While the power changes, the meter may have measured earlier than the battery."""
    follow = seen(Follow(), -8.0, Measured(NOON, 0.0), NOON)
    later = NOON + timedelta(seconds=1)
    assert seen(follow, -8.0, Measured(later, 5.0), later).base_kw == pytest.approx(-8.0)


def test_one_that_stays_below_its_set_point_is_believed_after_a_while() -> None:
    """A few seconds after the last set-point the reading of a tapering battery counts."""
    follow = told(seen(Follow(), -6.0, Measured(NOON, 0.0), NOON), 5.0, NOON)
    for second in range(1, 10):
        at = NOON + timedelta(seconds=second)
        follow = seen(follow, -1.0, Measured(at, 2.0), at)
    assert follow.base_kw == pytest.approx(-3.0)


def test_a_battery_without_readings_is_assumed_to_follow() -> None:
    follow = told(Follow(base_kw=2.0), -2.0, NOON)
    assert seen(follow, 0.0, None, NOON + timedelta(seconds=60)).base_kw == pytest.approx(2.0)


def test_an_old_reading_counts_no_more() -> None:
    follow = told(Follow(base_kw=2.0), -2.0, NOON)
    late = NOON + timedelta(seconds=60)
    assert seen(follow, 0.0, Measured(NOON, 4.0), late).base_kw == pytest.approx(2.0)


def test_left_to_itself_only_its_reading_counts() -> None:
    follow = left_alone(told(Follow(), -3.0, NOON))
    assert seen(follow, 1.0, Measured(NOON, 0.5), NOON).base_kw == pytest.approx(0.5)


def test_a_clock_set_back_is_forgotten_in_seconds() -> None:
    """After a step back of an hour, old set-points and readings do not count as recent."""
    follow = Follow(base_kw=2.0)
    for second in range(8):
        at = NOON + timedelta(seconds=second)
        follow = told(seen(follow, 1.0, Measured(at, float(second % 2)), at), float(second), at)
    for second in range(8):
        at = NOON - timedelta(hours=1) + timedelta(seconds=second)
        follow = told(seen(follow, 1.0, Measured(at, -1.0), at), -1.0, at)
    assert bounds_kw(follow, at) == (-1.0, -1.0)
    assert held(follow.told, at, follow.follow_s) == follow.told[-1:]
