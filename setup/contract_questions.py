"""The questions of ./do_py.sh contract, each answered on the command line or in the dialogue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from base.language import phrase
from rates.catalogue.cards import Card, offered
from rates.catalogue.files import Place, places, read_cards
from rates.catalogue.rates_json import areas_of
from rates.invoice import day_in
from rates.tariffs import Tables
from setup.asking import Asker, wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Command-line arguments of `contract`; None: asked."""

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
    met: Sequence[str] | None = None
    pays: Sequence[str] | None = None
    brought: int | None = None


class ContractQuestions:
    """The questions. ValueError explains a wrong argument."""

    def __init__(self, ask: Asker, chosen: Chosen, tables: Tables) -> None:
        self._ask, self._chosen, self._tables = ask, chosen, tables

    def place(self) -> tuple[Place, str]:
        """Location of the home, and its grid area."""
        chosen = self._chosen
        if chosen.postcode is None and chosen.area is not None:
            area = self._ask.one_of(phrase("Grid area"), chosen.area, self._tables.areas())
            return Place(
                postcode="",
                municipality=area,
                region=self._tables.region(area),
                electricity=(area,),
                gas="",
            ), area
        postcode = self._ask.answer(phrase("Postcode"), chosen.postcode, _postcode)
        found = places(postcode)
        areas = areas_of(found)
        area = areas[0]
        if len(areas) > 1 or chosen.area is not None:
            area = self._ask.one_of(phrase("Grid area (your bill names it)"), chosen.area, areas)
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
        self._ask.say(
            phrase(
                "{place}, {region}: grid area {area}.",
                place=place.municipality,
                region=place.region,
                area=area,
            )
        )
        return place, area

    def card(self, region: str) -> Card:
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
        if len(months) > 1 or chosen.month:
            month = self._ask.one_of(
                phrase("Month of the tariff card (when you signed)"), chosen.month, months
            )
        return next(c for c in cards if (c.product, c.month) == (product, month))

    def since(self, card: Card) -> date:
        usual = date.fromisoformat(f"{card.month}-01")
        since = self._ask.answer(
            phrase("Start date (such as {day})", day=usual),
            self._chosen.since,
            _date,
            usual.isoformat(),
        )
        return date.fromisoformat(since)

    def day_night(self, card: Card) -> bool:
        """True if day and night have prices of their own."""
        return card.has_day_and_night and self._ask.yes(
            phrase("Day and night prices (no: one price)"), self._chosen.day_night
        )

    def panels(self, card: Card) -> bool:
        """True if the home injects."""
        sold = bool(card.injection) and card.energy == "electricity"
        return sold and self._ask.yes(phrase("Solar panels that inject"), self._chosen.panels)

    def sold_apart(self) -> bool:
        """True if injection has a contract of its own."""
        return self._ask.yes(phrase("Injection sold under a separate contract"), None)

    def fees(
        self, card: Card, home: Mapping[str, object], *, panels: bool
    ) -> Iterator[dict[str, str]]:
        """The fees beside the fixed one that are paid."""
        pays = self._chosen.pays
        asked = [each for each in card.fees if panels or not each.per_kva]
        _on_card("fee", pays, [each.name for each in asked])
        for each in asked:
            given = None if pays is None else each.name in pays
            if not each.sure and given is None and self._ask.asks:
                self._ask.tell(
                    phrase(
                        "The card is not clear about this fee: {text}. Check your own card.",
                        text=each,
                    )
                )
            if self._ask.yes(
                phrase("Do you pay the fee for {name}, {text}", name=each.name, text=each), given
            ):
                kva = str(home.get("prosumer_kva") or self.kva()) if each.per_kva else None
                yield each.told(None if kva is None else Decimal(kva))

    def brought(self, card: Card) -> int:
        """The number of customers brought, for whom the card has a discount."""
        said, given = card.for_customers, self._chosen.brought
        if said is None and given:
            raise ValueError(f"{card.name} has no discount for customers that you brought")
        if said is None:
            return 0
        eur = said.get("by_day") or f"{said['eur_incl']} EUR"
        question = phrase("Customers you brought, {eur} for each", eur=eur)
        return int(
            self._ask.number(question, 0, card.most_brought, given=given, usual="0", whole=True)
        )

    def met(self, card: Card) -> list[str]:
        """The conditions of the card's discounts that are met."""
        met = self._chosen.met
        _on_card("condition", met, card.conditions)
        return [
            each
            for each in card.conditions
            if self._ask.yes(
                phrase('Discount condition "{text}": is it met', text=each),
                None if met is None else each in met,
            )
        ]

    def compensation_kva(self) -> float | None:
        """The inverter of panels of before 2024, where injection is taken off the offtake."""
        kva = self._chosen.compensation_kva
        if kva is not None:
            return float(kva)
        if not self._ask.yes(
            phrase("Panels from before 2024, with compensation (net metering)"), None
        ):
            return None
        return self.kva()

    def kva(self) -> float:
        given = self._chosen.inverter_kva
        return self._ask.number(
            phrase("kVA of the inverter (see its type plate)"), 0.1, 10, given=given
        )

    def gas(self, old: str) -> dict[str, object]:
        asked = {
            "gas_kwh_year": (phrase("Gas per year, kWh (your last yearly bill)"), 0, 150_000),
            "gas_kwh_per_m3": (phrase("kWh per m3 of gas (your last bill; about 10.5)"), 5, 15),
        }
        return {
            key: self._ask.number(*what) for key, what in asked.items() if f'"{key}"' not in old
        }


def _postcode(text: str) -> str:
    return (
        text if places(text) else wrong(phrase("the postcode {text} is unknown", text=repr(text)))
    )


def _date(text: str) -> str:
    return day_in(text).isoformat()


def _on_card(what: str, typed: Sequence[str] | None, there: Sequence[str]) -> None:
    """ValueError for the first of the typed names that the card does not have."""
    for name in typed or ():
        if name not in there:
            names = ", ".join(there) or "none"
            raise ValueError(f"{what} {name!r} is not on the card; allowed: {names}")
