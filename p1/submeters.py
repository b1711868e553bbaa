"""The gas, water and heat meters behind the electricity meter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from p1.obis import MEDIA
from p1.values import amount, exact, identity, moment


class Medium(StrEnum):
    """What a sub-meter counts. Source: 0-n:24.1.0, never the code of its reading."""

    GAS = "gas"
    WATER = "water"
    WARM_WATER = "warm water"
    HEAT = "heat"
    COLD = "cold"
    ELECTRICITY = "electricity"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
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


_CODES = frozenset(
    f"0-{n}:{code}" for n in range(1, 9) for code in ("24.1.0", "24.2.1", "24.2.3", "24.3.0")
)


def submeters_of(values: Mapping[str, str]) -> tuple[Submeter, ...]:
    """The meters on channels 1 to 8. A relay (0-n:96.3.10) or a lone id makes none."""
    channels = {code[2] for code in _CODES.intersection(values)}
    return tuple([_on_channel(values.get, channel) for channel in sorted(channels)])


def _on_channel(get: Callable[[str, str], str], channel: str) -> Submeter:
    prefix = f"0-{channel}:"
    return _submeter(
        channel,
        get(prefix + "24.1.0", ""),
        get(prefix + "96.1.1", "") or get(prefix + "96.1.0", ""),
        get(prefix + "24.2.3", "") or get(prefix + "24.2.1", "") or get(prefix + "24.3.0", ""),
        get(prefix + "24.4.0", ""),
    )


@lru_cache(maxsize=16)  # the same for five minutes: understood once
def _submeter(channel: str, medium: str, meter_id: str, sent: str, valve: str) -> Submeter:
    groups = sent.split(")(")
    at = moment(groups[0])
    value, unit = _amount(groups)
    return Submeter(
        channel=int(channel),
        medium=Medium(MEDIA.get(medium.lstrip("0"), "other")),
        meter_id=identity(meter_id),
        value=None if at is None else value,
        unit=unit,
        at=at,
        valve=valve or None,
    )


def _amount(groups: list[str]) -> tuple[Decimal | None, str | None]:
    """(time)(value*unit), or as before DSMR 4 (time)(..)(..)(..)(code)(unit)(value)."""
    if len(groups) > 2:
        return exact(groups[-1], ""), groups[-2]
    return amount(groups[-1])
