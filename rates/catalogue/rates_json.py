"""The text of rates.json with a contract of the catalogue added."""

import json
from datetime import date
from typing import Any

from base.time import DAY
from rates.catalogue.cards import Card, Compared, Registers, compared
from rates.catalogue.files import Place
from rates.contract import Contract
from rates.files import FULL_KEYS, load
from rates.formula import Formula
from rates.tariffs import Tables
from rates.terms import Injection, Offtake


def with_home(old: str, area: str, **home: object) -> dict[str, Any]:
    """The full form of an older rates.json in this grid area, without a contract of electricity
    where it had four lines: gas and water keep their price.

    A key of `home` that is None is taken out.
    """
    said = json.loads(old)
    if FULL_KEYS & said.keys():
        mixed = {**said.get("home", {}), "grid_area": area, **home}
        said["home"] = {key: value for key, value in mixed.items() if value is not None}
        return dict(said)
    kept: list[dict[str, Any]] = []
    for name, energy in (("Gas", "gas"), ("Water", "water")):
        if name in said:
            price = f"{said[name]['+']} EUR/m3 incl VAT"
            kept.append(
                {"energy": energy, "name": energy, "first_day": "2020-01-01", "all_in": price}
            )
    factor = said.get("Gas", {}).get("cnv")
    more = {"gas_kwh_per_m3": factor[1]} if factor else {}
    told = {key: value for key, value in home.items() if value is not None}
    return {"home": {"grid_area": area, **more, **told}, "contracts": kept}


def with_contract(form: dict[str, Any], terms: dict[str, Any]) -> str:
    """The text with this contract: earlier ones of the same energy end the day before."""
    first = date.fromisoformat(terms["first_day"])
    others = []
    for each in form["contracts"]:
        if each["energy"] == terms["energy"]:
            if date.fromisoformat(each["first_day"]) >= first:
                continue
            if each.get("last_day") is None or date.fromisoformat(each["last_day"]) >= first - DAY:
                each = {**each, "last_day": (first - DAY).isoformat()}
        others.append(each)
    whole = {**form, "contracts": [*others, terms]}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def checked(text: str, card: Card, tables: Tables, energy: str | None = None) -> list[Compared]:
    """The prices that the card prints beside those that the file itself gives.

    `energy` is "injection" for a contract of that alone. RatesError when the file is wrong.
    """
    contract = load(text, "rates.json", tables)
    assert isinstance(contract, Contract)
    terms = [each for each in contract.contracts if each.energy == (energy or card.energy)][-1]
    prices: dict[str, Formula] = {}
    for side in ("offtake", "injection"):
        tariff: Offtake | Injection | None = getattr(terms, side, None)
        if tariff is None:
            continue
        named = {"day": tariff.day, "night": tariff.night}
        listed = [*zip((each.name for each in card.hours), tariff.bands, strict=False)]
        named |= {name: band.price for name, band in listed}
        if tariff.tiers:
            named["mono"] = tariff.tiers[-1].price
        if tariff.price:
            named |= dict.fromkeys(("mono", "gas", "all"), tariff.price)
        prices |= {
            f"{side}.{name}": price.ex(contract.tables.vat(terms.first_day))
            for name, price in named.items()
            if price is not None
        }
    return [each for each in compared(card, prices) if each.printed.what in prices]


def registers(card: Card, *, day_night: bool) -> Registers:
    return "day_night" if day_night and card.has_day_and_night else "mono"


def areas_of(places: tuple[Place, ...]) -> tuple[str, ...]:
    """The grid areas that a postcode may be in."""
    return tuple(dict.fromkeys(area for place in places for area in place.electricity))
