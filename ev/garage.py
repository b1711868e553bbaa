"""Cars on their chargers, their state of charge, and their owner's commands. Pure.

All reports of chargers and cars are folded into a Garage; the strategy receives it as Cables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ev.cost import NOTHING, FromBattery
from ev.facts import Car, CarStatus, ChargerState, Trip
from ev.habit import Usual, expected, unannounced
from ev.identify import Identified, identify
from ev.inputs import AUTO, Away, Cable, Wish
from ev.session import REFUSES_KW, Session, folded, stay_not_after
from ev.vehicle import (
    SEEN_LATE,
    Estimate,
    Said,
    Vehicle,
    estimate,
    heard,
    left,
    most_pct,
    returned,
    words_not_after,
)

NEARLY = timedelta(hours=3)
"""A car that leaves within this time of a departure leaves for that trip."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Announced:
    """The calendar announced a trip of this car, first seen `at` a time."""

    car: str
    departure: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Garage:
    """State now. `chargers`, `sessions`, `found` and `said` are by charger's name.

    `vehicles` are by car's name; so are `wishes`, or by the guest's, and `usual`, the trips
    expected from habit. `found` is the car identified there; `said` is the owner's answer about
    it.
    """

    vehicles: Mapping[str, Vehicle] = field(default_factory=dict)
    chargers: Mapping[str, ChargerState] = field(default_factory=dict)
    sessions: Mapping[str, Session] = field(default_factory=dict)
    found: Mapping[str, Identified] = field(default_factory=dict)
    said: Mapping[str, Said[str]] = field(default_factory=dict)
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    trips: tuple[Trip, ...] = ()
    usual: Mapping[str, tuple[Usual, ...]] = field(default_factory=dict)
    announced: tuple[Announced, ...] = ()

    @property
    def cars(self) -> tuple[str, ...]:
        """The names of the household's cars."""
        return tuple(self.vehicles)


def furnished(kept: Garage, cars: Sequence[Car], chargers: Sequence[str]) -> Garage:
    """State stored by an earlier run, for the cars and chargers of config.py."""
    known = kept.vehicles
    vehicles = {
        car.name: replace(known[car.name], car=car) if car.name in known else Vehicle(car=car)
        for car in cars
    }
    sessions = {name: kept.sessions[name] for name in chargers if name in kept.sessions}
    said = {name: kept.said[name] for name in chargers if name in kept.said}
    names = {None, *vehicles}
    found = {
        name: kept.found[name] for name in sessions if name in kept.found
        and names.issuperset((kept.found[name].car, *kept.found[name].possible))
    }  # fmt: skip
    return Garage(
        vehicles=vehicles,
        chargers={},
        sessions=sessions,
        found=found,
        said=said,
        wishes=kept.wishes,
        trips=kept.trips,
        announced=kept.announced,
    )


def looked(
    garage: Garage,
    state: ChargerState,
    eur_kwh: float | None = None,
    battery: FromBattery = NOTHING,
    sun: float = 0.0,
) -> Garage:
    """The garage after a reading of one charger; its energy since the last one cost `eur_kwh`;
    `battery` is the part from the home battery, `sun` the share of the roof."""
    garage, name = not_after(garage, state.at), state.charger
    before = garage.sessions.get(name)
    watched = name in garage.chargers
    now = folded(before, state, watched=watched, eur_kwh=eur_kwh, battery=battery, sun=sun)
    garage = replace(garage, chargers={**garage.chargers, name: state})
    if before is not None and (now is None or now.since != before.since):
        garage = _gone(garage, name, before)
    if now is None:
        return garage
    garage = replace(garage, sessions={**garage.sessions, name: now})
    return _learned(_identified(garage, name, now), name, now)


def _learned(garage: Garage, charger: str, session: Session) -> Garage:
    """The garage with the limits learned of the car on a charger, for its next stay. Nothing is
    learned while another car may be plugged in there.
    """
    vehicle, draw = on(garage, charger), session.draw
    if vehicle is None or garage.found[charger].rivals:
        return garage
    vehicle = returned(vehicle, session)
    takes = (garage.chargers[charger].power_kw or 0.0) > REFUSES_KW  # it is not full
    least_a = draw.least_a if takes and draw.least_a else vehicle.least_a
    shown = replace(vehicle, phases=draw.phases or vehicle.phases, least_a=least_a)
    if shown == on(garage, charger):
        return garage
    return replace(garage, vehicles={**garage.vehicles, vehicle.car.name: shown})


