"""Conformance tests of every charger family, on any transport, against its simulated charger."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from ev.chargers import registry
from ev.chargers.charger import ChargerError, LineError, leave
from ev.chargers.device import Device
from ev.chargers.driver import FallsBack
from ev.facts import ChargerPhase, ChargerState, SetPoint
from sim import chargers as simulators
from sim.car import SimCar, Stay
from sim.charger_base import Odd
from sim.chargers import SimCharger
from tests.ev.chargers import madeup
from tests.ev.chargers.rigs import charges, stands

pytestmark = pytest.mark.virtual_time
DAY = timedelta(days=1)
SIMULATED = simulators.SIMULATED | simulators.OCPP_MAKERS | {madeup.FAMILY.kind: madeup.SIMULATED}
Holds = Callable[[ChargerState], bool]


DEVIATES = {
    "test_it_restarts_and_gets_its_set_point_again": {
        "ocpp Wallbox": "waits until the car is unplugged"
    },
    "test_after_our_restart_it_is_unchanged_until_a_command": {
        "ocpp ABB": "restarts when it is asked to measure more",
        "ocpp FoxESS": "dials again after ten minutes",
        "ocpp go-e": "forgets its profiles with its line",
    },
    "test_its_memory_is_not_worn": {"ocpp EVBox": "keeps each set-point in flash memory"},
    "test_it_is_left_safe_and_told_nothing_after": {
        "ocpp go-e": "forgets its profiles with its line"
    },
}
"""What a maker's station does otherwise, whatever it is told: docs/chargers.md says so."""


def family_of(kind: str) -> str:
    """The family of a simulated charger; a maker's name follows it."""
    return kind.partition(" ")[0]


@pytest.fixture(autouse=True, params=SIMULATED)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each family, and OCPP of each maker; the newcomer's charger is a row like any other."""
    if reason := DEVIATES.get(request.function.__name__, {}).get(request.param):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    monkeypatch.setitem(registry.FAMILIES, "madeup", madeup.FAMILY)
    return str(request.param)


@dataclass
class Rig:
    """A simulated charger, its settings in config.py, and our device for it."""

    sim: SimCharger
    settings: dict[str, object]
    device: Device

    def flows(self, most_a: float) -> bool:
        """True if no phase carries more."""
        return max(self.sim.flowing_a) <= most_a + 0.05

    async def live(self, seconds: float, wanted: SetPoint | None = None) -> ChargerState | None:
        """Let this number of seconds pass as in ev: one write and one read in each cycle."""
        loop, state = asyncio.get_running_loop(), None
        until_s = loop.time() + seconds
        while loop.time() < until_s:
            try:
                if wanted is not None:
                    await self.device.write(wanted)
                state = await self.device.read()
            except ChargerError:
                pass
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until_s):
                    await self.device.rest()
        return state

    async def until(self, holds: Holds, wanted: SetPoint | None = None) -> ChargerState:
        """The first state that meets the condition, within ten minutes."""
        async with asyncio.timeout(600.0):
            while True:
                try:
                    if wanted is not None:
                        await self.device.write(wanted)
                    if holds(state := await self.device.read()):
                        return state
                except ChargerError:
                    pass
                await self.device.rest()


def point(current_a: float, phases: int = 3) -> SetPoint:
    return SetPoint(current_a, phases, "a test")


def made(kind: str, settings: dict[str, object], clock: Callable[[], datetime]) -> Device:
    """A device built from config.py, as apps/ does."""
    family = {"kind": family_of(kind)}
    its = registry.BY_KEY.model_of(family).model_validate(family | settings)
    driver = registry.driver_of("main", its, SIMULATED[kind].login)  # type: ignore[arg-type]
    return Device("main", driver, most_a=16.0, clock=clock)


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def rig(
    kind: str, car: SimCar | None = None, clock: Callable[[], datetime] = now
) -> AsyncIterator[Rig]:
    """A served charger that has not received a set-point yet."""
    row = SIMULATED[kind]
    stay = Stay(now() - DAY, now() + 400 * DAY)
    sim = row.made(car or SimCar(soc_pct=30.0, sleeps=False, stays=[stay]))
    async with row.served(sim, 1.0) as settings:
        it = Rig(sim, settings, made(kind, settings, clock))
        try:
            yield it
        finally:
            await it.device.aclose()


