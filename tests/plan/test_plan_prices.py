"""Prices beyond the published ones."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.messages import Outlook
from base.time import BRUSSELS, QUARTER
from plan import prices
from plan.forecast import SLOTS
from plan.program import Floats
from plan.week import WEEK, lengthened

MONDAY = datetime(2026, 3, 1, 23, tzinfo=UTC)
"""Midnight of a Monday in Brussels."""


def day_and_night(first: datetime, count: int) -> Floats:
    """EUR/kWh of quarters: 0.32 by day on workdays, else 0.22."""
    local = [(first + each * QUARTER).astimezone(BRUSSELS) for each in range(count)]
    return np.array([0.32 if at.weekday() < 5 and 7 <= at.hour < 22 else 0.22 for at in local])


def test_a_tariff_of_day_and_night_is_known_exactly() -> None:
    past = day_and_night(MONDAY - timedelta(days=21), 21 * SLOTS)
    expected = prices.expected(past, MONDAY, 7 * SLOTS)
    assert expected == pytest.approx(day_and_night(MONDAY, 7 * SLOTS), abs=0.001)


def test_one_cheap_night_is_not_promised_again() -> None:
    past = np.full(21 * SLOTS, 0.30)
    past[-6 * SLOTS : -6 * SLOTS + 24] = -0.10
    expected = prices.expected(past, MONDAY, 7 * SLOTS)
    assert float(expected.min()) > 0.15


def test_a_higher_level_of_two_days_continues_and_fades() -> None:
    past = np.full(21 * SLOTS, 0.20)
    past[-2 * SLOTS :] += 0.10
    thursday, friday = prices.expected(past, MONDAY + timedelta(days=3), 2 * SLOTS).reshape(2, -1)
    assert 0.30 > thursday.mean() > friday.mean() > 0.21


@pytest.mark.parametrize(("known", "mean"), [(0, float("nan")), (1, 0.25), (95, 0.25), (97, 0.25)])
def test_with_hardly_a_past_it_is_the_mean_or_unknown(known: int, mean: float) -> None:
    expected = prices.expected(np.full(known, 0.25), MONDAY, 3)
    assert expected == pytest.approx([mean] * 3, nan_ok=True)


@given(
    known=st.integers(1, 40 * SLOTS), count=st.integers(0, 8 * SLOTS), hours=st.integers(0, 9000)
)
def test_a_constant_price_stays(known: int, count: int, hours: int) -> None:
    at = MONDAY + timedelta(hours=hours)
    expected = prices.expected(np.full(known, 0.25), at, count)
    assert len(expected) == count
    assert expected == pytest.approx(np.full(count, 0.25))


def test_injection_at_a_constant_price_stays_constant() -> None:
    noon = MONDAY + timedelta(hours=12)
    buy = day_and_night(noon, 2 * SLOTS)
    outlook = Outlook.model_construct(
        start=noon, buy_eur_kwh=buy, sell_eur_kwh=np.full(len(buy), 0.05), solar_kw=()
    )
    past = day_and_night(noon - timedelta(days=21), 21 * SLOTS)
    longer = lengthened(outlook, np.zeros(WEEK), past, np.zeros(WEEK))
    assert longer.sell_eur_kwh == pytest.approx(np.full(WEEK, 0.05))


def test_injection_follows_a_market_price() -> None:
    market = 0.1 + 0.1 * np.sin(np.arange(2 * SLOTS) / 9.0)
    outlook = Outlook.model_construct(
        start=MONDAY, buy_eur_kwh=market + 0.15, sell_eur_kwh=0.9 * market, solar_kw=()
    )
    longer = lengthened(outlook, np.zeros(WEEK), np.full(21 * SLOTS, 0.3), np.zeros(WEEK))
    buy, sell = np.array(longer.buy_eur_kwh), np.array(longer.sell_eur_kwh)
    assert sell == pytest.approx(0.9 * (buy - 0.15))
