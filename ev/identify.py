"""Identifies the car on a cable, with a probability and the reason. Pure.

The charger cannot identify a car. Each car of the house starts with the same probability; evidence
from the cars' sources, the charger and the calendar multiplies it. A car is chosen at `CHOSEN`;
below that the owner is asked. The owner's answer is valid for the stay. A car that was chosen is
never
exchanged for another: when the evidence turns against it, the owner is asked.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import prod

from base.language import phrase
from ev.facts import Trip
from ev.session import Session, energy_at
from ev.vehicle import ARRIVAL, SEEN_LATE, UNREAD, Said, Vehicle, believed

GUEST = "guest"
GUEST_PRIOR = 0.02
"""Share of stays by a car that is not of the house."""
CHOSEN, DOUBTED, DISPUTED, CERTAIN = 0.95, 0.5, 0.05, 0.99
"""Probability from which a car is chosen, at which a choice, and at which the owner's own word, is
questioned, and from which evidence that proves is enough."""
NEVER, IMPOSSIBLE = 0.00005, 0.001
ASKED_AFTER = timedelta(seconds=30)
LATEST = timedelta(minutes=16)
"""Sources report up to 15 minutes late: after that each car that was plugged in has reported it."""
AT_ONCE = timedelta(minutes=2)
EXPECTED, ON_THE_ROAD, STANDS, OFTEN = (timedelta(minutes=m) for m in (60, 30, 45, 20))
TELLING_KWH, TELLING_PCT, ALIKE_A, DRIVEN_PCT = 2.0, 4.0, 1.5, 0.5
USES = {
    1: phrase("charges on one phase"),
    2: phrase("charges on two phases"),
    3: phrase("charges on three phases"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """The car on the cable (None: a guest, or unknown), and the sentence why.

    `possible` are all cars that may be plugged in there, the most probable first. The owner chooses
    one when `asked`. `doubted`: a car was chosen and contradicted, so only the owner can decide.
    `settled` is the most probable car when he answered, at `said_at`.
    """

    car: str | None
    why: str
    probability: float = 1.0
    possible: tuple[str, ...] = ()
    asked: bool = False
    doubted: bool = False
    chosen: bool = False
    settled: str = ""
    said_at: datetime | None = None

    @property
    def rivals(self) -> tuple[str, ...]:
        """The other cars that may be plugged in there."""
        return tuple(name for name in self.possible if name != self.car)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Factor by which a car becomes more probable, as the end of "q4 ...".

    `proves`: with it and enough probability no other car is possible.
    """

    factor: float
    why: str
    proves: bool = False


Found = Mapping[str, Sequence[Evidence]]


def identify(
    session: Session,
    vehicles: Sequence[Vehicle],
    *,
    said: Said[str] | None = None,
    elsewhere: Mapping[str, bool] | None = None,
    trips: Sequence[Trip] = (),
    before: Identified | None = None,
) -> Identified:
    """Identify the one of `vehicles` that is plugged in, after `before` in the same session.

    `said` is the owner's choice, a car's name or "guest"; one from before the plug-in has expired.
    `elsewhere` are the cars on other chargers of ours, and whether that is certain.
    """
    taken = elsewhere or {}
    free = [vehicle for vehicle in vehicles if vehicle.car.name not in taken]
    found = {vehicle.car.name: _evidence(session, vehicle, trips) for vehicle in free}
    chances = _chances(found)
    if said is not None and (word := believed(said, session)):
        return _answered(word, said.at, chances, before)
    loose = tuple(name for name, certain in taken.items() if not certain)
    now = _judged(session, found, chances, loose, alone=len(vehicles) == 1)
    if before is None or not (before.chosen or before.doubted):
        return now
    if before.doubted or chances.get(before.car or GUEST, 0.0) <= DOUBTED:
        return _doubted(before, now)
    if now.chosen and now.car == before.car:
        return now
    kept = chances.get(before.car or GUEST, 0.0)
    return replace(before, probability=kept, possible=now.possible)


