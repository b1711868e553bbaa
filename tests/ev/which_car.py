"""Random stays in a house of two cars with late clouds, and the car that ev identifies.

A car reports when it is plugged in or out, every 15 minutes while it drives or charges, and
nothing while it sleeps. Each report arrives up to 15 minutes late. The other car is parked at home
or elsewhere, drives, or is plugged in elsewhere. Times are minutes from the plug-in.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from ev.charge_demand import demand
from ev.facts import Car, CarStatus, ChargerPhase, ChargerState, Trip
from ev.garage import Garage, cable, furnished, looked, named, told, with_trips

PLUGGED_IN = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
LATE_MIN, ASKED_AT_MIN, STARTS_MIN, LASTS_MIN = 15.0, 1.0, 1.5, 240.0
SLACK_PCT = 1.0
"""What a SoC in whole percents and the last step of the simulation make uncertain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a stay: `at_a_minute` is right, asked, wrong or silent.

    `over_pct` is the charge above the car's own target; `flips` are changes from one
    car to another without a question.
    """

    at_a_minute: str
    at_the_end: str
    over_pct: float
    flips: int


@dataclass(slots=True, kw_only=True)
class _Life:
    """One car: its events, and the reports of its cloud (minute known, status)."""

    car: Car
    random: Random
    soc_pct: float
    reports: list[tuple[float, CarStatus]] = field(default_factory=list)
    tells_plug: bool = True
    tells_home: bool = False
    always_late: bool = True
    away: bool = False
    plugged: bool = False

    def say(self, minute: float) -> None:
        """Report the state at that minute."""
        late = LATE_MIN if self.always_late else self.random.uniform(0.2, LATE_MIN)
        status = CarStatus(
            car=self.car.name,
            source="cloud",
            at=_at(minute),
            soc_pct=float(max(1, round(self.soc_pct))),
            plugged=self.plugged if self.tells_plug else None,
            home=not self.away if self.tells_home else None,
        )
        self.reports.append((minute + late, status))

    def drive(self, start: float, end: float) -> None:
        """Drive, using 0.1 to 0.3 % a minute."""
        self.plugged, self.away = False, True
        self.say(start)
        rate, minute, at = self.random.uniform(0.1, 0.3), start, self.random.uniform(3.0, 15.0)
        while minute + at < end:
            self.soc_pct -= rate * at
            minute, at = minute + at, 15.0
            self.say(minute)
        self.soc_pct -= rate * (end - minute)
        if self.random.random() < 0.7:  # many report when they are switched off
            self.say(end)

    def plug(self, minute: float) -> None:
        """Plug the car in; it reports that within a minute."""
        self.plugged = True
        self.say(minute + self.random.uniform(0.0, 1.0))


def stay(random: Random) -> Outcome:
    """One random stay, second by second at first."""
    cars = _cars(random)
    here, other = (_life(car, random) for car in random.sample(cars, 2))
    trips = [*_arrives(here, random), *_elsewhere(other, random), *_next_trips(cars, random)]
    if random.random() < 0.03:  # its cloud has been silent since its first drive
        del here.reports[1:]
    return _Stay(random, here, other, cars, tuple(trips)).run()


def _at(minute: float) -> datetime:
    return PLUGGED_IN + timedelta(minutes=minute)


def _cars(random: Random) -> tuple[Car, Car]:
    one, two = (
        Car(
            name=name,
            capacity_kwh=random.uniform(25.0, 100.0),
            most_a=random.choice([16.0, 16.0, 16.0, 13.0, 10.0]),
            phases=random.choice([1, 3, 3, 3]),
            default_target_pct=random.choice([60.0, 70.0, 80.0, 80.0, 80.0, 90.0, 100.0]),
        )
        for name in ("q4", "zoe")
    )
    return one, two


def _life(car: Car, random: Random) -> _Life:
    return _Life(
        car=car,
        random=random,
        soc_pct=random.uniform(40.0, car.default_target_pct),
        tells_plug=random.random() < 0.85,
        tells_home=random.random() < 0.3,
        always_late=random.random() < 0.5,
    )


def _arrives(life: _Life, random: Random) -> list[Trip]:
    """The plugged-in car comes from the road, or was at home for hours."""
    waits = random.uniform(0.3, 5.0) if random.random() < 0.75 else random.uniform(30.0, 600.0)
    took = random.uniform(8.0, 90.0)
    worked = random.uniform(60.0, 500.0)
    life.drive(-waits - took - worked - took, -waits - took - worked)
    life.drive(-waits - took, -waits)
    life.away = False
    life.plug(0.0)
    return _trip(life.car, -waits - took - worked - took, -waits, random)


def _elsewhere(life: _Life, random: Random) -> list[Trip]:
    """The other car is parked at home or elsewhere, drives, or is plugged in elsewhere."""
    story = random.random()
    took = random.uniform(8.0, 90.0)
    if story < 0.45:  # at home for hours, or days
        back = -random.uniform(40.0, 2000.0)
        life.drive(back - took, back)
        life.away = False
        return _trip(life.car, back - took, back, random)
    if story < 0.55:  # on the road at this time
        back = random.uniform(-20.0, 60.0)
        life.drive(back - took, back)
        if random.random() < 0.3:
            life.plug(back + random.uniform(1.0, 10.0))
        return _trip(life.car, back - took - 60.0, back + 60.0, random)
    there = -random.uniform(60.0, 900.0)
    life.drive(there - took, there)
    if story < 0.7:  # plugged in elsewhere before, or during the stay
        life.plug(random.uniform(there, 180.0))
    return _trip(life.car, there - took, random.uniform(30.0, 600.0), random)


def _trip(car: Car, leaves: float, back: float, random: Random) -> list[Trip]:
    """Its calendar trip, if there is one, with an estimated return."""
    if random.random() < 0.6:
        return []
    planned = max(leaves + 30.0, back + random.uniform(-60.0, 60.0))
    return [
        Trip(
            car=car.name,
            departure=_at(leaves),
            back=_at(planned),
            target_pct=80.0,
            title="work",
            why="",
        )
    ]


def _next_trips(cars: tuple[Car, Car], random: Random) -> list[Trip]:
    return [
        Trip(
            car=car.name,
            departure=_at(800.0),
            back=_at(1400.0),
            target_pct=random.uniform(50.0, 100.0),
            title="tomorrow",
            why="",
        )
        for car in cars
        if random.random() < 0.5
    ]


class _Stay:
    """The simulated stay in progress."""

    def __init__(
        self,
        random: Random,
        here: _Life,
        other: _Life,
        cars: tuple[Car, Car],
        trips: tuple[Trip, ...],
    ) -> None:
        self._random, self._here, self._other, self._cars = random, here, other, cars
        self._garage = with_trips(furnished(Garage(), cars, ("main",)), trips, _at(0.0))
        self._trips = trips
        self._kwh, self._kw = 0.0, 0.0
        self._answers_at = random.uniform(0.5, 20.0) if random.random() < 0.5 else None

    def run(self) -> Outcome:
        """The outcome of the whole stay."""
        came_pct, at_a_minute, chosen = self._here.soc_pct, "", ""
        over_pct, flips, minute, questioned = 0.0, 0, -0.5, True
        asked_at: float | None = None
        while minute < LASTS_MIN:
            self._hear(minute)
            self._garage = looked(self._garage, self._state(minute))
            found = self._garage.found.get("main")
            if found is not None:
                if found.asked and asked_at is None:
                    asked_at = minute
                answer = self._answers_at
                if asked_at is not None and answer is not None and minute >= asked_at + answer:
                    self._garage = named(self._garage, "main", self._here.car.name, _at(minute))
                    self._answers_at, questioned = None, True
                    found = self._garage.found["main"]
                questioned = questioned or found.asked
                if found.car and found.car != chosen:
                    flips += bool(chosen) and not questioned
                    chosen, questioned = found.car, False
                if minute >= ASKED_AT_MIN and not at_a_minute:
                    at_a_minute = self._verdict()
            step = 1 / 6 if minute < 2.0 else 1.0 if minute < 25.0 else 5.0
            self._charge(minute, step)
            over_pct = max(over_pct, self._here.soc_pct - max(came_pct, self._target_pct()))
            minute += step
        return Outcome(
            at_a_minute=at_a_minute,
            at_the_end=self._verdict(),
            over_pct=max(0.0, over_pct - SLACK_PCT),
            flips=flips,
        )

    def _verdict(self) -> str:
        found = self._garage.found["main"]
        if found.car is not None:
            return "right" if found.car == self._here.car.name else "wrong"
        return "asked" if found.asked else "wrong" if found.chosen else "silent"

    def _target_pct(self) -> float:
        car = self._here.car
        own = [trip.target_pct for trip in self._trips if trip.car == car.name]
        return max(car.default_target_pct, *own, car.least_pct)

    def _hear(self, minute: float) -> None:
        """Pass the cloud reports of this time to ev."""
        for life in (self._here, self._other):
            due = sorted((one for one in life.reports if one[0] <= minute), key=lambda one: one[0])
            life.reports = [one for one in life.reports if one[0] > minute]
            for _, status in due:
                self._garage = told(self._garage, status)

    def _state(self, minute: float) -> ChargerState:
        phase = ChargerPhase.CHARGING if self._kw else ChargerPhase.CONNECTED
        car = self._here.car
        flows = tuple(car.most_a if at < car.phases and self._kw else 0.0 for at in range(3))
        return ChargerState(
            charger="main",
            at=_at(minute),
            phase=phase if minute >= 0 else ChargerPhase.STANDBY,
            set_a=16.0 if self._kw else 0.0,
            paused=not self._kw,
            phases=car.phases if self._kw else 3,
            power_kw=self._kw,
            currents_a=flows,
            session_kwh=self._kwh,
            offered_phases=3,
        )

    def _charge(self, minute: float, step_min: float) -> None:
        """Charge at the allowed power; the cloud reports every 15 minutes."""
        wanted = demand(cable(self._garage, "main"), _at(minute))
        car, goes = self._here.car, minute >= STARTS_MIN and wanted.energy_kwh > 0
        full_kw = 0.23 * car.most_a * car.phases
        before = self._kwh
        self._kw = full_kw if goes and self._here.soc_pct < 100.0 else 0.0
        self._kwh += min(self._kw * step_min / 60.0, wanted.energy_kwh)
        self._here.soc_pct += 100.0 * (self._kwh - before) * car.efficiency / car.capacity_kwh
        if self._kw and int((minute + step_min) / 15.0) > int(minute / 15.0):
            self._here.say(minute + step_min)
