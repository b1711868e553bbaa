"""Monthly indices computed from market prices, and their notations on cards."""

import csv
import gzip
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from base.time import QUARTER
from rates.amounts import Register
from rates.calendar import day_start
from rates.contract import Priced
from rates.errors import RatesError
from rates.files import load, market_spots
from rates.formula import parse
from tests.rates.contract.factories import FIXED, GAS, at, made, text

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "prices"
COMPUTED = {  # verified beside the values that suppliers published
    ("epex_month", "2025-11"): "86.1891", ("epex_month", "2026-01"): "108.5198",
    ("rlp_belgium", "2025-11"): "89.5413", ("rlp_belgium", "2026-01"): "111.0387",
    ("rlp_flanders", "2025-11"): "89.5932", ("rlp_flanders", "2026-01"): "110.8821",
    ("spp", "2025-11"): "78.8927", ("spp", "2026-01"): "114.1630",
}  # fmt: skip


@cache
def real() -> Mapping[datetime, Decimal]:
    path = SHARED / "be_day_ahead_2021-02_2026-02.csv.gz"
    if not path.exists():
        pytest.skip(f"the market prices are not beside the project: {path}")
    prices: dict[datetime, Decimal] = {}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            if row["start_utc"] < "2025-10-31":
                continue
            start = datetime.fromisoformat(row["start_utc"].replace("Z", "+00:00"))
            for part in range(int(row["resolution_min"]) // 15):
                prices[start + part * QUARTER] = Decimal(row["price_eur_per_mwh"])
    return prices


@pytest.mark.parametrize(("name", "month"), COMPUTED, ids=lambda part: str(part))
def test_a_computed_index_is_what_was_published(name: str, month: str) -> None:
    """It agrees to four digits; only the solar one is provisional, as its profile is an
    estimate.
    """
    found = market_spots(real().get).month(name, date.fromisoformat(f"{month}-01"))
    assert found is not None
    assert str(round(found.eur_mwh, 4)) == COMPUTED[name, month]
    assert bool(found.why) is (name == "spp")


def indexed(name: str, **more: object) -> dict[str, Any]:
    return {**FIXED, "offtake": {"price": "1 + 0.1 x S cent/kWh ex VAT", "index": name, **more}}


def test_a_month_that_runs_has_the_mean_so_far_and_then_its_own() -> None:
    """It is marked while a quarter is missing; without one the previous month is used, then
    nothing.
    """
    market: dict[datetime, Decimal] = {}
    october, november = day_start(date(2026, 10, 1)), day_start(date(2026, 11, 1))
    pricing = Priced(made(indexed("epex_month")), market_spots(market.get, lambda: len(market)))
    when = at(2026, 10, 10)

    def energy() -> tuple[float | None, str]:
        lines = pricing.cost(Register.OFFTAKE_DAY, Decimal(100), when)
        doubt = pricing.doubts(Register.OFFTAKE_DAY, when).get("energy", "")
        return (float(lines["energy"] / Decimal("1.06")) if "energy" in lines else None), doubt

    assert energy()[0] is None
    september = day_start(date(2026, 9, 1))
    market |= {september + n * QUARTER: Decimal(40) for n in range(30 * 96)}
    assert energy()[0] == pytest.approx(5)
    assert "that of the month before stands in" in energy()[1]
    market |= {october + n * QUARTER: Decimal(60) for n in range(10 * 96)}
    assert energy()[0] == pytest.approx(7)
    assert "the mean of 10 days stands in" in energy()[1]
    quarters = (november - october) // QUARTER
    market |= {october + n * QUARTER: Decimal(120) for n in range(10 * 96, quarters)}
    mean = (960 * 60 + (quarters - 960) * 120) / quarters
    assert energy() == (pytest.approx(1 + 0.1 * mean), "")


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("1.9591 + 0.1019 x BELPEXH cent/kWh ex VAT", "1.9591 + 0.1019 x S cent/kWh ex VAT"),
        ("0.8702 + 0.1039 x eSpot_15 cent/kWh ex VAT", "0.8702 + 0.1039 x S cent/kWh ex VAT"),
        ("X × 0,1019 – 1,2737 c€/kWh", "-1.2737 + 0.1019 x S cent/kWh"),
        ("1.35 + 1.05 x S cent/kWh ex VAT, S in cent/kWh", "1.35 + 0.105 x S cent/kWh ex VAT"),
        ("0.00204 + 1.02 x S EUR/kWh ex VAT, S in EUR/kWh", "0.204 + 0.102 x S cent/kWh ex VAT"),
    ],
)
def test_a_formula_as_the_card_prints_it(printed: str, plain: str) -> None:
    """The index has its name, en dashes are minus signs, and S is in cents."""
    assert parse(printed) == parse(plain)


