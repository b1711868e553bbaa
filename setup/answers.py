"""The four questions of install: where the telegrams come from, contract, charger, battery.

Each answer becomes what is to be written: a value in config.py, or the text of rates.json.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from apps.shared.settings import Settings
from base.checked import ConfigError, checked
from base.registry import ByKey, typed
from bs.devices import registry as batteries
from ev.chargers import registry as chargers
from rates.errors import RatesError
from rates.files import EXAMPLES, load, read_tables

Read = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Given:
    """What was answered, on the command line or in the dialogue. None: not answered, as it is."""

    port: str | None = None
    contract: str | None = None
    area: str | None = None
    charger: str | None = None
    battery: str | None = None


def values(given: Given) -> dict[str, str]:
    """The values for config.py, by key, as they are written there. ValueError for a wrong one."""
    found: dict[str, str] = {}
    if given.port:
        found["serial_port"] = json.dumps(given.port)
    if given.charger is not None:
        found["cable_info"] = cable_info(given.charger)
    if given.battery is not None:
        found["battery_info"] = battery_info(given.battery)
    return found


def cable_info(answer: str) -> str:
    """A charger from "192.168.1.50" (an NRGkick) or "FAMILY HOST"; none for "none"."""
    return _device("charger", "main", answer, chargers.BY_KEY)


def battery_info(answer: str) -> str:
    """A battery from "victron 192.168.1.30 10"; "sim 10" for one that does not exist."""
    return _device("battery", "home", answer, batteries.BY_KEY)


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


def contracts() -> Mapping[str, str]:
    """The contracts to begin with, by name, and what each is called."""
    return {
        path.stem: _called(path.read_text(encoding="utf-8"))
        for path in sorted(EXAMPLES.glob("*.json"))
    }


def rates_text(contract: str, area: str | None) -> str:
    """rates.json for this contract in this grid area. ValueError names what there is."""
    names = sorted(path.stem for path in EXAMPLES.glob("*.json"))
    if contract not in names:
        raise ValueError(f'contract "{contract}": there are {", ".join(names)}')
    text = (EXAMPLES / f"{contract}.json").read_text(encoding="utf-8")
    if area is not None:
        if area not in read_tables().areas():
            raise ValueError(f'area "{area}": there are {", ".join(read_tables().areas())}')
        form = json.loads(text)
        form["home"]["grid_area"] = area
        text = json.dumps(form, indent=2, ensure_ascii=False) + "\n"
    try:
        load(text, contract)
    except RatesError as error:
        raise ValueError(str(error)) from None
    return text


def _called(text: str) -> str:
    return str(json.loads(text)["contracts"][0]["name"])


def dialogue(given: Given, found: str | None, now: Settings, read: Read) -> Given:
    """What was given, and for each of the four that was not, the answer to its question.

    Enter keeps what stands in the brackets.
    """
    port, contract, charger, battery = given.port, given.contract, given.charger, given.battery
    if port is None:
        usual = found or now.serial_port
        port = _asked("1 of 4  Where do the telegrams come from", usual, str, read) or found
    if contract is None:
        for name, called in contracts().items():
            print(f"        {name:<24} {called}")
        contract = _asked("2 of 4  Contract", "rates.json as it is", _contract, read)
    if charger is None:
        usual = ", ".join(_said(one, chargers.BY_KEY) for one in now.cable_info.values()) or "none"
        _explain(chargers.BY_KEY)
        charger = _asked("3 of 4  Charger: family, address", usual, _charger, read)
    if battery is None:
        kept = (_said(one, batteries.BY_KEY) for one in now.battery_info.values())
        usual = ", ".join(kept) or "none"
        _explain(batteries.BY_KEY)
        battery = _asked("4 of 4  Battery: family, address, kWh", usual, _battery, read)
    return Given(port, contract, given.area, charger, battery)


def _explain(by_key: ByKey) -> None:
    """Each family is printed, with its line of help."""
    for kind, row in by_key.rows.items():
        print(f"        {kind:<12} {row.help}")


def _said(device: BaseModel, by_key: ByKey) -> str:
    """A device of config.py, as it would be typed here."""
    kind = str(getattr(device, by_key.key))
    words = [getattr(device, name) for name in by_key.rows[kind].asks]
    return " ".join([kind, *(f"{word:g}" if isinstance(word, float) else word for word in words)])


def _contract(answer: str) -> str:
    rates_text(answer, None)
    return answer


def _charger(answer: str) -> str:
    cable_info(answer)
    return answer


def _battery(answer: str) -> str:
    battery_info(answer)
    return answer


def _asked(question: str, usual: str, understood: Callable[[str], str], read: Read) -> str | None:
    """What the answer means; None for Enter: as it is. Asked again after a wrong one."""
    while answer := read(f"{question} [{usual}]: ").strip():
        try:
            return understood(answer)
        except ValueError as error:
            print(error)
    return None
