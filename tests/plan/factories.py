"""Factories for the plan tests: two days, a car, a battery, a house."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from base import messages
from base.time import QUARTER
from plan.month import MonthPeak

NOW = datetime(2026, 1, 15, 17, tzinfo=UTC)  # 18:00 in Brussels
MONTH = MonthPeak(end=datetime(2026, 1, 31, 23, tzinfo=UTC), peak_kw=2.5, eur_kw=50 / 12)


def night(count: int = 192) -> list[bool]:
    """True if each quarter from NOW is at the night rate, 22-07."""
    hours = (18 + np.arange(count) / 4) % 24
    return [bool(hour >= 22 or hour < 7) for hour in hours]


def outlook(**changed: Any) -> messages.Outlook:
    """Day and night prices, a house of 0.4 kW, no sun."""
    values: dict[str, Any] = {
        "start": NOW,
        "buy_eur_kwh": tuple(0.22 if low else 0.32 for low in night()),
        "sell_eur_kwh": (0.05,) * 192,
        "load_kw": (0.4,) * 192,
        "solar_kw": (0.0,) * 192,
    }
    return messages.Outlook.model_construct(**{**values, **changed})


def car(**changed: Any) -> messages.CarNeed:
    """A connected car that needs 20 kWh by 07:30 local time."""
    values: dict[str, Any] = {
        "name": "q4",
        "plugged": True,
        "power_kw": 0.0,
        "energy_kwh": 18.0,
        "deadline": NOW + timedelta(hours=13.5),
        "least_kw": 1.4,
        "most_kw": 11.0,
        "urgency": "trip",
    }
    return messages.CarNeed(**{**values, **changed})


def battery(**changed: Any) -> messages.BatteryNeed:
    """10 kWh, 5 kW, half full."""
    values: dict[str, Any] = {
        "name": "home",
        "power_kw": 0.0,
        "soc_pct": 50.0,
        "capacity_kwh": 10.0,
        "charge_kw": 5.0,
        "discharge_kw": 5.0,
        "wear_eur_kwh": 0.02,
    }
    return messages.BatteryNeed(**{**values, **changed})


def needs(
    *cars: messages.CarNeed, batteries: tuple[messages.BatteryNeed, ...] = ()
) -> dict[str, messages.Need]:
    """The messages of ev and bs."""
    found: dict[str, messages.Need] = {}
    if cars:
        power = sum(each.power_kw or 0.0 for each in cars)
        found["ev"] = messages.Need(name="ev", power_kw=power, cars=cars)
    if batteries:
        found["bs"] = messages.Need(name="bs", power_kw=0.0, batteries=batteries)
    return found


def house(
    net_kw: float, *, so_far_kw: float = 0.0, left_s: float = 900.0, target_kw: float = 2.5,
    **changed: Any,
) -> messages.House:  # fmt: skip
    """A telegram in the quarter that begins at NOW, `left_s` before its end."""
    quarter = messages.Quarter(
        start=NOW,
        end=NOW + QUARTER,
        so_far_kw=so_far_kw,
        own_kw=None,
        forecast_kw=0.0,
        error_kw=0.0,
    )
    values: dict[str, Any] = {
        "time": NOW + timedelta(seconds=900.0 - left_s),
        "meter_id": None,
        "tariff": "day",
        "offtake_kw": max(0.0, net_kw),
        "injection_kw": max(0.0, -net_kw),
        "price_offtake_eur_kwh": 0.32,
        "price_injection_eur_kwh": 0.05,
        "quarter": quarter,
        "target_kw": target_kw,
        "health": messages.Health(state="fresh", age_s=0.0, good=1, rejected=0),
    }
    return messages.House(**{**values, **changed})


def load(**changed: Any) -> messages.LoadNeed:
    """A boiler of 2 kW with only on and off: 4 kWh by 07:30 local time."""
    values: dict[str, Any] = {
        "name": "boiler",
        "power_kw": 0.0,
        "least_kw": 2.0,
        "most_kw": 2.0,
        "energy_kwh": 4.0,
        "deadline": NOW + timedelta(hours=13.5),
        "least_on_s": 1800.0,
        "least_off_s": 900.0,
    }
    return messages.LoadNeed(**{**values, **changed})


def loads(*each: messages.LoadNeed) -> dict[str, messages.Need]:
    """The message of a program with loads."""
    return {"shed": messages.Need(name="shed", power_kw=0.0, loads=each)}
