"""A quiet evening without a cause for a notification, and factories for changes to it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from base import messages
from notify.causes import Scene
from notify.decide import Memory, Quiet, decide

EVENING = datetime(2026, 1, 15, 17, 38, tzinfo=UTC)  # 18:38 in Belgium
QUARTER = datetime(2026, 1, 15, 17, 30, tzinfo=UTC)
LEAVES = datetime(2026, 1, 16, 6, 30, tzinfo=UTC)


def house(**more: Any) -> messages.House:
    values = {
        "time": EVENING, "meter_id": "1SAG", "tariff": "day", "offtake_kw": 1.0,
        "injection_kw": 0.0, "target_kw": 3.4, "headroom_kw": 2.4,
        "month_peak": {"kw": 3.4, "at": None},
        "quarter": quarter(2.0),
        "health": {"state": "fresh", "age_s": 0.2, "good": 9, "rejected": 0},
    }  # fmt: skip
    return messages.House.model_validate({**values, **more})


def quarter(forecast_kw: float, so_far_kw: float = 1.0) -> messages.Quarter:
    return messages.Quarter(
        start=QUARTER,
        end=QUARTER + timedelta(minutes=15),
        so_far_kw=so_far_kw,
        own_kw=None,
        forecast_kw=forecast_kw,
        error_kw=0.1,
    )


def outlook(**more: Any) -> messages.Outlook:
    count = 4 * 48
    values = {
        "start": QUARTER, "buy_eur_kwh": (0.3,) * count, "sell_eur_kwh": (0.1,) * count,
        "peak_eur_kw": 4.4,
    }  # fmt: skip
    return messages.Outlook.model_validate({**values, **more})


def choice(**more: Any) -> messages.Choice:
    values = {
        "peer": "ev", "car": "q4", "leaves": LEAVES, "over_kw": 1.2, "eur": 5.24,
        "lacks_kwh": 14.0, "without_pct": 61.0,
    }  # fmt: skip
    return messages.Choice.model_validate({**values, **more})


def peak(**more: Any) -> messages.PeakState:
    values = {
        "time": EVENING, "quarter": None, "month_peak": None, "target_kw": None, "gap_kw": None,
        "headroom_kw": None, "budget_wh": None, "floor_kw": 2.5, "mean_kw": None,
    }  # fmt: skip
    return messages.PeakState.model_validate({**values, **more})


def charging(*chargers: messages.ChargerState, **more: Any) -> dict[str, messages.Charging]:
    cars = (messages.CarState(name="q4"), messages.CarState(name="ioniq"))
    values = {"time": EVENING, "cars": cars, "chargers": chargers}
    return {"ev": messages.Charging.model_validate({**values, **more})}


def guest(charger: str = "main", **more: Any) -> messages.ChargerState:
    values = {
        "name": charger, "plugged": True, "car": f"guest on {charger}", "asks": ("q4", "ioniq"),
        "stay_since": EVENING,
    }  # fmt: skip
    return messages.ChargerState.model_validate({**values, **more})


def away(**more: Any) -> tuple[messages.Need, ...]:
    trip = messages.Trip(leaves=LEAVES, returns=LEAVES + timedelta(hours=9), need_kwh=24.0)
    values = {"name": "q4", "plugged": False, "power_kw": 0.0, "soc_pct": 31.0, "trips": (trip,)}
    car = messages.CarNeed.model_validate({**values, **more})
    return (messages.Need(name="ev", power_kw=0.0, cars=(car,)),)


def scene(**more: Any) -> Scene:
    values = {"now": EVENING, "house": house(), "outlook": outlook(), "peak": peak()}
    return Scene(**{**values, **more})


def told(
    scenes: Sequence[Scene], quiet: Quiet | None = None, memory: Memory | None = None
) -> list[messages.Notification]:
    """Notifications of these scenes, in order."""
    found: list[messages.Notification] = []
    memory = memory or Memory()
    for each in scenes:
        memory, due = decide(memory, each, quiet)
        found += due
    return found


def lasting(minutes: int, **more: Any) -> list[Scene]:
    """The same scene repeated every minute."""
    return [
        scene(**{**more, "now": more.get("now", EVENING) + timedelta(minutes=n)})
        for n in range(minutes + 1)
    ]
