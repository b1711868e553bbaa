"""Alfen, KEBA and Heidelberg: watchdogs, unusual registers, and the sentences to their owner."""

import asyncio

import pytest

from ev.facts import SetPoint
from sim.charger_alfen import SimAlfen
from sim.charger_heidelberg import SimHeidelberg
from sim.charger_keba import SimKeba, SimKebaP40
from tests.ev.chargers.rigs import charges, rig, stands

pytestmark = pytest.mark.virtual_time


# --- Alfen


async def test_a_short_validity_time_is_learned_and_kept() -> None:
    """With a watchdog of 10 s set by an installer, a set-point still holds after minutes."""
    async with rig("alfen", SimAlfen) as it:
        it.sim.valid_s = 10.0
        await it.until(charges(12.0), 12.0)
        lapses = 0
        for _ in range(60):
            await it.live(2.0, 12.0)
            lapses += not it.sim.left_s
        assert lapses == 0


async def test_a_zero_that_was_only_read_is_not_sent() -> None:
    """A station without a set-point reads 0 A but charges at its safe current."""
    async with rig("alfen", SimAlfen) as it:
        state = await it.live(120.0, None)
        assert (state.set_a, state.paused) == (6.0, False)
        assert it.sim.left_s == 0.0
        assert max(it.sim.flowing_a) == 6.0


async def test_an_alfen_that_may_not_switch_phases_still_charges() -> None:
    async with rig("alfen", SimAlfen) as it:
        it.sim.refuses_phases = True
        await it.until(charges(10.0), 10.0)
        state = await it.until(lambda state: bool(state.notice), 10.0, 1)
        assert "1- and 3-phase charging" in state.notice
        assert not state.can_switch_phases
        await it.until(charges(9.0), 9.0)


async def test_an_alfen_with_another_data_source_is_reported() -> None:
    """The charger accepts set-points without applying them."""
    async with rig("alfen", SimAlfen) as it:
        it.sim.ignores = True
        state = await it.until(lambda state: bool(state.notice), 10.0)
        assert "Energy Management System" in state.notice


# --- KEBA


@pytest.mark.parametrize("made", [SimKeba, SimKebaP40])
async def test_its_failsafe_is_armed_before_it_is_told_to_pause(
    made: type[SimKeba],
) -> None:
    """With a failsafe of 6 A a KEBA would start its paused car after the timeout."""
    async with rig("keba", made) as it:
        it.device.fall_back(6.0)
        await it.until(charges(12.0), 12.0)
        assert (it.sim.safe_ma, it.sim.silent_s) == (6000, 60)
        it.device.fall_back(0.0)
        await it.device.write(SetPoint(0.0, 3, "a test"))
        assert it.sim.safe_ma == 0
        assert it.sim.writes[-1] in ((5004, 0), (5014, 0))
        await it.until(stands, 0.0)
        await asyncio.sleep(700.0)
        assert max(it.sim.flowing_a) == 0.0


async def test_a_box_that_lost_its_failsafe_is_armed_again() -> None:
    async with rig("keba", SimKeba) as it:
        await it.until(charges(12.0), 12.0)
        it.sim.reboot()
        assert it.sim.silent_s == 0
        await it.live(60.0, 12.0)
        assert it.sim.silent_s == 60


async def test_its_failsafe_does_not_trip_while_nothing_changes() -> None:
    async with rig("keba", SimKeba) as it:
        await it.until(charges(12.0), 12.0)
        for _ in range(30):
            await it.live(10.0, 12.0)
            assert not it.sim.tripped
        assert it.sim.flash_writes == 0


@pytest.mark.parametrize("made", [SimKeba, SimKebaP40])
async def test_both_kebas_pause_and_go_on(made: type[SimKeba]) -> None:
    async with rig("keba", made) as it:
        await it.until(charges(8.0), 8.0)
        await it.until(stands, 0.0)
        await it.until(charges(10.0), 10.0)


class OldP40(SimKebaP40):
    """A P40 before 1.2.1, which counts energy in Wh."""

    firmware, per_wh = 10_200, 1


@pytest.mark.parametrize(
    ("made", "firmware"),
    [(SimKeba, "3.10.51"), (SimKebaP40, "1.3.0"), (OldP40, "1.2.0")],
)
async def test_a_keba_counts_in_the_unit_of_its_firmware(
    made: type[SimKeba], firmware: str
) -> None:
    async with rig("keba", made) as it:
        state = await it.until(charges(8.0), 8.0)
        assert state.register_kwh is not None
        assert 1699.0 < state.register_kwh < 1700.0
        assert it.device.about["firmware"] == firmware


# --- Heidelberg


async def test_its_watchdog_runs_though_an_owner_switched_it_off() -> None:
    async with rig("heidelberg", SimHeidelberg) as it:
        registers = it.sim.units[255]
        registers[257] = 0
        await it.until(charges(12.0), 12.0)
        assert (registers[257], registers[258], registers[262]) == (30_000, 4, 0)


async def test_a_car_that_asks_is_not_yet_charging() -> None:
    """States 6 and 7 are requests of the car, not charging."""
    async with rig("heidelberg", SimHeidelberg) as it:
        await it.until(stands, 0.0)
        assert it.sim.units[255][5] == 6


async def test_an_impossible_decrease_is_reported() -> None:
    """An old layout has no failsafe register."""
    async with rig("heidelberg", SimHeidelberg) as it:
        it.sim.settings = (258, 259, 261)
        it.device.fall_back(6.0)
        it.sim.units[255][262] = 0
        state = await it.until(lambda state: bool(state.notice), 10.0)
        assert "failsafe" in state.notice
        await it.until(charges(10.0), 10.0)
