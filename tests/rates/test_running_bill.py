"""The running month's bill: booked money, fees by the day, and the expected remainder."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from base import messages
from base.time import QUARTER
from rates.amounts import Booking, Pricing, Register
from rates.calendar import day_start
from rates.contract import Contract, Priced
from rates.curve import Spots
from rates.running_bill import month_bill
from rates.stretch import Use
from rates.usage import Days, add
from tests.rates.contract.factories import ENGIE, FIXED, at, made
from tests.rates.factories import RATES

JUNE = date(2026, 6, 1)
KWH = Decimal("0.1")


def steady(start: datetime, now: datetime) -> list[Use]:
    """0.1 kWh each quarter."""
    return [
        (start + count * QUARTER, Register.OFFTAKE_DAY, KWH)
        for count in range((now - start) // QUARTER)
    ]


def booked(uses: list[Use], pricing: Pricing) -> Days:
    """The uses as days, with the cost of each quarter."""
    return add({}, (Booking.at(pricing, register, kwh, at) for at, register, kwh in uses))


def drawn(
    uses: list[Use], pricing: Pricing, contract: Contract | None, now: datetime, peak: str = "4"
) -> messages.Bill:
    peaks = {JUNE: Decimal(peak)}
    return month_bill(booked(uses, pricing), uses, pricing, contract, peaks, now)


def test_the_expected_bill_is_the_last_week_again() -> None:
    """A house with a steady load is expected to cost 30 times a day of it."""
    start, now = day_start(JUNE), day_start(date(2026, 6, 11)) - QUARTER
    bill = drawn(steady(start, now), RATES, None, now)
    running = 1  # the running quarter is neither booked nor still to come
    assert bill.total_eur == pytest.approx(float((10 * 96 - running) * KWH) * 0.4, abs=0.01)
    assert bill.expected_eur == pytest.approx(float((30 * 96 - running) * KWH) * 0.4, abs=0.2)


def test_a_price_that_is_not_out_is_that_of_a_week_ago() -> None:
    """With a dynamic contract the rest of the month is priced, not free."""
    start, now = day_start(JUNE), day_start(date(2026, 6, 11)) - QUARTER
    known = {start + count * QUARTER: Decimal(100) for count in range(11 * 96)}
    contract = made(ENGIE)
    pricing = Priced(contract, Spots.of(known))
    bill = drawn(steady(start, now), pricing, contract, now)
    kwh_eur = pricing.price(Register.OFFTAKE_DAY, start)
    assert kwh_eur is not None
    assert bill.total_eur is not None
    fees_eur = bill.total_eur - float((10 * 96 - 1) * KWH * kwh_eur)
    whole_eur = float((30 * 96 - 1) * KWH * kwh_eur) + 3 * fees_eur
    assert bill.expected_eur == pytest.approx(whole_eur, abs=0.1)


def test_nothing_is_expected_of_half_a_day() -> None:
    """Half a day gives no estimate of the month."""
    now = at(2026, 6, 10, 10)
    bill = drawn(steady(now - timedelta(hours=12), now), RATES, None, now)
    assert bill.total_eur
    assert bill.expected_eur is None


def test_nothing_is_expected_without_a_price() -> None:
    """Kempen has no table of 2024: its bill has the known part, and names the missing one."""
    contract = made({**FIXED, "first_day": "2024-01-01"}, grid_area="Kempen")
    now = at(2024, 1, 10, 22)
    bill = drawn(steady(at(2024, 1, 1, 0), now), Priced(contract), contract, now)
    assert bill.expected_eur is None
    assert {line.name for line in bill.lines} == {"energy", "excise", "energy contribution"}
    assert bill.notes[-1].startswith("10 days have use without a price")


def test_on_the_last_quarter_what_is_there_is_what_is_expected() -> None:
    start, now = day_start(JUNE), day_start(date(2026, 7, 1)) - QUARTER
    bill = drawn(steady(start, now), RATES, None, now)
    assert bill.expected_eur == bill.total_eur


@pytest.mark.parametrize(("kwh_day", "forgiven"), [("10", False), ("1", True)])
def test_the_maximum_tariff_counts_what_was_used(kwh_day: str, forgiven: bool) -> None:
    """A month of 300 kWh is unchanged; a month of 30 kWh pays at most the maximum."""
    now = day_start(date(2026, 7, 1)) - QUARTER
    contract = made(FIXED, max_tariff="monthly")
    uses = [
        (day_start(JUNE) + count * timedelta(days=1), Register.OFFTAKE_DAY, Decimal(kwh_day))
        for count in range(30)
    ]
    bill = drawn(uses, Priced(contract), contract, now)
    less = [line.eur for line in bill.lines if line.name == "maximum tariff"]
    assert bool(less) is forgiven
    assert all(eur < 0 for eur in less)


def test_a_month_without_a_peak_yet_is_billed_the_floor() -> None:
    """Energy booked per day has no quarter peak."""
    now = at(2026, 6, 2, 12)
    contract = made(FIXED)
    uses = steady(day_start(JUNE), now)
    days = booked(uses, Priced(contract))
    bill = month_bill(days, uses, Priced(contract), contract, {}, now)
    (capacity,) = (line for line in bill.lines if line.name == "capacity")
    assert capacity.amount == 2.5
    assert capacity.eur == pytest.approx(2.5 * 4.364 * 2 / 30, abs=0.01)


@pytest.mark.parametrize(
    ("kwh", "binds", "adds"),
    [("120", False, 0), ("50", True, 0.3473 - 0.0535), ("30", True, 0)],
)
def test_below_the_maximum_tariff_the_plan_sees_what_a_kwh_and_a_kw_cost(
    kwh: str, binds: bool, adds: float
) -> None:
    """Antwerpen at 4 kW: the maximum applies below 59.4 kWh a month, the floor below 37.1."""
    contract = made(ENGIE)
    market = Spots.of(lambda quarter: Decimal(50))
    start, now = day_start(JUNE), day_start(date(2026, 6, 16))
    uses = [
        (start + day * timedelta(days=1), Register.OFFTAKE_DAY, Decimal(kwh) / 30)
        for day in range(15)
    ]
    peaks = {date(2025, 7, 1): Decimal(4), JUNE: Decimal(4)}
    pricing = Priced(contract, market)
    shown = month_bill(booked(uses, pricing), uses, pricing, contract, peaks, now)
    assert shown.cap_eur_kwh == pytest.approx(adds, abs=0.001)
    usual = month_bill(
        booked(uses, pricing), uses, pricing, made(ENGIE, max_tariff="off"), peaks, now
    ).peak_eur_kw
    assert usual is not None
    assert shown.peak_eur_kw == pytest.approx(usual - (4.364 / 2 if binds else 0), abs=0.001)
    assert ("The maximum tariff applies this month" in shown.why) is binds
