"""All batteries as one pack, and the pack's set-point divided over them.

A car that can discharge is a battery with a deadline: until it leaves it keeps the energy that
could not be recharged before that, and when time runs short it must charge.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite

from base.time import BRUSSELS, HOUR_S
from bs.facts import Battery, Departure, Mode, SetPoint
from bs.inputs import Unit

AGAIN_PCT = 2.0
"""Hysteresis: a full battery is charged again when it is this far from full."""
NEARLY_KW = 0.05
LATE = 0.9
"""Share of the charging power that is assumed before a departure."""


@dataclass(frozen=True, slots=True)
class Pack:
    """All usable batteries as one pack. kW on the AC side.

    `charge_kw` and `discharge_kw` can be done now. `must_kw` is the charging power that a
    departure at `departs` needs from now on, 0 while it can wait.
    """

    charge_kw: float = 0.0
    discharge_kw: float = 0.0
    must_kw: float = 0.0
    departs: datetime | None = None


def departure(battery: Battery, now: datetime) -> Departure | None:
    """The next departure; None for a battery that stays."""
    if battery.leaves is None:
        return None
    local = now.astimezone(BRUSSELS)
    days = 0 if local.time() < battery.leaves else 1
    at = datetime.combine(local.date() + timedelta(days=days), battery.leaves, BRUSSELS)
    return Departure(at.astimezone(UTC), battery.leaves_pct)


def usable(unit: Unit) -> bool:
    """True if its state of charge is valid and it is healthy."""
    soc = unit.state.soc_pct
    known = soc is not None and isfinite(soc) and 0 <= soc <= 100
    return known and unit.state.healthy and unit.battery.capacity_kwh > 0


def resting(units: Iterable[Unit], before: frozenset[str], now: datetime) -> frozenset[str]:
    """The batteries, by name and mark, that are full ("home+") until they have discharged somewhat,
    or late for a departure ("home!") until they are ready."""
    found = set()
    for unit in units:
        if not usable(unit):
            continue
        name = unit.battery.name
        back = AGAIN_PCT if f"{name}+" in before else 0.0
        if (unit.state.soc_pct or 0.0) >= unit.battery.most_pct - back:
            found.add(f"{name}+")
        late = f"{name}!" in before or _stored(unit) <= _least(unit, now)
        if late and _stored(unit) < _wanted(unit):
            found.add(f"{name}!")
    return frozenset(found)


def packed(units: Iterable[Unit], rests: frozenset[str], now: datetime) -> Pack:
    """The usable batteries as one."""
    used = [unit for unit in units if usable(unit)]
    leaving = [unit.state.departure for unit in used if unit.state.departure]
    return Pack(
        charge_kw=sum(able_kw(unit, Mode.CHARGE, rests, now) for unit in used),
        discharge_kw=sum(able_kw(unit, Mode.DISCHARGE, rests, now) for unit in used),
        must_kw=sum(must_kw(unit, rests, now) for unit in used),
        departs=min((departure.at for departure in leaving), default=None),
    )


def able_kw(unit: Unit, mode: Mode, rests: frozenset[str], now: datetime) -> float:
    """Power of a usable battery in this direction now, kW."""
    battery, state = unit.battery, unit.state
    if mode is Mode.CHARGE:
        own = battery.charge_kw if state.charge_kw is None else state.charge_kw
        return 0.0 if f"{battery.name}+" in rests else min(own, battery.charge_kw)
    own = battery.discharge_kw if state.discharge_kw is None else state.discharge_kw
    return 0.0 if _stored(unit) <= _least(unit, now) else min(own, battery.discharge_kw)


def must_kw(unit: Unit, rests: frozenset[str], now: datetime) -> float:
    """Charging power required from now on to be ready in time, kW; 0 while it can wait."""
    leaves, battery = unit.state.departure, unit.battery
    if leaves is None or f"{battery.name}!" not in rests:
        return 0.0
    missing = _wanted(unit) - _stored(unit)
    hours = max((leaves.at - now).total_seconds() / HOUR_S, 1 / 60)
    return min(battery.charge_kw, missing / battery.efficiency / hours / LATE)


def shared(
    total_kw: float, why: str, units: Sequence[Unit], rests: frozenset[str], now: datetime
) -> dict[str, SetPoint]:
    """Set-point of each battery, by name: its share by its usual power; the others take over what
    one cannot do now. In whole watts; a taper of less than `NEARLY_KW` is left to the device, or
    each reading would be another set-point."""
    mode = Mode.CHARGE if total_kw > 0 else Mode.DISCHARGE
    able = {u.battery.name: able_kw(u, mode, rests, now) if usable(u) else 0.0 for u in units}
    usual = {u.battery.name: _usual_kw(u.battery, mode) for u in units if able[u.battery.name] > 0}
    points = {unit.battery.name: SetPoint(Mode.HOLD, 0.0, why) for unit in units}
    left_kw, left_usual_kw = abs(total_kw), sum(usual.values())
    for name in sorted(usual, key=lambda name: able[name] / usual[name]):
        kw = round(min(left_kw * usual[name] / left_usual_kw, able[name] + NEARLY_KW), 3)
        left_kw, left_usual_kw = left_kw - kw, left_usual_kw - usual[name]
        if kw > 0:
            points[name] = SetPoint(mode, kw, why)
    return points


def reserve_pct(unit: Unit, now: datetime) -> float:
    """State of charge below which a usable battery does not discharge now."""
    return min(100.0, 100.0 * _least(unit, now) / unit.battery.capacity_kwh)


def _usual_kw(battery: Battery, mode: Mode) -> float:
    return battery.charge_kw if mode is Mode.CHARGE else battery.discharge_kw


def _stored(unit: Unit) -> float:
    return (unit.state.soc_pct or 0.0) / 100 * unit.battery.capacity_kwh


def _reserve(unit: Unit) -> float:
    return unit.battery.reserve_pct / 100 * unit.battery.capacity_kwh


def _wanted(unit: Unit) -> float:
    """Energy required at its departure, kWh; 0 for a battery that stays."""
    leaves = unit.state.departure
    return leaves.soc_pct / 100 * unit.battery.capacity_kwh if leaves else 0.0


def _least(unit: Unit, now: datetime) -> float:
    """Energy to keep, kWh: the reserve, and what could not be recharged before a departure."""
    leaves, battery = unit.state.departure, unit.battery
    if leaves is None:
        return _reserve(unit)
    hours = max(0.0, (leaves.at - now).total_seconds() / HOUR_S)
    late = _wanted(unit) - battery.charge_kw * battery.efficiency * LATE * hours
    return max(_reserve(unit), late)
