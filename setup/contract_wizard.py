"""The dialogue of a contract: its questions, its check, and the new text of rates.json."""

from datetime import UTC, datetime
from pathlib import Path

from base.language import ENGLISH, Language, phrase
from base.time import local_day
from rates.catalogue.cards import Card
from rates.catalogue.files import Place
from rates.catalogue.rates_json import registers, with_contract, with_home
from rates.ending import without_prosumer_tariff
from rates.files import TARIFFS, tables_with
from setup.asking import Asker, Read
from setup.contract_check import ContractCheck, need_electricity
from setup.contract_questions import Chosen, ContractQuestions


class Wizard:
    """One dialogue. ValueError explains a wrong argument."""

    def __init__(
        self,
        folder: Path,
        chosen: Chosen,
        read: Read | None,
        language: Language = ENGLISH,
    ) -> None:
        """Without `read` nothing is asked: a missing answer is an error."""
        self._folder, self._energy = folder, chosen.energy
        self._tables = tables_with(folder / TARIFFS)
        self._ask = Asker(read, print, language)
        self._questions = ContractQuestions(self._ask, chosen, self._tables)
        self._today = local_day(datetime.now(UTC))
        self._check = ContractCheck(self._ask, self._tables, self._today)

    def text(self) -> str:
        """The new text of rates.json. ValueError or RatesError when it cannot be made."""
        place, area = self._questions.place()
        old = (self._folder / "rates.json").read_text(encoding="utf-8-sig")
        if self._energy == "injection":
            return self._injection(old, place, area)
        text, apart = self._bought(old, place, area)
        if apart:
            chosen = Chosen(energy="injection")
            self._questions = ContractQuestions(self._ask, chosen, self._tables)
            return self._injection(text, place, area)
        return text

    def _bought(self, old: str, place: Place, area: str) -> tuple[str, bool]:
        """The text with the contract of electricity or gas; is injection sold apart?"""
        questions = self._questions
        card = questions.card(place.region)
        since = questions.since(card)
        day_night, panels = questions.day_night(card), questions.panels(card)
        if card.energy == "gas":
            home = questions.gas(old)
        else:
            home = self._home(place, area, card, day_night=day_night, injects=panels)
        runs_back = bool(home.get("compensation"))
        apart = panels and not runs_back and questions.sold_apart()
        if place.postcode:
            home["gas_area"] = place.gas if place.gas not in ("", area) else None
        met = questions.met(card)
        terms = card.contract(
            since,
            registers(card, day_night=day_night),
            injects=panels and not apart,
            met=met,
            fees=[*questions.fees(card, home, panels=panels)],
            brought=questions.brought(card),
        )
        form = with_home(old, area, **home)
        need_electricity(form, terms)
        text = with_contract(form, terms)
        self._check.prices(text, card, area, met)
        self._check.gap(form, terms)
        return text, apart

    def _injection(self, old: str, place: Place, area: str) -> str:
        """The text with a contract of injection alone."""
        if self._ask.asks:
            self._ask.say(phrase("The contract of your injection:"))
        card = self._questions.card(place.region)
        form = with_home(old, area)
        terms = card.injection_contract(self._questions.since(card))
        need_electricity(form, terms)
        text = with_contract(form, terms)
        self._check.prices(text, card, area, card.conditions, energy="injection")
        return text

    def _home(
        self, place: Place, area: str, card: Card, *, day_night: bool, injects: bool
    ) -> dict[str, object]:
        """Fields of the home that follow from the contract of electricity; None: the key goes."""
        tariff = "day_night" if day_night and place.region != "Flanders" else None
        home: dict[str, object] = {"grid_tariff": "impact" if card.impact else tariff}
        kva = None
        if injects and place.region == "Wallonia" and not card.impact:
            kva = self._questions.compensation_kva()
        if kva and (said := without_prosumer_tariff(self._tables, area, self._today)):
            self._ask.tell(said)
        return home | {"compensation": kva and True, "prosumer_kva": kva}
