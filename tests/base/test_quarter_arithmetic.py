"""Arithmetic of the quarter hour, shared by all packages."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.quarter import LEAST_LEFT_S, WH_OF_A_KW, budget_wh, left_s, spread_kw
from base.time import QUARTER_S

END = datetime(2026, 1, 15, 12, 15, tzinfo=UTC)


@given(st.floats(-5, 50), st.floats(LEAST_LEFT_S, QUARTER_S))
def test_the_constant_power_fills_the_gap(gap_kw: float, seconds: float) -> None:
    """Drawn until the end of the quarter, it adds exactly the energy of the gap."""
    assert spread_kw(gap_kw, seconds) * seconds / 3.6 == pytest.approx(gap_kw * WH_OF_A_KW)


@given(st.floats(-3600, 3600))
def test_what_is_left_is_never_nothing(seconds: float) -> None:
    """A wrong clock or the last second of a quarter gives no unbounded power."""
    assert LEAST_LEFT_S <= left_s(END, END - timedelta(seconds=seconds)) <= QUARTER_S


def test_a_budget_is_energy_of_the_quarter() -> None:
    """1 kW of demand is 250 Wh; above the target the budget is negative."""
    assert (budget_wh(3.5, 2.5), budget_wh(2.5, 3.5)) == (250.0, -250.0)
