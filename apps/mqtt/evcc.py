"""evcc's loadpoints, read from its retained topics, as needs of cars.

Its topics hold texts; an empty one is unknown, and so is all of it after its last will, when it
cleans up, or when it has not updated for a minute. Source: evcc, server/mqtt.go, keys/loadpoint.go.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Literal

from apps.mqtt.twins import Point, Twins
from base import messages
from base.limits import LEAST_A

NAME = "evcc"
ALIVE_S = 60.0
PHASE_KV = 0.23
MOST_A = 63.0
LOADPOINTS_MOST = messages.CARS_MOST
UNKNOWN_KWH = 20.0
"""Energy wanted by a car with an unknown state of charge."""
_KEPT = ("status", "updated", "loadpoints")
TOPICS = (*_KEPT, "loadpoints/+/+")
"""The subscribed topics, below its own."""
_KEYS = frozenset({
    "title", "mode", "connected", "charging", "chargePower", "phasesActive", "phasesConfigured",
    "effectiveMinCurrent", "effectiveMaxCurrent", "vehicleName", "vehicleTitle", "vehicleSoc",
    "effectiveLimitSoc", "effectivePlanTime", "effectivePlanSoc", "chargeRemainingEnergy",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Topics:
    """Last values of evcc by topic below its own; `updated_s` is its last sign of life."""

    texts: Mapping[str, str] = field(default_factory=dict)
    updated_s: float | None = None


def heard(before: Topics, topic: str, payload: bytes, now_s: float) -> Topics:
    """The values after one more topic of evcc; topics that are not used here are left out."""
    if not _wanted(topic) or len(payload) > 200:
        return before
    text = payload.decode(errors="replace").strip()
    texts = {key: kept for key, kept in before.texts.items() if key != topic}
    if text:
        texts[topic] = text
    alive = topic == "updated" and text != before.texts.get("updated")
    return Topics(texts, now_s if alive and text else before.updated_s)


def need(told: Topics, now_s: float, now: datetime) -> messages.Need | None:
    """The need of all loadpoints; None while evcc shows no sign of life, or has no loadpoint."""
    alive = told.updated_s is not None and now_s - told.updated_s < ALIVE_S
    if told.texts.get("status") != "online" or not alive:
        return None
    found = _loadpoints(told.texts)
    cars = tuple(_distinct(_car(point, n, now) for n, point in enumerate(found, 1)))
    powers = [car.power_kw for car in cars]
    if not cars or None in powers:
        return None
    busy = next((car for car in cars if car.plugged), cars[0])
    total = sum(power for power in powers if power is not None)
    why = f"{busy.name}, charged by evcc"
    return messages.Need(name=NAME, power_kw=total, why=messages.brief(why), cars=cars)


def points(told: Topics) -> list[Point]:
    """The chargers of the loadpoints, from number 1."""
    found = _loadpoints(told.texts)
    powers_w = [_number(point.get("chargePower")) for point in found]
    return [
        Point(point.get("connected") == "true", None if power_w is None else power_w / 1000.0)
        for point, power_w in zip(found, powers_w, strict=True)
    ]


def conflict(chargers: Sequence[messages.ChargerState], told: Topics, twins: Twins) -> str:
    """Reason why evcc is not granted power: it writes to the same charger; "" without.

    Known by the title, by the car that is plugged in there, or because both move alike.
    """
    ours = {each.name.casefold(): each.name for each in chargers}
    busy = {each.car.casefold(): each.name for each in chargers if each.plugged and each.car}
    for n, point in enumerate(_loadpoints(told.texts), 1):
        title = point.get("title", f"loadpoint {n}")
        named = [point.get("vehicleName", ""), point.get("vehicleTitle", "")]
        on = next((busy[name.casefold()] for name in named if name and name.casefold() in busy), "")
        held = on if point.get("connected") == "true" else ""
        if name := ours.get(title.casefold(), "") or held or twins.of(n):
            return messages.brief(
                f"evcc's {title} and charger {name} here are one charger with two programs: take "
                "it out of evcc, or out of cable_info in config.py"
            )
    return ""


def _wanted(topic: str) -> bool:
    parts = topic.split("/")
    if len(parts) == 1:
        return topic in _KEPT
    return (
        len(parts) == 3
        and parts[0] == "loadpoints"
        and parts[2] in _KEYS
        and (parts[1].isdecimal() and 1 <= int(parts[1][:3]) <= LOADPOINTS_MOST)
    )


def _loadpoints(texts: Mapping[str, str]) -> list[dict[str, str]]:
    """The fields of each loadpoint, from number 1 on."""
    count = int(_number(texts.get("loadpoints")) or 0)
    return [_loadpoint(texts, n) for n in range(1, min(count, LOADPOINTS_MOST) + 1)]


def _loadpoint(texts: Mapping[str, str], number: int) -> dict[str, str]:
    head = f"loadpoints/{number}/"
    return {k.removeprefix(head): text for k, text in texts.items() if k.startswith(head)}


def _car(point: Mapping[str, str], number: int, now: datetime) -> messages.CarNeed:
    """One loadpoint: off wants nothing, fast charges at any price, solar takes surplus only."""

    def value(key: str) -> float | None:
        return _number(point.get(key))

    soc = _percent(value("vehicleSoc"))
    by = _moment(value("effectivePlanTime"), now)
    target = _percent(value("effectivePlanSoc") if by else value("effectiveLimitSoc"))
    active = int(value("phasesActive") or value("phasesConfigured") or 3)
    phases: Literal[1, 3] = 1 if active == 1 else 3
    fixed = value("phasesConfigured") == 3  # 0: it switches by itself
    least_a = min(max(value("effectiveMinCurrent") or LEAST_A, LEAST_A), MOST_A)
    most_a = min(max(value("effectiveMaxCurrent") or 16.0, least_a), MOST_A)
    plugged, mode = point.get("connected") == "true", point.get("mode", "")
    done = soc is not None and target is not None and soc >= target
    wants = plugged and mode in ("now", "pv", "minpv") and not done
    left = value("chargeRemainingEnergy")
    kwh = UNKNOWN_KWH if left is None or left <= 0 else min(left / 1000.0, messages.KWH_MOST)
    urgency: Literal["now", "trip", "sun", "none"] = "none"
    if wants:
        urgency = "now" if mode == "now" else "trip" if by else "sun"
    power = value("chargePower")
    return messages.CarNeed(
        name=_name(point, number),
        plugged=plugged,
        power_kw=None if power is None else min(max(0.0, power / 1000.0), messages.KW_MOST),
        soc_pct=soc,
        target_pct=target,
        energy_kwh=kwh if wants else 0.0,
        deadline=by if wants else None,
        least_kw=least_a * PHASE_KV * (3 if fixed else 1) if wants else 0.0,
        most_kw=most_a * PHASE_KV * phases if wants else 0.0,
        phases=phases,
        urgency=urgency,
        value_eur_kwh=0.5,
        room_kwh=kwh if wants else 0.0,
    )


def _name(point: Mapping[str, str], number: int) -> str:
    given = point.get("vehicleTitle") or point.get("title") or ""
    return messages.brief("".join(c for c in given if c.isprintable()).strip(), 36) or (
        f"loadpoint {number}"
    )


def _distinct(cars: Iterator[messages.CarNeed]) -> Iterator[messages.CarNeed]:
    """No two of the same name."""
    names: set[str] = set()
    for number, car in enumerate(cars, 1):
        name = car.name if car.name not in names else f"{car.name} {number}"
        names.add(name)
        yield car.model_copy(update={"name": name})


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if isfinite(value) else None


def _percent(value: float | None) -> float | None:
    """The value; None for evcc's 0, which means none."""
    return value if value is not None and 0 < value <= 100 else None


def _moment(unix_s: float | None, now: datetime) -> datetime | None:
    """The time, if it is in the future."""
    if unix_s is None or not 0 < unix_s < 4e9:
        return None
    at = datetime.fromtimestamp(unix_s, UTC)
    return at if at > now else None
