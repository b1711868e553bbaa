"""./do_py.sh contract: your contract by postcode, supplier and product, written to rates.json.

The prices on the card stand beside those that rates.json gives, before anything is written.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from base.time import local_day
from rates.catalogue.cards import Card, offered
from rates.catalogue.files import Place, places, read_cards
from rates.catalogue.rates_json import areas_of, checked, registers, with_contract, with_home
from rates.errors import RatesError
from rates.files import TARIFFS, tables_with
from setup.machine import write

ROOT = Path(__file__).resolve().parent.parent
OLD_MONTHS = 2
LEAST_PART = 3  # letters of a name
Read = Callable[[str], str]
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What was typed after `contract`; None where it is asked."""

    postcode: str | None = None
    area: str | None = None
    energy: str = "electricity"
    supplier: str | None = None
    product: str | None = None
    month: str | None = None
    since: str | None = None
    day_night: bool | None = None
    panels: bool | None = None


class Wizard:
    """One dialogue. ValueError says what is wrong with something typed on the command line."""

    def __init__(self, folder: Path, chosen: Chosen, read: Read | None, say: Say = print) -> None:
        """Without `read` nothing is asked: what is missing is an error."""
        self._folder, self._chosen, self._read, self._say = folder, chosen, read, say
        self._today = local_day(datetime.now(UTC))

    def text(self) -> str:
        """The new text of rates.json. ValueError or RatesError when it cannot be made."""
        place, area = self._place()
        card = self._card(place.region)
        since = self._since(card)
        chosen, energy = self._chosen, card.energy
        day_night = card.has_day_and_night and self._yes(
            "Day and night prices (no: one price)", chosen.day_night
        )
        injects = bool(card.injection) and energy == "electricity"
        injects = injects and self._yes("Solar panels that inject", chosen.panels)
        terms = card.contract(since, registers(card, day_night=day_night), injects=injects)
        home: dict[str, object] = {}
        if card.impact:
            home["grid_tariff"] = "impact"
        elif day_night and place.region != "Flanders":
            home["grid_tariff"] = "day_night"
        rates = self._folder / "rates.json"
        if energy == "gas":
            home |= self._gas(rates)
        form = with_home(rates.read_text(encoding="utf-8-sig"), area, **home)
        self._needs_electricity(form, terms)
        text = with_contract(form, terms)
        self._show(text, card, area)
        return text

    def _place(self) -> tuple[Place, str]:
        """Where the home is, and its grid area."""
        chosen = self._chosen
        if chosen.postcode is None and chosen.area is not None:
            tables = tables_with(self._folder / TARIFFS)
            area = self._of("Grid area", chosen.area, tables.areas())
            return Place("", area, tables.region(area), (area,), ""), area
        postcode = self._answer(
            "Postcode",
            chosen.postcode,
            lambda text: text if places(text) else _wrong(f"the postcode {text!r} is unknown"),
        )
        found = places(postcode)
        areas = areas_of(found)
        area = areas[0]
        if len(areas) > 1 or chosen.area is not None:
            allowed = areas if len(areas) > 1 else (*areas,)
            area = self._of("Grid area (your bill names it)", chosen.area, allowed)
        place = next(each for each in found if area in each.electricity)
        self._say(f"{place.municipality}, {place.region}: grid area {area}.")
        return place, area

    def _card(self, region: str) -> Card:
        chosen = self._chosen
        by_supplier = offered(read_cards(), region, chosen.energy)
        supplier = self._of("Supplier", chosen.supplier, tuple(by_supplier))
        cards = by_supplier[supplier]
        names = tuple(dict.fromkeys(card.product for card in cards))
        product = self._of("Product", chosen.product, names)
        months = tuple(sorted({c.month for c in cards if c.product == product}, reverse=True))
        month = months[0]
        if len(months) > 1:
            month = self._of("Card of which month (that of your signature)", chosen.month, months)
        return next(c for c in cards if (c.product, c.month) == (product, month))

    def _since(self, card: Card) -> date:
        usual = date.fromisoformat(f"{card.month}-01")
        since = self._answer(
            f"Since when (a date such as {usual})", self._chosen.since, _date, usual.isoformat()
        )
        return date.fromisoformat(since)

    def _gas(self, rates: Path) -> dict[str, object]:
        old = rates.read_text(encoding="utf-8-sig")
        asked = {
            "gas_kwh_year": "Gas in a year, kWh",
            "gas_kwh_per_m3": "kWh in a m3 of gas (your last bill; some 10.5)",
        }
        return {key: self._number(what) for key, what in asked.items() if f'"{key}"' not in old}

    def _number(self, what: str) -> float:
        def understood(text: str) -> str:
            try:
                float(text)
            except ValueError:
                return _wrong(f"{text!r} is no number")
            return text

        return float(self._answer(what, None, understood))

    def _needs_electricity(self, form: dict[str, object], terms: dict[str, object]) -> None:
        energies = {each["energy"] for each in form["contracts"]}  # type: ignore[attr-defined]
        if terms["energy"] == "gas" and "electricity" not in energies:
            raise ValueError("choose the electricity contract first: rates.json has four lines")

    def _show(self, text: str, card: Card, area: str) -> None:
        """The card's own prices beside those of the file."""
        found = checked(text, card, tables_with(self._folder / TARIFFS))
        self._say(f"{card.supplier} {card.product}, card of {card.month}, in {area}:")
        for each in found:
            self._say(f"  {each}{'' if each.agrees else '   <- differs'}")
        if not found:
            self._say("  the card prints no price to compare with")
        age = card.age_months(self._today)
        if age > OLD_MONTHS:
            self._say(
                f"  This card is {age} months old. Look whether yours says the same formula;"
                " if not, correct it in rates.json (docs/rates.md)."
            )
        conditional = [each for each in card.discounts if each.get("needs")]
        if conditional:
            self._say(
                f"  Not in it: {len(conditional)} discounts that depend on a condition"
                f" ({'; '.join(dict.fromkeys(str(each['needs']) for each in conditional))})."
            )

    def _answer(
        self, question: str, given: str | None, understood: Callable[[str], str], usual: str = ""
    ) -> str:
        if given is not None:
            return understood(given)
        if self._read is None:
            if usual:
                return usual
            raise ValueError(f"{question.split(' (')[0].lower()} is missing")
        while True:
            text = self._read(f"{question}{f' [{usual}]' if usual else ''}: ").strip() or usual
            try:
                return understood(text)
            except ValueError as error:
                self._say(str(error))

    def _of(self, what: str, given: str | None, names: Sequence[str]) -> str:
        """One of some names: by its number, its name, or a part of it that only one has."""
        if given is None and self._read is not None:
            for number, name in enumerate(names, 1):
                self._say(f"  {number:>2}  {name}")

        def understood(text: str) -> str:
            if text.isdecimal() and 1 <= int(text) <= len(names):
                return names[int(text) - 1]
            exact = [name for name in names if _plain(name) == _plain(text)]
            found = exact
            if not exact and len(text) >= LEAST_PART:
                found = [name for name in names if _plain(text) in _plain(name)]
            if len(found) == 1:
                return found[0]
            return _wrong(f"{what.split(' (')[0]} {text!r}: there are {', '.join(names)}")

        if given is None and len(names) == 1:
            return names[0]
        return self._answer(what, given, understood)

    def _yes(self, question: str, given: bool | None) -> bool:
        if given is not None:
            return given
        if self._read is None:
            return False
        return self._read(f"{question} [y/N]: ").strip().lower().startswith(("y", "j", "o"))


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """What was typed after `contract`."""
    parser = argparse.ArgumentParser(prog="./do_py.sh contract", description=__doc__)
    add = parser.add_argument
    add("--postcode", help="of the home; it tells the grid area")
    add("--area", help="the grid area, where a postcode has two")
    add("--gas", action="store_true", help="the contract of gas; else that of electricity")
    add("--supplier", help="or a part of the name")
    add("--product", help="or a part of the name")
    add("--month", help="of the card: that in which you signed, such as 2026-04")
    add("--since", help="the first day of the contract, such as 2026-04-01")
    for name, what in (("day-night", "day and night prices"), ("panels", "injection too")):
        add(f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=what)
    add("--yes", action="store_true", help="ask nothing, and write")
    return parser.parse_args(argv)


