"""The need message of the cars: power, energy still needed, and its value."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from base import messages
from base.language import phrase
from base.limits import LEAST_A
from ev.charge_demand import Demand
from ev.charger_state import Control, toward_kw
from ev.electrical import Ability, kw
from ev.facts import Car, SetPoint, Trip
from ev.habit import Usual
from ev.inputs import OURS, Away, Cable, Mode

GUEST_EUR_KWH = 0.5
USED_PCT = 20.0
"""Assumed use of a trip whose target is above the least charge."""
Phases = Literal[1, 2, 3]


def need(
    served: Sequence[tuple[Cable, Ability, Demand, Control]],
    away: Sequence[Away],
    set_points: Mapping[str, SetPoint],
    now: datetime,
    *,
    lost: bool,
    least_idle_s: float,
    calm_s: float,
    peer: str = OURS,
) -> messages.Need:
    """The need of all cars; its sentence is that of the first on a cable, or of the first cable.

    `least_idle_s` is the owner's setting for each car: the meter then grants no start that would be
    refused here. `calm_s` is the time of a grant before a car starts.
    """
    powers = [cable.charger.power_kw for cable, *_ in served]
    known = [power for power in powers if power is not None]
    busy = [cable for cable, *_ in served if cable.charger.plugged]
    first = next(iter(busy or [cable for cable, *_ in served]), None)
    why = set_points[first.charger.charger].why if first else phrase("no charger data yet")
    cars = (
        *(
            _on_cable(*each, now, least_idle_s, calm_s)
            for each in served
            if each[0].charger.plugged
        ),
        *(_away(each, now, least_idle_s, calm_s) for each in away if each.trips),
    )
    return messages.Need(
        name=peer,
        power_kw=sum(known) if known or not powers else None,
        healthy=not lost and not any(cable.charger.notice for cable, *_ in served),
        why=messages.brief(why),
        cars=cars[: messages.CARS_MOST],
    )


def _on_cable(
    cable: Cable,
    able: Ability,
    wanted: Demand,
    control: Control,
    now: datetime,
    least_idle_s: float,
    calm_s: float,
) -> messages.CarNeed:
    car, pauses = cable.car, cable.wish.mode is Mode.PAUSE
    usual_kwh = 0.0
    if car is not None and cable.soc_pct is not None and not pauses:
        usual_kwh = max(0.0, _kwh(car, car.default_target_pct - cable.soc_pct))
    if cable.rivals:  # it may be another car, which may need no more
        usual_kwh = 0.0
    power_kw = cable.charger.power_kw
    # What its calendar says is under way is over, or off: it is here.
    due = wanted.deadline
    ahead = [trip for trip in cable.trips if trip.departure > now or trip.departure == due]
    return messages.CarNeed(
        name=cable.name,
        plugged=True,
        power_kw=None if power_kw is None else max(0.0, power_kw),
        toward_kw=toward_kw(control, now),
        soc_pct=cable.soc_pct,
        soc_age_s=_age_s(cable.soc_at, now),
        target_pct=wanted.target_pct,
        capacity_kwh=car.capacity_kwh if car else None,
        energy_kwh=wanted.energy_kwh,
        deadline=wanted.deadline,
        least_kw=0.0 if pauses else able.least_kw,
        most_kw=0.0 if pauses else able.most_kw,
        phases=_phases(able.phases[-1]),
        efficiency=car.efficiency if car else 0.9,
        urgency=wanted.urgency.word,
        value_eur_kwh=car.value_eur_kwh if car else GUEST_EUR_KWH,
        room_kwh=max(usual_kwh, wanted.energy_kwh),
        trips=_trips(car, cable.soc_pct, ahead, cable.usual, now) if car else (),
        least_idle_s=least_idle_s,
        calm_s=calm_s,
    )


def _away(each: Away, now: datetime, least_idle_s: float, calm_s: float) -> messages.CarNeed:
    car = each.car
    return messages.CarNeed(
        name=car.name,
        plugged=False,
        power_kw=0.0,
        soc_pct=each.soc_pct,
        soc_age_s=_age_s(each.soc_at, now),
        capacity_kwh=car.capacity_kwh,
        least_kw=kw(LEAST_A, 1),
        most_kw=kw(car.most_a, car.phases),
        phases=_phases(car.phases),
        efficiency=car.efficiency,
        value_eur_kwh=car.value_eur_kwh,
        room_kwh=_kwh(car, car.default_target_pct),
        trips=_trips(car, each.soc_pct, each.trips, each.usual, now),
        least_idle_s=least_idle_s,
        calm_s=calm_s,
    )


def _trips(
    car: Car,
    soc_pct: float | None,
    trips: Iterable[Trip],
    usual: Iterable[Usual],
    now: datetime,
) -> tuple[messages.Trip, ...]:
    """The trips in kWh out of the charger, usual ones too; an unknown SoC counts as the least."""
    soc_pct = car.least_pct if soc_pct is None else soc_pct
    coming = (each for each in usual if each.leaves > now)
    every = (*_announced(car, soc_pct, trips), *_of_habit(car, soc_pct, coming))
    return tuple(sorted(every, key=lambda trip: trip.leaves)[: messages.TRIPS_MOST])


def _of_habit(car: Car, soc_pct: float, usual: Iterable[Usual]) -> Iterable[messages.Trip]:
    """The usual trips; none needs more than the usual target of the car."""
    for each in usual:
        most_pct = car.least_pct + 100 * each.most_kwh / car.capacity_kwh
        yield messages.Trip(
            leaves=each.leaves,
            returns=each.returns,
            need_kwh=_kwh(car, min(most_pct, car.default_target_pct) - soc_pct),
            use_kwh=each.kwh / car.efficiency,
            chance=each.chance,
        )


def _announced(car: Car, soc_pct: float, trips: Iterable[Trip]) -> Iterable[messages.Trip]:
    for trip in trips:
        used_pct = min(USED_PCT, max(0.0, trip.target_pct - car.least_pct))
        yield messages.Trip(
            leaves=trip.departure,
            returns=trip.back,
            need_kwh=_kwh(car, trip.target_pct - soc_pct),
            use_kwh=_kwh(car, used_pct),
        )


def _kwh(car: Car, pct: float) -> float:
    """Energy from the charger for this share of the battery."""
    return pct / 100.0 * car.capacity_kwh / car.efficiency


def _age_s(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max(0.0, (now - at).total_seconds())


def _phases(phases: int) -> Phases:
    return 1 if phases == 1 else 2 if phases == 2 else 3
