"""./do_py.sh contract: your contract by postcode, supplier and product, written to rates.json.

The prices on the card stand beside those that rates.json gives, before anything is written.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from apps.shared.reader import reader_of
from base.language import ENGLISH, Language, phrase
from base.time import local_day
from rates.catalogue.cards import Card, offered
from rates.catalogue.files import Place, places, read_cards
from rates.catalogue.rates_json import areas_of, checked, registers, with_contract, with_home
from rates.ending import without_prosumer_tariff
from rates.errors import RatesError
from rates.files import TARIFFS, tables_with
from rates.invoice import day_in
from rates.tariffs import Tables
from setup.asking import WIDTH, Asker, Read, Say, wrong
from setup.machine import write

ROOT = Path(__file__).resolve().parent.parent
OLD_MONTHS = 2
APART = phrase("Injection sold apart, by a contract of its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Command-line arguments of `contract`; None where it is asked."""

    postcode: str | None = None
    area: str | None = None
    energy: str = "electricity"
    supplier: str | None = None
    product: str | None = None
    month: str | None = None
    since: str | None = None
    day_night: bool | None = None
    panels: bool | None = None
    compensation_kva: Decimal | None = None
    inverter_kva: Decimal | None = None
    met: tuple[str, ...] | None = None
    pays: tuple[str, ...] | None = None
    brought: int | None = None


