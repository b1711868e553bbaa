"""Estimated state of charge of a car: bounded, increased by charging, invalid after a drive."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ev.session import Session, folded
from ev.vehicle import (
    Vehicle,
    duration,
    estimate,
    heard,
    left,
    needed_kwh,
    ready_at,
)
from tests.ev.cars.factories import NOW, Q4, SPRING, after, says, session, state


def test_energy_carries_the_soc_on() -> None:
    """11 kWh at 90 % into 77 kWh are 12.9 %."""
    known = heard(Vehicle(car=Q4), says("q4", 0, soc_pct=50.0))
    now = estimate(known, session(1.0))
    assert now.soc_pct == pytest.approx(50 + 100 * 11 * 0.9 / 77)
    assert (now.read_at, now.source, now.estimated) == (NOW, "cloud", True)


def test_a_read_corrects_the_estimate() -> None:
    """A reading applies at its own time; only later energy is added."""
    known = heard(Vehicle(car=Q4), says("q4", 0, soc_pct=50.0))
    corrected = heard(known, says("q4", 30, soc_pct=60.0))
    now = estimate(corrected, session(1.0))
    assert now.soc_pct == pytest.approx(60 + 100 * 5.5 * 0.9 / 77)


def test_an_older_report_never_replaces_a_newer_one() -> None:
    known = heard(Vehicle(car=Q4), says("q4", 10, soc_pct=60.0, plugged=True, target_pct=90.0))
    same = heard(known, says("q4", 5, soc_pct=20.0, plugged=False, target_pct=50.0))
    assert estimate(same, None) == estimate(known, None)


def test_a_soc_from_before_the_drive_is_dropped() -> None:
    """The car was read at noon, driven, and plugged in at six: its SoC is unknown."""
    known = heard(Vehicle(car=Q4), says("q4", -360, soc_pct=80.0))
    assert estimate(known, None).soc_pct == 80.0
    assert estimate(known, session(1.0)).soc_pct is None


def test_a_soc_from_the_arrival_is_kept() -> None:
    """The car reported when it was switched off, and was plugged in two minutes later."""
    known = heard(Vehicle(car=Q4), says("q4", -2, soc_pct=40.0))
    assert estimate(known, session(0.0)).soc_pct == 40.0


def test_plug_state_from_before_the_plug_in_is_never_believed() -> None:
    """A sleeping car keeps reporting that it charges."""
    known = heard(Vehicle(car=Q4), says("q4", -30, plugged=True, charging=True))
    now = estimate(known, session(2.0))
    assert (now.plugged, now.charging) == (None, None)


def test_a_car_that_knew_of_the_plug_seconds_before_we_did_is_believed() -> None:
    known = heard(Vehicle(car=Q4), says("q4", -0.2, plugged=True))
    assert estimate(known, session(0.1)).plugged is True


def test_a_car_leaves_with_its_estimate() -> None:
    """The estimate is kept until the next plug-in."""
    known = left(heard(Vehicle(car=Q4), says("q4", 0, soc_pct=50.0)), session(1.0))
    assert estimate(known, None).soc_pct == pytest.approx(62.86, abs=0.01)
    assert estimate(known, None).source == "estimate"
    assert estimate(known, session(1.0, start=600)).soc_pct is None


def test_nothing_known_is_nothing_claimed() -> None:
    assert estimate(Vehicle(car=Q4), session(1.0)).soc_pct is None
    assert left(Vehicle(car=Q4), session(1.0)).socs == ()


def test_ready_at_counts_the_losses_and_the_taper() -> None:
    """60 to 80 % of 77 kWh are 17.1 kWh from the charger; the last 5 % take twice as long."""
    assert needed_kwh(Q4, 60, 80) == pytest.approx(17.11, abs=0.01)
    assert ready_at(Q4, 60, 80, 11.0, NOW) == NOW + timedelta(hours=1, minutes=33, seconds=20)
    to_95, to_100 = duration(Q4, 90, 95, 11.0), duration(Q4, 95, 100, 11.0)
    assert to_95
    assert to_100
    assert to_100 / to_95 == pytest.approx(2.0)


def test_a_car_that_is_ready_needs_nothing_and_one_without_power_never_is() -> None:
    assert ready_at(Q4, 85, 80, 0.0, NOW) == NOW
    assert ready_at(Q4, 60, 80, 0.0, NOW) is None


def test_what_is_known_survives_a_restart_as_plain_values() -> None:
    """A vehicle and a session convert to plain values and back."""
    known = left(heard(Vehicle(car=Q4), says("q4", 0, soc_pct=50.0)), session(1.0))
    stay = session(1.0)
    vehicles, sessions = TypeAdapter(Vehicle), TypeAdapter(Session)
    assert vehicles.validate_python(vehicles.dump_python(known, mode="json")) == known
    again = sessions.validate_python(sessions.dump_python(stay, mode="json"))
    assert again == stay
    on = folded(again, state(61, 11.2), watched=False)
    assert on is not None
    assert on.since == stay.since


SOC = st.floats(0, 100)
KW = st.floats(0, 22)


@given(soc_pct=SOC, read=st.floats(-10, 200), kw=KW, hours=st.integers(0, 3))
def test_an_estimate_is_between_empty_and_full(
    soc_pct: float, read: float, kw: float, hours: int
) -> None:
    """This holds for any reading and any charged energy."""
    known = heard(Vehicle(car=SPRING), says("spring", read, soc_pct=soc_pct))
    now = estimate(known, session(hours, kw)).soc_pct
    assert now is not None
    assert 0 <= now <= 100


@given(soc_pct=SOC, steps=st.lists(st.floats(0, 3), max_size=30))
def test_an_estimate_never_falls_while_energy_flows(soc_pct: float, steps: list[float]) -> None:
    known = heard(Vehicle(car=Q4), says("q4", 0, soc_pct=soc_pct))
    stay, kwh, before = folded(None, state(0), watched=True), 0.0, soc_pct
    for minute, step in enumerate(steps, 1):
        kwh += step
        stay = folded(stay, state(minute, kwh), watched=True)
        now = estimate(known, stay).soc_pct
        assert now is not None
        assert now >= before - 1e-9
        before = now


@given(soc_pct=SOC, target_pct=SOC, kw=st.floats(0.1, 22))
def test_less_power_is_never_ready_sooner(soc_pct: float, target_pct: float, kw: float) -> None:
    fast, slow = duration(Q4, soc_pct, target_pct, kw), duration(Q4, soc_pct, target_pct, kw / 2)
    assert fast is not None
    assert slow is not None
    assert timedelta(0) <= fast <= slow


def test_a_late_report_counts_at_its_own_time() -> None:
    """The portal delivers a status one hour late, dated twenty minutes after the plug-in."""
    late = heard(Vehicle(car=Q4), says("q4", 20, soc_pct=41.0))
    now = estimate(late, session(2.0)).soc_pct
    assert now == pytest.approx(41 + 100 * (22 - 11 / 3) * 0.9 / 77, abs=0.05)
    assert after(20) == estimate(late, session(2.0)).read_at
