"""The coming quarters as a planner sees them: what a kWh costs, and how much there is room for."""

from dataclasses import dataclass, replace
from datetime import datetime

from base import messages
from base.time import BRUSSELS, HOUR_S, QUARTER, quarter_of
from ev.inputs import Rules, Scene
from ev.load import Load

SUN_TRUSTED = 0.7
"""The part of the sun that is forecast on which a plan counts."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A quarter, or what is left of it: `hours` from `start` (UTC).

    `eur_kwh` is the mean of its clock hour, so that a plan does not hop between quarters; None
    when no price is known. `room_kw` is what cars may take from the grid; `sun_kw` what the roof
    gives beyond the house, at `sun_eur_kwh`: what it would earn as injection.
    """

    start: datetime
    hours: float
    eur_kwh: float | None
    room_kw: float
    sun_kw: float = 0.0
    sun_eur_kwh: float = 0.0


def slots_until(scene: Scene, rules: Rules, load: Load, end: datetime) -> tuple[Slot, ...]:
    """The quarters from now to `end`, the first and last perhaps cut."""
    found: list[Slot] = []
    start = scene.now
    while start < end:
        stop = min(quarter_of(start) + QUARTER, end)
        hours = (stop - start).total_seconds() / HOUR_S
        found.append(_slot(scene, rules, load, start, hours))
        start = stop
    return tuple(found)


def without(slots: tuple[Slot, ...], kws: tuple[float, ...], over_kw: float) -> tuple[Slot, ...]:
    """The quarters left when another car takes `kws`, and lifts the peak by `over_kw` for it."""
    taken = (*kws, *[0.0] * len(slots))
    return tuple(
        replace(slot, room_kw=slot.room_kw + over_kw - kw, sun_kw=slot.sun_kw - kw)
        for slot, kw in zip(slots, taken, strict=False)
    )


def target_kw(scene: Scene, at: datetime) -> float:
    """The demand already paid for: this month's target, or next month's floor."""
    house = scene.house
    if house is None or house.target_kw is None or _month(at) != _month(scene.now):
        return scene.floor_kw
    return house.target_kw


def is_night(at: datetime, rules: Rules) -> bool:
    """Whether the night tariff holds by the clock."""
    local = at.astimezone(BRUSSELS)
    weekend = rules.weekend_is_night and local.weekday() >= 5
    return weekend or not rules.day_start <= local.time() < rules.day_end


def _slot(scene: Scene, rules: Rules, load: Load, start: datetime, hours: float) -> Slot:
    outlook, place = scene.outlook, _place(scene.outlook, start)
    usual_kw = load.hours_kw[start.astimezone(BRUSSELS).hour]
    house_kw = _at(outlook.load_kw, place, usual_kw) if outlook else usual_kw
    roof_kw = _at(outlook.solar_kw, place, 0.0) if outlook else 0.0
    needed_kw = house_kw - SUN_TRUSTED * roof_kw
    return Slot(
        start,
        hours,
        eur_kwh(scene, rules, start),
        target_kw(scene, start) - rules.margin_kw - max(0.0, needed_kw),
        max(0.0, -needed_kw),
        _at(outlook.sell_eur_kwh, place, 0.0) if outlook else 0.0,
    )


def eur_kwh(scene: Scene, rules: Rules, at: datetime) -> float | None:
    """What a kWh of offtake costs in the clock hour of `at`, as far as known."""
    outlook, place = scene.outlook, _place(scene.outlook, at.replace(minute=0))
    if outlook is not None:
        hour = [
            price
            for price in outlook.buy_eur_kwh[max(0, place) : max(0, place + 4)]
            if price is not None
        ]
        if hour:
            return sum(hour) / len(hour)
    return scene.night_eur_kwh if is_night(at, rules) else scene.day_eur_kwh


def _place(outlook: messages.Outlook | None, at: datetime) -> int:
    """Which quarter of the outlook; negative before its start."""
    return (quarter_of(at) - outlook.start) // QUARTER if outlook else -1


def _at(values: tuple[float | None, ...], place: int, unknown: float) -> float:
    value = values[place] if 0 <= place < len(values) else None
    return unknown if value is None else value


def _month(at: datetime) -> tuple[int, int]:
    local = at.astimezone(BRUSSELS)
    return local.year, local.month
