"""The check of a contract before it is written: its card's own prices beside those of the file."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from base.language import phrase
from rates.catalogue.cards import Card
from rates.catalogue.rates_json import checked
from rates.tariffs import Tables
from setup.asking import WIDTH, Asker

OLD_MONTHS = 2


class ContractCheck:
    """The check of one contract, shown by `ask`."""

    def __init__(self, ask: Asker, tables: Tables, today: date) -> None:
        self._ask, self._tables, self._today = ask, tables, today

    def prices(
        self,
        text: str,
        card: Card,
        area: str,
        met: Sequence[str],
        energy: str | None = None,
    ) -> None:
        """The card's own prices beside those of the file."""
        found = checked(text, card, self._tables, energy)
        self._ask.say(
            phrase(
                "{name}, card of {month}, in {area}:",
                name=f"{card.supplier} {card.product}",
                month=card.month,
                area=area,
            )
        )
        for each in found:
            line = f"  {each}{'' if each.agrees else ' <- differs'}"
            self._ask.say(line if len(line) <= WIDTH else line.replace(": ", ":\n    ", 1))
        if not found:
            self._ask.tell(phrase("the card has no price to compare with"))
        age = card.age_months(self._today)
        if age > OLD_MONTHS:
            self._ask.tell(
                phrase(
                    "This card is {months:d} months old. Check that yours has the same formula;"
                    " if not, correct it in rates.json (docs/rates.md).",
                    months=age,
                )
            )
        left = [each for each in card.discounts if each.get("needs") not in (None, *met)]
        if left:
            said = "; ".join(f"{each['name']} (needs: {each['needs']})" for each in left)
            self._ask.tell(phrase("Not included: {text}.", text=said))

    def gap(self, form: Mapping[str, Any], terms: Mapping[str, Any]) -> None:
        """Note a time without prices before the contract begins."""
        since = date.fromisoformat(terms["first_day"])
        others = [each for each in form["contracts"] if each["energy"] == terms["energy"]]
        if since > self._today and not others:
            self._ask.tell(
                phrase(
                    "Until {day} {energy} has no price: there is no contract for that time.",
                    day=since,
                    energy=terms["energy"],
                )
            )


def need_electricity(form: dict[str, object], terms: dict[str, object]) -> None:
    """ValueError for a contract of gas or injection in a home without one of electricity."""
    energies = {each["energy"] for each in form["contracts"]}  # type: ignore[attr-defined]
    if terms["energy"] != "electricity" and "electricity" not in energies:
        raise ValueError(phrase("choose the electricity contract first: rates.json has four lines"))
