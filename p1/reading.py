"""A Reading: what one telegram says about the house, in the words used everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from p1.telegram import Telegram
from p1.values import amount, exact, identity, moment, peak_rows, real, text_of

Values = Mapping[str, str]


class Tariff(StrEnum):
    """The tariff in force. Source: eMUCS-P1 0-0:96.14.0, 0001 is day, 0002 is night."""

    DAY = "day"
    NIGHT = "night"


class Grid(StrEnum):
    """How the house hangs on the grid. Source: 1-0:94.32.1, else inferred from the voltages."""

    ONE_PHASE = "1x230"
    DELTA = "3x230"
    STAR = "3x400"


class Breaker(StrEnum):
    """Main breaker. Source: 0-0:96.3.10."""

    OFF = "off"
    ON = "on"
    READY = "ready"


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
class Phase:
    """One phase, L1 first. kW, V, A; None where the meter does not say."""

    offtake_kw: float | None
    injection_kw: float | None
    voltage_v: float | None
    current_a: float | None


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


@dataclass(frozen=True, slots=True)
class Reading:
    """What one telegram says. Unknown is None, never 0. Power flows into the house or out of it.

    Registers are Decimal kWh, power is kW, `time` is the meter's clock in UTC. `month_peaks`
    stand in the order sent, months may lack. Limits are as sent: 99.999 or 999.9 kW and 999 A
    or more mean no limit. `message` is "" when the grid operator has nothing to say.
    """

    time: datetime | None
    meter_id: str | None
    version: str | None
    tariff: Tariff | None
    offtake_day_kwh: Decimal | None
    offtake_night_kwh: Decimal | None
    injection_day_kwh: Decimal | None
    injection_night_kwh: Decimal | None
    offtake_kw: float | None
    injection_kw: float | None
    demand_kw: float | None
    month_peak: Peak | None
    month_peaks: tuple[MonthPeak, ...]
    grid: Grid | None
    phases: tuple[Phase, ...]
    breaker: Breaker | None
    limit_kw: float | None
    limit_a: float | None
    message: str | None
    submeters: tuple[Submeter, ...]


class _Country(NamedTuple):
    """What a country's numbers mean. Registers: day, night, and the one without tariffs."""

    tariffs: Mapping[str, Tariff]
    offtake: tuple[str, str, str]
    injection: tuple[str, str, str]


_BELGIAN = _Country(
    {"0001": Tariff.DAY, "0002": Tariff.NIGHT},
    ("1-0:1.8.1", "1-0:1.8.2", "1-0:1.8.0"),
    ("1-0:2.8.1", "1-0:2.8.2", "1-0:2.8.0"),
)
_DUTCH = _Country(
    {"0001": Tariff.NIGHT, "0002": Tariff.DAY},
    ("1-0:1.8.2", "1-0:1.8.1", "1-0:1.8.0"),
    ("1-0:2.8.2", "1-0:2.8.1", "1-0:2.8.0"),
)
_BREAKER = {"0": Breaker.OFF, "1": Breaker.ON, "2": Breaker.READY}
_GRIDS = {"230": Grid.DELTA, "400": Grid.STAR}
_PHASES = (
    ("1-0:21.7.0", "1-0:22.7.0", "1-0:32.7.0", "1-0:31.7.0"),
    ("1-0:41.7.0", "1-0:42.7.0", "1-0:52.7.0", "1-0:51.7.0"),
    ("1-0:61.7.0", "1-0:62.7.0", "1-0:72.7.0", "1-0:71.7.0"),
)
_MEDIA = {
    "2": Medium.ELECTRICITY,
    "3": Medium.GAS,
    "4": Medium.HEAT,
    "6": Medium.WARM_WATER,
    "7": Medium.WATER,
    "10": Medium.COLD,
    "11": Medium.COLD,
    "12": Medium.HEAT,
}
_MEDIUM_CODE = "24.1.0"
_READING_CODES = ("24.2.1", "24.2.3", "24.3.0")
_CHANNELS = frozenset(
    f"0-{n}:{code}" for n in range(1, 9) for code in (_MEDIUM_CODE, *_READING_CODES)
)