def not_after(garage: Garage, now: datetime) -> Garage:
    """The garage after our clock was put back: later times become now. Otherwise they would stay
    the latest until the clock reaches them."""
    if _latest(garage) <= now + SEEN_LATE:
        return garage
    for name, session in garage.sessions.items():
        garage = _identified(garage, name, session)
    vehicles = {
        name: words_not_after(vehicle, garage.sessions.get(where(garage, name) or ""), now)
        for name, vehicle in garage.vehicles.items()
    }
    sessions = {name: stay_not_after(each, now) for name, each in garage.sessions.items()}
    said = {name: replace(word, at=min(word.at, now)) for name, word in garage.said.items()}
    return replace(garage, vehicles=vehicles, sessions=sessions, said=said)


def told(garage: Garage, status: CarStatus) -> Garage:
    """The garage after a status from a car's source."""
    vehicle = garage.vehicles.get(status.car)
    if vehicle is None:
        return garage
    vehicles = {**garage.vehicles, status.car: heard(vehicle, status)}
    garage = replace(garage, vehicles=vehicles)
    for name, session in garage.sessions.items():
        garage = _identified(garage, name, session)
    return garage


def wished(garage: Garage, car: str, wish: Wish) -> Garage:
    """The garage with the owner's command for a car, or guest."""
    rest = {name: old for name, old in garage.wishes.items() if name != car}
    return replace(garage, wishes=rest if wish == AUTO else {**rest, car: wish})


def named(garage: Garage, charger: str, car: str, now: datetime) -> Garage:
    """The garage with the owner's choice of the car on a charger: a car's name, or "guest"."""
    garage = replace(garage, said={**garage.said, charger: Said(car, now, "owner")})
    session = garage.sessions.get(charger)
    return _identified(garage, charger, session) if session else garage


def with_trips(garage: Garage, trips: tuple[Trip, ...], now: datetime) -> Garage:
    """The garage with these trips of all cars; new ones are dated now."""
    recent = (each for each in garage.announced if each.departure > now - NEARLY)
    told = {(each.car, each.departure): each for each in recent}
    for trip in trips:
        new = Announced(trip.car, trip.departure, now)
        told.setdefault((trip.car, trip.departure), new)
    return replace(garage, trips=trips, announced=tuple(told.values()))


def with_usual(garage: Garage, now: datetime) -> Garage:
    """The garage with the usual trips of each car, for days without calendar entries."""
    usual = {
        name: unannounced(
            expected(vehicle.outings, now),
            ((trip.departure, trip.back) for trip in garage.trips if trip.car == name),
        )
        for name, vehicle in garage.vehicles.items()
    }
    return replace(garage, usual=usual)


def forgotten(garage: Garage, car: str) -> Garage:
    """The garage in which the habit of a car is learned again from now on."""
    vehicle = replace(garage.vehicles[car], outings=(), left_at=None, left_pct=None)
    usual = {name: trips for name, trips in garage.usual.items() if name != car}
    return replace(garage, vehicles={**garage.vehicles, car: vehicle}, usual=usual)


def cable(garage: Garage, charger: str) -> Cable:
    """A charger as input of the strategy. KeyError before its first reading."""
    state, session = garage.chargers[charger], garage.sessions.get(charger)
    bare = Cable(charger=state)
    vehicle = on(garage, charger)
    if session is None:
        return replace(bare, wish=garage.wishes.get(bare.name, AUTO))
    came = session.since if session.seen else None
    names = garage.found[charger].rivals if charger in garage.found else ()
    rivals = tuple(_rival(garage, bare, name, session) for name in names)
    if vehicle is None:
        return replace(bare, wish=garage.wishes.get(bare.name, AUTO), rivals=rivals)
    name, known = vehicle.car.name, estimate(vehicle, session)
    return Cable(
        charger=state,
        car=vehicle.as_seen,
        soc_pct=known.soc_pct,
        soc_at=known.read_at,
        draw=session.draw,
        wish=garage.wishes.get(name, garage.wishes.get(bare.name, AUTO)),
        trips=tuple(trip for trip in garage.trips if trip.car == name),
        came=came,
        rivals=rivals,
        usual=garage.usual.get(name, ()),
    )


