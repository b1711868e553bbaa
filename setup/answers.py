"""The eight questions of install: telegrams, contract, price services, charger, car, battery, MQTT,
telephone.

Each answer becomes what is to be written: a value in config.py, or the text of rates.json.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_urlsafe

from pydantic import BaseModel

from apps.shared.settings import BrokerSettings, CarSettings, Settings
from base import catalogue
from base.catalogue import chosen
from base.checked import ConfigError, checked
from base.language import CODES, ENGLISH, Language
from base.registry import ByKey, number, typed
from bs.devices import registry as batteries
from ev.cars import registry as cars
from ev.chargers import registry as chargers
from notify.senders import registry as senders
from rates.contract import Contract
from rates.errors import RatesError
from rates.files import load_file
from rates.prices import registry as prices
from setup.contract_questions import Chosen
from setup.contract_wizard import Wizard

Read = Callable[[str], str]
ROOT = Path(__file__).resolve().parent.parent
INVENTED = ("fixed", "day night", "bands", "everything")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Answers, on the command line or in the dialogue. None: not answered, as it is.

    `rates` is the text of rates.json that the dialogue made.
    """

    port: str | None = None
    contract: str | None = None
    postcode: str | None = None
    area: str | None = None
    prices: str | None = None
    charger: str | None = None
    car: str | None = None
    battery: str | None = None
    mqtt: str | None = None
    language: str | None = None
    notify: str | None = None
    rates: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question about the rows of one registry, and the setting that answers it.

    `key` is its field of Given, `now` what config.py says, as it would be typed.
    """

    key: str
    text: str
    families: ByKey
    now: tuple[str, ...]
    check: Callable[[str], str]


def values(given: Given) -> dict[str, str]:
    """The values for config.py, by key, as they are written there. ValueError for a wrong one."""
    found: dict[str, str] = {}
    if given.port:
        found["serial_port"] = json.dumps(given.port)
    if given.prices is not None:
        found["price_services"] = price_services(given.prices)
    if given.charger is not None:
        found["cable_info"] = cable_info(given.charger)
    if given.car is not None:
        found["cars"] = car_info(given.car)
    if given.battery is not None:
        found["battery_info"] = battery_info(given.battery)
    if given.mqtt is not None:
        found["mqtt"] = broker(given.mqtt)
    if given.language is not None:
        found["language"] = json.dumps(language(given.language))
    if given.notify is not None:
        found["notify"] = notified(given.notify)
    return found


def language(answer: str) -> str:
    """One of the languages, or "auto" for that of the machine. ValueError names them."""
    if answer not in (*CODES, "auto"):
        raise ValueError(f'language "{answer}": allowed are {", ".join(CODES)} and auto')
    return answer


def language_asked(now: Settings, environ: Mapping[str, str], read: Read) -> str | None:
    """The language of the screens; None for Enter: as it is, "auto" being that of the locale."""
    usual = chosen(now.language, environ)
    question = catalogue.language(usual, setup=True).say("Language: en, nl or fr")
    return _asked(question, usual, language, read)


def cable_info(answer: str) -> str:
    """A charger from "192.168.1.50" (an NRGkick) or "FAMILY HOST"; none for "none"."""
    return _device("charger", "main", answer, chargers.BY_KEY)


def price_services(answer: str) -> str:
    """Price services from "energy_charts, elia", in the order in which they are asked."""
    try:
        found = [typed(each.strip(), prices.BY_KEY, none="") for each in answer.split(",")]
    except ValueError as error:
        raise ValueError(f'price services "{answer}": {error}') from None
    return json.dumps(found)


def car_info(answer: str) -> str:
    """A car from "q4 77 eudataact audi": its name, kWh and source; none for "none"."""
    if answer.strip() == "none":
        return "{}"
    name, kwh, source = (answer.split(maxsplit=2) + 3 * [""])[:3]
    try:
        given: dict[str, object] = {"capacity_kwh": number(kwh)}
        if source:
            given["source"] = typed(source, cars.BY_KEY)
        checked(Settings, {"cars": {name: given}}, "config.py")
    except (ConfigError, ValueError) as error:
        raise ValueError(f'car "{answer}": {error}') from None
    return json.dumps({name: given})


def battery_info(answer: str) -> str:
    """A battery from "victron 192.168.1.30 10"; "sim 10" for one that does not exist."""
    return _device("battery", "home", answer, batteries.BY_KEY)


def broker(answer: str) -> str:
    """A broker from "HOST", "HOST:PORT" or "USER@HOST"; none for "none"."""
    if answer.strip() == "none":
        return "{}"
    user, _, place = answer.strip().rpartition("@")
    host, _, port = place.partition(":")
    given: dict[str, object] = {"host": host}
    if port:
        given["port"] = int(port) if port.isdecimal() else port
    if user:
        given["user"] = user
    try:
        checked(BrokerSettings, given, "mqtt")
    except ConfigError as error:
        raise ValueError(f'broker "{answer}": {error}') from None
    return json.dumps(given)


def notified(answer: str) -> str:
    """A sender from "ntfy" (with a topic that nobody guesses), "ntfy TOPIC" or "apprise"."""
    if answer.split() == ["ntfy"]:
        answer = f"ntfy meter-{token_urlsafe(9)}"
    return _device("telephone", "phone", answer, senders.BY_KEY)


def _device(what: str, name: str, answer: str, by_key: ByKey) -> str:
    """One device as config.py says it. ValueError says what its family wants to know."""
    if answer.strip() == "none":
        return "{}"
    try:
        given = typed(answer, by_key)
        checked(by_key.model_of(given), given, str(given[by_key.key]))
    except (ConfigError, ValueError) as error:
        raise ValueError(f'{what} "{answer}": {error}') from None
    if given[by_key.key] == by_key.usual:
        given = {key: value for key, value in given.items() if key != by_key.key}
    return json.dumps({name: given})


def rates_text(folder: Path, given: Given) -> str:
    """rates.json with the contract that was given. ValueError names what there is.

    A contract is a supplier and a product of the catalogue, "engie dynamic" or "engie/dynamic"; the
    home is where the postcode or the area says, or rates.json itself.
    """
    words = str(given.contract).replace("_", " ")
    supplier, _, product = words.partition("/" if "/" in words else " ")
    if words in INVENTED:
        raise ValueError(
            f'contract "{given.contract}" is an example with made-up prices. Name supplier and'
            " product of your own: engie dynamic; ./do_py.sh contract lists them"
        )
    chosen = Chosen(
        postcode=given.postcode,
        area=given.area or (None if given.postcode else _area_in(folder)),
        supplier=supplier.strip(),
        product=product.strip() or None,
    )
    try:
        return Wizard(folder, chosen, None).text()
    except ValueError as error:  # a RatesError too
        raise ValueError(f'contract "{given.contract}": {error}') from None


def _area_in(folder: Path) -> str | None:
    """The grid area that rates.json has."""
    try:
        rates = load_file(folder / "rates.json")
    except (OSError, RatesError):
        return None
    return rates.home.grid_area if isinstance(rates, Contract) else None


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

    Enter keeps the value in the brackets. The questions are in the language of the
    `reader`.
    """
    port, rates = given.port, given.rates
    if port is None:
        usual = found or now.serial_port
        port = (
            _asked(reader.say("1 of 8  Where do the telegrams come from"), usual, str, read)
            or found
        )
    if given.contract is None:
        question = reader.say("2 of 8  Postcode, to choose your contract [rates.json as it is]:")
        while rates is None and (postcode := read(f"{question} ").strip()):
            try:
                rates = Wizard(folder, Chosen(postcode=postcode), read, language=reader).text()
            except ValueError as error:
                print(reader.read(str(error)))
    questions = (
        Question(
            key="prices",
            text=reader.say("3 of 8  Price services, in the order they are asked"),
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
    )
    answered: dict[str, str | None] = {}
    for each in questions:
        answered[each.key] = getattr(given, each.key)
        if answered[each.key] is None:
            _explain(each.families, reader)
            usual = ", ".join(each.now) or "none"
            answered[each.key] = _asked(each.text, usual, each.check, read)
    mqtt = given.mqtt
    if mqtt is None:
        usual = broker_here if now.mqtt is None else _place(now.mqtt)
        question = reader.say("7 of 8  MQTT broker, for Home Assistant or evcc: host, or user@host")
        mqtt = _asked(question, usual, broker, read)
        if mqtt is None and now.mqtt is None and broker_here != "none":
            mqtt = broker_here
    notify = given.notify
    if notify is None:
        usual = ", ".join(_said(one, senders.BY_KEY) for one in now.notify.values()) or "none"
        _explain(senders.BY_KEY, reader)
        question = reader.say("8 of 8  Notifications on a telephone: ntfy")
        notify = _asked(question, usual, notified, read)
    return replace(given, port=port, mqtt=mqtt, notify=notify, rates=rates, **answered)


def _place(settings: BrokerSettings) -> str:
    user = f"{settings.user}@" if settings.user else ""
    port = "" if settings.port == 1883 else f":{settings.port}"
    return f"{user}{settings.host}{port}"


def _explain(by_key: ByKey, reader: Language) -> None:
    """Print each family, with its line of help."""
    for kind, row in by_key.rows.items():
        print(f"        {kind:<12} {reader.read(row.help)}")


def _said(device: BaseModel, by_key: ByKey) -> str:
    """A device of config.py, as it would be typed here."""
    kind = str(getattr(device, by_key.key))
    words = [getattr(device, name) for name in by_key.rows[kind].asks]
    return " ".join([kind, *(f"{word:g}" if isinstance(word, float) else word for word in words)])


def _said_car(name: str, car: CarSettings) -> str:
    """A car of config.py, as it would be typed here."""
    return f"{name} {car.capacity_kwh:g} {_said(car.source, cars.BY_KEY)}"


def _asked(question: str, usual: str, check: Callable[[str], object], read: Read) -> str | None:
    """The answer; None for Enter: as it is. Asked again after one that the check refuses."""
    while answer := read(f"{question} [{usual}]: ").strip():
        try:
            check(answer)
        except ValueError as error:
            print(error)
        else:
            return answer
    return None