async def test_never_above_the_grant_once_told(kind: str) -> None:
    """In a random walk of set-points no phase carries more than the last one, once the car has
    ramped.
    """
    chance = random.Random(7)
    async with rig(kind) as it:
        await it.until(charges(6.0), point(6.0))
        for _ in range(8):
            wanted = point(chance.choice([0.0, 6.0, 7.5, 10.0, 16.0, 25.0]))
            await it.live(10.0, wanted)
            assert it.flows(wanted.current_a)


async def test_a_fall_goes_out_at_once_and_a_rise_after_its_time(kind: str) -> None:
    async with rig(kind) as it:
        await it.until(charges(14.0), point(14.0))
        await it.device.write(point(7.0))
        await it.device.write(point(16.0))
        await it.live(5.0)
        assert it.flows(7.0)
        await it.until(charges(16.0), point(16.0))


async def test_phases_are_switched_where_it_can_and_stay_where_not(kind: str) -> None:
    async with rig(kind) as it:
        state = await it.until(charges(10.0), point(10.0))
        if state.can_switch_phases:
            await it.until(charges(10.0, 1), point(10.0, 1))
            assert it.sim.flowing_a[1:] == (0.0, 0.0)
        else:
            await it.until(charges(8.0), point(8.0))
            assert state.phases == 3


async def test_pause_and_resume(kind: str) -> None:
    async with rig(kind) as it:
        await it.until(charges(8.0), point(8.0))
        state = await it.until(stands, point(0.0))
        assert state.paused
        await it.live(30.0, point(0.0))
        assert it.flows(0.0)
        await it.until(charges(8.0), point(8.0))


async def test_a_car_that_stops_by_itself_is_still_offered_power(kind: str) -> None:
    async with rig(kind) as it:
        await it.until(charges(8.0), point(8.0))
        it.sim.car.target_pct = it.sim.car.soc_pct
        state = await it.until(stands, point(8.0))
        assert state.notice == ""
        assert (state.set_a, bool(state.paused)) == (8.0, False)


async def test_unplugged_while_charging(kind: str) -> None:
    async with rig(kind) as it:
        await it.until(charges(8.0), point(8.0))
        it.sim.car.stays = []
        state = await it.until(lambda state: state.phase is ChargerPhase.STANDBY, point(8.0))
        assert not state.plugged
        assert it.flows(0.0)


async def test_it_restarts_and_gets_its_set_point_again(kind: str) -> None:
    """A charger that restarts at full current with a car soon returns to its grant."""
    async with rig(kind) as it:
        await it.until(charges(7.0), point(7.0))
        it.sim.reboot()
        await it.live(30.0, point(7.0))
        await it.until(charges(7.0), point(7.0))
        await it.live(20.0, point(7.0))
        assert it.flows(7.0)


async def test_after_our_restart_it_is_unchanged_until_a_command(kind: str) -> None:
    async with rig(kind) as it:
        await it.until(charges(9.0), point(9.0))
        await it.device.aclose()
        again = Rig(it.sim, it.settings, made(kind, it.settings, now))
        try:
            await again.until(charges(9.0))
            await again.until(charges(6.0), point(6.0))
        finally:
            await again.device.aclose()


@pytest.mark.parametrize("odd", [Odd.SILENT, Odd.GARBAGE])
async def test_trouble_is_a_line_error_and_ends_in_what_was_granted(kind: str, odd: Odd) -> None:
    async with rig(kind) as it:
        await it.until(charges(12.0), point(12.0))
        it.sim.odd(odd)
        with pytest.raises(LineError):
            await it.device.read()
        with pytest.raises(LineError):
            await it.device.write(point(6.0))
        it.sim.odd(None)
        await it.until(charges(6.0), point(6.0))
        assert it.flows(6.0)