def _rival(garage: Garage, bare: Cable, name: str, session: Session) -> Cable:
    """The cable with this car instead, at its highest possible state of charge."""
    vehicle = garage.vehicles[name]
    trips = tuple(trip for trip in garage.trips if trip.car == name)
    came = session.since if session.seen else None
    return replace(
        bare, car=vehicle.as_seen, soc_pct=most_pct(vehicle, session), trips=trips, came=came
    )


def cables(garage: Garage) -> tuple[Cable, ...]:
    """Every charger that was ever read."""
    return tuple(cable(garage, name) for name in garage.chargers)


def away(garage: Garage) -> tuple[Away, ...]:
    """The cars of the house that are on none of our cables."""
    found = {one.car for one in garage.found.values()}
    return tuple(_away(garage, name) for name in garage.vehicles if name not in found)


def on(garage: Garage, charger: str) -> Vehicle | None:
    """The car on a charger; None without one, and for a guest."""
    found = garage.found.get(charger)
    return garage.vehicles.get(found.car) if found and found.car else None


def where(garage: Garage, car: str) -> str | None:
    """The charger a car hangs on."""
    return next((name for name, found in garage.found.items() if found.car == car), None)


def plugged(garage: Garage) -> tuple[str, ...]:
    """Cars that are plugged in now, guests included."""
    return tuple(cable(garage, name).name for name in garage.sessions if name in garage.chargers)


def known(garage: Garage, car: str) -> Estimate:
    """A car's estimated state, on a cable of ours or away."""
    charger = where(garage, car)
    return estimate(garage.vehicles[car], garage.sessions.get(charger) if charger else None)


def _away(garage: Garage, name: str) -> Away:
    vehicle = garage.vehicles[name]
    soc = estimate(vehicle, None)
    trips = tuple(trip for trip in garage.trips if trip.car == name)
    return Away(
        car=vehicle.as_seen,
        soc_pct=soc.soc_pct,
        soc_at=soc.read_at,
        trips=trips,
        usual=garage.usual.get(name, ()),
    )


def _gone(garage: Garage, charger: str, session: Session) -> Garage:
    """The garage after a car left a charger: it keeps the SoC it had; the owner's commands end."""
    vehicle, name = on(garage, charger), cable(garage, charger).name
    vehicles = dict(garage.vehicles)
    if vehicle is not None:
        gone = left(vehicle, session, _ahead(garage, vehicle.car.name, session.at))
        certain = not garage.found[charger].rivals
        vehicles[vehicle.car.name] = gone if certain else replace(gone, left_at=None)
    guest = Cable(charger=garage.chargers[charger]).name
    return replace(
        garage,
        vehicles=vehicles,
        sessions={key: kept for key, kept in garage.sessions.items() if key != charger},
        found={key: kept for key, kept in garage.found.items() if key != charger},
        said={key: kept for key, kept in garage.said.items() if key != charger},
        wishes={key: kept for key, kept in garage.wishes.items() if key not in (name, guest)},
    )


def _ahead(garage: Garage, car: str, at: datetime) -> timedelta | None:
    """Time before departure at which the calendar announced the trip; None: not announced."""
    told = (
        at - each.at
        for each in garage.announced
        if each.car == car and abs(each.departure - at) <= NEARLY
    )
    return max(told, default=None)


def _identified(garage: Garage, charger: str, session: Session) -> Garage:
    """The garage with the connected cars, as far as is known now."""
    others = {
        one.car: not one.rivals for key, one in garage.found.items() if key != charger and one.car
    }
    found = identify(
        session,
        tuple(garage.vehicles.values()),
        said=garage.said.get(charger),
        elsewhere=others,
        trips=garage.trips,
        before=garage.found.get(charger),
    )
    if found == garage.found.get(charger):
        return garage
    return replace(garage, found={**garage.found, charger: found})


def _latest(garage: Garage) -> datetime:
    """The latest time in the garage."""
    words: list[Said[Any] | None] = list(garage.said.values())
    for vehicle in garage.vehicles.values():
        words += (*vehicle.socs, vehicle.range_km, vehicle.plugged)
        words += (vehicle.charging, vehicle.target_pct)
    times = [session.at for session in garage.sessions.values()]
    return max((*times, *(word.at for word in words if word)), default=LONG_AGO)
