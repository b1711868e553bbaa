"""Phases and minimum current of a car are learned from measurements, and stored with it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from base.limits import LEAST_A
from ev.chargers.command_steps import Pace
from ev.chargers.command_tracker import CommandTracker
from ev.chargers.nrgkick import answers
from ev.electrical import kw
from ev.facts import Car, CarStatus, ChargerPhase, ChargerState
from ev.garage import Garage, away, cable, furnished, looked, told
from ev.inputs import Rules, Scene
from ev.need_message import need
from ev.strategy import Memory, decide
from sim.car import SimCar, Stay
from sim.charger import SimNrgKick
from sim.charger_json import Unit
from tests.ev.factories import NIGHT, Bench, trip
from tests.field.test_field_devices import case

DAY = timedelta(days=1)
STEP_S = 10


class Particular(SimCar):
    """A car that draws almost nothing below 8 A on several phases; 6 A on one is enough."""

    least_a = 8.0

    def draw(self, offered_a: float, phases: int) -> tuple[float, float, float]:
        """The car draws nothing of an offer that is too small."""
        small = phases > 1 and 0 < offered_a < self.least_a
        return super().draw(0.0 if small else offered_a, phases)


@dataclass(kw_only=True)
class Night:
    """A charger with a car, and ev's state of both, every ten seconds, without a connection."""

    car: SimCar
    knows: Car
    granted_kw: float = 4.3
    switches: bool = True
    now: datetime = NIGHT
    garage: Garage = field(default_factory=Garage)
    memory: Memory = field(default_factory=Memory)
    took_kwh: float = 0.0
    most_kw: float = 0.0

    def __post_init__(self) -> None:
        self.car.stays = [Stay(self.now - DAY, self.now + DAY)]
        self.sim = SimNrgKick(self.car, Unit())
        self.sim.step(self.now)
        self.teller = CommandTracker(16.0, Pace(), self.switches)
        self.garage = furnished(self.garage, [self.knows], ["main"])
        status = CarStatus(car="q4", source="test", at=self.now, soc_pct=30.0, plugged=True)
        self.garage = told(self.garage, status)

    def hours(self, count: float) -> None:
        """Let this number of hours pass."""
        for _ in range(round(count * 3600 / STEP_S)):
            self._pass()

    def _pass(self) -> None:
        self.now += timedelta(seconds=STEP_S)
        self.sim.step(self.now)
        at_s = self.now.timestamp()
        values = answers.values(self.sim.values(raw=True))
        self.teller.see(
            values.phase, values.drawn_phases, answers.control(self.sim.control()), at_s
        )
        state = ChargerState(
            charger="main",
            at=self.now,
            phase=values.phase,
            set_a=self.teller.told.current_a,
            paused=self.teller.told.paused,
            phases=self.teller.used_phases,
            power_kw=values.power_kw,
            currents_a=values.currents_a,
            session_kwh=values.session_kwh,
            rated_a=self.teller.limits.most_a,
            rated_phases=self.teller.limits.phases,
            can_switch_phases=self.teller.can_switch,
            offered_phases=self.teller.offered_phases,
        )
        self.garage = looked(self.garage, state)
        self.took_kwh += (values.power_kw or 0.0) * STEP_S / 3600
        if self.now - NIGHT > timedelta(minutes=1):  # it had no set-point before
            self.most_kw = max(self.most_kw, values.power_kw or 0.0)
        house = Bench(now=self.now, granted_kw=self.granted_kw).house()
        hangs = replace(cable(self.garage, "main"), trips=(trip(12, 95, NIGHT),))
        scene = Scene(now=self.now, house=house, cables=(hangs,), away=away(self.garage))
        decision = decide(scene, Rules(), self.memory)
        self.memory = decision.memory
        self.teller.wanted = decision.set_points["main"]
        if (step := self.teller.next_step(at_s)) is not None:
            asked = dict(parse_qsl(urlsplit(answers.question(step)).query))
            self.teller.heard(step, answers.control(self.sim.tell(asked)), at_s)


def fits_kw(granted_kw: float, phases: int, switches: bool) -> float:
    """The highest power within the grant of a car with this number of phases."""
    found = 0.0
    for count in (1, phases) if switches else (phases,):
        if granted_kw >= kw(LEAST_A, count):
            found = max(found, min(granted_kw, kw(16.0, count)))
    return found


@pytest.mark.parametrize("switches", [True, False])
@pytest.mark.parametrize("phases", [1, 2, 3])
def test_e05_a_car_takes_what_its_phases_allow_inside_the_grant(
    phases: int, switches: bool
) -> None:
    """config.py sets three phases: at least 85 % of the possible energy at 4.3 kW is used,
    learning included.
    """
    granted_kw = case("e05_car_uses_fewer_phases.json")["grant_kw"]
    night = Night(
        car=SimCar(name="q4", soc_pct=30.0, phases=phases),
        knows=Car(name="q4", capacity_kwh=77.0),
        granted_kw=granted_kw,
        switches=switches,
    )
    night.hours(1.5)
    assert night.took_kwh >= 0.85 * 1.5 * fits_kw(granted_kw, phases, switches)
    assert night.most_kw <= granted_kw + 0.05


def test_e05_what_was_learned_is_kept_for_the_car_and_planned_with() -> None:
    """The meter plans one phase for the absent car; its next stay also starts with one."""
    night = Night(
        car=SimCar(name="q4", soc_pct=30.0, phases=1), knows=Car(name="q4", capacity_kwh=77.0)
    )
    night.hours(0.5)
    assert cable(night.garage, "main").car.phases == 1  # type: ignore[union-attr]
    gone = ChargerState(charger="main", at=night.now + DAY, phase=ChargerPhase.STANDBY)
    (each,) = away(looked(night.garage, gone))
    (said,) = need((), (replace(each, trips=(trip(12, 80, NIGHT),)),), {}, NIGHT, lost=False,
                   least_idle_s=600.0, calm_s=60.0).cars  # fmt: skip
    assert (said.phases, said.most_kw) == (1, pytest.approx(3.68))
    again = furnished(looked(night.garage, gone), [Car(name="q4", capacity_kwh=77.0)], ["main"])
    assert again.vehicles["q4"].as_seen.phases == 1


def test_e05_a_car_that_takes_more_phases_after_all_is_believed_at_once() -> None:
    night = Night(
        car=SimCar(name="q4", soc_pct=30.0, phases=1), knows=Car(name="q4", capacity_kwh=77.0)
    )
    night.hours(0.5)
    night.car.phases = 3
    night.hours(0.05)
    assert night.garage.vehicles["q4"].as_seen.phases == 3


@pytest.mark.parametrize("configured", [True, False])
@pytest.mark.parametrize("switches", [True, False])
def test_e01_a_car_with_its_own_minimum_is_charged(configured: bool, switches: bool) -> None:
    """It charges on one phase or from 8 A up: by `least_a`, or learned after the first refusal."""
    case("e01_car_with_own_least.json")
    knows = Car(name="q4", capacity_kwh=77.0, least_a=8.0 if configured else 6.0)
    granted_kw = 4.3 if switches else 6.0
    night = Night(
        car=Particular(name="q4", soc_pct=30.0),
        knows=knows,
        granted_kw=granted_kw,
        switches=switches,
    )
    night.granted_kw = 4.3
    night.hours(0.2)
    night.granted_kw = granted_kw
    night.hours(1)
    assert night.took_kwh >= 0.8 * (3.68 if switches else 5.5)