def _judged(
    session: Session,
    found: Found,
    chances: Mapping[str, float],
    loose: tuple[str, ...],
    *,
    alone: bool,
) -> Identified:
    """Judgement by the evidence alone, without the earlier one."""
    ranked = sorted(chances, key=lambda name: chances[name], reverse=True)
    first = ranked[0]
    possible = [name for name in ranked if name != GUEST and _factor(found[name]) > IMPOSSIBLE]
    if chances[first] < CHOSEN:
        return Identified(
            car=None,
            why=_question([*possible, *loose]),
            probability=chances[first],
            possible=(*possible, *loose),
            asked=session.at - session.since >= ASKED_AFTER,
        )
    if first == GUEST:
        against = [
            f"{name}: {fact.why}" for name in found for fact in found[name] if fact.factor < 1
        ]
        why = f"a guest: {'; '.join(against) or 'none of the cars is free'}"
        return Identified(car=None, why=why, probability=chances[first], chosen=True)
    proven = chances[first] >= CERTAIN and any(fact.proves for fact in found[first])
    speaks_for = ", ".join(fact.why for fact in found[first] if fact.factor > 1)
    only = phrase("the only car of the household") if alone else phrase("the only possible car")
    return Identified(
        car=first,
        why=f"{first}: {speaks_for or only}",
        probability=chances[first],
        possible=(first,) if proven or alone else (*possible, *loose),
        chosen=True,
    )


def _answered(
    word: str, at: datetime, chances: Mapping[str, float], before: Identified | None
) -> Identified:
    """The owner's answer. Evidence that is newer than the owner's answer is asked about once."""
    likely = max(chances, key=lambda name: chances[name])
    same = before is not None and before.said_at == at
    settled = before.settled if same and before else likely
    against = likely not in (word, settled) and chances.get(word, 0.0) <= DISPUTED
    why = phrase("the owner says it is {word}", word=word)
    if against:
        why = phrase(
            "you said {word}, but it may be {likely}: say which it is", word=word, likely=likely
        )
    return Identified(
        car=None if word == GUEST else word,
        why=why,
        probability=1.0,
        possible=tuple(name for name in (word, likely) if name != GUEST) if against else (),
        asked=against,
        settled=settled,
        said_at=at,
    )


def _doubted(before: Identified, now: Identified) -> Identified:
    """A car was chosen and is contradicted: the owner must choose again."""
    names = tuple(dict.fromkeys((*before.possible, *now.possible)))
    if before.car and before.car not in names:
        names = (before.car, *names)
    return replace(now, car=None, why=_question(names), possible=names, asked=True,
                   doubted=True, chosen=False)  # fmt: skip


def _question(names: Sequence[str]) -> str:
    if len(names) == 1:
        return phrase("it may be {car} or a guest: say which it is", car=names[0])
    *first, last = names or (GUEST,)
    return phrase("it may be {cars} or {last}: say which it is", cars=", ".join(first), last=last)


def _factor(facts: Sequence[Evidence]) -> float:
    return prod(fact.factor for fact in facts)


def _chances(found: Found) -> Mapping[str, float]:
    """The probability of each car that is free, and of a guest. They add up to 1."""
    each = (1.0 - GUEST_PRIOR) / max(1, len(found))
    odds = {name: each * _factor(facts) for name, facts in found.items()} | {GUEST: GUEST_PRIOR}
    total = sum(odds.values())
    return {name: value / total for name, value in odds.items()}


def _evidence(session: Session, vehicle: Vehicle, trips: Sequence[Trip]) -> list[Evidence]:
    own = [trip for trip in trips if trip.car == vehicle.car.name]
    found = (
        _said(session, vehicle),
        _home(session, vehicle),
        _rising(session, vehicle),
        _phases(session, vehicle),
        _current(session, vehicle),
        _moved(session, vehicle),
        _calendar(session.since, own),
    )
    return [fact for fact in found if fact]


