"""go-e, Peblar and Home Assistant: interpretation of their answers, and sentences to their
owner.
"""

from collections.abc import Callable

import pytest

from ev.chargers.charger import LineError, RefusedError
from ev.facts import ChargerPhase
from sim.car import SimCar
from sim.charger_web import SimGoe, SimHomeAssistant, SimPeblar, SimWeb
from tests.ev.chargers.rigs import charges, rig

pytestmark = pytest.mark.virtual_time


# --- whole amperes


@pytest.mark.parametrize(("kind", "made"), [("goe", SimGoe), ("homeassistant", SimHomeAssistant)])
async def test_whole_amperes_are_rounded_down_and_limit_nothing_after(
    kind: str, made: Callable[[SimCar], SimWeb]
) -> None:
    async with rig(kind, made) as it:
        state = await it.until(charges(7.0), 7.9)
        assert (state.set_a, state.rated_a) == (7.0, 16.0)
        await it.until(charges(16.0), 16.0)


# --- go-e


async def test_a_go_e_gets_its_set_point_again_after_a_car_left() -> None:
    async with rig("goe", SimGoe) as it:
        await it.until(lambda state: state.paused is True, 0.0)
        stays, it.sim.car.stays = it.sim.car.stays, []
        await it.until(lambda state: not state.plugged and it.sim.forced == 0, 0.0)
        await it.until(lambda state: not state.plugged and it.sim.forced == 1, 0.0)
        it.sim.car.stays = stays
        state = await it.until(lambda state: state.plugged, 0.0)
        assert state.paused


async def test_a_refusal_of_a_go_e_is_quoted() -> None:
    async with rig("goe", SimGoe) as it:
        it.sim.refuses_phases = True
        await it.until(charges(10.0), 10.0)
        state = await it.until(lambda state: bool(state.notice), 10.0, 1)
        assert "psm cannot be 1" in state.notice


# --- Peblar


async def test_a_limit_of_its_own_is_reported() -> None:
    async with rig("peblar", SimPeblar) as it:
        await it.until(charges(12.0), 12.0)
        it.sim.own_limit_a = 8.0
        state = await it.until(charges(8.0), 12.0)
        assert "limited to 8 A by its own setting: Household power limit" in state.notice


@pytest.mark.parametrize(
    ("kind", "made"), [("peblar", SimPeblar), ("homeassistant", SimHomeAssistant)]
)
async def test_a_wrong_token_is_the_owners_to_correct(
    kind: str, made: Callable[[SimCar], SimWeb]
) -> None:
    async with rig(kind, made) as it:
        it.sim.key = "another"
        with pytest.raises(RefusedError, match=r"token.* secrets\.json"):
            await it.device.read()


# --- Home Assistant


async def test_an_integration_that_is_gone_is_trouble_and_no_zero() -> None:
    async with rig("homeassistant", SimHomeAssistant) as it:
        await it.until(charges(10.0), 10.0)
        it.sim.gone = True
        with pytest.raises(LineError, match="unavailable in Home Assistant"):
            await it.device.read()


async def test_an_entity_that_does_not_exist_is_named() -> None:
    """Home Assistant answers 200 even if the entity does not exist."""
    async with rig("homeassistant", SimHomeAssistant, switch="switch.typo") as it:
        with pytest.raises(RefusedError, match=r"has no switch\.typo in Home Assistant"):
            await it.device.read()


async def test_a_charger_without_a_meter_still_gets_its_set_point() -> None:
    async with rig("homeassistant", SimHomeAssistant, power="", energy="") as it:
        state = await it.until(lambda state: state.phase is ChargerPhase.CHARGING, 10.0)
        assert (state.power_kw, state.session_kwh) == (None, None)
        assert max(it.sim.flowing_a) <= 10.0


@pytest.mark.parametrize(
    ("word", "phase"),
    [
        ("disconnected", ChargerPhase.STANDBY),
        ("Not connected", ChargerPhase.STANDBY),
        ("B2", ChargerPhase.CONNECTED),
        ("Ready to charge", ChargerPhase.CONNECTED),
        ("suspendedEV", ChargerPhase.CONNECTED),
        ("Charging", ChargerPhase.CHARGING),
        ("fault", ChargerPhase.ERROR),
        ("quantum", ChargerPhase.UNKNOWN),
    ],
)
async def test_the_words_of_integrations(word: str, phase: ChargerPhase) -> None:
    async with rig("homeassistant", SimHomeAssistant, power="") as it:
        it.sim.status = word
        state = await it.device.read()
        assert state.phase is phase
        assert ("quantum" in state.notice) == (word == "quantum")
