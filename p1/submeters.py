"""The gas, water and heat meters behind the electricity meter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from p1.obis import MEDIA
from p1.values import amount, exact, identity, moment


class Medium(StrEnum):
    """Quantity that a sub-meter counts. Source: 0-n:24.1.0, never the code of its reading."""

    GAS = "gas"
    WATER = "water"
    WARM_WATER = "warm water"
    HEAT = "heat"
    COLD = "cold"
    ELECTRICITY = "electricity"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submeter:
    """A gas, water or heat meter behind the electricity meter.

    `value` is its register in `unit` (m3, kWh, GJ), taken at `at` (UTC), up to minutes before
    the telegram. None where the meter sends a placeholder. `valve` is 0-n:24.4.0 as sent.
    """

    channel: int
    medium: Medium
    meter_id: str | None
    value: Decimal | None
    unit: str | None
    at: datetime | None
    valve: str | None


class Channel(NamedTuple):
    """Data of a channel besides its reading, which has `code`."""

    number: str
    medium: str
    meter_id: str
    valve: str
    code: str


_MEDIUM, *_READINGS = "24.1.0", "24.2.3", "24.2.1", "24.3.0"
_CODES = frozenset(f"0-{n}:{code}" for n in range(1, 9) for code in (_MEDIUM, *_READINGS))


def submeters_of(values: Mapping[str, str]) -> tuple[Submeter, ...]:
    """The meters on channels 1 to 8. A relay (0-n:96.3.10) or a lone id is not a meter."""
    return tuple(
        [submeter(channel, values.get(channel.code, "")) for channel in channels_of(values)]
    )


def channels_of(values: Mapping[str, str]) -> list[Channel]:
    """The channels with a meter, by number."""
    numbers = {code[2] for code in _CODES.intersection(values)}
    return [_channel(values.get, number) for number in sorted(numbers)]


def _channel(get: Callable[[str, str], str], number: str) -> Channel:
    prefix = f"0-{number}:"
    readings = [prefix + code for code in _READINGS if get(prefix + code, "")]
    return Channel(
        number,
        get(prefix + _MEDIUM, ""),
        get(prefix + "96.1.1", "") or get(prefix + "96.1.0", ""),
        get(prefix + "24.4.0", ""),
        readings[0] if readings else "",
    )


@lru_cache(maxsize=16)  # the same for five minutes: understood once
def submeter(channel: Channel, reading: str) -> Submeter:
    """The meter on that channel with its reading as sent, "time)(value*unit"."""
    groups = reading.split(")(")
    at = moment(groups[0])
    value, unit = _amount(groups)
    return Submeter(
        channel=int(channel.number),
        medium=Medium(MEDIA.get(channel.medium.lstrip("0"), "other")),
        meter_id=identity(channel.meter_id),
        value=None if at is None else value,
        unit=unit,
        at=at,
        valve=channel.valve or None,
    )


def _amount(groups: list[str]) -> tuple[Decimal | None, str | None]:
    """(time)(value*unit), or as before DSMR 4 (time)(..)(..)(..)(code)(unit)(value)."""
    if len(groups) > 2:
        return exact(groups[-1], ""), groups[-2]
    return amount(groups[-1])
