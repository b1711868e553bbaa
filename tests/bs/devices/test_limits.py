"""Set-points obey the limits of law, battery, device, cells and unknown state."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bs import limits
from bs.devices.follow import disobedience
from bs.facts import Battery, BatteryState, Mode, SetPoint

BATTERY = Battery(name="home", capacity_kwh=10.0, charge_kw=8.0, discharge_kw=8.0, reserve_pct=10.0)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
STATE = BatteryState(battery="home", at=NOW, soc_pct=50.0, power_kw=0.0)


def asked(mode: Mode, kw: float) -> SetPoint:
    return SetPoint(mode, kw, "a test")


@pytest.mark.parametrize(("phases", "most_kw"), [(1, 5.0), (2, 8.0), (3, 8.0)])
def test_the_law_limits_one_phase_to_5_kw(phases: int, most_kw: float) -> None:
    """The limit is 5 kW on one phase and 10 kW on more; the battery's own 8 kW is lower."""
    told = limits.within(asked(Mode.CHARGE, 20), replace(BATTERY, phases=phases), STATE)
    assert told.power_kw == most_kw
    assert "at most" in told.why


def test_every_limit_names_its_source() -> None:
    """Each legal limit and the limit of the cells cites its source."""
    for limit in (limits.ONE_PHASE, limits.MORE_PHASES, limits.CELLS):
        assert limit.source


@pytest.mark.parametrize(
    ("mode", "change", "reason"),
    [
        (Mode.DISCHARGE, {"soc_pct": 10.0}, "reserve"),
        (Mode.CHARGE, {"soc_pct": 100.0}, "reached its maximum"),
        (Mode.CHARGE, {"soc_pct": None}, "not known"),
        (Mode.DISCHARGE, {"soc_pct": float("nan")}, "not known"),
        (Mode.CHARGE, {"healthy": False}, "reports a fault"),
        (Mode.CHARGE, {"temperature_c": -5.0}, "-5 °C"),
        (Mode.DISCHARGE, {"temperature_c": 60.0}, "60 °C"),
        (Mode.CHARGE, {"charge_kw": 0.0}, "the device's own limit"),
    ],
)
def test_what_forbids_power_is_a_hold_that_says_so(
    mode: Mode, change: dict[str, float | bool | None], reason: str
) -> None:
    told = limits.within(asked(mode, 1.0), BATTERY, replace(STATE, **change))  # type: ignore[arg-type]
    assert told.mode is Mode.HOLD
    assert reason in told.why


@pytest.mark.parametrize("kw", [float("nan"), float("inf"), -1.0, 0.0])
def test_what_is_no_power_is_a_hold(kw: float) -> None:
    """Invalid powers are nan, infinity, negative numbers and 0."""
    assert limits.within(asked(Mode.CHARGE, kw), BATTERY, STATE).mode is Mode.HOLD


def test_a_battery_of_0_kwh_holds() -> None:
    empty = replace(BATTERY, capacity_kwh=0.0)
    assert limits.within(asked(Mode.CHARGE, 1.0), empty, STATE).mode is Mode.HOLD


@settings(max_examples=300, deadline=None)
@given(
    mode=st.sampled_from(Mode),
    kw=st.floats(allow_nan=True, allow_infinity=True),
    soc_pct=st.none() | st.floats(0, 100),
    device_kw=st.none() | st.floats(0, 20),
    phases=st.integers(1, 3),
)
def test_never_more_than_the_least_limit(
    mode: Mode, kw: float, soc_pct: float | None, device_kw: float | None, phases: int
) -> None:
    """A request is limited in power, keeps its direction and never goes below the reserve."""
    state = replace(STATE, soc_pct=soc_pct, charge_kw=device_kw, discharge_kw=device_kw)
    told = limits.within(asked(mode, kw), replace(BATTERY, phases=phases), state)
    assert told.mode in (mode, Mode.HOLD)
    assert 0 <= told.power_kw <= min(8.0, limits.legal(phases).kw, device_kw or 8.0)
    if told.mode is Mode.DISCHARGE:
        assert soc_pct is not None
        assert soc_pct > 10
    assert limits.within(told, BATTERY, state).power_kw <= told.power_kw


@pytest.mark.parametrize(
    ("power_kw", "soc_pct", "since_s", "follows"),
    [
        (2.0, 50.0, 60.0, True),
        (0.4, 50.0, 60.0, True),  # the battery tapers, or its firmware limits the power
        (0.0, 50.0, 5.0, True),  # the power is still ramping
        (0.0, 97.0, 60.0, True),  # the battery is nearly full
        (0.0, 50.0, 60.0, False),
        (-1.9, 50.0, 60.0, False),
        (-1.9, 97.0, 60.0, False),
        (None, 50.0, 60.0, True),
    ],
)
def test_what_is_disobedience(
    power_kw: float | None, soc_pct: float, since_s: float, follows: bool
) -> None:
    """After 20 s, no power at half charge or the wrong direction is a fault; a taper is not."""
    state = replace(STATE, power_kw=power_kw, soc_pct=soc_pct)
    assert (disobedience(asked(Mode.CHARGE, 2.0), since_s, state) == "") is follows
