"""Errors of a rates file name the key, the value and the allowed values."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rates.amounts import Register
from rates.bill import bill
from rates.contract import Contract, Priced
from rates.curve import NO_SPOTS, Spots
from rates.errors import MissingPriceError, MissingTableError, RatesError
from rates.files import EXAMPLES, load
from rates.formula import parse
from rates.seed_form import SeedRates
from tests.rates.contract.factories import ENGIE, FIXED, GAS, WATER, at, made, text

SEED = '{"Water": {"+": 6.1}, "Electricity": {"+": {"Day": 0.4, "Night": 0.3}}}'
LATER = {**FIXED, "name": "later", "first_day": "2026-05-01"}


def test_the_top_level_keys_choose_the_form() -> None:
    """The key home or contracts selects the full form; anything else is the four-line form."""
    assert isinstance(load(SEED), SeedRates)
    assert isinstance(load(text(FIXED)), Contract)
    with pytest.raises(RatesError, match="contracts: is missing"):
        load('{"home": {}}')


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: str(path.stem))
def test_the_examples_are_sound(path: Any) -> None:
    """Every example shipped with the program is a full and current contract."""
    contract = load(path.read_text(encoding="utf-8"), path.name)
    assert isinstance(contract, Contract)
    assert contract.terms("electricity", date(2026, 9, 1)) is not None


def changed(**keys: object) -> str:
    return text({**ENGIE, **keys})


WRONG = {
    "a price in EUR that is in cents": (
        changed(offtake={"price": "12.5 EUR/kWh ex VAT"}),
        r"contracts\[0\]\.offtake\.price: gives 12\.5 EUR/kWh; allowed -1 to 1: is it in cent/kWh",
    ),
    "a price in cents that is in EUR": (
        changed(offtake={"price": "0.0125 cent/kWh ex VAT"}),
        "only 0.000125 EUR/kWh; allowed 0, or 0.001 to 1",
    ),
    "a formula in EUR that is in cents": (
        changed(offtake={"price": "0.1039 x S + 0.87 EUR/kWh ex VAT", "S": "quarter"}),
        "gives 11.26 EUR/kWh at S = 100 EUR/MWh; allowed -1 to 1",
    ),
    "no unit of a fee": (changed(fixed_fee="100"), 'must look like "95 EUR/year ex VAT"'),
    "a number as a fee": (changed(fixed_fee=100), 'with its unit, such as "95 EUR/year ex VAT"'),
    "another energy": (changed(energy="heat"), r'\[0\]: energy: must be "electricity"'),
    "an S that is none": (changed(offtake={"price": "1 + 0.1 x S cent/kWh ex VAT", "S": "week"}),
                          r"endex101 \(it says 'week'\)$"),
    "no unit": (changed(offtake={"price": "12.5"}), 'must look like "12.5 cent/kWh ex VAT"'),
    "a bare number": (changed(offtake={"price": 12.5}), "must be text with its unit"),
    "no VAT word": (changed(offtake={"price": "12 cent/kWh"}), 'must end with "ex VAT" or "incl'),
    "VAT on injection": (
        changed(injection={"price": "3 cent/kWh incl VAT"}), "has no VAT"),
    "a fee per kWh": (changed(fixed_fee="95 cent/kWh ex VAT"), "must be a fee per year or month"),
    "a fee too high": (
        changed(fixed_fee="10070 EUR/year incl VAT"), "10070 EUR per year; allowed"),
    "two slopes": (
        changed(offtake={"price": "0.1 x S + 0.1 x S cent/kWh ex VAT", "S": "hour"}),
        "number x S and a number",
    ),
    "S without meaning": (
        changed(offtake={"price": "0.1 x S cent/kWh ex VAT"}), "must define S"),
    "an index nobody uses": (
        changed(offtake={"price": "1 cent/kWh ex VAT", "S": "hour"}), "only and always when"),
    "a month that is none": (
        changed(offtake={"price": "0.1 x S cent/kWh ex VAT", "S": {"2026-13": 90}}),
        'must be a month such as "2026-04"',
    ),
    "two forms at once": (
        changed(offtake={"price": "1 cent/kWh ex VAT", "day": "1 cent/kWh ex VAT"}),
        "must have price, day and night, bands, or tiers; it has price, day",
    ),
    "a hole in the week": (
        changed(offtake={"bands": [{"days": "weekdays", "price": "12 cent/kWh ex VAT"}]}),
        "there is no price for sat 00:00",
    ),
    "half a quarter": (
        changed(offtake={"bands": [{"hours": ["07:10-22:00"], "price": "12 cent/kWh ex VAT"}]}),
        "must be times on a quarter hour, from 00:00 to 24:00",
    ),
    "an unknown key": (changed(ofttake={}), r"contracts\[0\]\.ofttake: is not a known key"),
    "an unknown area": (
        text(FIXED, grid_area="Gaselbest"),
        "home.grid_area: 'Gaselbest' is unknown; allowed: Antwerpen, Halle-Vilvoorde",
    ),
    "Impact in Flanders": (
        text(FIXED, grid_tariff="impact"), "'Antwerpen' is unknown; allowed: ORES, RESA"),
    "no area": (text(FIXED, grid_area=None), "home.grid_area is missing; electricity needs it"),
    "no gas factor": (text(GAS, gas_kwh_year=9000), "home.gas_kwh_per_m3 is missing; gas needs it"),
    "a gas factor out of range": (
        text(GAS, gas_kwh_year=9000, gas_kwh_per_m3=115.1), r"home\.gas_kwh_per_m3: .*15.*115\.1"),
    "an unknown water operator": (
        text({**WATER, "operator": "Pidpa"}, residents=2), "'Pidpa' is unknown; allowed: De Water"),
    "a date that is none": (changed(first_day="2026-02-30"), r"\[0\]\.first_day: .*2026-02"),
    "an end before its start": (
        changed(last_day="2024-12-31"), "last_day 2024-12-31 is before first_day 2025-01-01"),
    "overlapping contracts": (
        text({**FIXED, "last_day": "2026-05-01"}, LATER),
        "'fixed' and 'later' .electricity. overlap: the first runs until 2026-05-01, the second",
    ),
    "an open contract with a successor": (
        text(FIXED, LATER), "the first runs without last_day"),
    "a gap between contracts": (
        text({**FIXED, "last_day": "2026-03-31"}, LATER),
        "no contract between 'fixed' and 'later' .electricity. from 2026-04-01 until 2026-04-30",
    ),
    "a key twice": ('{"contracts": [], "contracts": []}', "'contracts' occurs twice"),
    "no JSON": ('{"home": {},\n "contracts": [}', "rates.json: line 2, column 16"),
    "another file": ("[1]", "must be an object"),
}  # fmt: skip


@pytest.mark.parametrize(("rates", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_file_is_named(rates: str, sentence: str) -> None:
    """One sentence has the file, the key, the value and what is allowed."""
    with pytest.raises(RatesError, match=sentence) as said:
        load(rates)
    assert str(said.value).startswith("rates.json: ")


def test_a_hole_in_the_tables_is_never_another_years_number() -> None:
    """Kempen has no table of 2024: the error names the years that exist."""
    contract = made({**FIXED, "first_day": "2024-01-01"}, grid_area="Kempen")
    sentence = "no grid tariffs of Kempen for 2024; the table has 2025, 2026"
    with pytest.raises(MissingTableError, match=sentence):
        contract.price(Register.OFFTAKE_DAY, at(2024, 6, 1))
    with pytest.raises(MissingTableError, match=sentence):
        bill([], contract, start=date(2024, 6, 1), end=date(2024, 7, 1))


def test_an_area_without_that_year_is_named() -> None:
    """Antwerpen alone has tables of 2023."""
    with pytest.raises(
        MissingTableError, match="no grid tariffs of West for 2023; the table has 2"
    ):
        made({**FIXED, "first_day": "2023-01-01"}, grid_area="West").price(
            Register.OFFTAKE_DAY, at(2023, 6, 1)
        )


def test_a_live_price_is_unknown_rather_than_wrong() -> None:
    """Live pricing continues without a price and reports the reason."""
    live = Priced(made(ENGIE))
    when = at(2026, 9, 1)
    assert live.price(Register.OFFTAKE_DAY, when) is None
    lines = live.cost(Register.OFFTAKE_DAY, Decimal(1), when)
    assert lines.keys() == {"certificates", "distribution", "excise"}  # each part on its own
    assert live.doubts(Register.OFFTAKE_DAY, when).keys() == {"energy"}
    assert "no day-ahead price for 2026-09-01 14:00" in str(live.trouble(when))
    known = Priced(live.contract, Spots.of({when: Decimal(100)}))
    assert known.trouble(when) is None
    assert "no electricity contract holds on 2024" in str(known.trouble(at(2024, 5, 1)))


def test_a_missing_spot_price_and_its_fallback_are_reported() -> None:
    """A bill without prices stops at the quarter; a fallback reports how many it filled."""
    when, first, after = at(2026, 9, 1), date(2026, 9, 1), date(2026, 9, 2)
    uses = [(when, Register.OFFTAKE_DAY, Decimal(1))]
    with pytest.raises(MissingPriceError, match="no day-ahead price for 2026-09-01 14:00"):
        bill(uses, made(ENGIE), NO_SPOTS, start=first, end=after)
    offtake = {**ENGIE["offtake"], "fallback_eur_mwh": 100}
    shown = bill(uses, made({**ENGIE, "offtake": offtake}), NO_SPOTS, start=first, end=after)
    assert shown.notes[0].startswith("1 quarters without a day-ahead price, the first 2026-09-01")


def test_a_missing_month_of_the_index_is_named() -> None:
    """A monthly index is published after the month; until then the error names it."""
    offtake = {"price": "0.1 x S cent/kWh ex VAT", "S": {"2026-01": 90}}
    contract = made({**FIXED, "offtake": offtake})
    assert contract.price(Register.OFFTAKE_DAY, at(2026, 1, 5)) is not None
    with pytest.raises(MissingPriceError, match="no index S for 2025-12"):
        contract.price(Register.OFFTAKE_DAY, at(2025, 12, 5))


@pytest.mark.parametrize(
    "written",
    [
        "0.94 x S - 11.33 EUR/MWh ex VAT",
        "S * 0,94 - 11,33 EUR/MWh ex VAT",
        "-1.133 + 0.094xS c€/kWh ex VAT",
        "0.00094 × S - 0.01133 €/kWh ex VAT",
    ],
)
def test_a_formula_is_read_as_any_card_prints_it(written: str) -> None:
    """Term order, decimal comma, multiplication sign and unit may vary by card."""
    assert parse(written).formula == parse("-1.133 + 0.094 x S cent/kWh ex VAT").formula


def test_no_text_makes_load_raise_anything_else() -> None:
    """A file cut at any point is loaded or refused with a sentence."""
    whole = text(ENGIE, FIXED)
    for length in range(0, len(whole), 7):
        with pytest.raises(RatesError):
            load(whole[:length])


@pytest.mark.parametrize("key", [*ENGIE])
def test_a_value_of_another_kind_is_refused(key: str) -> None:
    """The sentence names the key, whatever type the value has."""
    others: list[object] = [1, [], True, -1, 1e99, {"x": []}]
    for value in others:
        with pytest.raises(RatesError, match=r"contracts\[0\]"):
            load(text({**ENGIE, key: value}))
