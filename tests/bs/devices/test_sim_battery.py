"""The simulated battery obeys physics: it creates no energy and keeps within its limits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.battery import Pack, PackState, allowed_kw, shown_pct, soc_pct, step
from tests.bs.devices.sim_marstek import SimMarstek

PACK = Pack()


@settings(max_examples=60, deadline=None)
@given(
    wanted=st.lists(st.tuples(st.floats(-9, 9), st.integers(1, 600)), min_size=1, max_size=8),
    soc=st.floats(0, 100),
)
def test_what_is_stored_is_what_came_in_less_the_losses(
    wanted: list[tuple[float, int]], soc: float
) -> None:
    """Stored energy stays within the capacity and gains no more than the energy charged."""
    state = PackState(PACK.capacity_kwh * soc / 100)
    for kw, seconds in wanted:
        for _ in range(seconds):
            after = step(PACK, state, kw, 1.0)
            gained_kwh = after.stored_kwh - state.stored_kwh
            assert gained_kwh <= max(0.0, after.power_kw) * PACK.efficiency / 3600 + 1e-9
            assert 0.0 <= after.stored_kwh <= PACK.capacity_kwh
            assert abs(after.power_kw - state.power_kw) <= PACK.ramp_kw_s + 1e-9
            state = after
        assert -PACK.discharge_kw <= state.power_kw <= PACK.charge_kw


def test_a_round_trip_loses_what_its_efficiency_says() -> None:
    """A full cycle returns 0.95 x 0.95 of the energy."""
    pack = Pack(standby_kw=0.0, ramp_kw_s=100.0)
    full = step(pack, PackState(2.0), 2.0, 3600)
    assert full.stored_kwh == pytest.approx(2.0 + 2.0 * 0.95, rel=1e-6)
    empty = step(pack, full, -2.0, 1800)
    assert empty.stored_kwh == pytest.approx(full.stored_kwh - 1.0 / 0.95, rel=1e-6)


def test_nearly_full_and_nearly_empty_it_tapers() -> None:
    """Within the last 5 % the power falls to 0."""
    assert allowed_kw(PACK, PackState(9.75))[0] == pytest.approx(2.5)
    assert allowed_kw(PACK, PackState(10.0))[0] == 0.0
    assert allowed_kw(PACK, PackState(0.25))[1] == pytest.approx(2.5)


def test_cold_cells_are_not_charged_and_hot_ones_less() -> None:
    """Below 0 °C the battery only discharges; above 55 °C it is idle."""
    assert allowed_kw(PACK, PackState(5.0, cells_c=-1.0)) == (0.0, 5.0)
    assert allowed_kw(PACK, PackState(5.0, cells_c=50.0))[0] == pytest.approx(2.5)
    assert allowed_kw(PACK, PackState(5.0, cells_c=56.0)) == (0.0, 0.0)


def test_its_own_soc_drifts_until_it_is_full() -> None:
    """Half full, the reported state of charge drifts by about 0.6 % in 12 h until a full charge."""
    state = step(PACK, PackState(5.0), 0.0, 12 * 3600)
    assert shown_pct(PACK, state) - soc_pct(PACK, state) == pytest.approx(0.6, abs=0.05)
    full = step(PACK, state, 5.0, 3 * 3600)
    assert full.drift_pct == 0.0


def test_work_warms_it() -> None:
    """An hour at full power warms the cells by several °C; then they cool."""
    warm = step(PACK, PackState(2.0, cells_c=18.0), 5.0, 3600)
    assert 20 < warm.cells_c < 35
    assert step(PACK, warm, 0.0, 6 * 3600).cells_c < warm.cells_c


def test_its_power_goes_to_the_simulated_house() -> None:
    """Grid power is that of house and battery; a one-phase battery is on L1."""
    sim = SimMarstek(house_kw=lambda: 1.0)
    sim.step(0.0)
    sim.step(10.0)
    assert sim.grid_kw() == pytest.approx(0.0, abs=0.01)
    assert sim.extra_kw(None) == [pytest.approx(-1.0, abs=0.01), 0.0, 0.0]  # type: ignore[arg-type]


def test_speed_moves_the_physics_not_its_watchdog() -> None:
    """At 60 times the speed, ten seconds store the energy of ten minutes."""
    slow, fast = SimMarstek(house_kw=lambda: -1.0), SimMarstek(house_kw=lambda: -1.0, speed=60.0)
    for sim in (slow, fast):
        sim.step(0.0)
        sim.step(10.0)
    gained = [sim.state.stored_kwh - 2.56 for sim in (slow, fast)]
    assert gained[1] == pytest.approx(60 * gained[0], rel=0.1)
