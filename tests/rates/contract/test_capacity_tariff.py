"""The capacity tariff: cost of the peaks, the next month to drop out, the cost of one more kW."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from base.time import QUARTER
from rates.amounts import Register
from rates.bill import Bill, bill, cents
from rates.capacity import PeakCost, peak_cost
from rates.expected import repeated
from rates.stretch import Use
from tests.rates.contract.factories import ENGIE, FIXED, at, flat_peaks, made

MARCH = date(2026, 3, 1)
T_MONTH = Decimal("49.4036563") * Decimal("1.06") / 12


def cost(peaks: dict[date, Decimal], month: date = MARCH) -> PeakCost:
    prices = made(FIXED).month("electricity", month)
    assert prices is not None
    assert prices.capacity is not None
    return peak_cost(prices.capacity, peaks, month)


def test_one_more_kw_costs_a_twelfth_of_the_tariff_once() -> None:
    """4.36 EUR in Antwerpen, spread over twelve bills."""
    shown = cost(flat_peaks("4", date(2025, 4, 1), 12))
    assert abs(shown.one_more_eur - T_MONTH) < Decimal("1e-20")
    assert shown.free_kw == 0
    assert shown.why == (
        "Up to 4.00 kW costs nothing: this month's peak is that high already."
        " One kW above it costs 4.36 EUR, spread over the next 12 bills."
    )


def test_a_new_meter_feels_a_kw_three_times() -> None:
    """With one known month the mean is that month: 1 + 1/2 + ... + 1/12 = 3.10 times."""
    shown = cost({MARCH: Decimal("3")})
    assert (shown.one_more_eur / T_MONTH).quantize(Decimal("0.01")) == Decimal("3.10")
    assert shown.dropping is None
    assert "more than usual: the mean has only 1 months" in shown.why


def test_the_oldest_of_twelve_drops_out_next() -> None:
    """The twelve months end with the running one, at its peak so far."""
    peaks = flat_peaks("4", date(2025, 1, 1), 14) | {date(2025, 4, 1): Decimal("9.2")}
    shown = cost(peaks)
    assert [peak.month for peak in shown.peaks][::11] == [date(2025, 4, 1), MARCH]
    assert shown.dropping is not None
    assert shown.dropping.kw == Decimal("9.2")
    assert shown.peaks[-1].billed_kw == Decimal("2.5")
    assert shown.free_kw == Decimal("2.5")
    assert shown.why.startswith("Up to 2.50 kW costs nothing: that is billed anyway.")


def test_own_quarters_give_the_peak_that_is_not_sent() -> None:
    """Four times the kWh of the highest local quarter gives the peak; injection does not count."""
    uses: list[Use] = [
        (at(2026, 2, 28, 22), Register.OFFTAKE_DAY, Decimal("1.5")),
        (at(2026, 2, 28, 23), Register.OFFTAKE_NIGHT, Decimal("1.0")),  # 1 March in Brussels
        (at(2026, 3, 2), Register.INJECTION_DAY, Decimal("3")),
    ]
    shown = bill(uses, made(FIXED), start=MARCH, end=date(2026, 4, 1))
    capacity = shown.line("capacity")
    assert capacity is not None
    assert abs(capacity.quantity * 12 - 5) < Decimal("1e-20")  # the mean of 6 and 4 kW


def month_bill(kwh: str, basis: str, peak: str = "4") -> Bill:
    uses = [(at(2026, 6, 10), Register.OFFTAKE_DAY, Decimal(kwh))]
    contract = made(FIXED, max_tariff=basis)
    peaks = flat_peaks(peak, date(2025, 1, 1), 24)
    return bill(uses, contract, {}, peaks, start=date(2026, 6, 1), end=date(2026, 7, 1))


@pytest.mark.parametrize(
    ("kwh", "grid"),
    [("100", None), ("60", None), ("50", "17.36"), ("38", "13.20"), ("20", "11.98")],
)
def test_the_maximum_tariff_in_a_month_of_little_offtake(kwh: str, grid: str | None) -> None:
    """The maximum of 34.73 c€ applies below 59.4 kWh, the 2.5 kW floor (10.91) below 37.1 kWh."""
    shown = month_bill(kwh, "monthly")
    less = shown.line("maximum tariff")
    assert (less is None) == (grid is None)
    if less is not None:
        names = ("capacity", "distribution", "maximum tariff")
        grid_eur = sum((ln.incl for ln in shown.lines if ln.name in names), Decimal(0))
        assert cents(grid_eur) == Decimal(str(grid))
    assert month_bill(kwh, "off").line("maximum tariff") is None


def test_the_maximum_tariff_by_the_year_forgives_a_summer() -> None:
    """One month of little offtake changes nothing when the year has enough."""
    uses = [(at(2026, m, 10), Register.OFFTAKE_DAY, Decimal(20 if m == 6 else 300))
            for m in range(1, 13)]  # fmt: skip
    peaks = flat_peaks("4", date(2025, 1, 1), 24)
    year = {"start": date(2026, 1, 1), "end": date(2027, 1, 1)}
    by_year, by_month = (
        bill(uses, made(FIXED, max_tariff=basis), {}, peaks, **year)
        for basis in ("yearly", "monthly")
    )
    assert by_year.line("maximum tariff") is None
    less = by_month.line("maximum tariff")
    assert less is not None
    assert list(less.months) == [date(2026, 6, 1)]


def test_a_day_of_history_is_repeated_by_the_day_and_none_not_at_all() -> None:
    """Only whole days count, because half a day lacks a night."""
    start, end = at(2026, 6, 1, 0), at(2026, 6, 3, 0)
    day = [(start - n * QUARTER, Register.OFFTAKE_DAY, Decimal(1)) for n in range(1, 97)]
    assert len(repeated(day, start, end)) == 192
    assert repeated(day[:40], start, end) == []
    assert repeated([], start, end) == []


@pytest.mark.parametrize(("terms", "basis"), [(ENGIE, "monthly"), (FIXED, "yearly")])
def test_the_law_applies_the_maximum_tariff_by_how_a_contract_is_settled(
    terms: dict[str, Any], basis: str
) -> None:
    """It is applied per month for quarter prices, per year for a fixed price, by default."""
    months = [date(2026, month, 1) for month in range(1, 13)]
    uses = [
        (at(2026, month.month, 2), Register.OFFTAKE_DAY, Decimal(20 if month.month < 7 else 400))
        for month in months
    ]
    peaks = flat_peaks("4", date(2025, 1, 1), 24)
    year = {"start": date(2026, 1, 1), "end": date(2027, 1, 1)}
    by_law, told = (
        bill(uses, made(terms, **home), lambda quarter: Decimal(50), peaks, **year)
        for home in ({}, {"max_tariff": basis})
    )
    assert by_law == told
    assert (by_law.line("maximum tariff") is not None) is (basis == "monthly")
