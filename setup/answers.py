"""The four questions of install: where the telegrams come from, contract, charger, battery.

Each answer becomes what is to be written: a value in config.py, or the text of rates.json.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from base.settings import Settings
from rates.errors import RatesError
from rates.files import EXAMPLES, load, read_tables

FAMILIES = ("victron", "marstek", "sunspec", "homewizard")
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
    """An NRGkick at this address; none for "none"."""
    if answer == "none":
        return "{}"
    if not answer.strip() or " " in answer.strip():
        raise ValueError(f'charger "{answer}": give one address, such as 192.168.1.50, or none')
    return f'{{"main": {{"host": {json.dumps(answer.strip())}}}}}'


def battery_info(answer: str) -> str:
    """A battery from "victron 192.168.1.30 10"; "sim 10" for one that does not exist."""
    match answer.split():
        case ["none"]:
            return "{}"
        case ["sim", kwh] if _number(kwh):
            return f'{{"home": {{"family": "sim", "capacity_kwh": {float(kwh)}}}}}'
        case [family, host, kwh] if family in FAMILIES and _number(kwh):
            where = f'"family": "{family}", "host": {json.dumps(host)}'
            return f'{{"home": {{{where}, "capacity_kwh": {float(kwh)}}}}}'
    raise ValueError(
        f'battery "{answer}": give family, address and kWh, such as victron 192.168.1.30 10; '
        f"families are {', '.join(FAMILIES)}; or none"
    )


def _number(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False


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
        usual = ", ".join(one.host for one in now.cable_info.values()) or "none"
        charger = _asked("3 of 4  Address of your NRGkick charger", usual, _charger, read)
    if battery is None:
        usual = ", ".join(f"{one.family} {one.host}" for one in now.battery_info.values()) or "none"
        battery = _asked("4 of 4  Battery: family, address, kWh", usual, _battery, read)
    return Given(port, contract, given.area, charger, battery)


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
