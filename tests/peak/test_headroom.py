"""Calculation of target, gap, headroom and budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.quarter import LEAST_LEFT_S
from peak.headroom import connection_kw, room, target_kw


def test_the_evening_of_the_example() -> None:
    """17:38:24, so far 1.57, forecast 2.91, month peak 3.41: 1.13 kW headroom until 17:45."""
    left = room(target_kw(2.5, 3.41), so_far_kw=1.57, forecast_kw=2.91, left_s=396)
    assert left.target_kw == 3.41
    assert left.gap_kw == pytest.approx(0.50)
    assert left.headroom_kw == pytest.approx(1.13, abs=0.01)
    assert left.budget_wh == pytest.approx(460)


@pytest.mark.parametrize(
    ("peak_kw", "ceiling_kw", "expected_kw"),
    [
        (None, None, 2.5),
        (1.2, None, 2.5),
        (3.41, None, 3.41),
        (3.41, 3.0, 3.0),
        (2.0, 4.0, 2.5),
        (None, 2.0, 2.0),
    ],
)
def test_target_is_what_is_paid_already_under_the_ceiling(
    peak_kw: float | None, ceiling_kw: float | None, expected_kw: float
) -> None:
    assert target_kw(2.5, peak_kw, ceiling_kw) == expected_kw


@given(
    target=st.floats(2.5, 20),
    so_far=st.floats(0, 20),
    power=st.floats(0, 20),
    left_s=st.floats(LEAST_LEFT_S, 900),
)
def test_headroom_taken_to_the_end_lands_on_the_target(
    target: float, so_far: float, power: float, left_s: float
) -> None:
    """Forecast plus headroom, held to the end of the quarter, closes exactly at the target."""
    left = room(target, so_far, so_far + power * left_s / 900, left_s)
    assert left.headroom_kw is not None
    assert so_far + (power + left.headroom_kw) * left_s / 900 == pytest.approx(target)


@given(gap=st.floats(-5, 5), left_s=st.floats(0, 900))
def test_headroom_stays_small_near_the_end(gap: float, left_s: float) -> None:
    """Headroom has the sign of the gap and is at most 30 times the gap, down to the last second."""
    headroom_kw = room(5.0, 0.0, 5.0 - gap, left_s).headroom_kw
    assert headroom_kw is not None
    assert headroom_kw * gap >= 0
    assert abs(headroom_kw) <= 30 * abs(gap) + 1e-9


def test_past_the_target_room_and_budget_are_negative() -> None:
    """An overshoot is reported as a negative number."""
    left = room(2.5, so_far_kw=2.6, forecast_kw=3.1, left_s=90)
    assert left.gap_kw == pytest.approx(-0.6)
    assert left.headroom_kw == pytest.approx(-6.0)
    assert left.budget_wh == pytest.approx(-25)


def test_unknown_gives_unknown() -> None:
    left = room(2.5, None, None, 400)
    assert (left.gap_kw, left.headroom_kw, left.budget_wh) == (None, None, None)


@pytest.mark.parametrize(
    ("limit_kw", "limits_a", "phases", "delta", "expected_kw"),
    [
        (None, (None, None), 1, False, 9.2),
        (99.999, (999.0, None), 3, False, 27.6),
        (None, (None, None), 3, True, 15.93),
        (None, (999.0, 25.0), 3, False, 17.25),
        (6.0, (32.0, 25.0), 1, False, 5.75),
        (4.0, (None, None), 3, False, 4.0),
        (None, (None, None), 0, False, 9.2),
    ],
)
def test_the_connection_carries_its_smallest_real_limit(
    limit_kw: float | None,
    limits_a: tuple[float | None, ...],
    phases: int,
    delta: bool,
    expected_kw: float,
) -> None:
    """The limit is the meter's limiter, the main fuse, else 40 A per phase; 99.999 kW and 999 A
    mean none.
    """
    found = connection_kw(limit_kw, *limits_a, phases=phases, delta=delta)
    assert found == pytest.approx(expected_kw, abs=0.01)


@given(
    forecast=st.floats(0, 12),
    left_s=st.floats(0, 900),
    most_kw=st.floats(-2, 30),
    next_kw=st.floats(0, 12),
)
def test_headroom_is_never_more_than_the_connection_carries(
    forecast: float, left_s: float, most_kw: float, next_kw: float
) -> None:
    """Steady power is at most the headroom, and keeps the next quarter below the target."""
    left = room(9.0, 0.0, forecast, left_s, next_kw=next_kw, most_kw=most_kw)
    assert left.headroom_kw is not None
    assert left.steady_kw is not None
    assert left.headroom_kw <= max(0.0, most_kw)
    assert left.steady_kw <= left.headroom_kw
    assert left.steady_kw + next_kw <= 9.0 + 1e-9
