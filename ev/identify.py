"""Which car is on the cable, and why it is thought so. Pure.

The charger does not know. The owner's word wins until the car is unplugged; then a car that says
itself that it is plugged in; then what the household's cars show: the SoC that rises with the
energy, the phases and current it takes, when it came, the calendar. Else it is a guest.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ev.facts import Trip
from ev.session import Session, energy_at
from ev.vehicle import ARRIVAL, Said, Vehicle, believed

GUEST = "guest"
ENOUGH, NEVER = 2, -100
"""Points of evidence: below the first a car stays a guest, the second outweighs all others."""
EXPECTED = timedelta(hours=1)
TELLING_KWH, TELLING_PCT, ALIKE_A = 2.0, 4.0, 1.5


@dataclass(frozen=True, slots=True)
class Identified:
    """The car on the cable (None: a guest), and the sentence why."""

    car: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a car (points above 0) or against it, as the end of "q4 ..."."""

    points: int
    why: str


def identify(
    session: Session,
    vehicles: Sequence[Vehicle],
    *,
    said: Said[str] | None = None,
    elsewhere: Collection[str] = (),
    trips: Sequence[Trip] = (),
) -> Identified:
    """Which of `vehicles` is plugged in. `elsewhere` are cars on another of our chargers.

    `said` is the owner's word, a car's name or "guest"; one from before the plug-in has expired.
    """
    if word := believed(said, session):
        return Identified(None if word == GUEST else word, f"the owner says it is {word}")
    free = [vehicle for vehicle in vehicles if vehicle.car.name not in elsewhere]
    found = {vehicle.car.name: _evidence(session, vehicle, trips) for vehicle in free}
    possible = [name for name, facts in found.items() if _points(facts) >= 0]
    if not possible:
        return _guest(found)
    claiming = [one.car.name for one in free if believed(one.plugged, session) is True]
    if len(claiming) == 1 and claiming[0] in possible:
        return Identified(claiming[0], f"{claiming[0]} is the one car that says it is plugged in")
    if len(vehicles) == 1:
        return Identified(possible[0], f"{possible[0]} is the only car of the house")
    return _best(found, [name for name in claiming if name in possible] or possible)


def _points(facts: Sequence[Evidence]) -> int:
    return sum(fact.points for fact in facts)


def _guest(found: dict[str, list[Evidence]]) -> Identified:
    against = [
        f"{name} {fact.why}" for name, facts in found.items() for fact in facts if fact.points < 0
    ]
    why = "; ".join(against) or "none of the cars is free"
    return Identified(None, f"a guest: {why}")


def _best(found: dict[str, list[Evidence]], names: Sequence[str]) -> Identified:
    """The car with the most evidence, when it is enough and more than any other's."""
    ranked = sorted(names, key=lambda name: _points(found[name]), reverse=True)
    first = ranked[0]
    most = _points(found[first])
    if most < ENOUGH:
        return Identified(None, "a guest: nothing tells which car it is")
    rivals = [name for name in ranked if _points(found[name]) == most]
    if len(rivals) > 1:
        return Identified(None, f"a guest: it may be {' or '.join(rivals)}; say which it is")
    why = ", ".join(fact.why for fact in found[first] if fact.points > 0)
    return Identified(first, f"{first} {why}")


def _evidence(session: Session, vehicle: Vehicle, trips: Sequence[Trip]) -> list[Evidence]:
    own = [trip for trip in trips if trip.car == vehicle.car.name]
    found = (
        _said(session, vehicle),
        _rising(session, vehicle),
        _phases(session, vehicle),
        _current(session, vehicle),
        _spoke(session, vehicle),
        _calendar(session.since, own),
    )
    return [fact for fact in found if fact]


def _said(session: Session, vehicle: Vehicle) -> Evidence | None:
    """What the car says of its plug; only what it says since the plug-in counts."""
    match believed(vehicle.plugged, session):
        case True:
            return Evidence(2, "says it is plugged in")
        case False:
            return Evidence(NEVER, "says it is not plugged in")
    return None


def _rising(session: Session, vehicle: Vehicle) -> Evidence | None:
    """Whether its SoC, read twice since the plug-in, follows the energy charged between."""
    reads = [said for said in vehicle.socs if said.at >= session.since - ARRIVAL]
    if len(reads) < 2:
        return None
    first, last = reads[0], reads[-1]
    charged_kwh = energy_at(session, last.at) - energy_at(session, first.at)
    due_pct = 100 * charged_kwh * vehicle.car.efficiency / vehicle.car.capacity_kwh
    if charged_kwh < TELLING_KWH or due_pct < TELLING_PCT:
        return None
    rose_pct = last.value - first.value
    if 0.6 * due_pct <= rose_pct <= 1.5 * due_pct + 1:
        return Evidence(4, f"rose {rose_pct:.0f} % with {charged_kwh:.1f} kWh charged")
    return Evidence(-6, f"did not rise with the {charged_kwh:.1f} kWh charged")


def _phases(session: Session, vehicle: Vehicle) -> Evidence | None:
    """How many phases the car on the cable uses of three, against what this car can."""
    used, can = session.draw.phases, vehicle.car.phases
    if used is None:
        return None
    if used > can:
        return Evidence(NEVER, f"cannot charge on {used} phases")
    if used < can:
        return Evidence(-2, f"would charge on {can} phases, not {used}")
    return Evidence(1, f"charges on {can} phase{'s' if can > 1 else ''}")


def _current(session: Session, vehicle: Vehicle) -> Evidence | None:
    """The current at which the car on the cable stops taking more."""
    most_a = session.draw.most_a
    if most_a is None:
        return None
    if most_a > vehicle.car.most_a + ALIKE_A:
        return Evidence(NEVER, f"cannot take {most_a:.0f} A")
    if abs(most_a - vehicle.car.most_a) <= ALIKE_A:
        return Evidence(1, f"takes {most_a:.0f} A")
    return None


def _spoke(session: Session, vehicle: Vehicle) -> Evidence | None:
    """A car that is switched off and plugged in has just spoken; one asleep has not."""
    came = (session.since - ARRIVAL, session.since + ARRIVAL)
    if session.seen and any(came[0] <= said.at <= came[1] for said in vehicle.socs):
        return Evidence(1, "spoke when the cable was plugged in")
    return None


def _calendar(since: datetime, trips: Sequence[Trip]) -> Evidence | None:
    for trip in trips:
        if abs(trip.back - since) <= EXPECTED:
            return Evidence(1, f"was due back from {trip.title}")
        if trip.departure <= since < trip.back:
            return Evidence(-1, f"is away to {trip.title}")
    return None
