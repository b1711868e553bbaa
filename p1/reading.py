"""A Reading: the values of one telegram, under the names used everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from p1.phases import Grid, Phase, grid_of, phases_of
from p1.submeters import Medium, Submeter, submeters_of
from p1.telegram import Telegram
from p1.values import exact, identity, moment, peak_rows, real, text_of

__all__ = [
    "Breaker",
    "Grid",
    "Medium",
    "MonthPeak",
    "Peak",
    "Phase",
    "Reading",
    "Submeter",
    "Tariff",
    "read",
]


class Tariff(StrEnum):
    """The tariff in force. Source: eMUCS-P1 0-0:96.14.0, 0001 is day, 0002 is night."""

    DAY = "day"
    NIGHT = "night"


class Breaker(StrEnum):
    """Main breaker. Source: 0-0:96.3.10."""

    OFF = "off"
    ON = "on"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Peak:
    """A highest quarter: its demand in kW and the end of that quarter (UTC)."""

    kw: Decimal
    at: datetime | None


@dataclass(frozen=True, slots=True)
class MonthPeak:
    """The highest quarter of a past month; `month` is its first day, local."""

    month: date
    kw: Decimal
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Values of one telegram. Unknown is None, never 0. Power flows into the house or out of it.

    Registers are Decimal kWh, power is kW, `time` is the meter's clock in UTC. `month_peaks` are in
    the order sent, months may be missing. Limits are as sent: 99.999 or 999.9 kW and 999 A or more
    mean no limit. `message` is "" when the grid operator has nothing to say.
    """

    time: datetime | None = None
    meter_id: str | None = None
    version: str | None = None
    tariff: Tariff | None = None
    offtake_day_kwh: Decimal | None = None
    offtake_night_kwh: Decimal | None = None
    injection_day_kwh: Decimal | None = None
    injection_night_kwh: Decimal | None = None
    offtake_kw: float | None = None
    injection_kw: float | None = None
    demand_kw: float | None = None
    month_peak: Peak | None = None
    month_peaks: tuple[MonthPeak, ...] = ()
    grid: Grid | None = None
    phases: tuple[Phase, ...] = ()
    breaker: Breaker | None = None
    limit_kw: float | None = None
    limit_a: float | None = None
    message: str | None = None
    submeters: tuple[Submeter, ...] = ()


class Country(NamedTuple):
    """Meaning of a country's registers: day, night, and the one without tariffs."""

    tariffs: Mapping[str, Tariff]
    offtake: tuple[str, str, str]
    injection: tuple[str, str, str]


BELGIUM = Country(
    {"0001": Tariff.DAY, "0002": Tariff.NIGHT},
    ("1-0:1.8.1", "1-0:1.8.2", "1-0:1.8.0"),
    ("1-0:2.8.1", "1-0:2.8.2", "1-0:2.8.0"),
)
NETHERLANDS = Country(
    {"0001": Tariff.NIGHT, "0002": Tariff.DAY},
    ("1-0:1.8.2", "1-0:1.8.1", "1-0:1.8.0"),
    ("1-0:2.8.2", "1-0:2.8.1", "1-0:2.8.0"),
)
_BREAKER = {"0": Breaker.OFF, "1": Breaker.ON, "2": Breaker.READY}


def read(telegram: Telegram) -> Reading:
    """The reading of a telegram. A field that is wrong or absent is None, and only that field.

    Any telegram of eMUCS-P1 1.3 to 2.1.1 or DSMR 2 to 5, in any order of objects.
    """
    values = telegram.values
    get = values.get
    country = country_of(telegram)
    phases = phases_of(values)
    return Reading(
        time=moment(get("0-0:1.0.0", "")),
        meter_id=identity(get("0-0:96.1.1", "") or get("0-0:96.1.0", "")),
        version=get("0-0:96.1.4", "") or get("1-3:0.2.8", "") or None,
        tariff=country.tariffs.get(get("0-0:96.14.0", "")),
        offtake_day_kwh=_day_register(values, country.offtake),
        offtake_night_kwh=exact(get(country.offtake[1], ""), "*kWh"),
        injection_day_kwh=_day_register(values, country.injection),
        injection_night_kwh=exact(get(country.injection[1], ""), "*kWh"),
        offtake_kw=real(get("1-0:1.7.0", ""), "*kW"),
        injection_kw=real(get("1-0:2.7.0", ""), "*kW"),
        demand_kw=real(get("1-0:1.4.0", ""), "*kW"),
        month_peak=_month_peak(get("1-0:1.6.0", "")),
        month_peaks=_month_peaks(get("0-0:98.1.0", "")),
        grid=grid_of(get("1-0:94.32.1", ""), phases),
        phases=phases,
        breaker=_BREAKER.get(get("0-0:96.3.10", "")),
        limit_kw=real(get("0-0:17.0.0", ""), "*kW"),
        limit_a=real(get("1-0:31.4.0", ""), "*A"),
        message=text_of(values["0-0:96.13.0"]) if "0-0:96.13.0" in values else None,
        submeters=submeters_of(values),
    )


def country_of(telegram: Telegram) -> Country:
    """The country of the meter's registers."""
    return NETHERLANDS if telegram.dutch else BELGIUM


def _day_register(values: Mapping[str, str], codes: tuple[str, str, str]) -> Decimal | None:
    """The day register, kWh; on a meter that counts without tariffs, its one register."""
    day, night, total = codes
    code = day if day in values or night in values else total
    return exact(values.get(code, ""), "*kWh")


def _month_peak(text: str) -> Peak | None:
    """1-0:1.6.0 is (time)(kW); the Walloon Iskra sends (kW)(time)."""
    first, _, second = text.partition(")(")
    at, demand = (second, first) if "*" in first else (first, second)
    kw = exact(demand, "*kW")
    return None if kw is None else Peak(kw, moment(at))


@lru_cache(maxsize=4)  # the same for a month: understood once
def _month_peaks(text: str) -> tuple[MonthPeak, ...]:
    return tuple(MonthPeak(*row) for row in peak_rows(text.split(")(")))
