"""Edge: contracts by the name of an example, or by the path of a file, ready to be compared."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from base.language import setting
from rates.catalogue.cards import Card, offered
from rates.catalogue.files import read_cards
from rates.contract import Contract
from rates.errors import RatesError
from rates.files import EXAMPLES, load, load_file, read_tables
from rates.offers import Offer, home_in
from rates.seed_form import SeedRates
from rates.tariffs import Tables
from rates.terms import Home

ALL = "all"
SOLD_IN = "Flanders"
"""Region of the examples, which decides their certificates."""
FIRST_DAY = date(2020, 1, 1)
NOT_IN_ALL = "everything"  # gas and water too, and two contracts in a row: to learn from


def examples() -> dict[str, Path]:
    """The contracts that come with the program, by name."""
    return {path.stem: path for path in sorted(EXAMPLES.glob("*.json"))}


def offers(
    names: Sequence[str], own: Path, area: str | None = None, fallback: Decimal | None = None
) -> list[Offer]:
    """The contracts of these names and paths; `all` means every remaining example.

    An example is priced in the home of `own`, the householder's rates.json, where that names it;
    `area` has priority. `fallback` is EUR/MWh for quarters without a day-ahead price. RatesError
    naming the existing ones for an unknown name, or the fault in a file.
    """
    known = examples()
    mine = load_file(own) if own.exists() else None
    home = mine.home if isinstance(mine, Contract) else None
    tables = read_tables()
    region = _region(tables, area or (home.grid_area if home else None))
    found: list[Offer] = []
    for name in _spelled_out(names, own, region):
        path = known.get(name, Path(name))
        if name not in known and not path.is_file():
            if "/" not in name:
                there = ", ".join(known)
                ways = setting("a file, {all}, SUPPLIER/PRODUCT, or {names}", all=ALL, names=there)
                raise RatesError(
                    setting(
                        "there is no contract {name}: choose {text}", name=repr(name), text=ways
                    )
                )
            offer = _card_offer(name, region, home, area, tables)
        elif name in known and region != SOLD_IN:
            raise RatesError(
                setting(
                    "{name} is a contract of {where}, with the certificates of {where}; in"
                    " {region} choose one of {names}",
                    name=repr(name),
                    where=SOLD_IN,
                    region=region,
                    names=", ".join(_cards(region)),
                )
            )
        else:
            offer = _offer(path, home if name in known else None, area)
        if any(offer.name == other.name for other in found):
            offer = Offer(f"{offer.name} ({path.stem})", offer.prices)
        found.append(offer if fallback is None else offer.with_fallback(fallback))
    return found


def _region(tables: Tables, area: str | None) -> str:
    """The region of a grid area; that of the examples where none is known."""
    try:
        return SOLD_IN if area is None else tables.region(area)
    except KeyError:
        return SOLD_IN  # `home_in` says which areas there are


def _cards(region: str) -> dict[str, Card]:
    """The newest card of each product of a region, by `SUPPLIER/PRODUCT`."""
    cards = (
        card for each in offered(read_cards(), region, "electricity").values() for card in each
    )
    return {f"{card.supplier}/{card.product}": card for card in sorted(cards, key=_month)}


def _month(card: Card) -> str:
    return card.month


def _card_offer(
    name: str, region: str, home: Home | None, area: str | None, tables: Tables
) -> Offer:
    """A contract of the catalogue, as if it had always held."""
    cards = _cards(region)
    exact = [card for each, card in cards.items() if name.lower() == each.lower()]
    found = exact or [card for each, card in cards.items() if name.lower() in each.lower()]
    if len(found) != 1:
        there = ", ".join(cards)
        raise RatesError(
            setting(
                "{name} matches no single contract of {region}; the contracts are {names}",
                name=repr(name),
                region=region,
                names=there,
            )
        )
    terms = found[0].contract(FIRST_DAY, "mono", injects=True)
    place = area or (home.grid_area if home else None) or next(iter(tables.areas()))
    prices = load(json.dumps({"home": {"grid_area": place}, "contracts": [terms]}), name, tables)
    assert isinstance(prices, Contract)
    offer = Offer(found[0].name, prices)
    return offer.in_home(home.model_copy(update={"grid_area": place})) if home else offer


def _spelled_out(names: Sequence[str], own: Path, region: str) -> list[str]:
    if ALL not in names:
        return list(names)
    named = [name for name in names if name != ALL] or [str(own)]
    if region != SOLD_IN:
        dynamic = [n for n, card in _cards(region).items() if card.index in ("quarter", "hour")]
        return named + [name for name in dynamic if name not in named]
    return named + [name for name in examples() if name not in (*named, NOT_IN_ALL)]


def _offer(path: Path, home: Home | None, area: str | None) -> Offer:
    """The contract of a file under its own name, in its own home unless another is given."""
    prices = load_file(path)
    if isinstance(prices, SeedRates):
        return Offer(path.name, prices)
    names = {terms.name for terms in prices.contracts if terms.energy == "electricity"}
    offer = Offer(names.pop() if len(names) == 1 else path.stem, prices)
    home = home or prices.home
    return offer.in_home(home_in(home, area, prices.tables.areas()) if area else home)
