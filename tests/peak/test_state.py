"""The whole state of peak, telegram by telegram, as in its message."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from base import messages
from p1.reading import Peak
from peak.state import advance, begun, notices, peak_state
from tests.peak.factories import START, Meter, reading

PEAK = Peak(Decimal("3.410"), datetime(2026, 1, 6, 16, 15, tzinfo=UTC))


def test_before_the_first_telegram() -> None:
    """Only the floor is known, and it is the target."""
    state = peak_state(begun(2.5))
    assert (state.time, state.quarter, state.headroom_kw, state.mean_kw) == (None,) * 4
    assert state.target_kw == 2.5
    assert notices(begun(2.5)) == ()


def test_the_evening_of_the_example() -> None:
    """17:38:24: target 3.41 kW, forecast 2.91 kW, 1.13 kW more until 17:45."""
    telegram = reading(
        START + timedelta(seconds=504), demand_kw=1.57, offtake_kw=3.05, month_peak=PEAK
    )
    state = peak_state(advance(begun(2.5), telegram))
    assert state.quarter is not None
    assert state.quarter.end == datetime(2026, 1, 15, 16, 45, tzinfo=UTC)
    assert state.quarter.forecast_kw == pytest.approx(2.91, abs=0.005)
    assert (state.target_kw, state.mean_kw) == (3.41, 3.41)
    assert state.gap_kw == pytest.approx(0.50, abs=0.005)
    assert state.headroom_kw == pytest.approx(1.13, abs=0.01)
    assert state.budget_wh == pytest.approx(460)
    assert messages.decode(messages.encode(state)) == state


def test_a_restart_keeps_rows_and_learning() -> None:
    """`rows` and `learned` of one run are the start of the next."""
    meter, peaks = Meter(), begun(2.5)
    for _ in range(40):
        peaks = advance(peaks, meter.read(60))
    assert peaks.learned is not None
    again = advance(begun(2.5, peaks.months.rows, peaks.learned), meter.read())
    assert again.months.rows == peaks.months.rows
    assert again.learned == peaks.learned


def test_a_meter_with_nothing_but_registers_still_has_a_peak() -> None:
    """Without 1.4.0, 1.6.0 and 98.1.0 quarter and month peak are the program's, and marked so."""
    meter = Meter()
    peaks = advance(begun(2.5), meter.now(demand=False))
    for _ in range(120):
        peaks = advance(peaks, meter.read(10, demand=False))
    state = peak_state(peaks, ceiling_kw=3.0)
    assert state.month_peak is not None
    assert state.month_peak.kw == pytest.approx(3.6)
    assert state.months[-1].source == "own"
    assert state.target_kw == 3.0
    assert state.quarter is not None
    assert state.quarter.so_far_kw == pytest.approx(1.2)


def test_odd_facts_are_reported() -> None:
    """A difference between the meter and its registers is in the notices."""
    peaks = advance(begun(2.5), reading(START, wh=0, demand_kw=0.0))
    peaks = advance(peaks, reading(START + timedelta(seconds=500), wh=430, demand_kw=1.57))
    assert len(notices(peaks)) == 1
