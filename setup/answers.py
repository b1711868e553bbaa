"""Answers to the questions of install, as values of config.py or the text of rates.json."""

import json
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from apps.shared.settings import BrokerSettings, Settings
from base.checked import ConfigError, checked
from base.language import CODES
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

INVENTED = ("fixed", "day night", "bands", "everything")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Answers, on the command line or in the dialogue. None: no answer, no change.

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


def values(given: Given) -> dict[str, str]:
    """The values for config.py, by key, in its syntax. ValueError for a wrong one."""
    found: dict[str, str] = {}
    if given.port:
        found["serial_port"] = json.dumps(given.port)
    for key, answer, value in (
        ("price_services", given.prices, price_services),
        ("cable_info", given.charger, cable_info),
        ("cars", given.car, car_info),
        ("battery_info", given.battery, battery_info),
        ("mqtt", given.mqtt, broker),
        ("language", given.language, language),
        ("notify", given.notify, notified),
    ):
        if answer is not None:
            found[key] = value(answer)
    return found


def language(answer: str) -> str:
    """One of the languages, or "auto" for that of the machine. ValueError names them."""
    if answer not in (*CODES, "auto"):
        raise ValueError(f'language "{answer}": allowed are {", ".join(CODES)} and auto')
    return json.dumps(answer)


def cable_info(answer: str) -> str:
    """A charger from "192.168.1.50" (an NRGkick) or "FAMILY HOST"; none for "none"."""
    return _device("charger", "main", answer, chargers.BY_KEY)


def price_services(answer: str) -> str:
    """Price services from "energy_charts, elia", in their order of use."""
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
    """A sender from "ntfy" (with a topic that cannot be guessed), "ntfy TOPIC" or "apprise"."""
    if answer.split() == ["ntfy"]:
        answer = f"ntfy meter-{token_urlsafe(9)}"
    return _device("telephone", "phone", answer, senders.BY_KEY)


def _device(what: str, name: str, answer: str, by_key: ByKey) -> str:
    """One device in the syntax of config.py. ValueError names the settings of its family."""
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
    """rates.json with the contract that was given. ValueError names the existing ones.

    A contract is a supplier and a product of the catalogue, "engie dynamic" or "engie/dynamic"; the
    home is given by the postcode or area, or by rates.json itself.
    """
    words = str(given.contract).replace("_", " ")
    supplier, _, product = words.partition("/" if "/" in words else " ")
    if words in INVENTED:
        raise ValueError(
            f'contract "{given.contract}" is an example with invented prices. Name supplier and'
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
