"""Converts calendar entries to trips: car, departure, target. Pure.

A request in km or kWh is added to the car's `least_pct`, which stays as a reserve. Entries of one
car that overlap are one trip, because it is not home in between.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo

from base.language import phrase
from ev.facts import Car, Event, Trip
from ev.title_parser import Asked, asked, half_marked, is_marked, marks, plain

FULL_PCT = 100.0
MORNING = time(7)
MOST_TITLES = 3


@dataclass(frozen=True, slots=True)
class Schedule:
    """The trips that leave after now and those that have left and are not back, by departure.

    `unclear` are sentences for the owner on entries that cannot be read or met as written.
    """

    coming: tuple[Trip, ...] = ()
    under_way: tuple[Trip, ...] = ()
    unclear: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leg:
    """The request of one or more entries for a car: the highest percentage, and kWh that add up."""

    departure: datetime
    back: datetime
    pct: float
    kwh: float
    titles: tuple[str, ...]
    whys: tuple[str, ...]


def schedule(
    events: Iterable[Event],
    cars: Sequence[Car],
    now: datetime,
    *,
    zone: tzinfo,
    all_day_departure: time = MORNING,
) -> Schedule:
    """The trips of all cars that are not over at `now`.

    An entry without a time leaves at `all_day_departure` in `zone`, the household's.
    """
    unclear: list[str] = []
    legs: dict[str, list[_Leg]] = {car.name: [] for car in cars}
    by_name = {car.name: car for car in cars}
    for event in _once(events):
        named = marks(event.title, by_name)
        unclear += _strangers(event, named.unknown, by_name)
        if not named.cars and not named.unknown:
            unclear += _forgotten(event, half_marked(event.title, by_name))
        need = asked(event.title, event.description) if named.cars else None
        unclear += _doubts(event, need)
        for name in named.cars:
            legs[name].append(_leg(event, need, by_name[name], zone, all_day_departure))
    trips: list[Trip] = []
    for name, own in legs.items():
        for leg in _merged(own):
            if max(leg.departure, leg.back) > now:
                trips.append(_trip(leg, by_name[name]))
                unclear += _limits(leg, by_name[name])
    trips.sort(key=lambda trip: (trip.departure, trip.car))
    return Schedule(
        tuple(trip for trip in trips if trip.departure > now),
        tuple(trip for trip in trips if trip.departure <= now),
        tuple(dict.fromkeys(unclear)),
    )


def _once(events: Iterable[Event]) -> Iterator[Event]:
    """The entries that can name a car. One that is in two calendars counts once."""
    seen = set()
    for event in events:
        key = (event.title.casefold().strip(), event.start, event.end)
        if is_marked(event.title) and key not in seen:
            seen.add(key)
            yield event


def _leg(event: Event, need: Asked | None, car: Car, zone: tzinfo, morning: time) -> _Leg:
    """Request of one entry for one car."""
    departure, why = event.start, ""
    if event.all_day:
        day = event.start.astimezone(zone).date()
        departure = datetime.combine(day, morning, zone).astimezone(UTC)
        why = ", " + phrase(
            "leaving at {time} because the entry has no time", time=f"{morning:%H:%M}"
        )
    back = max(event.end, departure)
    title = (plain(event.title),)
    if need is None:
        usual = phrase("the usual {pct:.0f} %", pct=car.default_target_pct) + why
        return _Leg(
            departure=departure,
            back=back,
            pct=car.default_target_pct,
            kwh=0.0,
            titles=title,
            whys=(usual,),
        )
    kwh = (need.kwh or 0.0) + (need.km or 0.0) * car.consumption_kwh_100km / 100
    reason = need.words if need.kwh is None and need.km is None else _reserved(need, kwh, car)
    return _Leg(
        departure=departure,
        back=back,
        pct=need.pct or 0.0,
        kwh=kwh,
        titles=title,
        whys=(reason + why,),
    )


def _reserved(need: Asked, kwh: float, car: Car) -> str:
    return phrase(
        "{asked} needs {kwh:.1f} kWh above a reserve of {pct:.0f} %",
        asked=need.words,
        kwh=kwh,
        pct=car.least_pct,
    )


def _merged(legs: Iterable[_Leg]) -> list[_Leg]:
    """Legs of one car by departure; one that begins before the last is back belongs to it."""
    merged: list[_Leg] = []
    for leg in sorted(legs, key=lambda leg: (leg.departure, leg.back, leg.titles)):
        if merged and leg.departure <= merged[-1].back:
            merged[-1] = _joined(merged[-1], leg)
        else:
            merged.append(leg)
    return merged


def _joined(first: _Leg, second: _Leg) -> _Leg:
    return _Leg(
        departure=first.departure,
        back=max(first.back, second.back),
        pct=max(first.pct, second.pct),
        kwh=first.kwh + second.kwh,
        titles=first.titles + second.titles,
        whys=first.whys + second.whys,
    )


def _trip(leg: _Leg, car: Car) -> Trip:
    target_pct = min(max(_wanted_pct(leg, car), car.least_pct), FULL_PCT)
    return Trip(
        car=car.name,
        departure=leg.departure,
        back=leg.back,
        target_pct=target_pct,
        title=_listed(leg.titles),
        why=_listed(leg.whys),
    )


def _wanted_pct(leg: _Leg, car: Car) -> float:
    """The percentage asked, before the battery's own limits."""
    needed_pct = car.least_pct + FULL_PCT * leg.kwh / car.capacity_kwh if leg.kwh else 0.0
    return max(leg.pct, needed_pct)


