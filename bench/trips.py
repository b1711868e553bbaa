"""A month of trips by two cars: are they met, is the peak kept, is every alarm true?

The house is that of sim/ (oven, kettle, panels, clouds), in which two cars drive by their calendars
and return with the rest of their charge. The meter's own planning and sharing grant, the chargers'
own code follows, in steps of 20 s. An alarm ("cannot be ready by") is true when the car then leaves
below its target.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from base import messages
from base.time import BRUSSELS, quarter_of
from bench.battery_month import FLOOR_KW, PEAK_EUR_KW, prices_from, told_house
from bench.planner import Planner
from bench.result import Result
from ev.electrical import kw, power_kw
from ev.facts import Car, ChargerPhase, ChargerState, SetPoint, Trip
from ev.inputs import Cable, Rules, Scene
from ev.strategy import Memory, decide
from sim.day import House, quarter

STEP_S = 20
STEP = timedelta(seconds=STEP_S)
QUARTER_S = 900
SLACK_PCT = 1.0
START = date(2026, 4, 1)
DAYS = 30
PLAN_EACH = 4  # quarters


@dataclass(kw_only=True)
class PlantCar:
    """A car that drives by its trips, and the charger it has at home."""

    car: Car
    soc_pct: float
    trips: Sequence[Trip]
    uses_pct: float = 40.0
    power_kw: float = 0.0
    set: SetPoint = field(default_factory=lambda: SetPoint(0.0, 1, ""))
    session_kwh: float = 0.0
    starts: dict[str, int] = field(default_factory=dict)
    left_with: list[tuple[Trip, float]] = field(default_factory=list)
    away: bool = False

    def step(self, now: datetime, told: SetPoint) -> None:
        """One step: the set-point of the last one takes effect."""
        away = next((trip for trip in self.trips if trip.departure <= now < trip.back), None)
        if away and not self.away:
            self.left_with.append((away, self.soc_pct))
            self.power_kw = self.session_kwh = 0.0
        if self.away and not away:
            self.soc_pct = max(8.0, self.soc_pct - self.uses_pct)
        self.away = away is not None
        wanted_kw = 0.0 if self.away or self.soc_pct >= 100.0 else power_kw(self.set)
        phases = min(self.set.phases, self.car.phases)
        wanted_kw = min(wanted_kw, kw(self.car.most_a, phases))
        if wanted_kw > 0 and self.power_kw < 0.1:
            day = f"{now:%m-%d}"
            self.starts[day] = self.starts.get(day, 0) + 1
        self.power_kw = wanted_kw
        kwh = self.power_kw * STEP_S / 3600.0
        self.session_kwh += kwh
        self.soc_pct += 100.0 * kwh * self.car.efficiency / self.car.capacity_kwh
        self.set = told

    def state(self, now: datetime) -> ChargerState:
        """State that its charger reports."""
        charging = self.power_kw > 0.1
        phase = ChargerPhase.CHARGING if charging else ChargerPhase.CONNECTED
        amps = self.power_kw / self.set.phases / 0.23
        return ChargerState(
            charger=f"cable {self.car.name}",
            at=now,
            phase=ChargerPhase.STANDBY if self.away else phase,
            set_a=self.set.current_a,
            paused=self.set.current_a == 0,
            phases=self.set.phases,
            power_kw=self.power_kw,
            currents_a=tuple(amps if line < self.set.phases else 0.0 for line in range(3)),
            session_kwh=self.session_kwh,
            rated_a=16.0,
            rated_phases=3,
            can_switch_phases=True,
        )


@dataclass
class Lived:
    """Result of a run: quarters in kW with and without cars, and the log."""

    quarters: dict[datetime, float] = field(default_factory=dict)
    alone: dict[datetime, float] = field(default_factory=dict)
    diary: list[tuple[datetime, str]] = field(default_factory=list)


def run() -> list[Result]:
    """Counts and kW."""
    cars = household(START, DAYS)
    lived = live(START, DAYS, cars)
    left = [each for car in cars for each in car.left_with]
    missed = sum(soc < trip.target_pct - SLACK_PCT for trip, soc in left)
    said, withdrawn, standing = alarms(lived, cars)
    peak_kw, alone_kw = max(lived.quarters.values()), max(lived.alone.values())
    most_starts = max(max(car.starts.values()) for car in cars)
    return [
        Result(name="trips", value=float(len(left)), unit=""),
        Result(name="cars that left with less than asked", value=float(missed), unit=""),
        Result(name="alarms said", value=float(said), unit=""),
        Result(name="alarms withdrawn before the departure", value=float(withdrawn), unit=""),
        Result(
            name="alarms not withdrawn and not true at the departure",
            value=float(standing),
            unit="",
            target="0",
        ),
        Result(name="highest quarter", value=peak_kw, unit="kW"),
        Result(name="highest quarter of the house alone", value=alone_kw, unit="kW"),
        Result(name="most starts a day", value=float(most_starts), unit="", target="at most 12"),
    ]


def household(first: date, days: int) -> list[PlantCar]:
    """A long-range car with three trips a week, some of them hard, and a commuter."""
    q4, zoe = Car(name="q4", capacity_kwh=77.0), Car(name="zoe", capacity_kwh=41.0)
    far, work = list[Trip](), list[Trip]()
    for day in (first + timedelta(days=each) for each in range(days)):
        match day.weekday():
            case 1:
                far.append(trip("q4", local(day, 7, 30), 10, 80, "Antwerp"))
            case 3:
                far.append(trip("q4", local(day, 6), 12, 95, "Luxemburg"))
            case 4:
                far.append(trip("q4", local(day, 9), 5, 90, "Gent"))
            case 5 if day.day % 2:
                work.append(trip("zoe", local(day, 17), 2, 60, "shop"))
        if day.weekday() < 5:
            work.append(trip("zoe", local(day, 8), 9, 80, "work"))
    return [
        PlantCar(car=q4, soc_pct=45.0, trips=far, uses_pct=55),
        PlantCar(car=zoe, soc_pct=50.0, trips=work, uses_pct=35),
    ]


def alarms(lived: Lived, cars: Sequence[PlantCar]) -> tuple[int, int, int]:
    """Alarms raised, withdrawn, and not withdrawn although the car left with enough."""
    said = withdrawn = standing = 0
    for car in cars:
        lines = [
            (at, line)
            for at, line in lived.diary
            if line.startswith(f"{car.car.name} can") and "be ready by" in line
        ]
        since = datetime.min.replace(tzinfo=UTC)
        for trip, soc_pct in car.left_with:
            mine = [line for at, line in lines if since <= at < trip.departure]
            said += sum("cannot" in line for line in mine)
            withdrawn += sum("after all" in line for line in mine)
            enough = soc_pct >= trip.target_pct - SLACK_PCT
            standing += bool(mine) and "cannot" in mine[-1] and enough
            since = trip.departure
    return said, withdrawn, standing


def live(
    first: date,
    days: float,
    cars: Sequence[PlantCar],
    *,
    plan_each: int = PLAN_EACH,
) -> Lived:
    """Simulate the cars for `days` days, planned every `plan_each` quarters."""
    house, rules, lived, memory = House(), Rules(), Lived(), Memory()
    planner, needs = Planner(PEAK_EUR_KW, FLOOR_KW), dict[str, messages.Need]()
    outlook: messages.Outlook | None = None
    wanted: object = None
    peak_kw = 0.0
    start = int(local(first, 0).timestamp())
    for count, at in enumerate(range(start, start + int(days * 86400), QUARTER_S)):
        begin = datetime.fromtimestamp(at, UTC)
        if count % plan_each == 0 or outlook is None:
            outlook, wanted = planner.plan(prices_from(begin), needs, peak_kw), _wanted(needs)
        seconds = quarter(house, at)
        wh = alone_wh = net_wh = 0.0
        for second in range(0, QUARTER_S, STEP_S):
            now = begin + timedelta(seconds=second)
            watts = sum(sum(each.line_w) for each in seconds[second : second + STEP_S]) / STEP_S
            net_kw = watts / 1000.0 + sum(car.power_kw for car in cars)
            wh += max(0.0, net_kw) * STEP_S / 3.6
            alone_wh += max(0.0, watts / 1000.0) * STEP_S / 3.6
            net_wh += watts * STEP_S / 3600.0
            told = planner.granted(told_house(now + STEP, begin, net_kw, wh, peak_kw), needs)
            scene = Scene(
                now=now + STEP,
                house=told,
                cables=tuple(_cable(car, now + STEP) for car in cars),
                outlook=outlook,
            )
            decision = decide(scene, rules, memory)
            memory, needs = decision.memory, {"ev": decision.need(now + STEP)}
            if _wanted(needs) != wanted:  # the meter does not wait for its next quarter either
                outlook, wanted = planner.plan(prices_from(begin), needs, peak_kw), _wanted(needs)
            lived.diary += [(now, line) for line in decision.diary]
            for car in cars:
                car.step(now + STEP, decision.set_points[f"cable {car.car.name}"])
        planner.closed(net_wh * 0.004)
        lived.quarters[begin], lived.alone[begin] = wh * 0.004, alone_wh * 0.004
        peak_kw = max(peak_kw, wh * 0.004)
    return lived


def _wanted(needs: Mapping[str, messages.Need]) -> object:
    """Cars on a cable and their departures: a change of these requires a new plan."""
    cars = [car for need in needs.values() for car in need.cars]
    return [(car.name, car.plugged, car.deadline, car.urgency) for car in cars]


def local(day: date, hour: int, minute: int = 0) -> datetime:
    """A time in Brussels, in UTC."""
    return datetime.combine(day, time(hour, minute), BRUSSELS).astimezone(UTC)


def trip(car: str, departure: datetime, hours: float, target_pct: float, title: str) -> Trip:
    """A trip of this many hours."""
    return Trip(
        car=car,
        departure=departure,
        back=departure + timedelta(hours=hours),
        target_pct=target_pct,
        title=title,
        why="",
    )


def _cable(car: PlantCar, now: datetime) -> Cable:
    state = car.state(now)
    trips = tuple(trip for trip in car.trips if trip.back > now)
    if car.away:
        return Cable(charger=state, car=None)
    return Cable(
        charger=state, car=car.car, soc_pct=car.soc_pct, soc_at=quarter_of(now), trips=trips
    )


if __name__ == "__main__":
    for result in run():
        print(f"{result.name:<52} {result.value:8.2f} {result.unit}")
