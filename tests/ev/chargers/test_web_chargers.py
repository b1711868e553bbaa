"""go-e, Peblar and Home Assistant: what their answers prove, and what their owner is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Generic, TypeVar

import pytest

from base.time import DAY
from ev.chargers import registry
from ev.chargers.charger import ChargerError, LineError, RefusedError
from ev.chargers.device import Device
from ev.facts import ChargerPhase, ChargerState, SetPoint
from sim.car import SimCar, Stay
from sim.charger_web import SimGoe, SimHomeAssistant, SimPeblar, SimWeb, on_web
from sim.chargers import SIMULATED

pytestmark = pytest.mark.virtual_time
_Sim = TypeVar("_Sim", bound=SimWeb)
Holds = Callable[[ChargerState], bool]


class Rig(Generic[_Sim]):
    """A simulated charger and our device of it."""

    def __init__(self, sim: _Sim, device: Device) -> None:
        self.sim, self.device = sim, device

    async def until(self, holds: Holds, current_a: float, phases: int = 3) -> ChargerState:
        """The first state that holds; the set-point is written at each turn."""
        async with asyncio.timeout(600.0):
            while True:
                try:
                    await self.device.write(SetPoint(current_a, phases, "a test"))
                    if holds(state := await self.device.read()):
                        return state
                except ChargerError:
                    pass
                await self.device.rest()


@asynccontextmanager
async def rig(
    kind: str, made: Callable[[SimCar], _Sim], **settings: object
) -> AsyncIterator[Rig[_Sim]]:
    today = datetime.now(UTC)
    car = SimCar(soc_pct=30.0, sleeps=False, stays=[Stay(today - DAY, today + 9 * DAY)])
    sim = made(car)
    async with on_web(sim, 1.0) as found:
        its = registry.FAMILIES[kind].settings.model_validate({"kind": kind, **found, **settings})
        device = Device("main", registry.driver_of("main", its, SIMULATED[kind].login))
        try:
            yield Rig(sim, device)
        finally:
            await device.aclose()


def charges(at_a: float, phases: int = 3) -> Holds:
    kw = at_a * phases * 0.23
    return lambda state: state.power_kw is not None and abs(state.power_kw - kw) < 0.1


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


async def test_a_go_e_that_is_neutral_after_a_car_left_is_told_again() -> None:
    async with rig("goe", SimGoe) as it:
        await it.until(lambda state: state.paused is True, 0.0)
        stays, it.sim.car.stays = it.sim.car.stays, []
        await it.until(lambda state: not state.plugged and it.sim.forced == 0, 0.0)
        await it.until(lambda state: not state.plugged and it.sim.forced == 1, 0.0)
        it.sim.car.stays = stays
        state = await it.until(lambda state: state.plugged, 0.0)
        assert state.paused


async def test_what_a_go_e_refuses_is_said_in_its_words() -> None:
    async with rig("goe", SimGoe) as it:
        it.sim.refuses_phases = True
        await it.until(charges(10.0), 10.0)
        state = await it.until(lambda state: bool(state.notice), 10.0, 1)
        assert "psm cannot be 1" in state.notice


# --- Peblar


async def test_a_limit_of_its_own_is_said() -> None:
    async with rig("peblar", SimPeblar) as it:
        await it.until(charges(12.0), 12.0)
        it.sim.own_limit_a = 8.0
        state = await it.until(charges(8.0), 12.0)
        assert "held at 8 A by its own limit: Household power limit" in state.notice


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
    """Its service would have answered 200 all the same."""
    async with rig("homeassistant", SimHomeAssistant, switch="switch.typo") as it:
        with pytest.raises(RefusedError, match=r"has no switch\.typo in Home Assistant"):
            await it.device.read()


async def test_a_charger_without_a_meter_is_told_all_the_same() -> None:
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
