"""The eight questions of install: telegrams, contract, price services, charger, car, battery, MQTT,
telephone. Enter keeps the value in the brackets.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel

from apps.shared.settings import BrokerSettings, CarSettings, Settings
from base import catalogue
from base.catalogue import chosen
from base.language import ENGLISH, Language
from base.registry import ByKey
from bs.devices import registry as batteries
from ev.cars import registry as cars
from ev.chargers import registry as chargers
from notify.senders import registry as senders
from rates.prices import registry as prices
from setup.answers import (
    Given,
    battery_info,
    broker,
    cable_info,
    car_info,
    language,
    notified,
    price_services,
)
from setup.asking import Read
from setup.contract_questions import Chosen
from setup.contract_wizard import Wizard

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question about the rows of one registry, and the setting that answers it.

    `key` is its field of Given, `now` the current value in config.py, as typed.
    """

    key: str
    text: str
    families: ByKey
    now: tuple[str, ...]
    check: Callable[[str], str]


def language_asked(now: Settings, environ: Mapping[str, str], read: Read) -> str | None:
    """The language of the screens; None for Enter: no change, "auto" being that of the locale."""
    usual = chosen(now.language, environ)
    question = catalogue.language(usual, setup=True).say("Language: en, nl or fr")
    return _asked(question, usual, language, read)


def dialogue(
    given: Given,
    found: str | None,
    now: Settings,
    read: Read,
    folder: Path = ROOT,
    broker_here: str = "none",
    reader: Language = ENGLISH,
) -> Given:
    """The given answers, and for each of the eight that is missing, the answer to its question.

    The questions are in the language of the `reader`.
    """
    port, rates, mqtt = given.port, given.rates, given.mqtt
    if port is None:
        port = _port(found, now, read, reader)
    if given.contract is None and rates is None:
        rates = _rates(read, folder, reader)
    *devices, telephone = _questions(now, reader)
    answered = {each.key: _answer(each, given, read, reader) for each in devices}
    if mqtt is None:
        mqtt = _mqtt(now, broker_here, read, reader)
    notify = _answer(telephone, given, read, reader)
    return replace(given, port=port, mqtt=mqtt, notify=notify, rates=rates, **answered)


def _port(found: str | None, now: Settings, read: Read, reader: Language) -> str | None:
    """The source of the telegrams: that of config.py, or the one that was `found`."""
    question = reader.say("1 of 8  Where do the telegrams come from")
    return _asked(question, found or now.serial_port, str, read) or found


def _rates(read: Read, folder: Path, reader: Language) -> str | None:
    """The text of rates.json with the contract that was chosen; None: no change."""
    question = reader.say("2 of 8  Postcode, to choose your contract [rates.json as it is]:")
    while postcode := read(f"{question} ").strip():
        try:
            return Wizard(folder, Chosen(postcode=postcode), read, language=reader).text()
        except ValueError as error:
            print(reader.read(str(error)))
    return None


def _questions(now: Settings, reader: Language) -> tuple[Question, ...]:
    """The questions about the rows of a registry."""
    return (
        Question(
            key="prices",
            text=reader.say("3 of 8  Price services, in the order in which they are queried"),
            families=prices.BY_KEY,
            now=tuple(_said(each, prices.BY_KEY) for each in now.price_services),
            check=price_services,
        ),
        Question(
            key="charger",
            text=reader.say("4 of 8  Charger: family, address"),
            families=chargers.BY_KEY,
            now=tuple(_said(each, chargers.BY_KEY) for each in now.cable_info.values()),
            check=cable_info,
        ),
        Question(
            key="car",
            text=reader.say("5 of 8  Car: name, kWh, how its state is read"),
            families=cars.BY_KEY,
            now=tuple(_said_car(*each) for each in now.cars.items()),
            check=car_info,
        ),
        Question(
            key="battery",
            text=reader.say("6 of 8  Battery: family, address, kWh"),
            families=batteries.BY_KEY,
            now=tuple(_said(each, batteries.BY_KEY) for each in now.battery_info.values()),
            check=battery_info,
        ),
        Question(
            key="notify",
            text=reader.say("8 of 8  Notifications on a telephone: ntfy"),
            families=senders.BY_KEY,
            now=tuple(_said(each, senders.BY_KEY) for each in now.notify.values()),
            check=notified,
        ),
    )


def _answer(question: Question, given: Given, read: Read, reader: Language) -> str | None:
    """The given answer, else that to the question, which is printed below the families."""
    answered: str | None = getattr(given, question.key)
    if answered is not None:
        return answered
    _explain(question.families, reader)
    return _asked(question.text, ", ".join(question.now) or "none", question.check, read)


def _mqtt(now: Settings, broker_here: str, read: Read, reader: Language) -> str | None:
    """The broker: that of config.py, or the one on this machine."""
    usual = broker_here if now.mqtt is None else _place(now.mqtt)
    question = reader.say("7 of 8  MQTT broker, for Home Assistant or evcc: host, or user@host")
    answer = _asked(question, usual, broker, read)
    if answer is None and now.mqtt is None and broker_here != "none":
        return broker_here
    return answer


def _place(settings: BrokerSettings) -> str:
    user = f"{settings.user}@" if settings.user else ""
    port = "" if settings.port == 1883 else f":{settings.port}"
    return f"{user}{settings.host}{port}"


def _explain(by_key: ByKey, reader: Language) -> None:
    """Print each family, with its line of help."""
    for kind, row in by_key.rows.items():
        print(f"        {kind:<12} {reader.read(row.help)}")


def _said(device: BaseModel, by_key: ByKey) -> str:
    """A device of config.py in the form of an answer."""
    kind = str(getattr(device, by_key.key))
    words = [getattr(device, name) for name in by_key.rows[kind].asks]
    return " ".join([kind, *(f"{word:g}" if isinstance(word, float) else word for word in words)])


def _said_car(name: str, car: CarSettings) -> str:
    """A car of config.py in the form of an answer."""
    return f"{name} {car.capacity_kwh:g} {_said(car.source, cars.BY_KEY)}"


def _asked(question: str, usual: str, check: Callable[[str], object], read: Read) -> str | None:
    """The answer; None for Enter: no change. Asked again after one that the check refuses."""
    while answer := read(f"{question} [{usual}]: ").strip():
        try:
            check(answer)
        except ValueError as error:
            print(error)
        else:
            return answer
    return None
