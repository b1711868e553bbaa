"""Answers and settings of a simulated NRGkick: the vendor's JSON API v1.

Texts, ranges and field names are the vendor's; so are the odd ones (a refused key refuses all).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from base.limits import VOLT

Json = dict[str, object]
DISABLED = "API must be enabled within the NRGkick App"
BAD_CURRENT = "Invalid current entered, allowed 6.0A - 32.0A"
BAD_PAUSE = "Invalid state entered, allowed 0 / 1"
BAD_LIMIT = (
    "Invalid limit entered, value must be greater or equal than 0Wh "
    "and less or equal than 1000000Wh"
)
BAD_PHASES = "Invalid phases entered, allowed 1 - 3"


class RefusedError(Exception):
    """A command that the charger refuses: its text and HTTP status."""

    def __init__(self, text: str, status: int = 406) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class Status(IntEnum):
    """The light on the unit, as a number and a name."""

    UNKNOWN = 0
    STANDBY = 1
    CONNECTED = 2
    CHARGING = 3
    ERROR = 6
    WAKEUP = 7


@dataclass(frozen=True, slots=True)
class Settings:
    """Its settings."""

    current_a: float = 16.0
    paused: bool = False
    limit_wh: int = 0
    phases: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Its type and limits."""

    name: str = "Simulated NRGkick"
    serial: str = "T0000000000000000S0D0"
    rated_a: int = 32
    connector_a: int = 32
    phases: int = 3

    @property
    def most_a(self) -> int:
        """The most that unit and connector take together, A."""
        return min(self.rated_a, self.connector_a)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Its measurements and reports of one second."""

    status: Status
    currents_a: tuple[float, float, float]
    offered_a: float
    relays: int
    total_wh: float
    session_wh: float
    connected_s: int
    charging_s: int
    plug_ins: int
    permitted: bool
    rcd: int
    warning: int
    error: int


def told(before: Settings, asked: Mapping[str, str], unit: Unit) -> Settings:
    """The settings after a write, clamped to the unit. RefusedError at the first wrong key."""
    after = before
    for key, text in asked.items():
        if key in _KEYS:
            after = _KEYS[key](after, text, unit)
    return after


def _current(before: Settings, text: str, unit: Unit) -> Settings:
    if not re.fullmatch(r"\d{1,2}(\.\d)?", text) or not 6 <= float(text) <= 32:
        raise RefusedError(BAD_CURRENT)
    return replace(before, current_a=min(float(text), float(unit.most_a)))


def _pause(before: Settings, text: str, unit: Unit) -> Settings:
    if text not in ("0", "1"):
        raise RefusedError(BAD_PAUSE)
    return replace(before, paused=text == "1")


def _limit(before: Settings, text: str, unit: Unit) -> Settings:
    if not re.fullmatch(r"\d{1,7}", text) or int(text) > 1_000_000:
        raise RefusedError(BAD_LIMIT)
    return replace(before, limit_wh=int(text))


def _phases(before: Settings, text: str, unit: Unit) -> Settings:
    if text not in ("1", "2", "3"):
        raise RefusedError(BAD_PHASES)
    return replace(before, phases=min(int(text), unit.phases))


_KEYS: dict[str, Callable[[Settings, str, Unit], Settings]] = {
    "current_set": _current,
    "charge_pause": _pause,
    "energy_limit": _limit,
    "phase_count": _phases,
}


def control(settings: Settings) -> Json:
    """The answer to /control."""
    amps = settings.current_a
    return {
        "current_set": int(amps) if amps.is_integer() else amps,
        "charge_pause": int(settings.paused),
        "energy_limit": settings.limit_wh,
        "phase_count": settings.phases,
    }


def info(unit: Unit, raw: bool) -> Json:
    """The answer to /info."""
    return {
        "general": {
            "serial_number": unit.serial,
            "model_type": "NRGkick Gen2 SIM",
            "device_name": unit.name,
            "rated_current": unit.rated_a,
        },
        "connector": {
            "phase_count": unit.phases,
            "max_current": unit.connector_a,
            "type": 1 if raw else "CEE",
            "serial": "A0000000",
        },
        "grid": {
            "voltage": VOLT,
            "frequency": 50,
            "phases": (1 << unit.phases) - 1
            if raw
            else ", ".join(("L1", "L2", "L3")[: unit.phases]),
        },
        "versions": {"sw_sm": "4.0.0.33", "hw_sm": "1.0.0.3"},
    }


def values(shown: Shown, raw: bool) -> Json:
    """The answer to /values. Not charging, its meter still sees 1 W and some mA."""
    idle = 0.0 if sum(shown.currents_a) else 0.004
    amps = [one + idle for one in shown.currents_a]
    watts = sum(amps) * VOLT if not idle else 0.9
    lines: Json = {
        f"l{line}": {"voltage": VOLT, "current": round(one, 3), "active_power": round(one * VOLT)}
        for line, one in enumerate(amps, 1)
    }
    return {
        "energy": {
            "total_charged_energy": int(shown.total_wh),
            "charged_energy": int(shown.session_wh),
        },
        "powerflow": {
            "charging_voltage": VOLT,
            "charging_current": shown.offered_a,
            "grid_frequency": 50.0,
            "total_active_power": round(watts, 1),
            **lines,
            "n": {"current": round(max(amps) - min(amps), 3)},
        },
        "general": _general(shown, raw),
        "temperatures": {"housing": 34.9, "connector_l1": 26.1, "connector_l2": 31.2},
    }


def _general(shown: Shown, raw: bool) -> Json:
    return {
        "vehicle_connect_time": shown.connected_s,
        "vehicle_charging_time": shown.charging_s,
        "status": int(shown.status) if raw else shown.status.name,
        "charge_permitted": int(shown.permitted),
        "relay_state": shown.relays if raw else _relays(shown.relays),
        "charge_count": shown.plug_ins,
        "rcd_trigger": shown.rcd if raw or shown.rcd else "NO_FAULT",
        "warning_code": shown.warning if raw or shown.warning else "NO_WARNING",
        "error_code": shown.error if raw or shown.error else "NO_ERROR",
    }


def _relays(bits: int) -> str:
    closed = [name for bit, name in enumerate(("N", "L1", "L2", "L3")) if bits & 1 << bit]
    return "_".join(closed) or "NO_RELAY"


def glitched(answer: Json) -> Json:
    """The same with a total power that no charger has."""
    return {
        key: glitched(part)
        if isinstance(part, dict)
        else 9e11
        if key == "total_active_power"
        else part
        for key, part in answer.items()
    }


def nulled(answer: Json) -> Json:
    """The same with null for every power and current."""
    gone = ("current", "active_power", "total_active_power")
    return {
        key: nulled(part) if isinstance(part, dict) else None if key in gone else part
        for key, part in answer.items()
    }
