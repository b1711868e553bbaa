"""The message with the state of every charger and car."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from apps.ev.fleet import Fleet
from base import messages
from ev.chargers.device import Device
from ev.inputs import AUTO
from screen.charging.view import CarRow, Plug


def charging(fleet: Fleet, now: datetime) -> messages.Charging:
    """The message, from the last decision of the fleet."""
    plugs = fleet.plugs()
    on = {plug.cable.name: plug for plug in plugs if plug.cable.charger.plugged}
    rows = {row.name: row for row in fleet.rows()}
    guests = [
        CarRow(name=name, soc_pct=None, read_at=None, read_by="", charger=None)
        for name in on
        if name not in rows
    ]
    return messages.Charging(
        time=now,
        cars=tuple(_car(row, on, fleet, now) for row in (*rows.values(), *guests)),
        chargers=tuple(_charger(plug, fleet) for plug in sorted(plugs, key=lambda plug: plug.name)),
        choice="accept" if fleet.accepts else "refuse",
    )


def devices(fleet: Fleet, chargers: Iterable[object]) -> messages.Devices:
    """Types of the chargers, and the parameters learned of each car on them."""
    named = ((each.name, each.about) for each in chargers if isinstance(each, Device))
    found = [
        messages.DeviceAbout(kind="charger", name=name[:40], about=about) for name, about in named
    ]
    for name, vehicle in fleet.garage.vehicles.items():
        learned = {"phases": vehicle.phases, "least_a": vehicle.least_a}
        about = {key: f"{value:g}" for key, value in learned.items() if value is not None}
        found.append(messages.DeviceAbout(kind="car", name=name[:40], about=about))
    return messages.Devices(devices=tuple(found))


def _car(row: CarRow, on: Mapping[str, Plug], fleet: Fleet, now: datetime) -> messages.CarState:
    plug = on.get(row.name)
    wish = fleet.garage.wishes.get(row.name, plug.cable.wish if plug else AUTO)
    leaves = [trip.departure for trip in fleet.garage.trips if trip.car == row.name]
    plan = plug.plan if plug else None
    return messages.CarState(
        name=row.name[:40],
        charger=plug.name if plug else row.charger,
        soc_pct=row.soc_pct,
        soc_at=row.read_at,
        mode=wish.mode.value,
        target_pct=plug.demand.target_pct if plug else wish.target_pct,
        ready_by=plug.demand.deadline if plug else wish.by,
        leaves=min((at for at in leaves if at > now), default=None),
        ready_at=plan.ready_at if plan else None,
        lacks_kwh=plan.lacks_kwh if plan else None,
        usual=tuple(
            messages.UsualTrip(
                leaves=each.trip.leaves,
                returns=each.trip.returns,
                km=round(each.km, 1),
                chance=round(each.trip.chance, 2),
            )
            for each in fleet.usual
            if each.car == row.name
        ),
    )


def _charger(plug: Plug, fleet: Fleet) -> messages.ChargerState:
    state, session = plug.cable.charger, fleet.garage.sessions.get(plug.name)
    return messages.ChargerState(
        name=plug.name[:40],
        plugged=state.plugged,
        car=plug.cable.name if state.plugged else None,
        asks=tuple(name[:40] for name in plug.asks),
        told_a=plug.set.current_a,
        phases=plug.set.phases,
        power_kw=state.power_kw,
        why=plug.set.why,
        stay_since=plug.came,
        stay_kwh=session.energy_kwh if session else None,
        stay_eur=plug.eur,
        notice=state.notice,
    )
