"""Conversion of the text between brackets to a number, a time or a text; None for anything else.

Strict on purpose: `float` and `Decimal` would take "-1", "1e5" and "nan", the meter may not.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from base.time import BRUSSELS

_UTC_OFFSETS = {"S": timedelta(hours=2), "W": timedelta(hours=1), "": None}
# Austria sends Wh and W; an Iskra limits kVA where Fluvius says kW.
_OTHER_UNITS = {"*kWh": (("*Wh", 3),), "*kW": (("*W", 3), ("*kVA", 0))}

_MOST_OF_ALL = 10**9  # kWh, m3
_MOST = {"*kW": 10**4, "*A": 10**4, "*V": 10**4}
"""Larger numbers are invalid, even with a right checksum: no meter has that many digits."""


def real(text: str, unit: str) -> float | None:
    """The number in "00.444*kW" when it is in `unit` ("*kW") or without one."""
    number = text.removesuffix(unit)
    if number.replace(".", "", 1).isdecimal():
        value = float(number)
        return value if value < _MOST.get(unit, _MOST_OF_ALL) else None
    other = _in_other_unit(text, unit)
    return None if other is None else float(other)


def exact(text: str, unit: str) -> Decimal | None:
    """The same to the last digit sent, for registers and peaks."""
    number = text.removesuffix(unit)
    if number.replace(".", "", 1).isdecimal():
        value = Decimal(number)
        return value if value < _MOST.get(unit, _MOST_OF_ALL) else None
    return _in_other_unit(text, unit)


def always_fits(number: str, unit: str) -> bool:
    """True if no number with as many digits is too large for `unit`."""
    return bool(10 ** len(number.partition(".")[0]) <= _MOST.get(unit, _MOST_OF_ALL))


def _in_other_unit(text: str, unit: str) -> Decimal | None:
    for other, decimals in _OTHER_UNITS.get(unit, ()):
        if text.endswith(other):
            number = exact(text, other)
            return None if number is None else number.scaleb(-decimals)
    return None


def amount(text: str) -> tuple[Decimal | None, str | None]:
    """The number and the unit in "01284.807*m3", whatever the unit; without one it is None."""
    number, _, unit = text.partition("*")
    return exact(number, ""), unit or None


def local(text: str) -> datetime | None:
    """YYMMDDhhmmss, flag or not, as the clock on the wall showed it, marked as UTC.

    None for placeholders (632525252525W, 35255255255255255S). 70 to 99 are 1970 to 1999.
    """
    number, flag = text[:12], text[12:]
    if len(number) != 12 or not number.isdecimal() or flag not in _UTC_OFFSETS:
        return None
    century = "19" if number >= "70" else "20"
    try:
        return datetime.fromisoformat(f"{century}{number[:6]}T{number[6:]}Z")
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """The time in UTC: by its flag (S summer, W winter), without one by Belgian time.

    Without a flag the doubled hour in October is its first.
    """
    wall = local(text)
    if wall is None:
        return None
    offset = _UTC_OFFSETS[text[12:]]
    if offset is None:
        return wall.replace(tzinfo=BRUSSELS).astimezone(UTC)
    return wall - offset


def text_of(hexadecimal: str) -> str | None:
    """The text in hex of latin-1, printable."""
    text = _decoded(hexadecimal)
    return None if text is None else printable(text)


def printable(text: str) -> str:
    """The text with unsafe characters for a terminal escaped: a meter may send any byte."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def identity(hexadecimal: str) -> str | None:
    """The equipment id or EAN in hex of ASCII; None when empty, zeros or another code."""
    text = _decoded(hexadecimal)
    return text if text and text.isascii() and text.isprintable() else None


def _decoded(hexadecimal: str) -> str | None:
    try:
        return bytes.fromhex(hexadecimal).decode("latin-1")
    except ValueError:
        return None


def peak_rows(groups: list[str]) -> Iterator[tuple[date, Decimal, datetime | None]]:
    """The rows of 0-0:98.1.0 as (first day of the month, kW, end of the highest quarter).

    A row's stamp is the end of its month. Invalid rows are left out; other columns than
    (time)(kW), as industrial meters have, give no rows. Source: eMUCS-P1 7.2.5.
    """
    if groups[1:3] != ["1-0:1.6.0", "1-0:1.6.0"]:
        return
    for ends, at, demand in zip(groups[3::3], groups[4::3], groups[5::3], strict=False):
        month_end, kw = local(ends), exact(demand, "*kW")
        if month_end is not None and kw is not None:
            month = (month_end - timedelta(seconds=1)).date().replace(day=1)
            yield month, kw, moment(at)