def chosen_of(typed: argparse.Namespace) -> Chosen:
    return Chosen(
        postcode=typed.postcode,
        area=typed.area,
        energy="gas" if typed.gas else "electricity",
        supplier=typed.supplier,
        product=typed.product,
        month=typed.month,
        since=typed.since,
        day_night=typed.day_night,
        panels=typed.panels,
    )


def main(argv: Sequence[str], folder: Path = ROOT, read: Read | None = input) -> int:
    """The exit code: 0, 1 when nothing was written, 2 when something typed is wrong."""
    typed = arguments(argv)
    if typed.yes or (read is input and not sys.stdin.isatty()):
        read = None
    try:
        text = Wizard(folder, chosen_of(typed), read).text()
    except (ValueError, RatesError) as error:
        print(error, file=sys.stderr)
        return 2
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was written.")
        return 1
    if read is None and not typed.yes:
        print(text, end="")
        return 0
    if read is not None and not read("Write rates.json? [Y/n]: ").strip().lower().startswith("n"):
        read = None
    if read is not None:
        print("Nothing was written.")
        return 1
    write(folder / "rates.json", text)
    print("rates.json is written: it holds from the next quarter.")
    return 0


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.lower())


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return _wrong(f"{text!r} is no date such as 2026-04-01")


def _wrong(sentence: str) -> str:
    raise ValueError(sentence)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
