"""Charge demand of the car on a cable: energy, deadline and urgency."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal

from base.language import phrase
from base.time import DAY
from ev.facts import Car, Trip
from ev.inputs import Cable, Mode, clock
from ev.vehicle import needed_kwh

_FOR_US = re.compile(r"@[^@]*@|\b\d{1,3}\s*%")
LATE = timedelta(hours=1)
"""A car that has not left an hour after its departure, or its owner's time, is not waited for."""
GUEST_KWH = 20.0
AGAIN_PCT = 2.0
FULL_PCT = 100.0


class Urgency(IntEnum):
    """Urgency of a demand, the most urgent first."""

    NOW = 0  # whatever it costs
    TRIP = 1  # by its deadline
    SOON = 2  # now, but under the month peak
    CHEAP = 3  # in the sun or the cheapest hours, under the month peak
    NONE = 4

    @property
    def word(self) -> Literal["now", "trip", "sun", "none"]:
        """The text in the need."""
        words: tuple[Literal["now", "trip", "sun", "none"], ...]
        words = ("now", "trip", "trip", "sun", "none")
        return words[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """`energy_kwh` must still come out of the charger, by `deadline` (UTC) when there is one.

    `why` begins a sentence about the car: "Q4 is at 17 %, below 20 %". `asks`: it is charged no
    more before the owner says which car it is.
    """

    urgency: Urgency
    why: str
    energy_kwh: float = 0.0
    deadline: datetime | None = None
    target_pct: float | None = None
    asks: bool = False


def demand(cable: Cable, now: datetime, *, reached_pct: float = 0.0) -> Demand:
    """Demand of the car on this cable. The owner's command comes first.

    `reached_pct` is the target it was charged to here before: it may lose a little of that. While
    another car of the house may be plugged in there instead, it gets no more than that one needs.
    """
    wanted = _demand(cable, now, reached_pct)
    if not cable.rivals or cable.wish.mode is Mode.BOOST or wanted.energy_kwh <= 0:
        return wanted
    needs = {rival.name: _demand(rival, now).energy_kwh for rival in cable.rivals}
    least = min(needs, key=lambda name: needs[name])
    if needs[least] >= wanted.energy_kwh:
        return wanted
    if needs[least] <= 0:
        why = phrase(
            "it may be {cars}, and {car} needs no more: say which it is",
            cars=_either(cable),
            car=least,
        )
        return replace(wanted, urgency=Urgency.NONE, why=why, energy_kwh=0.0, asks=True)
    return replace(wanted, energy_kwh=needs[least])


def _demand(cable: Cable, now: datetime, reached_pct: float = 0.0) -> Demand:
    """Demand as if it were certain which car it is."""
    if not cable.charger.plugged:
        return Demand(urgency=Urgency.NONE, why=phrase("no car connected"))
    if cable.wish.mode is Mode.PAUSE:
        return Demand(urgency=Urgency.NONE, why=phrase("{car} pauses, as you said", car=cable.name))
    if cable.wish.mode is Mode.BOOST:
        return _boost(cable)
    if cable.car is None:
        why = phrase("a guest charges under the month peak")
        if cable.rivals:
            why = phrase(
                "it may be {cars}: it charges under the month peak; say which it is",
                cars=_either(cable),
            )
        return Demand(urgency=Urgency.SOON, why=why, energy_kwh=GUEST_KWH)
    if cable.soc_pct is None:
        why = phrase(
            "{car} charges under the month peak: its state of charge is unknown", car=cable.name
        )
        return Demand(urgency=Urgency.SOON, why=why, energy_kwh=GUEST_KWH)
    if cable.soc_pct < cable.car.least_pct:
        why = phrase(
            "{car} is below {least_pct:.0f} %", car=cable.name, least_pct=cable.car.least_pct
        )
        return _toward(
            cable.car, cable.soc_pct, Demand(urgency=Urgency.NOW, why=why), cable.car.least_pct
        )
    return _by_plan(cable, cable.car, cable.soc_pct, now, reached_pct)


def next_trip(cable: Cable, now: datetime) -> Trip | None:
    """The trip to be ready for, its target lifted by one that follows too soon after it."""
    gone_at = now - LATE
    if cable.came is not None:  # it is back from what began before
        gone_at = max(gone_at, cable.came)
    coming = sorted(
        (trip for trip in cable.trips if trip.departure > gone_at),
        key=lambda trip: trip.departure,
    )
    if not coming or cable.car is None:
        return None
    first = coming[0]
    for trip in coming[1:]:
        home_h = (trip.departure - first.back).total_seconds() / 3600
        most_pct = 100 * home_h * _usual_kw(cable.car) * cable.car.efficiency
        if most_pct / cable.car.capacity_kwh < trip.target_pct - cable.car.least_pct:
            first = replace(first, target_pct=max(first.target_pct, trip.target_pct))
    return first


def _either(cable: Cable) -> str:
    """The cars that may be plugged in there."""
    names = [rival.name for rival in cable.rivals]
    *first, last = [cable.car.name, *names] if cable.car else names
    return phrase("{names} or {last}", names=", ".join(first), last=last) if first else last


def plainly(title: str) -> str:
    """A trip's title as shown: without @q4@ and 80%."""
    return " ".join(_FOR_US.sub(" ", title).split()) or phrase("a trip")


def _usual_kw(car: Car) -> float:
    """Energy that a car certainly gets in a while at home: on one phase."""
    return min(car.most_a, 10.0) * 0.23


def _boost(cable: Cable) -> Demand:
    """Charge at full power until the car is full or leaves."""
    boost = Demand(
        urgency=Urgency.NOW,
        why=phrase("{car} charges as fast as it can, as you said", car=cable.name),
        energy_kwh=GUEST_KWH,
    )
    if cable.car is None or cable.soc_pct is None:
        return boost
    return _toward(cable.car, cable.soc_pct, boost, FULL_PCT)


def _by_plan(cable: Cable, car: Car, soc_pct: float, now: datetime, reached_pct: float) -> Demand:
    """The owner's order, the next trip, or the usual target of the car."""
    wish, trip = cable.wish, next_trip(cable, now)
    late = wish.by is not None and wish.by <= now - LATE
    if wish.mode is Mode.CHARGE and wish.target_pct is not None and not late:
        asked = Demand(
            urgency=Urgency.TRIP if wish.by else Urgency.SOON,
            why=_ordered(cable.name, wish.target_pct, wish.by, now),
            deadline=wish.by,
        )
        return _toward(car, soc_pct, asked, wish.target_pct, reached_pct)
    if trip is not None and trip.departure < now + 2 * DAY:
        why = phrase(
            "{car} must be at {pct:.0f} % by {time} for {trip}",
            car=cable.name,
            pct=trip.target_pct,
            time=clock(trip.departure, now),
            trip=plainly(trip.title),
        )
        asked = Demand(urgency=Urgency.TRIP, why=why, deadline=trip.departure)
        found = _toward(car, soc_pct, asked, trip.target_pct, reached_pct)
        if found.energy_kwh or trip.target_pct >= car.default_target_pct:
            return found
    why = (
        phrase("{car} is ready for its trip", car=cable.name)
        if trip
        else phrase("{car} has no trip", car=cable.name)
    )
    usual = Demand(urgency=Urgency.CHEAP, why=why)
    return _toward(car, soc_pct, usual, car.default_target_pct, reached_pct)


def _ordered(car: str, pct: float, by: datetime | None, now: datetime) -> str:
    if by is None:
        return phrase("{car} must be at {pct:.0f} %, as you said", car=car, pct=pct)
    return phrase(
        "{car} must be at {pct:.0f} % by {time}, as you said",
        car=car,
        pct=pct,
        time=clock(by, now),
    )


def _toward(
    car: Car, soc_pct: float, asked: Demand, target_pct: float, reached_pct: float = 0.0
) -> Demand:
    """The demand with its energy; urgency NONE when the target is reached."""
    slack_pct = AGAIN_PCT if reached_pct >= target_pct else 0.0
    if soc_pct >= target_pct - slack_pct:
        return Demand(
            urgency=Urgency.NONE,
            why=phrase("{car} is at {soc_pct:.0f} % and ready", car=car.name, soc_pct=soc_pct),
            deadline=asked.deadline,
            target_pct=target_pct,
        )
    energy_kwh = needed_kwh(car, soc_pct, target_pct)
    return replace(asked, energy_kwh=energy_kwh, target_pct=target_pct)