def _listed(parts: Sequence[str]) -> str:
    """The first few parts of a title; a month of entries does not fit in one."""
    more = (
        [phrase("{count:d} more", count=len(parts) - MOST_TITLES)]
        if len(parts) > MOST_TITLES
        else []
    )
    return "; ".join([*parts[:MOST_TITLES], *more])


def _limits(leg: _Leg, car: Car) -> Iterator[str]:
    """Limits of the battery, and the car's own minimum."""
    title, wanted_pct = _listed(leg.titles), _wanted_pct(leg, car)
    if leg.pct > FULL_PCT and leg.pct == wanted_pct:
        yield phrase(
            '"{text}" asks for {pct:.0f} %: {car} is charged to 100 %.',
            text=title,
            pct=wanted_pct,
            car=car.name,
        )
    elif wanted_pct > FULL_PCT:
        yield phrase(
            '"{text}" needs {kwh:.0f} kWh; {car} holds {holds:.0f} kWh, with a reserve of'
            " {pct:.0f} %: it is charged to 100 %, charge on the way.",
            text=title,
            kwh=leg.kwh,
            car=car.name,
            holds=car.capacity_kwh,
            pct=car.least_pct,
        )
    elif wanted_pct < car.least_pct:
        yield phrase(
            '"{text}" asks for {pct:.0f} %: {car} is charged to {least:.0f} %, its minimum.',
            text=title,
            pct=wanted_pct,
            car=car.name,
            least=car.least_pct,
        )


def _strangers(event: Event, unknown: Iterable[str], cars: Iterable[str]) -> Iterator[str]:
    there_are = ", ".join(f"@{name}@" for name in cars) or phrase("none")
    for name in unknown:
        yield phrase(
            '"{text}" names @{name}@, not a car in config.py; the cars are {names}.',
            text=plain(event.title),
            name=name,
            names=there_are,
        )


def _forgotten(event: Event, car: str | None) -> Iterator[str]:
    if car is not None:
        yield phrase(
            '"{text}" has one @ only: write @{car}@ to make it a trip of {car}.',
            text=plain(event.title),
            car=car,
        )


def _doubts(event: Event, need: Asked | None) -> Iterator[str]:
    if need and need.doubt and need.km is not None:
        yield phrase(
            '"{text}" says {doubt}: read as {km:.0f} km in total; write 2x{km:.0f} km if that'
            " is one way.",
            text=plain(event.title),
            doubt=need.doubt,
            km=need.km,
        )
