"""Cars of one, two and three phases, and one that draws nothing below 8 A on three, at 4.3 kW.

Their draw is learned from measurements, used at once, and stored with the car.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from apps.ev.fleet import Fleet, Kept
from ev.facts import Car, CarStatus, ChargerPhase, ChargerState, SetPoint
from ev.inputs import Rules
from sim.car import SimCar, Stay
from tests.ev.factories import EVENING, Bench

GRANTED_KW, HOURS, STEP_S, VOLT_KV = 4.3, 6.0, 10, 0.23
SHARE = 0.85
"""Of what its phases allow inside the grant."""


class Choosy(SimCar):
    """A car that draws nothing below 8 A on several phases."""

    def draw(self, offered_a: float, phases: int) -> tuple[float, float, float]:
        return super().draw(offered_a if phases == 1 or offered_a >= 8.0 else 0.0, phases)


@dataclass(kw_only=True)
class Stand:
    """A charger with a connected car, its owner's fleet, and a steady grant."""

    car: SimCar
    switches: bool = True
    kept: Kept = field(default_factory=Kept)
    now: datetime = EVENING
    kwh: float = 0.0
    told: SetPoint = field(default_factory=lambda: SetPoint(0.0, 3, ""))

    def __post_init__(self) -> None:
        self.car.stays = [Stay(self.now - timedelta(days=1), self.now + timedelta(days=9))]
        self.fleet = Fleet(Rules(), [Car(name="q4", capacity_kwh=200.0)], ["main"], self.kept)
        self.fleet.look(ChargerState(charger="main", at=self.now, phase=ChargerPhase.STANDBY))
        self.meter = Bench(granted_kw=GRANTED_KW)

    def run(self, hours: float) -> float:
        """The kWh that the car draws in this number of hours."""
        before_kwh = self.kwh
        for _ in range(int(hours * 3600 / STEP_S)):
            self._step()
        return self.kwh - before_kwh

    def _step(self) -> None:
        self.now += timedelta(seconds=STEP_S)
        self.car.plugged(self.now)
        phases = self.told.phases if self.switches else 3
        for _ in range(STEP_S):
            currents_a = self.car.draw(self.told.current_a, phases)
        kw = sum(currents_a) * VOLT_KV
        self.kwh += kw * STEP_S / 3600.0
        drawn = sum(amps > 1.0 for amps in currents_a)
        state = ChargerState(
            charger="main",
            at=self.now,
            phase=ChargerPhase.CHARGING if kw > 0.1 else ChargerPhase.CONNECTED,
            set_a=self.told.current_a,
            paused=self.told.current_a == 0,
            phases=drawn or phases,
            power_kw=kw,
            currents_a=currents_a,
            session_kwh=self.kwh,
            can_switch_phases=self.switches,
            offered_phases=phases,
        )
        if self.fleet.look(state):
            self.fleet.learn(CarStatus(car="q4", source="cloud", at=self.now, soc_pct=30.0))
        self.meter.now, self.meter.power_kw = self.now, kw
        self.told = self.fleet.decide(self.now, self.meter.house(), None)["main"]


def made(kind: type[SimCar] = SimCar, **given: float) -> SimCar:
    return kind(name="q4", capacity_kwh=200.0, soc_pct=30.0, **given)  # type: ignore[arg-type]


CARS = {
    "one phase": (made(phases=1), 16 * VOLT_KV),
    "two phases": (made(phases=2), GRANTED_KW),
    "three phases": (made(phases=3), GRANTED_KW),
    "nothing below 8 A on three": (made(Choosy, phases=3), 16 * VOLT_KV),
}
"""Each car, and the kW that its phases allow inside the grant."""


@pytest.mark.parametrize(("car", "allowed_kw"), CARS.values(), ids=CARS)
def test_each_car_takes_most_of_what_its_phases_allow(car: SimCar, allowed_kw: float) -> None:
    """config.py claims three phases for each car; the measured draw replaces it."""
    assert Stand(car=car).run(HOURS) >= SHARE * allowed_kw * HOURS


@pytest.mark.parametrize(("phases", "allowed_kw"), [(1, 16 * VOLT_KV), (2, GRANTED_KW)])
def test_also_on_a_charger_that_cannot_switch(phases: int, allowed_kw: float) -> None:
    assert Stand(car=made(phases=phases), switches=False).run(HOURS) >= SHARE * allowed_kw * HOURS


def test_what_was_learned_is_kept_for_the_next_stay() -> None:
    """The next stay loses no minutes to learning."""
    first = Stand(car=made(Choosy, phases=3))
    first.run(1.0)
    kept = first.fleet.kept
    assert kept.garage.vehicles["q4"].least_a == 8.0
    learned = Stand(car=made(Choosy, phases=3), kept=kept, now=first.now + timedelta(hours=1))
    new = Stand(car=made(Choosy, phases=3))
    assert learned.run(0.25) > new.run(0.25)