def _said(session: Session, vehicle: Vehicle) -> Evidence | None:
    """The car's own report of its plug, by its own time; it may arrive late."""
    said, since = vehicle.plugged, session.since
    if said is None or believed(said, session) is None:
        return None
    after = since + SEEN_LATE
    if not said.value:
        return Evidence(NEVER, phrase("says it is not plugged in")) if said.at >= after else None
    came, out = vehicle.plugged_from, vehicle.unplugged_at
    if out is not None and out >= after:
        return Evidence(0.05, phrase("says it was plugged in later"))
    if came is None or came < since - SEEN_LATE:
        return Evidence(1.5, phrase("says it is plugged in"))
    if abs(came - since) <= AT_ONCE:
        return Evidence(
            300.0, phrase("says it was plugged in at this time"), session.at >= since + LATEST
        )
    if came - since <= ON_THE_ROAD:
        return Evidence(30.0, phrase("says it is plugged in"), session.at >= since + LATEST)
    return Evidence(3.0, phrase("says it is plugged in"))


def _home(session: Session, vehicle: Vehicle) -> Evidence | None:
    """Evidence of the car's reported position, once it was plugged in here."""
    said = vehicle.home
    if said is None or said.at < session.since + SEEN_LATE:
        return None
    return (
        Evidence(2.0, phrase("is at home"))
        if said.value
        else Evidence(0.02, phrase("says it is not at home"))
    )


def _rising(session: Session, vehicle: Vehicle) -> Evidence | None:
    """True if its SoC, read twice since the plug-in, follows the energy charged between."""
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
        return Evidence(
            100.0,
            phrase(
                "rose {rose_pct:.0f} % with {charged_kwh:.1f} kWh charged",
                rose_pct=rose_pct,
                charged_kwh=charged_kwh,
            ),
            proves=True,
        )
    return Evidence(
        NEVER,
        phrase("did not rise with the {charged_kwh:.1f} kWh charged", charged_kwh=charged_kwh),
    )


def _phases(session: Session, vehicle: Vehicle) -> Evidence | None:
    """Evidence of the number of phases in use of three, against the ability of this car."""
    used, can = session.draw.phases, vehicle.as_seen.phases
    if used is None:
        return None
    if used > vehicle.car.phases:
        return Evidence(NEVER, phrase("cannot charge on {used} phases", used=used))
    if used != can:
        return Evidence(
            0.02, phrase("would charge on {can} phases, not {used}", can=can, used=used)
        )
    return Evidence(1.5, USES[can])


def _current(session: Session, vehicle: Vehicle) -> Evidence | None:
    """The current at which the car on the cable stops taking more."""
    most_a = session.draw.most_a
    if most_a is None:
        return None
    if most_a > vehicle.car.most_a + ALIKE_A:
        return Evidence(NEVER, phrase("cannot take {most_a:.0f} A", most_a=most_a))
    if abs(most_a - vehicle.car.most_a) <= ALIKE_A:
        return Evidence(1.5, phrase("takes {most_a:.0f} A", most_a=most_a))
    return None


def _moved(session: Session, vehicle: Vehicle) -> Evidence | None:
    """True if the car reported driving just before the plug-in; False if it reported standing
    still."""
    since = session.since
    read = [said for said in vehicle.socs if said.source not in UNREAD]
    if not session.seen or not read:
        return None
    old = [said for said in read if said.at <= since + SEEN_LATE]
    fell = len(old) > 1 and old[-2].value - old[-1].value >= DRIVEN_PCT
    if fell and since - old[-1].at <= ON_THE_ROAD:
        return Evidence(10.0, phrase("was driving just before"))
    if any(abs(said.at - since) <= ARRIVAL for said in read):
        return Evidence(8.0, phrase("sent data when the cable was plugged in"))
    gaps = (later.at - earlier.at for earlier, later in itertools.pairwise(read))
    if since - read[-1].at > STANDS and any(gap <= OFTEN for gap in gaps):
        return Evidence(0.25, phrase("has not been driven recently"))
    return None


def _calendar(since: datetime, trips: Sequence[Trip]) -> Evidence | None:
    for trip in trips:
        if abs(trip.back - since) <= EXPECTED:
            return Evidence(3.0, phrase("was due back from {title}", title=trip.title))
        if trip.departure <= since < trip.back:
            return Evidence(0.15, phrase("is away to {title}", title=trip.title))
    return None
