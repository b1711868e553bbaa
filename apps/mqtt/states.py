"""The JSON under each state topic, made of the programs' last messages. Unknown is null."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Generic, NamedTuple, TypeVar

from apps.mqtt.seen import Seen
from apps.mqtt.topics import key
from base import messages
from base.time import BRUSSELS

T = TypeVar("T")
Value = str | float | bool | None
State = Mapping[str, Value]
REGISTERS = (
    "offtake_day_kwh",
    "offtake_night_kwh",
    "injection_day_kwh",
    "injection_night_kwh",
    "gas_m3",
    "water_m3",
)


def now(house: messages.House, seen: Seen) -> State:
    """The live values of the house; the month's only change with a telegram too."""
    quarter, peak = house.quarter, house.month_peak
    coming = None
    if quarter is not None and house.target_kw is not None:
        coming = quarter.forecast_kw > house.target_kw
    return {
        "offtake_kw": house.offtake_kw,
        "injection_kw": house.injection_kw,
        "quarter_so_far_kw": quarter.so_far_kw if quarter else None,
        "quarter_forecast_kw": quarter.forecast_kw if quarter else None,
        "headroom_kw": house.headroom_kw,
        "steady_kw": house.steady_kw,
        "target_kw": house.target_kw,
        "month_peak_kw": peak.kw if peak else None,
        "mean_peak_kw": seen.peak.mean_kw if seen.peak else None,
        "price_offtake": house.price_offtake_eur_kwh,
        "price_injection": house.price_injection_eur_kwh,
        "tariff": house.tariff,
        "peak_coming": coming,
    }


def registers(seen: messages.Registers) -> State:
    """The meter's own registers, to the third decimal as it sent them."""
    values = {name: getattr(seen, name) for name in REGISTERS}
    return {name: round(value, 3) for name, value in values.items() if value is not None}


def bill(told: messages.Bill) -> State:
    """The month's bill, and since when it counts."""
    return {
        "bill_eur": told.total_eur,
        "expected_eur": told.expected_eur,
        "peak_eur_kw": told.peak_eur_kw,
        "since": _midnight(told.start),
    }


def car(told: messages.CarState) -> State:
    """One car."""
    by = told.ready_by.astimezone(BRUSSELS) if told.ready_by else None
    return {
        "soc_pct": _rounded(told.soc_pct),
        "mode": told.mode,
        "target_pct": told.target_pct,
        "ready_by": f"{by:%H:%M}" if by else "",
        "leaves": _iso(told.leaves),
        "ready_at": _iso(told.ready_at and told.ready_at.replace(second=0, microsecond=0)),
        "lacks_kwh": _rounded(told.lacks_kwh),
        "charger": told.charger or "away",
    }


def charger(told: messages.ChargerState) -> State:
    """One charger and the stay of the car on it."""
    guest = told.car == f"guest on {told.name}"
    unknown = guest and told.asks
    return {
        "car": None if unknown else "guest" if guest else told.car or "none",
        "asks": " or ".join(told.asks)[:255],
        "power_kw": told.power_kw,
        "told_a": told.told_a,
        "why": told.why[:255],
        "stay_kwh": None if told.stay_kwh is None else round(told.stay_kwh, 3),
        "stay_eur": None if told.stay_eur is None else round(told.stay_eur, 2),
    }


def battery(told: messages.BatteryState, why: str) -> State:
    """One home battery."""
    return {"soc_pct": _rounded(told.soc_pct), "power_kw": told.power_kw, "why": why[:255]}


class Of(NamedTuple, Generic[T]):
    """A device, and the program that looks after it."""

    program: str
    state: T


def cars(told: Mapping[str, messages.Charging]) -> Mapping[str, Of[messages.CarState]]:
    """The cars of the house by their key; a guest comes and goes, and has no entities."""
    return {
        key(program, car.name): Of(program, car)
        for program, charging in told.items()
        for car in charging.cars
        if car.name != f"guest on {car.charger}"
    }


def chargers(told: Mapping[str, messages.Charging]) -> Mapping[str, Of[messages.ChargerState]]:
    """The chargers by their key."""
    return {
        key(program, each.name): Of(program, each)
        for program, charging in told.items()
        for each in charging.chargers
    }


def batteries(told: Mapping[str, messages.Batteries]) -> Mapping[str, Of[messages.BatteryState]]:
    """The batteries by their key."""
    return {
        key(program, each.name): Of(program, each)
        for program, storage in told.items()
        for each in storage.batteries
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=BRUSSELS).isoformat()