@pytest.mark.parametrize("name", ["BELIX", "EPEXDAM", "Belpex M", "Belpex-injectie", "epex_month"])
def test_an_index_goes_by_the_names_of_cards(name: str) -> None:
    assert made(indexed(name)).contracts == made(indexed("epex_month")).contracts


@pytest.mark.parametrize(("name", "is_now"), [("BELPEXH", "hour"), ("eSpot_15", "quarter")])
def test_a_day_ahead_price_too(name: str, is_now: str) -> None:
    assert made(indexed(name)).contracts == made(indexed(is_now)).contracts


def test_hours_and_small_slopes_as_cards_print_them() -> None:
    """Engie Flextime uses `7:00`, `07-11`, an en dash, and a slope of 0.0155."""
    bands = [
        {
            "days": "weekdays",
            "hours": ["7:00–11:00", "17-22"],
            "price": "0.03 + 0.0155 x S cent/kWh",
        },
        {"price": "0.02 + 0.0188 x S cent/kWh"},
    ]
    injection = {"bands": bands, "S": "EPEXDAM"}
    contract = made({**FIXED, "injection": injection})
    spots = market_spots(lambda quarter: Decimal("92.8"))
    earned = contract.price(Register.INJECTION_DAY, at(2026, 10, 12, 6), spots)
    assert earned == pytest.approx(Decimal("0.0146840"))


def test_ceiling_and_tiers() -> None:
    """26.5 cent at most; the first 1800 kWh of a year have their own price, averaged."""
    ceiling = indexed("quarter", ceiling="26.5 cent/kWh incl VAT")
    spots = market_spots(lambda quarter: Decimal(900))
    lines = made(ceiling).cost(Register.OFFTAKE_DAY, Decimal(1), at(2026, 9, 1), spots)
    assert lines["energy"] == Decimal("0.265")
    tiers = [
        {"up_to_kwh_year": 1800, "price": "10 cent/kWh ex VAT"},
        {"price": "20 cent/kWh ex VAT"},
    ]
    home = made({**FIXED, "offtake": {"tiers": tiers}}, electricity_kwh_year=3600)
    lines = home.cost(Register.OFFTAKE_DAY, Decimal(1), at(2026, 9, 1))
    assert lines["energy"] == Decimal("0.159")


def test_gas_by_an_index() -> None:
    """A published month of ZTP gives a price; a later month is provisional."""
    offtake = {"price": "0.675 + 0.105 x S cent/kWh ex VAT", "S": "ztp101"}
    contract = made({**GAS, "offtake": offtake}, gas_kwh_year=17000, gas_kwh_per_m3=10)
    assert contract.price(Register.GAS, at(2026, 9, 1)) is not None
    assert "energy" in contract.doubts(Register.GAS, at(2027, 9, 1))


@pytest.mark.parametrize(
    ("contract", "sentence"),
    [
        (indexed("epexx"), "'epexx'|epex_month"),
        ({**FIXED, "offtake": {"price": "1 + 1.05 x S cent/kWh ex VAT", "S": "hour"}},
         "S in cent/kWh"),
        ({**FIXED, "offtake": {"price": "0.1 x S cent/kWh ex VAT", "S": {"2026-01": float("nan")}}},
         "finite|number"),
        (indexed("hour", tiers=[{"price": "1 cent/kWh ex VAT"}]), "must have price, day"),
        ({**GAS, "offtake": {"price": "0.1 x S cent/kWh ex VAT", "S": "epex_month"}},
         "gas index"),
    ],
)  # fmt: skip
def test_errors_are_reported(contract: dict[str, Any], sentence: str) -> None:
    """The error has the key, the value and what is allowed."""
    with pytest.raises(RatesError, match=sentence) as said:
        load(text(contract, gas_kwh_year=17000, gas_kwh_per_m3=10))
    assert "contracts[0]" in str(said.value)


def test_a_settled_month_survives_the_year(tmp_path: Path) -> None:
    """31 December 23:00 UTC is the first quarter of January's profile, in any year."""
    prices = {datetime(2026, 12, 31, 23, tzinfo=UTC) + n * QUARTER: Decimal(50) for n in range(9)}
    found = market_spots(prices.get).month("rlp_belgium", date(2027, 1, 1))
    assert found is not None
    assert found.eur_mwh == 50
    assert found.why