class Wizard:
    """One dialogue. ValueError says what is wrong with something typed on the command line."""

    def __init__(
        self,
        folder: Path,
        chosen: Chosen,
        read: Read | None,
        say: Say = print,
        language: Language = ENGLISH,
    ) -> None:
        """Without `read` nothing is asked: what is missing is an error."""
        self._folder, self._chosen = folder, chosen
        self._ask = Asker(read, say, language)
        self._say = self._ask.say
        self._today = local_day(datetime.now(UTC))

    def text(self) -> str:
        """The new text of rates.json. ValueError or RatesError when it cannot be made."""
        place, area = self._place()
        old = (self._folder / "rates.json").read_text(encoding="utf-8-sig")
        if self._chosen.energy == "injection":
            return self._injection(old, place, area)
        text, apart = self._bought(old, place, area)
        if apart:
            self._chosen = Chosen(energy="injection")
            return self._injection(text, place, area)
        return text

    def _bought(self, old: str, place: Place, area: str) -> tuple[str, bool]:
        """The text with the contract of electricity or gas; is injection sold apart?"""
        card = self._card(place.region)
        since = self._since(card)
        chosen, energy = self._chosen, card.energy
        day_night = card.has_day_and_night and self._ask.yes(
            phrase("Day and night prices (no: one price)"), chosen.day_night
        )
        panels = bool(card.injection) and energy == "electricity"
        panels = panels and self._ask.yes(phrase("Solar panels that inject"), chosen.panels)
        if energy == "gas":
            home = self._gas(old)
        else:
            home = self._home(place, area, card, day_night=day_night, injects=panels)
        runs_back = bool(home.get("compensation"))
        apart = panels and not runs_back and self._ask.yes(APART, None)
        if place.postcode:
            home["gas_area"] = place.gas if place.gas not in ("", area) else None
        met = [each for each in card.conditions if self._met(each)]
        terms = card.contract(
            since,
            registers(card, day_night=day_night),
            injects=panels and not apart,
            met=met,
            fees=[*self._fees(card, home, panels=panels)],
            brought=self._brought(card),
        )
        form = with_home(old, area, **home)
        self._needs_electricity(form, terms)
        text = with_contract(form, terms)
        self._show(text, card, area, met)
        self._show_gap(form, terms)
        return text, apart

    def _injection(self, old: str, place: Place, area: str) -> str:
        """The text with a contract of injection alone."""
        if self._ask.asks:
            self._say(phrase("The contract of your injection:"))
        card = self._card(place.region)
        form = with_home(old, area)
        terms = card.injection_contract(self._since(card))
        self._needs_electricity(form, terms)
        text = with_contract(form, terms)
        self._show(text, card, area, card.conditions, energy="injection")
        return text

    def _fees(
        self, card: Card, home: Mapping[str, object], *, panels: bool
    ) -> Iterator[dict[str, str]]:
        """The fees beside the fixed one that are paid."""
        pays = self._chosen.pays
        asked = [each for each in card.fees if panels or not each.per_kva]
        if unknown := [name for name in pays or () if name not in {each.name for each in asked}]:
            names = ", ".join(each.name for each in asked) or "none"
            raise ValueError(f"fee {unknown[0]!r} is not on the card; allowed: {names}")
        for each in asked:
            given = None if pays is None else each.name in pays
            if not each.sure and given is None and self._ask.asks:
                self._ask.tell(
                    phrase(
                        "The card is not clear about this fee: {text}. Look at your own.", text=each
                    )
                )
            if self._ask.yes(
                phrase("Do you pay the fee for {name}, {text}", name=each.name, text=each), given
            ):
                kva = str(home.get("prosumer_kva") or self._kva()) if each.per_kva else None
                yield each.told(None if kva is None else Decimal(kva))

    def _brought(self, card: Card) -> int:
        """The customers that were brought, for whom the card gives a discount."""
        said, given = card.for_customers, self._chosen.brought
        if said is None and given:
            raise ValueError(f"{card.name} gives nothing for customers that you brought")
        if said is None:
            return 0
        eur = said.get("by_day") or f"{said['eur_incl']} EUR"
        question = phrase("Customers you brought, {eur} for each", eur=eur)
        return int(
            self._ask.number(question, 0, card.most_brought, given=given, usual="0", whole=True)
        )

    def _home(
        self, place: Place, area: str, card: Card, *, day_night: bool, injects: bool
    ) -> dict[str, object]:
        """Fields of the home that follow from the contract of electricity; None: the key goes."""
        tariff = "day_night" if day_night and place.region != "Flanders" else None
        home: dict[str, object] = {"grid_tariff": "impact" if card.impact else tariff}
        kva = None
        if injects and place.region == "Wallonia" and not card.impact:
            kva = self._compensation_kva()
        if kva and (said := without_prosumer_tariff(self._tables(), area, self._today)):
            self._ask.tell(said)
        return home | {"compensation": kva and True, "prosumer_kva": kva}

    def _place(self) -> tuple[Place, str]:
        """Location of the home, and its grid area."""
        chosen = self._chosen
        if chosen.postcode is None and chosen.area is not None:
            tables = self._tables()
            area = self._ask.one_of(phrase("Grid area"), chosen.area, tables.areas())
            return Place(
                postcode="",
                municipality=area,
                region=tables.region(area),
                electricity=(area,),
                gas="",
            ), area
        postcode = self._ask.answer(
            phrase("Postcode"),
            chosen.postcode,
            _postcode,
        )
        found = places(postcode)
        areas = areas_of(found)
        area = areas[0]
        if len(areas) > 1 or chosen.area is not None:
            allowed = areas if len(areas) > 1 else (*areas,)
            area = self._ask.one_of(phrase("Grid area (your bill names it)"), chosen.area, allowed)
        place = next(each for each in found if area in each.electricity)
        if chosen.energy == "gas":
            gas = tuple(dict.fromkeys(p.gas for p in found if area in p.electricity and p.gas))
            if not gas:
                where = place.municipality
                raise ValueError(
                    phrase(
                        "There is no gas network in {place} ({postcode}).",
                        place=where,
                        postcode=postcode,
                    )
                )
            place = replace(
                place, gas=self._ask.one_of(phrase("Grid area of the gas (your bill)"), None, gas)
            )
        self._say(
            phrase(
                "{place}, {region}: grid area {area}.",
                place=place.municipality,
                region=place.region,
                area=area,
            )
        )
        return place, area

    def _card(self, region: str) -> Card:
        chosen = self._chosen
        by_supplier = offered(read_cards(), region, chosen.energy)
        supplier = self._ask.one_of(phrase("Supplier"), chosen.supplier, tuple(by_supplier))
        cards = by_supplier[supplier]
        names = tuple(dict.fromkeys(card.product for card in cards))
        elsewhere = {
            card.product: phrase(
                "is sold in {there} only, not in {here}", there=card.region, here=region
            )
            for card in read_cards()
            if card.supplier == supplier and card.sells(chosen.energy) and card.product not in names
        }
        product = self._ask.one_of(phrase("Product"), chosen.product, names, elsewhere)
        months = tuple(sorted({c.month for c in cards if c.product == product}, reverse=True))
        month = months[0]
        if len(months) > 1:
            month = self._ask.one_of(
                phrase("Card of which month (that of your signature)"), chosen.month, months
            )
        return next(c for c in cards if (c.product, c.month) == (product, month))

    def _since(self, card: Card) -> date:
        usual = date.fromisoformat(f"{card.month}-01")
        since = self._ask.answer(
            phrase("Since when (a date such as {day})", day=usual),
            self._chosen.since,
            _date,
            usual.isoformat(),
        )
        return date.fromisoformat(since)

    def _met(self, condition: str) -> bool:
        """True if a discount's condition is met."""
        given = None if self._chosen.met is None else condition in self._chosen.met
        return self._ask.yes(
            phrase('Some discounts need "{text}". Is it so', text=condition), given
        )

    def _compensation_kva(self) -> float | None:
        """The inverter of panels of before 2024, where injection is taken off the offtake."""
        kva = self._chosen.compensation_kva
        if kva is not None:
            return float(kva)
        if not self._ask.yes(
            phrase("Panels of before 2024, with compensation (the counter runs back)"), None
        ):
            return None
        return self._kva()

    def _kva(self) -> float:
        given = self._chosen.inverter_kva
        return self._ask.number(
            phrase("kVA of the inverter (it is on its plate)"), 0.1, 10, given=given
        )

    def _tables(self) -> Tables:
        return tables_with(self._folder / TARIFFS)

    def _gas(self, old: str) -> dict[str, object]:
        asked = {
            "gas_kwh_year": (phrase("Gas in a year, kWh (your last yearly bill)"), 0, 150_000),
            "gas_kwh_per_m3": (phrase("kWh in a m3 of gas (your last bill; some 10.5)"), 5, 15),
        }
        return {
            key: self._ask.number(*what) for key, what in asked.items() if f'"{key}"' not in old
        }

    def _needs_electricity(self, form: dict[str, object], terms: dict[str, object]) -> None:
        energies = {each["energy"] for each in form["contracts"]}  # type: ignore[attr-defined]
        if terms["energy"] != "electricity" and "electricity" not in energies:
            raise ValueError(
                phrase("choose the electricity contract first: rates.json has four lines")
            )

    def _show(
        self, text: str, card: Card, area: str, met: Sequence[str], energy: str | None = None
    ) -> None:
        """The card's own prices beside those of the file."""
        found = checked(text, card, self._tables(), energy)
        self._say(
            phrase(
                "{name}, card of {month}, in {area}:",
                name=f"{card.supplier} {card.product}",
                month=card.month,
                area=area,
            )
        )
        for each in found:
            line = f"  {each}{'' if each.agrees else ' <- differs'}"
            self._say(line if len(line) <= WIDTH else line.replace(": ", ":\n    ", 1))
        if not found:
            self._ask.tell(phrase("the card prints no price to compare with"))
        age = card.age_months(self._today)
        if age > OLD_MONTHS:
            self._ask.tell(
                phrase(
                    "This card is {months:d} months old. Look whether yours says the same formula;"
                    " if not, correct it in rates.json (docs/rates.md).",
                    months=age,
                )
            )
        left = [each for each in card.discounts if each.get("needs") not in (None, *met)]
        if left:
            said = "; ".join(f"{each['name']} (needs: {each['needs']})" for each in left)
            self._ask.tell(phrase("Not in it: {text}.", text=said))

    def _show_gap(self, form: Mapping[str, Any], terms: Mapping[str, Any]) -> None:
        """That nothing has a price until the contract begins, where that is so."""
        since = date.fromisoformat(terms["first_day"])
        others = [each for each in form["contracts"] if each["energy"] == terms["energy"]]
        if since > self._today and not others:
            self._ask.tell(
                phrase(
                    "Until {day} {energy} has no price: no contract holds then.",
                    day=since,
                    energy=terms["energy"],
                )
            )


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of `contract`."""
    parser = argparse.ArgumentParser(prog="./do_py.sh contract", description=__doc__)
    add = parser.add_argument
    add("--postcode", help="of the home, for its grid area")
    add("--area", help="the grid area, where a postcode has two")
    energy = parser.add_mutually_exclusive_group()
    for name in ("gas", "injection"):
        what = "that of injection sold apart" if name == "injection" else "the contract of gas"
        energy.add_argument(f"--{name}", dest="energy", action="store_const", const=name,
            default="electricity", help=f"{what}; else that of electricity")  # fmt: skip
    add("--supplier", help="or a part of the name")
    add("--product", help="or a part of the name")
    add("--month", help="of the card: that in which you signed, such as 2026-04")
    add("--since", help="the first day of the contract, such as 2026-04-01")
    for name, what in (("day-night", "day and night prices"), ("panels", "injection too")):
        add(f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=what)
    add("--compensation", type=_kva, metavar="KVA",
        help="Wallonia: panels of before 2024 whose injection is taken off the offtake, and the kVA"
        " of their inverter")  # fmt: skip
    add("--kva", type=_kva, help="of the inverter, for a supplier's fee for solar panels")
    add("--pays", action="append", metavar="FEE",
        help='a fee beside the fixed one that you pay, such as "energy sharing"')  # fmt: skip
    add("--brought", type=int, metavar="N", help="customers you brought, for a discount for each")
    add("--met", action="append", metavar="CONDITION",
        help='that a discount needs and that you meet, such as "direct debit"')  # fmt: skip
    add("--yes", action="store_true", help="ask nothing, and write")
    return parser.parse_args(argv)


def chosen_of(typed: argparse.Namespace) -> Chosen:
    return Chosen(
        postcode=typed.postcode,
        area=typed.area,
        energy=typed.energy,
        supplier=typed.supplier,
        product=typed.product,
        month=typed.month,
        since=typed.since,
        day_night=typed.day_night,
        panels=typed.panels,
        compensation_kva=typed.compensation,
        inverter_kva=typed.kva,
        met=None if typed.met is None else tuple(typed.met),
        pays=None if typed.pays is None else tuple(typed.pays),
        brought=typed.brought,
    )


def main(argv: Sequence[str], folder: Path = ROOT, read: Read | None = input) -> int:
    """The exit code: 0, 1 when nothing was written, 2 when something typed is wrong."""
    typed = arguments(argv)
    if typed.yes or (read is input and not sys.stdin.isatty()):
        read = None
    language = reader_of(folder / "config.py", os.environ)
    nothing = language.say("Nothing was written.")
    try:
        if read is not None:
            begins = language.say(
                "Your contract, for rates.json. Nothing is written before you agree at the end."
            )
            print(begins)
        text = Wizard(folder, chosen_of(typed), read, language=language).text()
    except (ValueError, RatesError) as error:
        print(language.read(str(error)), file=sys.stderr)
        return 2
    except (EOFError, KeyboardInterrupt):
        print(f"\n{nothing}")
        return 1
    if read is None and not typed.yes:
        print(text, end="")
        return 0
    if read is not None:
        question = language.say("Write rates.json? [Y/n]:")
        if read(f"{question} ").strip().lower().startswith("n"):
            print(nothing)
            return 1
    write(folder / "rates.json", text)
    print(language.say("rates.json is written: it holds from the next quarter."))
    return 0


def _kva(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of kVA") from None


def _postcode(text: str) -> str:
    return (
        text if places(text) else wrong(phrase("the postcode {text} is unknown", text=repr(text)))
    )


def _date(text: str) -> str:
    return day_in(text).isoformat()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