async def test_a_device_that_accepts_but_does_nothing_is_set_again(kind: str) -> None:
    async with rig(kind) as it:
        await it.until(charges(12.0), point(12.0))
        it.sim.odd(Odd.DEAF)
        state = await it.live(40.0, point(6.0))
        assert state is not None
        assert charges(12.0)(state)
        it.sim.odd(None)
        await it.live(60.0, point(6.0))
        assert it.flows(6.0)


async def test_its_memory_is_not_worn(kind: str) -> None:
    """The first set-point writes the one-time settings; no later one writes to permanent memory."""
    async with rig(kind) as it:
        await it.until(charges(10.0), point(10.0))
        await it.live(60.0, point(10.0))
        written = it.sim.flash_writes
        for current_a in (12.0, 0.0, 8.0, 14.0):
            it.device.fall_back(0.0 if current_a > 10.0 else 6.0)
            await it.live(60.0, point(current_a))
        assert it.sim.flash_writes == written


async def test_a_fall_does_not_wait_for_a_slow_answer(kind: str) -> None:
    async with rig(kind) as it:
        await it.until(charges(12.0), point(12.0))
        it.sim.odd(Odd.SLOW)
        reading = asyncio.create_task(it.device.read())
        await asyncio.sleep(1.0)
        await it.device.write(point(6.0))
        assert not reading.done()
        with pytest.raises(LineError):
            await reading
        await it.live(10.0)
        assert it.flows(6.0)


async def test_our_clock_may_jump(kind: str) -> None:
    """The system clock moves back an hour and ahead a day: set-points use a monotonic clock."""
    ahead = timedelta(0)
    async with rig(kind, clock=lambda: now() + ahead) as it:
        await it.until(charges(12.0), point(12.0))
        for jump in (timedelta(hours=-1), DAY):
            ahead = jump
            await it.until(charges(6.0), point(6.0))
            state = await it.until(charges(12.0), point(12.0))
            assert abs(state.at - now() - jump) < timedelta(seconds=30)


async def test_it_is_left_safe_and_told_nothing_after(kind: str) -> None:
    async with rig(kind) as it:
        await it.until(charges(12.0), point(12.0))
        await leave(it.device, 0.0, 5.0)
        await asyncio.sleep(40.0)
        assert it.flows(0.0)


async def test_what_it_does_in_silence_is_what_its_family_says(kind: str) -> None:
    """The charger keeps its set-point, or falls back by its own watchdog."""
    async with rig(kind) as it:
        await it.until(charges(12.0), point(12.0))
        await it.live(45.0, point(12.0))
        assert not it.flows(11.0)
        await asyncio.sleep(SIMULATED[kind].silent_s)
        silence = registry.FAMILIES[family_of(kind)].silence
        assert it.flows(6.0) == ("6 A" in silence), silence


@pytest.mark.parametrize("told_a", [0.0, 12.0], ids=["paused", "charging"])
@pytest.mark.parametrize("safe_a", [0.0, 6.0])
async def test_it_falls_to_what_is_safe_for_this_car(
    kind: str, told_a: float, safe_a: float
) -> None:
    """A safe current of 0 A keeps a paused car paused, where the failsafe can be set."""
    async with rig(kind) as it:
        it.device.fall_back(safe_a)
        await it.until(charges(12.0), point(12.0))
        await it.live(60.0, point(told_a))
        await asyncio.sleep(SIMULATED[kind].silent_s)
        family = family_of(kind)
        its = registry.FAMILIES[family].settings.model_validate({"kind": family, **it.settings})
        if isinstance(registry.driver_of("main", its, {}), FallsBack):
            assert it.flows(safe_a)
