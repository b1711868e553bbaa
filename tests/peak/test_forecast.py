"""Forecast of the quarter: bounds, learning, and the effect of the sampling interval."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak import forecast, quarter
from peak.clock import Quarter
from peak.forecast import Forecast, Learned
from tests.peak.factories import START, Meter, reading


def forecast_after(
    powers_kw: list[float], step_s: int = 60, learned: Learned | None = None
) -> tuple[Quarter, Forecast]:
    """Quarter and forecast after telegrams `step_s` apart, each power held since the last one."""
    time, so_far_kw, wh = START, 0.0, 0.0
    first = reading(time, wh=0, demand_kw=0.0, offtake_kw=powers_kw[0])
    now = quarter.advance(None, first)
    assert now is not None
    ahead = forecast.advance(None, now, first, learned)
    for kw in powers_kw:
        time += timedelta(seconds=step_s)
        so_far_kw = so_far_kw + max(kw, 0.0) * step_s / 900 if time.timestamp() % 900 else 0.0
        wh += max(kw, 0.0) * step_s / 3.6
        telegram = reading(
            time,
            wh=int(wh),
            demand_kw=so_far_kw,
            offtake_kw=max(kw, 0.0),
            injection_kw=max(-kw, 0.0),
        )
        now = quarter.advance(now, telegram)
        assert now is not None
        ahead = forecast.advance(ahead, now, telegram)
    return now, ahead


powers = st.lists(st.floats(-10, 20), min_size=1, max_size=40)


@given(powers)
def test_between_so_far_and_the_highest_power_held_to_the_end(powers_kw: list[float]) -> None:
    """The forecast is never below the use so far, nor above it plus the highest power seen."""
    now, ahead = forecast_after(powers_kw)
    assert now.so_far_kw is not None
    assert ahead.kw is not None
    most_kw = now.so_far_kw + max(0.0, *powers_kw) * now.left_s / 900
    assert now.so_far_kw <= ahead.kw <= most_kw + 1e-9
    assert ahead.error_kw >= 0


@given(st.floats(0, 20), st.integers(1, 14))
def test_constant_power_is_forecast_exactly(kw: float, minutes: int) -> None:
    assert forecast_after([kw] * minutes)[1].kw == pytest.approx(kw)


@given(st.lists(st.floats(0, 20), min_size=1, max_size=8))
def test_sampling_does_not_matter(powers_kw: list[float]) -> None:
    """A minute in one telegram or in six gives the same forecast."""
    sixfold = [kw for kw in powers_kw for _ in range(6)]
    slow, fast = forecast_after(powers_kw)[1], forecast_after(sixfold, step_s=10)[1]
    assert fast.kw == pytest.approx(slow.kw)
    assert fast.error_kw == pytest.approx(slow.error_kw)


def test_the_evening_of_the_example() -> None:
    """17:38:24, so far 1.57 kW, drawing 3.05 kW: the quarter closes near 2.91 kW."""
    telegram = reading(START + timedelta(seconds=504), demand_kw=1.57, offtake_kw=3.05)
    now = quarter.advance(None, telegram)
    assert now is not None
    assert forecast.advance(None, now, telegram).kw == pytest.approx(2.91, abs=0.005)


def test_injection_takes_nothing_off() -> None:
    """Later injection does not reduce earlier offtake."""
    now, ahead = forecast_after([4.0] * 5 + [-6.0] * 9)
    assert ahead.kw == pytest.approx(now.so_far_kw, abs=0.03)


def test_the_band_shrinks_towards_the_end() -> None:
    """After the same kettle the forecast is more certain late in the quarter than early."""
    early = forecast_after([0.3, 2.5])[1]
    late = forecast_after([0.3] * 12 + [2.5])[1]
    assert early.error_kw > late.error_kw > 0


def house(pattern_kw: list[float], quarters: int) -> Learned:
    """The profile learned from a house that repeats a pattern of minutes."""
    minutes = quarters * 15
    powers_kw = (pattern_kw * (minutes // len(pattern_kw) + 1))[:minutes]
    return forecast_after(powers_kw)[1].learned


def test_a_house_of_kettles_learns_that_power_does_not_last() -> None:
    """Two minutes of 2.5 kW every 17: the shortest lifetime wins."""
    assert house([0.2] * 15 + [2.5] * 2, 200).life_s == forecast.LIVES_S[0]


def test_a_house_with_a_car_learns_that_power_lasts() -> None:
    """Two hours of 7 kW, two without: holding the power wins."""
    assert house([0.3] * 127 + [7.0] * 126, 400).life_s == forecast.LIVES_S[-1]


def test_what_was_learned_outlives_a_restart() -> None:
    """The first call gets the data of an earlier run."""
    kept = Learned(scores_kw=(0.1, 0.2, 0.3), ratios=(0.9,) * 15)
    assert forecast_after([1.0], learned=kept)[1].learned == kept
    assert kept.life_s == forecast.LIVES_S[0]


def test_a_quarter_that_did_not_close_teaches_nothing() -> None:
    """A gap across the boundary leaves scores and bands unchanged."""
    meter = Meter()
    now = quarter.advance(None, meter.now(demand=False))
    assert now is not None
    ahead = forecast.advance(None, now, meter.now())
    for seconds in (200, 200, 700):
        telegram = meter.read(seconds, demand=False)
        now = quarter.advance(now, telegram)
        assert now is not None
        ahead = forecast.advance(ahead, now, telegram)
    assert now.closed is None
    assert ahead.learned == Learned()


@pytest.mark.parametrize(("demand_kw", "offtake_kw"), [(None, 1.0), (1.0, None)])
def test_unknown_stays_unknown(demand_kw: float | None, offtake_kw: float | None) -> None:
    """Without so far or without power there is no forecast, and no band."""
    telegram = reading(START, demand_kw=demand_kw, offtake_kw=offtake_kw)
    now = quarter.advance(None, telegram)
    assert now is not None
    assert forecast.advance(None, now, telegram).kw is None
