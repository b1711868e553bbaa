"""Identification of a car on a charger: asked within a minute, limited while unknown."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from apps.ev.fleet import Fleet, Kept
from ev.charge_demand import Urgency, demand
from ev.facts import Car, CarStatus, ChargerPhase, ChargerState
from ev.garage import Garage, cable, furnished, looked, named, on, plugged, told, wished
from ev.inputs import Mode, Rules, Wish
from tests.ev.cars.factories import after
from tests.ev.which_car import stay

CARS = (
    Car(name="q4", capacity_kwh=77.0, default_target_pct=90.0),
    Car(name="zoe", capacity_kwh=41.0),
)


def look(
    garage: Garage, minute: float, kwh: float = 0.0, phase: ChargerPhase = ChargerPhase.CHARGING
) -> Garage:
    return looked(
        garage, ChargerState(charger="main", at=after(minute), phase=phase, session_kwh=kwh)
    )


def says(garage: Garage, car: str, minute: float, soc_pct: float | None = None,
         plugged: bool | None = None, home: bool | None = None) -> Garage:  # fmt: skip
    status = CarStatus(
        car=car, source="cloud", at=after(minute), soc_pct=soc_pct, plugged=plugged, home=home
    )
    return told(garage, status)


def arrived(soc_pct: tuple[float, float] = (50.0, 78.0)) -> Garage:
    """Both cars were read hours ago; one is plugged in."""
    garage = furnished(Garage(), CARS, ("main",))
    for car, pct in zip(CARS, soc_pct, strict=True):
        garage = says(garage, car.name, -180.0, pct, plugged=False)
    garage = look(garage, -0.1, phase=ChargerPhase.STANDBY)
    return look(garage, 0.0)


def asked(garage: Garage) -> bool:
    return garage.found["main"].asked


def test_within_a_minute_the_owner_is_asked() -> None:
    garage = arrived()
    assert not asked(garage)
    garage = look(garage, 1.0)
    assert asked(garage)
    assert set(garage.found["main"].possible) == {"q4", "zoe"}
    assert plugged(garage) == ("guest on main",)


def test_a_car_that_was_on_the_road_just_before_is_it() -> None:
    garage = furnished(Garage(), CARS, ("main",))
    for minute in (-400.0, -385.0):
        garage = says(garage, "q4", minute, 70.0, plugged=False)
    for minute, pct in ((-32.0, 61.0), (-17.0, 58.0)):
        garage = says(garage, "zoe", minute, pct, plugged=False)
    garage = look(look(garage, -0.1, phase=ChargerPhase.STANDBY), 0.1)
    found = garage.found["main"]
    assert (found.car, found.asked, found.rivals) == ("zoe", False, ("q4",))
    assert found.probability > 0.95


def test_an_unknown_car_gets_at_most_the_smallest_need() -> None:
    """The Zoe needs 2 % for its target of 80 %; the Q4 40 % for its 90 %."""
    garage = look(arrived(), 1.0)
    wanted = demand(cable(garage, "main"), after(1))
    assert wanted.energy_kwh == pytest.approx(0.02 * 41 / 0.9)
    garage = look(garage, 10.0, kwh=0.92)
    wanted = demand(cable(garage, "main"), after(10))
    assert (wanted.urgency, wanted.energy_kwh) == (Urgency.NONE, 0.0)
    assert "say which" in wanted.why


def test_an_answer_ends_the_question_and_the_bound() -> None:
    garage = named(says(look(arrived(), 1.0), "q4", 1.0, 50.0), "main", "q4", after(1.2))
    assert not asked(garage)
    wanted = demand(cable(garage, "main"), after(2))
    assert wanted.energy_kwh == pytest.approx(0.4 * 77 / 0.9)


def test_a_car_that_nobody_reads_is_a_guest_of_20_kwh_as_ever() -> None:
    """Its target cannot be used, and its charge at departure has been driven since."""
    garage = furnished(Garage(), CARS, ("main",))
    garage = told(garage, CarStatus(car="zoe", source="estimate", at=after(-600), soc_pct=80.0))
    garage = look(look(garage, -0.1, phase=ChargerPhase.STANDBY), 1.0)
    assert demand(cable(garage, "main"), after(1)).energy_kwh == 20.0


def test_the_owner_may_boost_what_he_did_not_name() -> None:
    garage = wished(look(arrived(), 1.0), "guest on main", Wish(Mode.BOOST))
    assert demand(cable(garage, "main"), after(1)).urgency is Urgency.NOW


def test_a_late_report_of_the_plug_answers_in_place_of_the_owner() -> None:
    """The first choice is made at the report, and is certain after 16 minutes."""
    garage = look(arrived(), 1.0)
    garage = says(garage, "q4", 0.4, 48.0, plugged=True)
    assert garage.found["main"].rivals == ("zoe",)
    garage = look(garage, 16.0)
    found = garage.found["main"]
    assert (found.car, found.asked, found.rivals) == ("q4", False, ())


def test_a_choice_that_is_contradicted_is_asked_and_never_exchanged() -> None:
    garage = says(look(arrived(), 1.0), "q4", 0.4, 48.0, plugged=True)
    garage = says(garage, "zoe", 0.5, 77.0, plugged=True)
    garage = says(garage, "q4", 5.0, plugged=False)
    found = garage.found["main"]
    assert (found.car, found.asked) == (None, True)
    garage = look(garage, 20.0)
    assert asked(garage)  # also when one of them is certain now
    garage = named(garage, "main", "zoe", after(21))
    assert (garage.found["main"].car, asked(garage)) == ("zoe", False)


def test_an_answer_holds_and_what_contradicts_it_later_is_asked_once() -> None:
    garage = named(look(arrived(), 1.0), "main", "q4", after(1.2))
    garage = says(says(garage, "zoe", 0.4, 77.0, plugged=True), "q4", 3.0, plugged=False)
    assert (garage.found["main"].car, asked(garage)) == ("q4", True)
    garage = named(garage, "main", "q4", after(17))
    garage = look(says(garage, "zoe", 18.0, 77.0, plugged=True), 18.0)
    assert (garage.found["main"].car, asked(garage)) == ("q4", False)


def test_a_question_and_its_answer_outlive_a_restart() -> None:
    garage = named(look(arrived(), 1.0), "main", "q4", after(1.2))
    garage = says(says(garage, "zoe", 0.4, 77.0, plugged=True), "q4", 3.0, plugged=False)
    again = look(furnished(garage, CARS, ("main",)), 4.0)
    assert (again.found["main"].car, asked(again)) == ("q4", True)
    assert furnished(garage, CARS[1:], ("main",)).found == {}


def test_a_car_plugged_in_elsewhere_later_is_not_it() -> None:
    """A car plugged in only after this plug-in, and still plugged in, is at another charger."""
    garage = says(look(arrived(), 1.0), "zoe", 10.0, 77.0, plugged=False)
    garage = says(garage, "zoe", 40.0, 77.0, plugged=True)
    assert garage.found["main"].car == "q4"


def test_a_car_that_says_it_is_away_is_not_it() -> None:
    garage = says(look(arrived(), 1.0), "zoe", 5.0, 77.0, home=False)
    garage = says(garage, "q4", 5.0, 50.0, home=True)
    assert garage.found["main"].car == "q4"


def test_nothing_is_learned_of_a_car_that_may_be_another() -> None:
    """A wrong guess would spoil the stored phases and minimum current for later stays."""
    garage = says(look(arrived(), 1.0), "q4", 0.4, 48.0, plugged=True)
    one_phase = ChargerState(
        charger="main",
        at=after(3),
        phase=ChargerPhase.CHARGING,
        set_a=10.0,
        paused=False,
        phases=1,
        power_kw=2.3,
        currents_a=(10.0, 0.0, 0.0),
        session_kwh=0.1,
        offered_phases=3,
    )
    for seconds in range(0, 120, 10):
        at = after(3) + timedelta(seconds=seconds)
        garage = looked(garage, replace(one_phase, at=at))
    assert garage.found["main"].rivals
    vehicle = on(garage, "main") or garage.vehicles["q4"]
    assert vehicle.phases is None


def test_two_cars_with_late_clouds_are_right_or_asked_and_never_above_their_target() -> None:
    """A sample of 10,000 such stays: ./do_py.sh prove which."""
    outcomes = [stay(Random(seed)) for seed in range(200)]
    found = Counter(outcome.at_a_minute for outcome in outcomes)
    chosen = found["right"] + found["wrong"]
    assert found["right"] >= 0.95 * chosen
    assert found["right"] >= 0.5 * len(outcomes), found
    assert found["silent"] == 0
    assert not any(outcome.over_pct for outcome in outcomes)
    assert not any(outcome.flips for outcome in outcomes)


def test_a_choice_that_waits_for_the_other_cars_target_is_asked() -> None:
    """The car may not be the Q4, and the other car needs no energy: without a question it waits
    forever.
    """
    garage = furnished(Garage(), CARS, ("main",))
    for minute in (-400.0, -385.0):
        garage = says(garage, "zoe", minute, 80.0)
    for minute, pct in ((-32.0, 61.0), (-17.0, 58.0)):
        garage = says(garage, "q4", minute, pct)
    fleet = Fleet(Rules(), CARS, ["main"], Kept(garage=garage))
    for minute, phase in ((-0.1, ChargerPhase.STANDBY), (0.1, ChargerPhase.CONNECTED)):
        fleet.look(ChargerState(charger="main", at=after(minute), phase=phase, session_kwh=0.0))
    fleet.decide(after(0.2), None, None)
    (plug,) = fleet.plugs()
    assert plug.cable.name == "q4"
    assert (plug.demand.energy_kwh, plug.asks) == (0.0, ("q4", "zoe"))
    fleet.name(["q4", "on", "main"], after(0.5))
    fleet.decide(after(0.6), None, None)
    (plug,) = fleet.plugs()
    assert (plug.demand.energy_kwh > 0, plug.asks) == (True, ())
