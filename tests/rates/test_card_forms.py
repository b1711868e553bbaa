"""Fees, discounts and tariffs of cards besides the energy price."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rates.amounts import Register
from rates.bill import bill
from rates.errors import RatesError
from rates.files import load
from tests.rates.contract.factories import FIXED, at, made, text

START, END = date(2026, 1, 1), date(2027, 1, 1)
KWH = Decimal(100)


def year_of(contract: dict[str, Any], **home: object) -> dict[str, Decimal]:
    """EUR incl VAT of each line of a year of 100 kWh a month."""
    uses = [(at(2026, month, 15), Register.OFFTAKE_DAY, KWH) for month in range(1, 13)]
    drawn = bill(uses, made({**FIXED, **contract}, **home), start=START, end=END)
    return {line.name: line.eur_incl for line in drawn.lines}


@pytest.mark.parametrize(
    ("discount", "eur"),
    [
        ({"eur_incl": 60, "after_months": 15}, "-60.00"),
        ({"eur_incl": 60, "after_months": 3}, None),
        ({"percent": 5, "after_months": 12}, "-7.63"),  # 1200 kWh x 12 c x 1.06 x 5 %
        ({"percent": 10, "after_months": 18}, "-7.63"),  # from July on
        ({"per_kwh": "2 cent/kWh incl VAT", "months": 18}, "-12.00"),  # until June
        ({"per_kwh": "2 cent/kWh incl VAT", "months": 18, "cap_eur_incl": 5}, "-5.00"),
        ({"per_kwh": "90 cent/kWh incl VAT", "months": 13}, "-12.72"),  # never negative
        ({"kwh": 750, "after_months": 14}, "-95.40"),  # 1 March, at the mean price until then
    ],
)
def test_a_discount_is_given_when_and_as_far_as_the_card_says(
    discount: dict[str, Any], eur: str | None
) -> None:
    """The contract began on 1 January 2025; the bill is of 2026."""
    found = year_of({"discounts": [{"name": "welcome", **discount}]}).get("welcome")
    assert (str(found) if found else None) == eur


def test_fees_each_with_their_own_vat() -> None:
    """121 EUR of which 21 % is VAT; a fee beside the fixed one."""
    fees = [{"name": "energy sharing", "fee": "121 EUR/year incl 21 % VAT"}]
    lines = year_of({"fees": fees, "fixed_fee": "50 EUR/year incl VAT"})
    assert (lines["energy sharing"], lines["fixed fee"]) == (Decimal(121), Decimal(50))
    terms = made({**FIXED, "fees": fees}).month("electricity", date(2026, 1, 1))
    assert terms is not None
    (fee,) = (fee for fee in terms.fees if fee.line == "energy sharing")
    assert (fee.eur, fee.vat) == (Decimal(100), Decimal("0.21"))


def test_the_social_tariff_is_one_price_without_capacity() -> None:
    """26.851 cent for the fourth quarter of 2026, all in."""
    lines = year_of({"social": True, "offtake": {"price": "26.851 cent/kWh incl VAT"}})
    assert lines == {"energy": Decimal("322.21")}


def test_the_night_exclusive_meter_has_its_own_grid_price() -> None:
    """Antwerpen 2026: 4.81301 cent instead of 5.35329."""
    lines = year_of({}, grid_tariff="excl_night")
    assert lines["distribution"] == Decimal("57.76")


def test_a_walloon_prosumer_pays_by_his_inverter() -> None:
    """ORES 2026: 85.84 EUR per kVA."""
    assert year_of({}, grid_area="ORES", prosumer_kva=4)["prosumer tariff"] == Decimal("343.36")


@pytest.mark.parametrize(
    ("contract", "sentence"),
    [
        (
            {"discounts": [{"name": "x", "eur_incl": 5000}]},
            r"eur_incl: must be a number above 0, up to 1000 \(it says 5000\)",
        ),
        (
            {"discounts": [{"name": "x", "percent": 120}]},
            r"percent: must be a number above 0, up to 100 \(it says 120\)",
        ),
        ({"discounts": [{"name": "x", "percent": 5, "kwh": 5}]}, "one of .*it has percent, kwh"),
        ({"fees": [{"name": "x", "fee": "5 cent/kWh ex VAT"}]}, "must be a fee per year or month"),
    ],
)
def test_what_cannot_be_is_refused(contract: dict[str, Any], sentence: str) -> None:
    """The error has the key, the value and what is allowed."""
    with pytest.raises(RatesError, match=sentence):
        load(text({**FIXED, **contract}))
