"""A week in a house with two cars, in simulated time: the tactics' own proving ground.

The house is that of sim/ (oven, kettle, panels, clouds), the cars ramp, taper and drive away, the
chargers lag; nothing waits and nothing listens on a port.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from base import messages
from base.time import quarter_of
from ev.current import kw, power_kw
from ev.facts import Car, ChargerPhase, ChargerState, SetPoint, Trip
from ev.inputs import Cable, Rules, Scene
from ev.strategy import Decision, Memory, decide
from sim.day import House, quarter

STEP_S = 20
STEP = timedelta(seconds=STEP_S)
QUARTER_S = 900
HEALTH = messages.Health(state="fresh", age_s=0.0, good=1, rejected=0)


@dataclass
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
        """One step: what was told in the last one takes effect."""
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
class Result:
    """What came of a run: quarters in kW with and without cars, and the diary."""

    quarters: dict[datetime, float] = field(default_factory=dict)
    alone: dict[datetime, float] = field(default_factory=dict)
    diary: list[tuple[datetime, str]] = field(default_factory=list)
    decisions: int = 0


def outlook(now: datetime, buy: Callable[[datetime], float]) -> messages.Outlook:
    """Prices of the next two days."""
    start = quarter_of(now)
    prices = tuple(buy(start + place * timedelta(minutes=15)) for place in range(192))
    return messages.Outlook(
        start=start, buy_eur_kwh=prices, sell_eur_kwh=(0.05,) * 192, peak_eur_kw=4.36
    )


def run(
    start: datetime,
    days: int,
    cars: Sequence[PlantCar],
    *,
    rules: Rules | None = None,
    house: House | None = None,
    month_peak_kw: float = 2.5,
    buy: Callable[[datetime], float] | None = None,
    lost: Callable[[datetime], bool] = lambda _: False,
    watch: Callable[[datetime, Decision], None] = lambda *_: None,
) -> Result:
    """The tactics have run for so many days."""
    rules, house = rules or Rules(), house or House()
    result, memory, peak_kw = Result(), Memory(), month_peak_kw
    told: messages.Outlook | None = None
    for at in range(int(start.timestamp()), int(start.timestamp()) + days * 86400, QUARTER_S):
        seconds = quarter(house, at)
        begin = datetime.fromtimestamp(at, UTC)
        wh = alone_wh = 0.0
        if buy is not None:
            told = outlook(begin, buy)
        for second in range(0, QUARTER_S, STEP_S):
            now = begin + timedelta(seconds=second)
            watts = sum(sum(each.line_w) for each in seconds[second : second + STEP_S]) / STEP_S
            cars_kw = sum(car.power_kw for car in cars)
            net_kw = watts / 1000.0 + cars_kw
            wh += max(0.0, net_kw) * STEP_S / 3.6
            alone_wh += max(0.0, watts / 1000.0) * STEP_S / 3.6
            said = _house(begin, second, net_kw, wh, max(month_peak_kw, peak_kw))
            scene = Scene(
                now=now + STEP,
                house=None if lost(now) else said,
                cables=tuple(_cable(car, now + STEP) for car in cars),
                outlook=told,
                day_eur_kwh=0.3214,
                night_eur_kwh=0.2225,
            )
            decision = decide(scene, rules, memory)
            memory = decision.memory
            result.decisions += 1
            result.diary += [(now, line) for line in decision.diary]
            watch(now, decision)
            for car in cars:
                car.step(now + STEP, decision.set_points[f"cable {car.car.name}"])
        result.quarters[begin], result.alone[begin] = wh * 0.004, alone_wh * 0.004
        peak_kw = max(peak_kw, wh * 0.004)
    return result


def _house(
    begin: datetime, second: int, net_kw: float, wh: float, target_kw: float
) -> messages.House:
    end = begin + timedelta(minutes=15)
    running = messages.Quarter.model_construct(
        start=begin, end=end, so_far_kw=wh * 0.004, own_kw=None, forecast_kw=0.0, error_kw=0.0
    )
    return messages.House.model_construct(
        time=begin + timedelta(seconds=second + STEP_S),
        tariff=None,
        offtake_kw=max(0.0, net_kw),
        injection_kw=max(0.0, -net_kw),
        phases=(),
        limit_a=None,
        limit_kw=None,
        quarter=running,
        target_kw=target_kw,
        headroom_kw=0.0,
        budget_wh=target_kw * 250.0 - wh,
        health=HEALTH,
        grants={},
    )


def _cable(car: PlantCar, now: datetime) -> Cable:
    state = car.state(now)
    trips = tuple(trip for trip in car.trips if trip.back > now)
    if car.away:
        return Cable(state, None)
    return Cable(state, car.car, car.soc_pct, now.replace(minute=0, second=0), trips=trips)


def trip(car: str, departure: datetime, hours: float, target_pct: float, title: str) -> Trip:
    return Trip(car, departure, departure + timedelta(hours=hours), target_pct, title, "")
