"""The garage: a car comes, is known or a guest, hears its owner, and leaves with what it has."""

from datetime import UTC, datetime, timedelta

from ev.facts import Car, CarStatus, ChargerPhase, ChargerState
from ev.garage import Garage, cable, furnished, known, looked, named, plugged, told, wished
from ev.inputs import AUTO, Mode, Wish

NOW = datetime(2026, 1, 15, 17, 0, tzinfo=UTC)
CARS = (Car("q4", 77.0), Car("zoe", 41.0, phases=1))


def state(seconds: float, phase: ChargerPhase, session_kwh: float = 0.0) -> ChargerState:
    return ChargerState(
        "main", NOW + timedelta(seconds=seconds), phase, session_kwh=session_kwh, power_kw=0.0
    )


def arrived(cars: tuple[Car, ...] = CARS) -> Garage:
    garage = furnished(Garage(), cars, ("main",))
    garage = looked(garage, state(0, ChargerPhase.STANDBY))
    return looked(garage, state(10, ChargerPhase.CONNECTED))


def test_the_only_car_is_known_at_once() -> None:
    garage = arrived(CARS[:1])
    assert plugged(garage) == ("q4",)


def test_nobody_knows_which_of_two_it_is_until_one_says_so() -> None:
    """A guest; then the car whose status came after the plug-in."""
    garage = arrived()
    assert plugged(garage) == ("guest on main",)
    at = NOW + timedelta(minutes=5)
    garage = told(garage, CarStatus("q4", "portal", at, soc_pct=62.0, plugged=True))
    here = cable(garage, "main")
    assert (here.name, here.soc_pct) == ("q4", 62.0)


def test_a_car_has_come_only_when_somebody_saw_it() -> None:
    """One that hung there when ev began may have been there for days."""
    hung = looked(furnished(Garage(), CARS[:1], ("main",)), state(0, ChargerPhase.CONNECTED))
    assert cable(hung, "main").came is None
    assert cable(arrived(CARS[:1]), "main").came == NOW + timedelta(seconds=10)


def test_the_owner_says_which_car_it_is() -> None:
    garage = named(arrived(), "main", "zoe", NOW + timedelta(seconds=20))
    assert plugged(garage) == ("zoe",)


def test_words_hold_until_the_car_leaves() -> None:
    """A wish, and a name, end with the stay; the SoC stays with the car."""
    garage = wished(arrived(CARS[:1]), "q4", Wish(Mode.BOOST))
    garage = told(garage, CarStatus("q4", "owner", NOW + timedelta(seconds=30), soc_pct=50.0))
    assert cable(garage, "main").wish.mode is Mode.BOOST
    garage = looked(garage, state(60, ChargerPhase.CHARGING, 0.1))
    garage = looked(garage, state(3660, ChargerPhase.CHARGING, 7.8))
    garage = looked(garage, state(3700, ChargerPhase.STANDBY, 7.8))
    assert plugged(garage) == ()
    assert garage.wishes == {}
    assert cable(garage, "main").wish == AUTO
    assert 58.0 < (known(garage, "q4").soc_pct or 0.0) < 60.0


def test_a_charger_that_is_silent_has_not_lost_its_car() -> None:
    garage = arrived(CARS[:1])
    garage = looked(garage, state(30, ChargerPhase.UNKNOWN))
    assert plugged(garage) == ("q4",)


def test_a_car_that_was_sold_is_forgotten() -> None:
    """config.py says which cars there are, whatever was kept."""
    kept = told(arrived(), CarStatus("q4", "owner", NOW, soc_pct=50.0))
    assert furnished(kept, CARS[1:], ("main",)).cars == ("zoe",)
