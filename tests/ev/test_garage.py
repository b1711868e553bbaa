"""The garage: a car arrives, is known or a guest, follows its owner, and leaves with its charge."""

from datetime import UTC, datetime, timedelta

import pytest

from ev.facts import Car, CarStatus, ChargerPhase, ChargerState
from ev.garage import Garage, cable, furnished, known, looked, named, plugged, told, wished
from ev.inputs import AUTO, Mode, Wish

NOW = datetime(2026, 1, 15, 17, 0, tzinfo=UTC)
CARS = (Car(name="q4", capacity_kwh=77.0), Car(name="zoe", capacity_kwh=41.0, phases=1))


def state(seconds: float, phase: ChargerPhase, session_kwh: float = 0.0) -> ChargerState:
    return ChargerState(
        charger="main",
        at=NOW + timedelta(seconds=seconds),
        phase=phase,
        session_kwh=session_kwh,
        power_kw=0.0,
    )


def arrived(cars: tuple[Car, ...] = CARS) -> Garage:
    garage = furnished(Garage(), cars, ("main",))
    garage = looked(garage, state(0, ChargerPhase.STANDBY))
    return looked(garage, state(10, ChargerPhase.CONNECTED))


def test_the_only_car_is_known_at_once() -> None:
    garage = arrived(CARS[:1])
    assert plugged(garage) == ("q4",)


def test_a_car_is_a_guest_until_its_source_reports() -> None:
    """It is a guest at first, then the car whose status came after the plug-in."""
    garage = arrived()
    assert plugged(garage) == ("guest on main",)
    at = NOW + timedelta(minutes=5)
    garage = told(garage, CarStatus(car="q4", source="portal", at=at, soc_pct=62.0, plugged=True))
    here = cable(garage, "main")
    assert (here.name, here.soc_pct) == ("q4", 62.0)


def test_a_car_has_come_only_when_somebody_saw_it() -> None:
    """A car that was connected when ev started may have been there for days."""
    hung = looked(furnished(Garage(), CARS[:1], ("main",)), state(0, ChargerPhase.CONNECTED))
    assert cable(hung, "main").came is None
    assert cable(arrived(CARS[:1]), "main").came == NOW + timedelta(seconds=10)


def test_the_owner_says_which_car_it_is() -> None:
    garage = named(arrived(), "main", "zoe", NOW + timedelta(seconds=20))
    assert plugged(garage) == ("zoe",)


def test_commands_last_until_the_car_leaves() -> None:
    """A command and a name end with the stay; the SoC is kept with the car."""
    garage = wished(arrived(CARS[:1]), "q4", Wish(Mode.BOOST))
    garage = told(
        garage, CarStatus(car="q4", source="owner", at=NOW + timedelta(seconds=30), soc_pct=50.0)
    )
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
    """config.py defines the cars, whatever was stored."""
    kept = told(arrived(), CarStatus(car="q4", source="owner", at=NOW, soc_pct=50.0))
    assert furnished(kept, CARS[1:], ("main",)).cars == ("zoe",)


YEAR = timedelta(days=365)


def put_back(garage: Garage) -> Garage:
    """A car that charges 1.5 kWh with the clock a year ahead, then 1.5 kWh with the right clock."""
    ahead = YEAR.total_seconds()
    garage = looked(garage, state(ahead, ChargerPhase.STANDBY))
    garage = looked(garage, state(ahead + 10, ChargerPhase.CHARGING))
    garage = told(garage, CarStatus(car="q4", source="owner", at=NOW + YEAR + timedelta(seconds=20),
                                    soc_pct=50.0, plugged=True))  # fmt: skip
    garage = looked(garage, state(ahead + 600, ChargerPhase.CHARGING, 1.5))
    for second in range(0, 601, 10):
        garage = looked(garage, state(second, ChargerPhase.CHARGING, 1.5 + 1.5 * second / 600))
    return garage


def test_a_clock_that_is_put_back_stops_neither_energy_nor_soc() -> None:
    """Energy charged while the clock was ahead is kept, and later energy is added."""
    garage = put_back(furnished(Garage(), CARS[:1], ("main",)))
    session = garage.sessions["main"]
    assert session.energy_kwh == pytest.approx(3.0)
    assert session.at == NOW + timedelta(seconds=600)
    assert cable(garage, "main").came == NOW
    soc_pct = cable(garage, "main").soc_pct
    assert soc_pct == pytest.approx(50 + 100 * 3.0 * 0.9 / 77, abs=0.05)


def test_words_after_a_clock_is_put_back_are_heard() -> None:
    """Reports of the car and commands of its owner are accepted; the command ends with this
    stay."""
    garage = named(put_back(furnished(Garage(), CARS, ("main",))), "main", "q4", NOW + YEAR)
    at = NOW + timedelta(seconds=700)
    garage = told(garage, CarStatus(car="q4", source="portal", at=at, soc_pct=62.0, plugged=True))
    garage = looked(garage, state(710, ChargerPhase.CHARGING, 3.0))
    assert cable(garage, "main").soc_pct == 62.0
    assert garage.said["main"].at <= NOW + timedelta(seconds=710)


def test_a_car_that_hangs_there_when_ev_restarts_with_its_clock_put_back_keeps_its_soc() -> None:
    """The connected car is reported again after a restart, before the times are corrected."""
    garage = furnished(Garage(), CARS[:1], ("main",))
    ahead = YEAR.total_seconds()
    garage = looked(garage, state(ahead, ChargerPhase.STANDBY))
    garage = looked(garage, state(ahead + 10, ChargerPhase.CHARGING))
    garage = told(
        garage,
        CarStatus(car="q4", source="owner", at=NOW + YEAR + timedelta(seconds=20), soc_pct=50.0),
    )
    garage = looked(garage, state(ahead + 600, ChargerPhase.CHARGING, 1.5))
    before = cable(garage, "main").soc_pct
    restarted = furnished(garage, CARS[:1], ("main",))
    assert cable(looked(restarted, state(0, ChargerPhase.CHARGING, 1.5)), "main").soc_pct == before


def test_a_charger_heard_a_second_late_moves_no_time() -> None:
    """Two chargers are read concurrently, so one may report an earlier time than the other."""
    garage = arrived(CARS[:1])
    assert looked(garage, state(9, ChargerPhase.CONNECTED)).sessions == garage.sessions
