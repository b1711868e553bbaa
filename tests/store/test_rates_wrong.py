"""An invalid owner's file: key, value and what is allowed; nothing is half-loaded."""

import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from base.catalogue import language
from base.checked import ConfigError
from rates.amounts import Register
from rates.bill import bill, cents
from rates.prices.known import Known
from store.rates_file import RatesFile
from tests.rates.contract.factories import ENGIE, FIXED, at, made, text
from tests.rates.test_tariff_entries import ENTRY, without

ENGLISH = re.compile(r"\b(?:are|must|the|or|missing|allowed|says|has|runs|stay|mistake)\b")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
DAY = Register.OFFTAKE_DAY
NAN = float("nan")


def indexed(months: dict[str, float]) -> dict[str, Any]:
    return {**FIXED, "offtake": {"price": "0.1 x S cent/kWh ex VAT", "S": months}}


def less(**discount: object) -> dict[str, Any]:
    return {**FIXED, "discounts": [{"name": "welcome", **discount}]}


def priced(price: str) -> dict[str, Any]:
    return {**ENGIE, "offtake": {"price": price, "S": "hour"}}


def vat(percent: float) -> dict[str, Any]:
    source = {"source": "the law", "read": "2026-12-18"}
    return {"kind": "vat", "from": "2027-01-01", "percent": percent, **source}


def index(value: float) -> dict[str, Any]:
    source = {"source": "a letter", "read": "2026-12-18"}
    return {"kind": "index", "index": "ztp101", "months": {"2026-10": value}, **source}


OWN: dict[str, tuple[object, str]] = {
    "a missing region": (
        without("region"),
        'entries[0].region: is missing; allowed: "Flanders", "Wallonia" or "Brussels"',
    ),
    "a doubled year": (
        {"entries": [ENTRY, {**ENTRY, "capacity_eur_kw_year": 54}]},
        "grid tariffs of Antwerpen for 2027 are in own.json already: keep one",
    ),
    "negative VAT": (vat(-6), "entries[0].percent: must be a number from 0 to 25 (it says -6)"),
    "an index of NaN": (
        index(NAN), "months.2026-10: must be a number from -500 to 4000 (it says nan)"),
}  # fmt: skip
RATES: dict[str, tuple[str, str]] = {
    "an index of NaN": (
        text(indexed({"2026-09": 90, "2026-10": NAN})),
        "offtake.S.2026-10: must be a number from -500 to 4000 (it says nan)",
    ),
    "negative VAT": (
        text({**FIXED, "fixed_fee": "50 EUR/year incl -6 % VAT"}),
        "fixed_fee: has -6 % VAT; allowed 0 to 25 % (it says '50 EUR/year incl -6 % VAT')",
    ),
    "a discount of more than any bill": (
        text(less(eur_incl=5000)),
        "discounts[0].eur_incl: must be a number above 0, up to 1000 (it says 5000)",
    ),
    "a discount of more than all": (
        text(less(percent=120)),
        "discounts[0].percent: must be a number above 0, up to 100 (it says 120)",
    ),
    "a file that ends too early": (
        '{"home": {"grid_area": "Antwerpen"',
        "line 1, column 36: the file ends too early: a bracket or brace is not closed",
    ),
    "a text that is not closed": (
        '{"home": {"grid_area": "Antwerpen\n"}}',
        "line 1, column 34: the double quote that ends this text is missing",
    ),
    "two words for numbers": (
        '{"Electricity": {"+": "x"}}',
        "Electricity.+.Day: must be a number (it says 'x'); Electricity.+.Night: must be",
    ),
    "no contract": (
        '{"home": {}, "contracts": []}',
        "contracts: is empty",
    ),
    "a day that does not exist": (
        text({**FIXED, "first_day": "2026-13-01"}),
        "first_day: must be a day such as 2026-01-31 (it says '2026-13-01')",
    ),
    "a month of two contracts": (
        text({**FIXED, "last_day": "2026-10-20"}, {**ENGIE, "first_day": "2026-10-15"}),
        "'fixed' and 'Engie Dynamic' (electricity) overlap: the first runs until 2026-10-20,"
        " the second begins on 2026-10-15",
    ),
    "cent and EUR in one formula": (
        text(priced("0.1 x S c€/kWh + 12 EUR/MWh ex VAT")),
        "offtake.price: has 2 units, c€/kWh, EUR/MWh; use one for the whole sum",
    ),
}


