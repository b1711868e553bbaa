"""The plan: cheap before dear, flat and slow, in one piece, above the peak only when it must."""

from datetime import UTC, datetime, timedelta
from math import sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.time import QUARTER
from ev.current import Ability
from ev.plan import Plan, planned
from ev.slots import Slot, without

START = datetime(2026, 1, 15, 17, 0, tzinfo=UTC)
ABLE = Ability((1, 3), 16.0)


def slots(prices: list[float], room_kw: float = 2.0, sun_kw: float = 0.0) -> list[Slot]:
    """Quarters from 18:00 in Brussels, an hour for each price."""
    each = [price for price in prices for _ in range(4)]
    return [
        Slot(START + place * QUARTER, 0.25, price, room_kw, sun_kw, 0.05)
        for place, price in enumerate(each)
    ]


def pieces(plan: Plan) -> int:
    """How often it starts."""
    on = [kw > 0 for kw in plan.kws]
    return sum(now and not before for before, now in zip([False, *on], on, strict=False))


def test_a_night_is_filled_flat_and_slow() -> None:
    """4 h by day, 9 h by night: 13 kWh spread over the night at 1.66 kW, in one piece."""
    plan = planned(slots([0.32] * 4 + [0.22] * 9), 13.0, ABLE, must=True)
    assert not any(plan.kws[:16])
    assert all(kw == pytest.approx(1.66, abs=0.02) for kw in plan.kws[16:47])
    assert pieces(plan) == 1
    assert plan.eur == pytest.approx(13.0 * 0.22)


def test_cheap_hours_are_filled_and_the_dear_ones_only_as_far_as_needed() -> None:
    """Full in the cheap hours, evenly in the next."""
    plan = planned(slots([0.30] * 3 + [0.10] * 2 + [0.20] * 4), 8.0, ABLE, must=True)
    assert not any(plan.kws[:12])
    assert all(kw == 2.0 for kw in plan.kws[12:20])
    assert 1.38 <= plan.kws[20] < 1.5


def test_quarter_prices_do_not_chop_the_night() -> None:
    """Prices that wave each hour: a few pieces, not a dozen."""
    prices = [0.20 + 0.06 * sin(hour * 1.7) for hour in range(12)]
    assert pieces(planned(slots(prices), 9.0, ABLE, must=True)) <= 4


def test_prices_within_2_cent_are_one() -> None:
    """A cent less at 3 h is no reason to fill that hour first: one piece, flat and slow."""
    plan = planned(slots([0.205, 0.195, 0.204, 0.196] * 2), 12.0, ABLE, must=True)
    assert all(kw == pytest.approx(1.73, abs=0.02) for kw in plan.kws[:27])
    assert pieces(plan) == 1


def test_the_peak_is_lifted_by_as_little_as_will_do() -> None:
    """24 kWh in 8 h is 3 kW: 1 kW above the room of 2."""
    plan = planned(slots([0.2] * 8), 24.0, ABLE, must=True, peak_eur_kw=4.36)
    assert plan.over_kw == pytest.approx(1.0, abs=0.02)
    assert plan.over_eur == pytest.approx(4.36, abs=0.1)
    assert plan.under_kwh == pytest.approx(16.0)
    assert plan.missing_kwh == 0.0


def test_what_cannot_be_is_told() -> None:
    plan = planned(slots([0.2] * 2), 40.0, ABLE, must=True)
    assert plan.missing_kwh == pytest.approx(40.0 - 2 * 11.04)
    assert plan.ready_at is None


def test_a_car_without_a_trip_takes_only_the_cheap_quarter_of_the_day() -> None:
    """Never at day tariff, never above the peak, whatever it lacks."""
    plan = planned(slots([0.32] * 15 + [0.22] * 9), 60.0, ABLE, must=False)
    assert not any(plan.kws[:60])
    assert plan.over_kw == 0.0
    assert plan.missing_kwh > 0


def test_sun_is_counted_on_but_not_drawn_from_the_grid() -> None:
    """Hours with sun are cheaper than night: nothing is planned from the grid for them."""
    sunny = slots([0.32] * 5, sun_kw=2.5) + [
        Slot(START + timedelta(hours=5) + place * QUARTER, 0.25, 0.22, 2.0) for place in range(36)
    ]
    plan = planned(sunny, 10.0, ABLE, must=True)
    assert plan.now_kw == 0.0
    assert all(plan.sunny[:20])
    assert not any(plan.kws[20:])


def test_a_car_that_charges_goes_on_over_a_short_gap() -> None:
    prices = [0.30] + [0.20] * 4
    quarters = [Slot(START + n * QUARTER, 0.25, p, 2.0) for n, p in enumerate(prices)]
    assert planned(quarters, 1.0, ABLE, must=True, running=True).kws[0] > 0
    assert planned(quarters, 1.0, ABLE, must=True).kws[0] == 0


def test_a_second_car_takes_what_the_first_leaves() -> None:
    """They never plan the same kW."""
    night = tuple(slots([0.22] * 8, room_kw=3.5))
    first = planned(night, 14.0, ABLE, must=True)
    left = without(night, first.kws, first.over_kw)
    second = planned(left, 6.0, ABLE, must=True)
    together = [a + b for a, b in zip(first.kws, second.kws, strict=True)]
    assert max(together) <= 3.5 + 1e-6 + second.over_kw


@settings(max_examples=100, deadline=None)
@given(
    prices=st.lists(st.floats(-0.5, 1.0), min_size=1, max_size=30),
    room_kw=st.floats(-5, 12),
    energy_kwh=st.floats(0.1, 90),
    must=st.booleans(),
)
def test_a_plan_adds_up(prices: list[float], room_kw: float, energy_kwh: float, must: bool) -> None:
    """Held and missing are the energy; each quarter is off, or from 6 A up to the most."""
    plan = planned(slots(prices, room_kw), energy_kwh, ABLE, must=must)
    held = sum(kw * 0.25 for kw in plan.kws)
    assert held + plan.missing_kwh >= energy_kwh - 0.1
    assert all(kw == 0 or 1.38 - 1e-6 <= kw <= 11.04 + 1e-6 for kw in plan.kws)
    if not must:
        assert all(kw <= max(room_kw, 0) + 1e-6 for kw in plan.kws)
