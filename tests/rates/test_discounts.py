"""Discounts with a condition, in some hours, on injection; and on the bill of the month."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from base.time import BRUSSELS
from rates.amounts import Booking, Register
from rates.bill import bill
from rates.contract import Contract, Priced
from rates.curve import Spots
from rates.errors import RatesError
from rates.files import load
from rates.running_bill import month_bill
from rates.usage import Days, add
from tests.rates.contract.factories import ENGIE, FIXED, GAS, at, made, text

START, END = date(2026, 1, 1), date(2027, 1, 1)
TAKEN, INJECTED = Register.OFFTAKE_DAY, Register.INJECTION_DAY
DEBIT = {"name": "direct debit 5 %", "percent": 5, "needs": "direct debit"}
SUNDAYS = {
    "name": "free Sundays",
    "percent": 100,
    "months": 12,
    "only": {"days": ["sun"], "hours": ["11:00-17:00"], "season": ["03-21", "09-20"]},
}


def local(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, tzinfo=BRUSSELS).astimezone(UTC)


def line_of(contract: Contract, name: str, spots: Mapping[datetime, Decimal] | None = None) -> Any:
    """EUR incl VAT of a line of 2026: 100 kWh offtake and 40 injection on the 15th of each
    month.
    """
    uses = [(at(2026, month, 15), TAKEN, Decimal(100)) for month in range(1, 13)]
    uses += [(at(2026, month, 15), INJECTED, Decimal(40)) for month in range(1, 13)]
    line = bill(uses, contract, spots or {}, start=START, end=END).line(name)
    return None if line is None else line.eur_incl


@pytest.mark.parametrize(
    ("conditions", "eur"),
    [
        ([], None),
        ([{"name": "direct debit"}], "-7.63"),  # 1200 kWh x 12 c x 1.06 x 5 %
        ([{"name": "direct debit", "first_day": "2026-07-01"}], "-3.82"),
        ([{"name": "direct debit", "last_day": "2026-03-31"}], "-1.91"),
    ],
)
def test_a_conditional_discount_holds_while_its_condition_does(
    conditions: list[dict[str, str]], eur: str | None
) -> None:
    """It applies while direct debit is on, and not if direct debit is not specified."""
    contract = made({**FIXED, "discounts": [DEBIT], "conditions": conditions})
    found = line_of(contract, "direct debit 5 %")
    assert (None if found is None else str(found)) == eur


def test_a_condition_changes_the_price_from_its_day() -> None:
    """From 10 July on a kWh costs 5 % less energy; the contract began earlier."""
    conditions = [{"name": "direct debit", "first_day": "2026-07-10"}]
    priced = Priced(made({**FIXED, "discounts": [DEBIT], "conditions": conditions}))
    before, after = (priced.price(TAKEN, at(2026, 7, day)) for day in (9, 10))
    assert before is not None
    assert after is not None
    assert before - after == Decimal("0.12") * Decimal("0.05") * Decimal("1.06")


@pytest.mark.parametrize(
    ("quarter", "is_free"),
    [
        (local(2026, 6, 7, 11), True),  # a Sunday
        (local(2026, 6, 7, 16), True),
        (local(2026, 6, 7, 17), False),
        (local(2026, 6, 8, 12), False),
        (local(2026, 1, 4, 12), False),  # out of season
        (local(2027, 4, 4, 12), False),  # after the first year
    ],
)
@pytest.mark.parametrize("contract", [FIXED, ENGIE], ids=["fixed", "by the quarter"])
def test_free_hours_cost_no_energy(
    contract: dict[str, Any], quarter: datetime, is_free: bool
) -> None:
    """The energy is free, live and in the plan; grid and levies are due."""
    terms = {**contract, "first_day": "2026-01-01", "discounts": [SUNDAYS]}
    spots = Spots.of(lambda _: Decimal(80))
    lines = Priced(made(terms), spots).cost(TAKEN, Decimal(1), quarter)
    assert lines["energy"] > 0
    less = lines.get("free Sundays", Decimal(0))
    assert less == (-lines["energy"] if is_free else 0)
    assert lines["distribution"] > 0


def test_free_hours_are_on_the_bill() -> None:
    """With ten kWh in a free hour and ten outside, half of the energy is deducted."""
    contract = made({**FIXED, "first_day": "2026-01-01", "discounts": [SUNDAYS]})
    uses = [(local(2026, 6, day, 12), TAKEN, Decimal(10)) for day in (7, 8)]
    drawn = bill(uses, contract, start=date(2026, 6, 1), end=date(2026, 7, 1))
    energy, less = drawn.line("energy"), drawn.line("free Sundays")
    assert energy is not None
    assert less is not None
    assert less.incl * 2 == -energy.incl


def test_an_injection_bonus_is_earned_while_it_holds() -> None:
    """1.06 cent for each injected kWh in the first year: 12 x 40 kWh give 5.09 EUR."""
    bonus = {"name": "bonus", "per_kwh_injected": "1.06 cent/kWh", "months": 12}
    contract = made({**FIXED, "first_day": "2026-01-01", "discounts": [bonus]})
    assert line_of(contract, "bonus") == Decimal("-5.09")
    priced = Priced(contract)
    prices = [priced.price(INJECTED, at(year, 6, 1)) for year in (2026, 2027)]
    assert prices == [Decimal("0.0406"), Decimal("0.03")]


def test_a_discount_pro_rata_may_be_more_than_the_fee() -> None:
    """200 EUR is spread by day over the first year, beside a fee of 50: half a year gives half
    of it.
    """
    welcome = {"name": "welcome", "by_day": "200 EUR/year incl VAT", "months": 12}
    terms = {**FIXED, "first_day": "2025-07-01", "fixed_fee": "50 EUR/year incl VAT"}
    assert line_of(made({**terms, "discounts": [welcome]}), "welcome") == Decimal("-99.18")


@pytest.mark.parametrize(
    ("discount", "eur"),
    [({"eur_incl": 30}, "-90.00"), ({"by_day": "5 EUR/month incl VAT"}, "-180.00")],
)
def test_customers_that_were_brought_count_each(discount: dict[str, Any], eur: str) -> None:
    """Three new customers give 30 EUR once for each, or 5 EUR a month for each."""
    brought = {"name": "customers brought", **discount, "times": 3}
    terms = {**FIXED, "first_day": "2026-01-01", "discounts": [brought]}
    assert line_of(made(terms), "customers brought") == Decimal(eur)


def test_a_waiver_of_the_fee_is_at_most_the_fee() -> None:
    """143.10 EUR by day off a fee of 111.30 in the first year: the fee is zero, not negative."""
    waiver = {"name": "waiver", "eur_year_incl": 143.1, "months": 12}
    terms = {**FIXED, "fixed_fee": "111.30 EUR/year incl VAT", "discounts": [waiver]}
    assert line_of(made({**terms, "first_day": "2026-01-01"}), "waiver") == Decimal("-111.30")
    half = line_of(made({**terms, "first_day": "2025-07-01"}), "waiver")
    assert half == pytest.approx(Decimal("-111.30") * 181 / 365, abs=Decimal("0.005"))


def booked(contract: Contract, *quarters: datetime, kwh: int = 100) -> Days:
    """This energy booked in each of these quarters."""
    bookings = (Booking.at(Priced(contract), TAKEN, Decimal(kwh), each) for each in quarters)
    return add({}, bookings)


@pytest.mark.parametrize(
    ("discount", "eur"),
    [
        ({"percent": 10}, -1.27),  # of 100 kWh x 12 c x 1.06
        ({"eur_incl": 60, "after_months": 12}, -60.0),
        ({"eur_incl": 60, "after_months": 13}, None),
        ({"per_kwh": "2 cent/kWh incl VAT"}, -2.0),
        ({"per_kwh": "2 cent/kWh incl VAT", "cap_eur_incl": 3}, -1.0),  # 2 EUR of it before
        ({"kwh": 50, "after_months": 12}, -6.36),  # at 12.72 cent
        ({"eur_year_incl": 36.5}, -1.0),  # ten days
    ],
)
def test_the_bill_of_the_month_has_the_discounts(
    discount: dict[str, Any], eur: float | None
) -> None:
    """The date is 10 September 2026, a year after the contract began; 100 kWh in both months."""
    terms = {**FIXED, "first_day": "2025-09-05", "fixed_fee": "50 EUR/year incl VAT"}
    contract = made({**terms, "discounts": [{"name": "welcome", **discount}]})
    now = at(2026, 9, 10)
    days = booked(contract, at(2026, 8, 5), at(2026, 9, 8))
    drawn = month_bill(days, [], Priced(contract), contract, {}, now)
    found = [line.eur for line in drawn.lines if line.name == "welcome"]
    assert found == ([] if eur is None else [pytest.approx(eur, abs=0.005)])
    assert drawn.total_eur == pytest.approx(sum(line.eur for line in drawn.lines), abs=0.011)


def test_a_discount_of_gas_is_by_its_kwh() -> None:
    """A m3 is 10 kWh: 1 cent off each of 500 kWh."""
    less = {"name": "welcome", "per_kwh": "1 cent/kWh incl VAT", "cap_eur_incl": 100}
    contract = made({**GAS, "discounts": [less]}, gas_kwh_year=17000, gas_kwh_per_m3=10)
    bookings = [Booking.at(Priced(contract), Register.GAS, Decimal(50), at(2026, 9, 8))]
    drawn = month_bill(add({}, bookings), [], Priced(contract), contract, {}, at(2026, 9, 10))
    (found,) = (line for line in drawn.lines if line.name == "welcome")
    assert (found.energy, found.eur) == ("gas", -5.0)


def test_what_is_expected_has_the_discounts_to_come() -> None:
    """A lump sum on the 20th is in the expected month, not in the bill on the 10th."""
    lump = {"name": "welcome", "eur_incl": 60, "after_months": 12}
    plain = {**FIXED, "first_day": "2025-09-20"}
    now = at(2026, 9, 10)
    uses = [(now - timedelta(hours=count), TAKEN, Decimal(1)) for count in range(1, 24 * 8)]
    expected = []
    for terms in (plain, {**plain, "discounts": [lump]}):
        contract = made(terms)
        days = booked(contract, *(use[0] for use in uses), kwh=1)
        drawn = month_bill(days, uses, Priced(contract), contract, {}, now)
        assert not any(line.name == "welcome" for line in drawn.lines)
        expected.append(drawn.expected_eur)
    assert None not in expected
    assert expected[0] - expected[1] == pytest.approx(60)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("contract", "sentence"),
    [
        ({"discounts": [DEBIT], "conditions": [{"name": "debit"}]},
         "no discount needs 'debit'; allowed: direct debit"),
        ({"discounts": [DEBIT, DEBIT]}, "the name 'direct debit 5 %' occurs twice"),
        ({"discounts": [{"name": "x", "kwh": 5, "only": {"days": ["sun"]}}]},
         "only needs percent, not kwh"),
        ({"discounts": [{"name": "x", "kwh": 5, "cap_eur_incl": 5}]},
         "cap_eur_incl needs percent or per_kwh, not kwh"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(contract: dict[str, Any], sentence: str) -> None:
    """The error has the key, the value and what is allowed."""
    with pytest.raises(RatesError, match=sentence):
        load(text({**FIXED, **contract}))