@pytest.fixture
def good(tmp_path: Path) -> RatesFile:
    """A house with correct prices in force."""
    (tmp_path / "tariffs").mkdir()
    (tmp_path / "rates.json").write_text(text(FIXED))
    file = RatesFile(tmp_path / "rates.json", Known())
    assert file.read().pricing.price(DAY, at(2026, 6, 1)) is not None
    return file


def refused(
    good: RatesFile, caplog: pytest.LogCaptureFixture, change: Callable[[], object], said: str
) -> None:
    """Check that the change is reported once and ignored, and that a start with it fails."""
    change()
    assert good.changed() is None
    assert good.changed() is None
    (warning,) = caplog.messages
    assert said in warning
    assert warning.startswith("The prices stay as they were, as a file has a mistake: ")
    for code in ("nl", "fr"):
        shown = language(code).read(warning)
        assert not ENGLISH.search(QUOTED.sub("", shown)), shown
    with pytest.raises(ConfigError) as caught:
        good.read()
    assert said in str(caught.value)


@pytest.mark.parametrize(("entry", "said"), OWN.values(), ids=OWN.keys())
def test_a_wrong_tariff_file_changes_nothing(
    good: RatesFile, tmp_path: Path, caplog: pytest.LogCaptureFixture, entry: object, said: str
) -> None:
    """A correct file beside it has no effect either, until both are correct."""
    folder = tmp_path / "tariffs"
    right = json.dumps({**ENTRY, "area": "West"})

    def change() -> None:
        (folder / "a_right_one.json").write_text(right)
        (folder / "own.json").write_text(json.dumps(entry))

    refused(good, caplog, change, said)
    (folder / "own.json").unlink()
    assert good.changed() is not None


@pytest.mark.parametrize(("rates", "said"), RATES.values(), ids=RATES.keys())
def test_a_wrong_contract_changes_nothing(
    good: RatesFile, tmp_path: Path, caplog: pytest.LogCaptureFixture, rates: str, said: str
) -> None:
    """The correct contract stays in force; the corrected new one replaces it."""
    refused(good, caplog, lambda: (tmp_path / "rates.json").write_text(rates + " "), said)
    (tmp_path / "rates.json").write_text(text({**FIXED, "name": "mended"}) + "\n")
    assert good.changed() is not None


def test_a_discount_larger_than_the_bill_leaves_no_price_below_nothing() -> None:
    """90 cent off each kWh of 12.72 makes the energy free; grid and levies are still due."""
    contract = made(less(per_kwh="90 cent/kWh incl VAT"))
    drawn = bill(
        [(at(2026, 6, 15), DAY, Decimal(100))],
        contract,
        start=date(2026, 6, 1),
        end=date(2026, 7, 1),
    )
    energy, discount = drawn.line("energy"), drawn.line("welcome")
    assert energy is not None
    assert discount is not None
    assert discount.eur_incl == -energy.eur_incl == Decimal("-12.72")
    assert drawn.total_eur > 0


def test_a_month_of_two_contracts_is_billed_by_each() -> None:
    """One applies until the 14th, the other from the 15th: prices, fees and the total."""
    first = {**FIXED, "fixed_fee": "60 EUR/year incl VAT", "last_day": "2026-10-14"}
    second = {**FIXED, "name": "second", "first_day": "2026-10-15"}
    second |= {"offtake": {"price": "20 cent/kWh ex VAT"}, "fixed_fee": "120 EUR/year incl VAT"}
    uses = [(at(2026, 10, day), DAY, Decimal(10)) for day in range(1, 32)]
    month, middle = (date(2026, 10, 1), date(2026, 11, 1)), date(2026, 10, 15)
    whole = bill(uses, made(first, second), start=month[0], end=month[1])
    halves = [
        bill(uses, made(terms), start=start, end=end)
        for terms, start, end in ((first, month[0], middle), (second, middle, month[1]))
    ]
    energy, fee = whole.line("energy"), whole.line("fixed fee")
    assert energy is not None
    assert fee is not None
    assert energy.eur_incl == cents(
        (140 * Decimal("0.12") + 170 * Decimal("0.20")) * Decimal("1.06")
    )
    assert fee.eur_incl == cents(Decimal(60 * 14 + 120 * 17) / 365)
    for name in ("energy", "fixed fee", "distribution", "excise"):
        lines = [drawn.line(name) for drawn in halves]
        assert sum(line.incl for line in lines if line) == whole.line(name).incl  # type: ignore[union-attr]
