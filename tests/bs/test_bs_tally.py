"""Energy through the batteries, by day and by quarter."""

from datetime import timedelta

import pytest

from bs.tally import Tally, counted
from tests.bs.factories import NOON

STEP_S = 5


def run(*stretches: tuple[float | None, int], tally: Tally | None = None) -> Tally:
    """The tally after these powers, each for this many minutes, from NOON on."""
    found, at = tally or Tally(), NOON
    for kw, minutes in stretches:
        for _ in range(minutes * 60 // STEP_S):
            found = counted(found, at, kw)
            at += timedelta(seconds=STEP_S)
    return found


def test_energy_is_power_and_time_each_way() -> None:
    """The battery charges with 2 kW for 30 minutes and discharges with 1 kW for 15."""
    found = run((2.0, 30), (-1.0, 15), (0.0, 1))
    assert found.charged_kwh == pytest.approx(1.0)
    assert found.discharged_kwh == pytest.approx(0.25)
    assert [kw for _, kw in found.quarters] == pytest.approx([2.0, 2.0, -1.0], abs=0.02)


def test_an_hour_that_nobody_saw_is_no_energy() -> None:
    found = counted(run((2.0, 1)), NOON + timedelta(hours=1), 2.0)
    assert found.charged_kwh == pytest.approx(2.0 / 60, rel=0.1)


def test_an_unknown_power_counts_nothing() -> None:
    assert run((None, 20)).charged_kwh == 0.0


def test_a_clock_that_goes_back_leaves_the_quarters_in_order() -> None:
    """After the clock of a Pi is corrected, quarters in the future are dropped."""
    late = run((2.0, 40))
    found = run((1.0, 20), tally=late)
    starts = [start for start, _ in found.quarters]
    assert starts == sorted(set(starts))
    assert dict(found.quarters)[NOON] == pytest.approx(1.0)


def test_a_new_day_begins_at_nothing() -> None:
    found = counted(run((2.0, 30)), NOON + timedelta(hours=20), 1.0)
    assert (found.charged_kwh, found.discharged_kwh) == (0.0, 0.0)
