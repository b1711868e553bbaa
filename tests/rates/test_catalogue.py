"""The catalogue: each card gives its printed prices, and a contract that loads."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from rates.catalogue.cards import Card, compared, offered
from rates.catalogue.files import places, read_cards
from rates.contract import Contract
from rates.errors import RatesError
from rates.files import load
from rates.named import offers
from rates.table_form import Region
from tests.rates.contract.factories import FIXED, text

GRID: dict[Region, str] = {"Flanders": "Imewo", "Wallonia": "ORES", "Brussels": "Sibelga"}
CARDS = read_cards()


def name(card: Card) -> str:
    return f"{card.supplier} {card.product} {card.region} {card.energy} {card.month}"


def test_the_printed_prices_come_out() -> None:
    """243 of 244 agree: the injection of Mega for March contradicts the index on another card."""
    found = [(name(card), each) for card in CARDS for each in compared(card)]
    wrong = [(card, each.printed.what) for card, each in found if not each.agrees]
    assert len(found) == 244
    assert [card for card, _ in wrong] == ["Mega Smart Flex 2Y Wallonia electricity 2026-05"] or (
        len(wrong) == 1
    )


def test_no_card_stands_twice() -> None:
    assert max(Counter(map(name, CARDS)).values()) == 1
    assert len(CARDS) == 99


@pytest.mark.parametrize("card", [card for card in CARDS if card.readable], ids=name)
def test_each_card_makes_a_contract(card: Card) -> None:
    """The cases are one price or day and night, with panels and all conditions met, and without."""
    for registers in ("mono", "day_night"):
        for injects in (True, False):
            met = card.conditions if injects else ()
            terms = card.contract(date(2026, 10, 1), registers, injects=injects, met=met)
            home = {"grid_tariff": "impact"} if card.impact else {}
            rates = text(
                terms, grid_area=GRID[card.region], gas_kwh_year=17000, gas_kwh_per_m3=10.5, **home
            )
            contract = load(rates)
            assert isinstance(contract, Contract)
            month = contract.month(card.energy, date(2026, 10, 15))
            assert month is not None
            assert month.missing is None


def test_a_discount_is_in_the_contract_when_its_condition_is_met() -> None:
    """Those of Luminus ComfyFlex need direct debit or a new customer; Mega's bonus needs panels."""
    (luminus,) = (c for c in CARDS if name(c) == "Luminus ComfyFlex Flanders electricity 2026-04")
    assert luminus.conditions == ("direct debit", "new customer")
    first = date(2026, 4, 1)
    told = luminus.contract(first, "mono", injects=True, met=["direct debit"])
    assert [each["needs"] for each in told["discounts"]] == ["direct debit", "direct debit"]
    assert told["conditions"] == [{"name": "direct debit"}]
    assert "discounts" not in luminus.contract(first, "mono", injects=True)
    (mega,) = (c for c in CARDS if name(c) == "Mega Smart Flex 2Y Wallonia electricity 2026-04")
    for injects in (True, False):
        terms = mega.contract(first, "mono", injects=injects)
        names = [each["name"] for each in terms["discounts"]]
        assert ("injection bonus" in names) is injects


def test_nothing_is_offered_where_it_is_not_sold() -> None:
    """Luminus, Eneco and EBEM sell no dynamic contract in Brussels; certificates are regional."""
    for region in GRID:
        for cards in offered(CARDS, region, "electricity").values():
            assert {card.region for card in cards} == {region}
    assert {"Luminus", "Eneco", "EBEM"}.isdisjoint(offered(CARDS, "Brussels", "electricity"))


@pytest.mark.parametrize(
    ("postcode", "region", "electricity"),
    [
        ("2000", "Flanders", ("Antwerpen",)), ("8500", "Flanders", ("West",)),
        ("9000", "Flanders", ("Imewo",)), ("1300", "Wallonia", ("Wavre",)),
        ("4000", "Wallonia", ("RESA",)), ("1040", "Brussels", ("Sibelga",)),
        ("5660", "Wallonia", ("AIESH", "ORES")),
    ],
)  # fmt: skip
def test_a_postcode_tells_the_area(
    postcode: str, region: str, electricity: tuple[str, ...]
) -> None:
    """It gives the grid area, or several where the owner must choose."""
    found = places(postcode)
    assert {place.region for place in found} == {region}
    assert found[0].electricity == electricity
    assert places("0000") == ()


def home_in(tmp_path: Path, area: str) -> Path:
    own = tmp_path / "rates.json"
    own.write_text(text(FIXED, grid_area=area))
    return own


def test_an_example_is_not_priced_where_it_is_not_sold(tmp_path: Path) -> None:
    """In Wallonia the Walloon cards are compared, with its certificates; with `all` too."""
    own = home_in(tmp_path, "ORES")
    with pytest.raises(RatesError, match=r"is a contract of Flanders.*in Wallonia choose .*/"):
        offers(["engie_dynamic"], own)
    (engie,) = offers(["engie/dynamic"], own)
    assert isinstance(engie.prices, Contract)
    month = engie.prices.month("electricity", date(2026, 6, 1))
    assert month is not None
    (certificates,) = {
        rate.flat for rates in month.rates.values() for rate in rates if rate.line == "certificates"
    }
    assert certificates is not None
    assert round(certificates * 106, 3) == Decimal("3.095")
    names = [offer.name for offer in offers(["all"], own)][1:]
    assert "Engie Dynamic" in names
    assert len(names) > 3
    flemish = offers(["all"], home_in(tmp_path, "West"))
    assert any("invented" in offer.name for offer in flemish)