def read(telegram: Telegram) -> Reading:
    """What the telegram says. A field that is wrong or absent is None, and only that field.

    Any telegram of eMUCS-P1 1.3 to 2.1.1 or DSMR 2 to 5, in any order of objects.
    """
    values = telegram.values
    get = values.get
    country = _DUTCH if telegram.dutch else _BELGIAN
    phases = _phases(values)
    return Reading(
        time=moment(get("0-0:1.0.0", "")),
        meter_id=_identity(get("0-0:96.1.1", "") or get("0-0:96.1.0", "")),
        version=get("0-0:96.1.4", "") or get("1-3:0.2.8", "") or None,
        tariff=country.tariffs.get(get("0-0:96.14.0", "")),
        offtake_day_kwh=_day_register(values, *country.offtake),
        offtake_night_kwh=exact(get(country.offtake[1], ""), "*kWh"),
        injection_day_kwh=_day_register(values, *country.injection),
        injection_night_kwh=exact(get(country.injection[1], ""), "*kWh"),
        offtake_kw=real(get("1-0:1.7.0", ""), "*kW"),
        injection_kw=real(get("1-0:2.7.0", ""), "*kW"),
        demand_kw=real(get("1-0:1.4.0", ""), "*kW"),
        month_peak=_month_peak(get("1-0:1.6.0", "")),
        month_peaks=_month_peaks(get("0-0:98.1.0", "")),
        grid=_grid(get("1-0:94.32.1", ""), phases),
        phases=phases,
        breaker=_BREAKER.get(get("0-0:96.3.10", "")),
        limit_kw=real(get("0-0:17.0.0", ""), "*kW"),
        limit_a=real(get("1-0:31.4.0", ""), "*A"),
        message=text_of(values["0-0:96.13.0"]) if "0-0:96.13.0" in values else None,
        submeters=_submeters(values),
    )


def _day_register(values: Values, day: str, night: str, total: str) -> Decimal | None:
    """The day register, kWh; on a meter that counts without tariffs, its one register."""
    code = day if day in values or night in values else total
    return exact(values.get(code, ""), "*kWh")


# An id stays the same for years, the peaks for days, a sub-meter for five minutes: each is
# understood once.
_identity = lru_cache(maxsize=4)(identity)


@lru_cache(maxsize=4)
def _month_peak(text: str) -> Peak | None:
    """1-0:1.6.0 is (time)(kW); the Walloon Iskra sends (kW)(time)."""
    first, _, second = text.partition(")(")
    at, demand = (second, first) if "*" in first else (first, second)
    kw = exact(demand, "*kW")
    return None if kw is None else Peak(kw, moment(at))


@lru_cache(maxsize=4)
def _month_peaks(text: str) -> tuple[MonthPeak, ...]:
    return tuple(MonthPeak(*row) for row in peak_rows(text.split(")(")))


def _phases(values: Values) -> tuple[Phase, ...]:
    """L1 alone, or L1 to L3 when the meter speaks of L2 or L3, or none."""
    absent, get = values.keys().isdisjoint, values.get
    three = not (absent(_PHASES[1]) and absent(_PHASES[2]))
    count = 3 if three else 0 if absent(_PHASES[0]) else 1
    return tuple(
        [
            Phase(
                real(get(offtake, ""), "*kW"),
                real(get(injection, ""), "*kW"),
                real(get(voltage, ""), "*V"),
                real(get(current, ""), "*A"),
            )
            for offtake, injection, voltage, current in _PHASES[:count]
        ]
    )


def _grid(sent: str, phases: tuple[Phase, ...]) -> Grid | None:
    """The grid as sent, or as the voltages tell: firmware before 50221 does not send it.

    On 3x230 V a Sagemcom gives L2 as 0 V, an Iskra each phase to a neutral that is not there.
    """
    if len(phases) < 3:
        return Grid.ONE_PHASE if phases else None
    if sent in _GRIDS:
        return _GRIDS[sent]
    u1, u2, u3 = (phase.voltage_v or 0.0 for phase in phases)
    if min(u1, u2, u3) > 180:
        return Grid.STAR
    if min(u1, u3) > 100 and (u2 == 0 or max(u1, u2, u3) < 160):
        return Grid.DELTA
    return None


def _submeters(values: Values) -> tuple[Submeter, ...]:
    """The meters on channels 1 to 8. A relay (0-n:96.3.10) or a lone id makes none."""
    channels = sorted({code[2] for code in _CHANNELS.intersection(values)})
    get = values.get
    return tuple(
        [
            _submeter(
                channel,
                get(f"0-{channel}:24.1.0", ""),
                get(f"0-{channel}:96.1.1", "") or get(f"0-{channel}:96.1.0", ""),
                get(f"0-{channel}:24.2.3")
                or get(f"0-{channel}:24.2.1")
                or get(f"0-{channel}:24.3.0", ""),
                get(f"0-{channel}:24.4.0"),
            )
            for channel in channels
        ]
    )


@lru_cache(maxsize=16)
def _submeter(channel: str, medium: str, meter_id: str, sent: str, valve: str | None) -> Submeter:
    groups = sent.split(")(")
    at = moment(groups[0])
    value, unit = _amount(groups)
    return Submeter(
        channel=int(channel),
        medium=_MEDIA.get(medium.lstrip("0"), Medium.OTHER),
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
