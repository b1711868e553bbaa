"""The five questions of install: telegrams, contract, charger, battery, MQTT broker.

Each answer becomes what is to be written: a value in config.py, or the text of rates.json.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel

from apps.shared.settings import BrokerSettings, Settings
from base.checked import ConfigError, checked
from base.registry import ByKey, typed
from bs.devices import registry as batteries
from ev.chargers import registry as chargers
from rates.contract import Contract
from rates.errors import RatesError
from rates.files import load_file
from setup.contract import Chosen, Wizard

Read = Callable[[str], str]
ROOT = Path(__file__).resolve().parent.parent
INVENTED = ("fixed", "day night", "bands", "everything")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was answered, on the command line or in the dialogue. None: not answered, as it is.

    `rates` is the text of rates.json that the dialogue made.
    """

    port: str | None = None
    contract: str | None = None
    postcode: str | None = None
    area: str | None = None
    charger: str | None = None
    battery: str | None = None
    mqtt: str | None = None
    rates: str | None = None


def values(given: Given) -> dict[str, str]:
    """The values for config.py, by key, as they are written there. ValueError for a wrong one."""
    found: dict[str, str] = {}
    if given.port:
        found["serial_port"] = json.dumps(given.port)
    if given.charger is not None:
        found["cable_info"] = cable_info(given.charger)
    if given.battery is not None:
        found["battery_info"] = battery_info(given.battery)
    if given.mqtt is not None:
        found["mqtt"] = broker(given.mqtt)
    return found


def cable_info(answer: str) -> str:
    """A charger from "192.168.1.50" (an NRGkick) or "FAMILY HOST"; none for "none"."""
    return _device("charger", "main", answer, chargers.BY_KEY)


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
) -> Given:
    """What was given, and for each of the five that was not, the answer to its question.

    Enter keeps what stands in the brackets.
    """
    port, charger, battery, rates = given.port, given.charger, given.battery, given.rates
    if port is None:
        usual = found or now.serial_port
        port = _asked("1 of 5  Where do the telegrams come from", usual, str, read) or found
    if given.contract is None:
        question = "2 of 5  Postcode, to choose your contract"
        while rates is None and (postcode := read(f"{question} [rates.json as it is]: ").strip()):
            try:
                rates = Wizard(folder, Chosen(postcode=postcode), read).text()
            except ValueError as error:
                print(error)
    if charger is None:
        usual = ", ".join(_said(one, chargers.BY_KEY) for one in now.cable_info.values()) or "none"
        _explain(chargers.BY_KEY)
        charger = _asked("3 of 5  Charger: family, address", usual, _charger, read)
    if battery is None:
        kept = (_said(one, batteries.BY_KEY) for one in now.battery_info.values())
        usual = ", ".join(kept) or "none"
        _explain(batteries.BY_KEY)
        battery = _asked("4 of 5  Battery: family, address, kWh", usual, _battery, read)
    mqtt = given.mqtt
    if mqtt is None:
        usual = broker_here if now.mqtt is None else _place(now.mqtt)
        question = "5 of 5  MQTT broker, for Home Assistant or evcc: host, or user@host"
        mqtt = _asked(question, usual, _broker, read)
        if mqtt is None and now.mqtt is None and broker_here != "none":
            mqtt = broker_here
    return replace(given, port=port, charger=charger, battery=battery, mqtt=mqtt, rates=rates)


def _place(settings: BrokerSettings) -> str:
    user = f"{settings.user}@" if settings.user else ""
    port = "" if settings.port == 1883 else f":{settings.port}"
    return f"{user}{settings.host}{port}"


def _explain(by_key: ByKey) -> None:
    """Each family is printed, with its line of help."""
    for kind, row in by_key.rows.items():
        print(f"        {kind:<12} {row.help}")


def _said(device: BaseModel, by_key: ByKey) -> str:
    """A device of config.py, as it would be typed here."""
    kind = str(getattr(device, by_key.key))
    words = [getattr(device, name) for name in by_key.rows[kind].asks]
    return " ".join([kind, *(f"{word:g}" if isinstance(word, float) else word for word in words)])


def _charger(answer: str) -> str:
    cable_info(answer)
    return answer


def _battery(answer: str) -> str:
    battery_info(answer)
    return answer


def _broker(answer: str) -> str:
    broker(answer)
    return answer


def _asked(question: str, usual: str, understood: Callable[[str], str], read: Read) -> str | None:
    """What the answer means; None for Enter: as it is. Asked again after a wrong one."""
    while answer := read(f"{question} [{usual}]: ").strip():
        try:
            return understood(answer)
        except ValueError as error:
            print(error)
    return None
