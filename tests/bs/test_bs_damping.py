"""Damping of set-point changes."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.clouds import fast_swings
from bs.damping import Motion, forced, moved
from bs.inputs import Rules
from tests.bs.factories import NOON

RULES = Rules()


def run(wanted: list[float]) -> list[float]:
    """The set-points of consecutive seconds."""
    motion, found = Motion(), []
    for second, kw in enumerate(wanted):
        motion = moved(motion, kw, NOON + timedelta(seconds=second), RULES)
        found.append(motion.kw)
    return found


def test_a_step_is_answered_at_once() -> None:
    assert run([0.0, -3.0, -3.0])[1] == -3.0


def test_less_than_the_dead_band_moves_nothing() -> None:
    assert set(run([1.0, 1.04, 0.97, 1.03, 0.96])) == {1.0}


def test_little_is_nothing() -> None:
    assert set(run([0.04, -0.03, 0.02])) == {0.0}


def test_zero_is_reached_from_anywhere_near() -> None:
    assert run([0.06, 0.06, 0.0, 0.0, 0.0, 0.0, 0.0])[-1] == 0.0


def test_a_hob_that_pulses_is_followed_by_its_mean() -> None:
    """A load of 2 kW that pulses every 2 s makes the battery give a steady 1 kW after 30 s."""
    found = run([-2.0 if second % 4 < 2 else 0.0 for second in range(120)])
    assert all(abs(kw + 1.0) < 0.15 for kw in found[30:])


def test_the_sign_changes_after_ten_seconds_without_power() -> None:
    found = run([2.0] * 5 + [-2.0] * 40)
    first = next(second for second, kw in enumerate(found) if kw < 0)
    last = max(second for second, kw in enumerate(found) if kw > 0)
    assert first - last >= RULES.sign_s
    assert 0.0 in found[last:first]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=120))
def test_no_oscillation_above_a_tenth_of_a_hertz(wanted: list[float]) -> None:
    """For any request, similar swings are at least 5 s apart, so a period takes at least 10 s."""
    assert not fast_swings(run(wanted))


def test_news_waits_for_no_turn() -> None:
    """A big step just after a small change in the other direction is followed at once."""
    assert run([-0.5] * 30 + [-0.4, -3.4])[-1] == -3.4


def test_a_little_more_at_the_end_of_a_swing_makes_no_step_back_wait() -> None:
    """A small rise after a big one does not delay the step back."""
    assert run([0.0] * 30 + [-3.0] * 8 + [-3.1] * 3 + [-0.1])[-1] == -0.1


def test_an_echo_waits() -> None:
    """A step back by the same amount is delayed by 5 s."""
    found = run([-1.0] * 30 + [-3.0] + [-1.0] * 10)
    assert set(found[30:35]) == {-3.0}
    assert found[-1] > -3.0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=60), st.floats(-5, 5))
def test_what_stays_wanted_is_reached(before: list[float], kw: float) -> None:
    """A constant request is reached within 40 s, except for the dead band."""
    assert abs(run(before + [kw] * 40)[-1] - kw) <= RULES.dead_kw


def test_a_command_counts_at_once() -> None:
    """A command of the owner is not delayed by a change of direction."""
    motion = moved(Motion(), 3.0, NOON, RULES)
    assert forced(motion, -2.0, NOON + timedelta(seconds=1), RULES).kw == -2.0


def test_a_clock_set_back_leaves_no_old_wishes_behind() -> None:
    """After a step back of an hour, old requests do not count in the mean."""
    motion = Motion()
    for second in range(20):
        motion = moved(motion, 3.0 * (second % 2), NOON + timedelta(seconds=second), RULES)
    back = NOON - timedelta(hours=1)
    for second in range(30):
        motion = moved(motion, 3.0, back + timedelta(seconds=second), RULES)
    assert motion.kw == 3.0
    assert len(motion.wanted) <= 20
