"""Builds telegrams for the tests: a base house, and its variations."""

from collections.abc import Mapping
from typing import Any

from p1.crc import crc
from p1.framing import Frame, Framer
from p1.reading import Reading, read
from p1.telegram import Telegram, parse

HEADER = "/FLU5\\253769484_A"

HOUSE: Mapping[str, str] = {
    "0-0:96.1.4": "(50217)",
    "0-0:96.1.1": "(3153414733313030303031323334)",
    "0-0:1.0.0": "(260115173824W)",
    "1-0:1.8.1": "(001484.822*kWh)",
    "1-0:1.8.2": "(001510.527*kWh)",
    "1-0:2.8.1": "(000627.316*kWh)",
    "1-0:2.8.2": "(000263.394*kWh)",
    "0-0:96.14.0": "(0001)",
    "1-0:1.4.0": "(01.570*kW)",
    "1-0:1.6.0": "(260106171500W)(03.410*kW)",
    "0-0:98.1.0": "(1)(1-0:1.6.0)(1-0:1.6.0)(260101000000W)(251211181500W)(04.318*kW)",
    "1-0:1.7.0": "(03.050*kW)",
    "1-0:2.7.0": "(00.000*kW)",
    "1-0:21.7.0": "(01.000*kW)",
    "1-0:41.7.0": "(01.020*kW)",
    "1-0:61.7.0": "(01.030*kW)",
    "1-0:22.7.0": "(00.000*kW)",
    "1-0:42.7.0": "(00.000*kW)",
    "1-0:62.7.0": "(00.000*kW)",
    "1-0:32.7.0": "(230.1*V)",
    "1-0:52.7.0": "(231.0*V)",
    "1-0:72.7.0": "(229.9*V)",
    "1-0:31.7.0": "(004.35*A)",
    "1-0:51.7.0": "(004.42*A)",
    "1-0:71.7.0": "(004.48*A)",
    "0-0:96.3.10": "(1)",
    "0-0:17.0.0": "(99.999*kW)",
    "1-0:31.4.0": "(999.99*A)",
    "0-0:96.13.0": "()",
}
"""A Flemish house on 3x400 V, by day in January."""

GAS: Mapping[str, str] = {
    "0-1:24.1.0": "(003)",
    "0-1:96.1.1": "(37464C4F32313233303030313233)",
    "0-1:24.4.0": "(1)",
    "0-1:24.2.3": "(260115173500W)(01284.807*m3)",
}
L2_AND_L3 = [
    code for code in HOUSE if code[4:6] in {"41", "61", "42", "62", "52", "72", "51", "71"}
]


def without(*codes: str) -> dict[str, str]:
    """The house without these objects."""
    return {code: groups for code, groups in HOUSE.items() if code not in codes}


def house(changes: Mapping[str, str] | None = None) -> bytes:
    """A whole telegram of the house, with these objects changed or added."""
    return seal({**HOUSE, **(changes or {})})


def seal(objects: Mapping[str, str], header: str = HEADER) -> bytes:
    """A telegram of exactly these objects, with its CRC."""
    return seal_text("\r\n".join(code + groups for code, groups in objects.items()), header)


def seal_text(lines: str, header: str = HEADER) -> bytes:
    """A telegram of exactly these lines, with its CRC."""
    raw = f"{header}\r\n\r\n{lines}\r\n!".encode("latin-1")
    return raw + b"%04X\r\n" % crc(raw)


def telegram_of(raw: bytes) -> Telegram:
    """The one good telegram in `raw`."""
    (frame,) = (event for event in Framer().feed(raw) if isinstance(event, Frame))
    return parse(frame.raw)


def reading_of(raw: bytes) -> Reading:
    """The Reading of the one good telegram in `raw`."""
    return read(telegram_of(raw))


def changed(changes: Mapping[str, str]) -> Reading:
    """The Reading of the house with these objects changed or added."""
    return reading_of(house(changes))


def differing(one: Reading, other: Reading) -> dict[str, Any]:
    """The fields in which `other` differs from `one`."""
    return {
        name: getattr(other, name)
        for name in Reading.__slots__
        if getattr(one, name) != getattr(other, name)
    }
