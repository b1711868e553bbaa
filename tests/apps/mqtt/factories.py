"""Messages of the programs, with default values that a test can replace."""

from datetime import UTC, date, datetime
from typing import Any

from base import messages

METER = "1SAG0000001605"
AT = datetime(2026, 1, 15, 16, 38, 24, tzinfo=UTC)


def house(**more: Any) -> messages.House:
    values = {
        "time": AT, "meter_id": METER, "tariff": "day", "offtake_kw": 1.0, "injection_kw": 0.0,
        "target_kw": 3.4, "headroom_kw": 2.4, "steady_kw": 2.0,
        "health": messages.Health(state="fresh", age_s=0.2, good=9, rejected=0),
    }  # fmt: skip
    return messages.House.model_validate({**values, **more})


def registers(**more: Any) -> messages.Registers:
    values = {
        "time": AT, "meter_id": METER, "offtake_day_kwh": 12345.678, "offtake_night_kwh": 9.5,
        "injection_day_kwh": 1.0, "injection_night_kwh": 0.0, "gas_m3": 4321.098,
    }  # fmt: skip
    return messages.Registers.model_validate({**values, **more})


def car(name: str = "q4", **more: Any) -> messages.CarState:
    values = {"name": name, "charger": "main", "soc_pct": 62.0, "target_pct": 80.0}
    return messages.CarState.model_validate({**values, **more})


def charging(*cars: messages.CarState, **more: Any) -> messages.Charging:
    charger = messages.ChargerState(name="main", plugged=True, car="q4", power_kw=2.97, told_a=13.0)
    values = {"time": AT, "cars": cars or (car(),), "chargers": (charger,)}
    return messages.Charging.model_validate({**values, **more})


def batteries(**more: Any) -> messages.Batteries:
    home = messages.BatteryState(name="home", soc_pct=54.0, power_kw=-1.8)
    return messages.Batteries.model_validate({"time": AT, "batteries": (home,), **more})


def bill() -> messages.Bill:
    return messages.Bill(time=AT, start=date(2026, 1, 1), lines=(), total_eur=100.5)
