"""The file of `doctor --report`: the types and behaviour of an owner's chargers and batteries, to
send to the project.

It names families, firmware, abilities, writes, silence tests and learned phases. Devices are
numbered. Texts from config.py and secrets.json, and anything like an address or a serial number,
are left out.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from apps.ev import silence
from apps.shared import doors
from apps.shared.secrets import Secrets, load_secrets
from apps.shared.settings import Settings, load_settings
from base import messages
from base.checked import ConfigError
from base.text import clean
from base.version import VERSION
from ev.chargers import registry as chargers
from ev.chargers.charger import ChargerError
from ev.chargers.device import Device
from setup import health
from store.kept import KeptFile

LIMIT_S = 20.0
LEFT_OUT = "(left out)"
LIKE_AN_ADDRESS = re.compile(
    r"(?:[0-9A-Fa-f]{2}[:-]){3,}[0-9A-Fa-f]{2}"  # of a network card
    r"|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b(?![.\d])"  # IPv4; a version has fewer digits or dots
    r"|\S+@\S+\.\S+|\b\w+://\S+|\b[\w-]+\.(?:local|lan|home|fritz\.box)\b"
)
LIKE_A_SERIAL = re.compile(r"\b(?=[A-Za-z-]*(?:\d[A-Za-z-]*){6})[A-Za-z0-9-]{8,}\b")
FIRMWARE = "firmware"
"""Its numbers may look like an address: names and secrets only are taken out of it."""
SHORTEST = 2
ADDRESSES = ("host", "id", "user", "url", "vin")


@dataclass(frozen=True, slots=True)
class Entry:
    """One device of the report: its heading and its facts."""

    heading: str
    facts: Mapping[str, str] = field(default_factory=dict)


async def report(root: Path, file: Path) -> int:
    """The file is written. 0; 2 when config.py is wrong."""
    try:
        settings, secrets = load_settings(root / "config.py"), load_secrets()
    except ConfigError as error:
        print(error)
        return 2
    text = await made(root, settings, secrets)
    await asyncio.to_thread(file.write_text, text, encoding="utf-8")
    print(f"{text}\nThis is in {file}. Read it before you hand it in.")
    return 0


async def made(root: Path, settings: Settings, secrets: Secrets) -> str:
    """The text, after a question to all devices."""
    said = [
        *await health.devices("ev", settings, secrets),
        *await health.devices("bs", settings, secrets),
    ]
    kept = KeptFile(root / silence.FILE, silence.Results).load()
    results = kept.chargers if kept else {}
    entries = [
        *await _chargers(settings, secrets, said, results),
        *_cars(said),
        *_batteries(settings, said),
    ]
    return written(entries, private(settings, secrets))


def written(entries: Iterable[Entry], secret: Iterable[str]) -> str:
    """The text of the report, without secrets."""
    lines = [f"digital_meter {VERSION}: devices, without names, addresses and serial numbers"]
    hidden = sorted(set(secret), key=len, reverse=True)
    for entry in entries:
        lines += ["", entry.heading]
        for key, value in entry.facts.items():
            lines.append(f"  {_open(key, hidden)}: {_open(value, hidden, numbers=key == FIRMWARE)}")
    return "\n".join(lines) + "\n"


def private(settings: Settings, secrets: Secrets) -> set[str]:
    """Every name, address and secret of config.py and secrets.json, lower case."""
    names = {*settings.cable_info, *settings.cars, *settings.battery_info}
    names |= {*_texts(secrets.model_dump())}
    devices = (*settings.cable_info.values(), *settings.battery_info.values(), settings.solar)
    for one in devices:
        if isinstance(one, BaseModel):
            names |= {*_texts({key: getattr(one, key, None) for key in ADDRESSES})}
    for address in settings.socket_info.values():
        names |= {*_texts({"host": getattr(address, "host", None)})}
    sources = (car.source for car in settings.cars.values())
    names |= {*_texts([each.model_dump(exclude={"kind", "brand", "country"}) for each in sources])}
    names |= {*settings.own_mail, *settings.google_calendars, *settings.web_origins}
    return {name.casefold() for name in names if len(name) >= SHORTEST}


def _texts(value: object) -> Iterator[str]:
    """Every text in it; in a secret the names of its parts too."""
    if isinstance(value, str):
        yield value
        yield from re.split(r"[/:?&=]+", value)  # an address in an address
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, Iterable):
        for each in value:
            yield from _texts(each)


def _open(text: str, hidden: Iterable[str], *, numbers: bool = False) -> str:
    """The text without names, addresses and serial numbers; with `numbers` these may stay."""
    text = clean(text, 200)
    for name in hidden:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", LEFT_OUT, text, flags=re.IGNORECASE)
    return text if numbers else LIKE_A_SERIAL.sub(LEFT_OUT, LIKE_AN_ADDRESS.sub(LEFT_OUT, text))


async def _chargers(
    settings: Settings,
    secrets: Secrets,
    said: Iterable[messages.DeviceAbout],
    results: Mapping[str, silence.Result],
) -> list[Entry]:
    about = {one.name: one.about for one in said if one.kind == "charger"}
    entries = []
    for number, (name, its) in enumerate(settings.cable_info.items(), 1):
        facts = about.get(name[:40])
        if facts is None:
            facts = await _probed(name, settings, secrets)
        result = results.get(name)
        test = "not done" if result is None else result.sentence
        entries.append(Entry(f"charger {number}: {its.kind}", {**facts, "silence test": test}))
    return entries


async def _probed(name: str, settings: Settings, secrets: Secrets) -> dict[str, str]:
    """Answer of a charger to us, while the charging program does not run."""
    guard = doors.guard(settings, secrets, "config.py")
    its = {name: settings.cable_info[name]}
    device = Device(name, chargers.drivers_of(its, secrets.cables, guard)[name])
    try:
        async with asyncio.timeout(LIMIT_S):
            await device.read()
    except ChargerError as error:
        return {**device.about, "trouble": error.why}
    except TimeoutError:
        return {**device.about, "trouble": f"no answer within {LIMIT_S:.0f} s"}
    finally:
        await device.aclose()
    return device.about


def _cars(said: Iterable[messages.DeviceAbout]) -> list[Entry]:
    cars = [one.about for one in said if one.kind == "car"]
    return [
        Entry(f"car {number}, as learned", about or {"learned": "nothing yet"})
        for number, about in enumerate(cars, 1)
    ]


def _batteries(settings: Settings, said: Iterable[messages.DeviceAbout]) -> list[Entry]:
    about = {one.name: one.about for one in said if one.kind == "battery"}
    asleep = {"answers": "not asked: the battery program does not run"}
    return [
        Entry(f"battery {number}: {its.family}", about.get(name[:40], asleep))
        for number, (name, its) in enumerate(settings.battery_info.items(), 1)
    ]
