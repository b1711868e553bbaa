"""The fleet: energy and cost of a stay are reported when the car leaves."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apps.ev.fleet import Fleet, Kept
from apps.ev.state import charging
from ev.facts import Car, ChargerPhase, ChargerState
from ev.garage import Garage
from ev.habit import Outing
from ev.inputs import Rules
from ev.vehicle import Vehicle
from store.kept import KeptFile
from tests.ev.factories import Bench

NOW = datetime(2026, 1, 15, 17, 0, tzinfo=UTC)


def state(minutes: float, phase: ChargerPhase, kwh: float) -> ChargerState:
    at = NOW + timedelta(minutes=minutes)
    power_kw = 8.0 if phase is ChargerPhase.CHARGING else 0.0
    return ChargerState(charger="main", at=at, phase=phase, session_kwh=kwh, power_kw=power_kw)


def test_what_a_stay_cost_is_shown_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """4 kWh cost 0.30 EUR each, across a restart; the price applies while the car charges."""
    caplog.set_level(logging.INFO)
    house = Bench(house_kw=9.0).house().model_copy(update={"price_offtake_eur_kwh": 0.30})
    fleet = Fleet(Rules(), [Car(name="q4", capacity_kwh=77.0)], ["main"], Kept())
    fleet.look(state(0, ChargerPhase.STANDBY, 0.0))
    fleet.look(state(1, ChargerPhase.CHARGING, 0.0))
    fleet.decide(NOW, house, None)
    fleet.look(state(31, ChargerPhase.CHARGING, 3.0))
    again = Fleet(Rules(), [Car(name="q4", capacity_kwh=77.0)], ["main"], fleet.kept)
    again.look(state(41, ChargerPhase.CONNECTED, 4.0))
    again.decide(NOW, house, None)
    assert again.plugs()[0].eur == pytest.approx(1.20)
    again.look(state(50, ChargerPhase.STANDBY, 4.0))
    assert "q4 got 4.00 kWh on main for 1.20 EUR" in caplog.text


def test_a_stay_in_which_ev_is_killed_keeps_its_money(tmp_path: Path) -> None:
    """Energy charged since the last write counts at the last known price; the part from the home
    battery keeps its value."""
    prices = {"price_offtake_eur_kwh": 0.30, "discharging_kw": 4.0, "offtake_kw": 4.0}
    house = Bench(house_kw=9.0).house().model_copy(update=prices)
    fleet = Fleet(Rules(), [Car(name="q4", capacity_kwh=77.0)], ["main"], Kept())
    fleet.look(state(0, ChargerPhase.STANDBY, 0.0))
    fleet.look(state(1, ChargerPhase.CHARGING, 0.0))
    fleet.decide(NOW, house, None)
    fleet.look(state(31, ChargerPhase.CHARGING, 4.0))
    file = KeptFile(tmp_path / "ev.json", Kept)
    file.save(fleet.kept)
    fleet.look(state(36, ChargerPhase.CHARGING, 5.0))  # not written: killed now
    kept = file.load()
    assert kept is not None
    again = Fleet(Rules(), [Car(name="q4", capacity_kwh=77.0)], ["main"], kept)
    again.look(state(40, ChargerPhase.CHARGING, 6.0))
    again.decide(NOW, house, None)
    (plug,) = again.plugs()
    assert plug.eur == pytest.approx(6 * 0.30)
    assert plug.battery_eur_kwh == pytest.approx(0.30)


def test_a_clock_that_is_put_back_is_no_departure(caplog: pytest.LogCaptureFixture) -> None:
    """The stay continues without a report; its energy is reported once, when the car leaves."""
    caplog.set_level(logging.INFO)
    fleet = Fleet(Rules(), [Car(name="q4", capacity_kwh=77.0)], ["main"], Kept())
    year = 365 * 24 * 60.0
    fleet.look(state(year, ChargerPhase.STANDBY, 0.0))
    fleet.look(state(year + 1, ChargerPhase.CHARGING, 0.0))
    fleet.look(state(year + 31, ChargerPhase.CHARGING, 3.0))
    assert not fleet.look(state(0, ChargerPhase.CHARGING, 3.0))
    assert "got" not in caplog.text
    fleet.look(state(10, ChargerPhase.CHARGING, 4.0))
    assert fleet.look(state(11, ChargerPhase.STANDBY, 4.0))
    assert caplog.text.count("q4 got 4.00 kWh") == 1


def test_an_unknown_car_is_asked_for_once_and_answered_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The question is in the log, with an event, and in the message for phone and MQTT."""
    fleet = Fleet(
        Rules(),
        [Car(name="q4", capacity_kwh=77.0), Car(name="zoe", capacity_kwh=41.0)],
        ["main"],
        Kept(),
    )
    fleet.look(state(0, ChargerPhase.STANDBY, 0.0))
    for minute in range(1, 5):
        fleet.look(state(minute, ChargerPhase.CONNECTED, 0.0))
    fleet.decide(NOW, None, None)
    assert charging(fleet, NOW).chargers[0].asks == ("q4", "zoe")
    assert caplog.text.count("Which car is on main: it may be q4 or zoe: say which it is") == 1
    assert fleet.name(["zoe", "on", "main"], NOW + timedelta(minutes=5)) == "zoe is on main"
    fleet.decide(NOW, None, None)
    told = charging(fleet, NOW).chargers[0]
    assert (told.car, told.asks) == ("zoe", ())


def test_a_habit_survives_a_restart_and_ends_by_command(tmp_path: Path) -> None:
    """The trips are part of the need and of the state, in a fleet with habits enabled."""
    monday = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
    made = tuple(
        Outing(monday + week * timedelta(days=7), monday + timedelta(days=7 * week, hours=9), 9.0)
        for week in range(5)
    )
    q4 = Car(name="q4", capacity_kwh=77.0)
    file = KeptFile(tmp_path / "ev.json", Kept)
    file.save(Kept(Garage(vehicles={"q4": Vehicle(car=q4, outings=made)})))
    kept, now = file.load(), monday + timedelta(days=34)
    assert kept is not None
    fleet, quiet = (Fleet(Rules(), [q4], ["main"], kept, expects=each) for each in (True, False))
    for each in (fleet, quiet):
        each.look(replace(state(0, ChargerPhase.CONNECTED, 0.0), at=now))
        each.decide(now, None, None)
    (trip,) = fleet.need(now).cars[0].trips
    (usual,) = charging(fleet, now).cars[0].usual
    assert trip.leaves == usual.leaves == monday + timedelta(days=35)
    assert 0.5 < trip.chance < 1.0
    assert usual.km == 50.0
    assert not quiet.need(now).cars[0].trips
    assert "no usual trips any more" in fleet.forget(["q4"])
    fleet.decide(now, None, None)
    assert not fleet.need(now).cars[0].trips
    assert not fleet.kept.garage.vehicles["q4"].outings
