"""A simulated charger of any family with a connected car, and our device for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Generic, TypeVar

from base.time import DAY
from ev.chargers import registry
from ev.chargers.charger import ChargerError
from ev.chargers.device import Device
from ev.facts import ChargerPhase, ChargerState, SetPoint
from sim.car import SimCar, Stay
from sim.chargers import SIMULATED

_Sim = TypeVar("_Sim")
Holds = Callable[[ChargerState], bool]


class Rig(Generic[_Sim]):
    """A simulated charger and our device for it."""

    def __init__(self, sim: _Sim, device: Device) -> None:
        self.sim, self.device = sim, device

    async def until(self, holds: Holds, current_a: float | None, phases: int = 3) -> ChargerState:
        """The first state that meets the condition; a set-point, if given, is written before each
        read.
        """
        async with asyncio.timeout(600.0):
            while True:
                try:
                    if current_a is not None:
                        await self.device.write(SetPoint(current_a, phases, "a test"))
                    if holds(state := await self.device.read()):
                        return state
                except ChargerError:
                    pass
                await self.device.rest()

    async def live(self, seconds: float, current_a: float | None) -> ChargerState:
        """The state after this number of seconds of writes and reads."""
        until_s = asyncio.get_running_loop().time() + seconds
        return await self.until(
            lambda state: asyncio.get_running_loop().time() >= until_s, current_a
        )


@asynccontextmanager
async def rig(
    kind: str, made: Callable[[SimCar], _Sim], **settings: object
) -> AsyncIterator[Rig[_Sim]]:
    """A car on a charger built by `made`, with settings beyond its address."""
    today = datetime.now(UTC)
    car = SimCar(soc_pct=30.0, sleeps=False, stays=[Stay(today - DAY, today + 9 * DAY)])
    sim = made(car)
    async with SIMULATED[kind].served(sim, 1.0) as found:
        its = registry.FAMILIES[kind].settings.model_validate({"kind": kind, **found, **settings})
        device = Device("main", registry.driver_of("main", its, SIMULATED[kind].login))
        try:
            yield Rig(sim, device)
        finally:
            await device.aclose()


def charges(at_a: float, phases: int = 3) -> Holds:
    """True if the car draws about this current on each phase."""
    kw = at_a * phases * 0.23
    return lambda state: state.power_kw is not None and abs(state.power_kw - kw) < 0.2


def stands(state: ChargerState) -> bool:
    """True if the car is connected and draws nothing."""
    return state.phase is ChargerPhase.CONNECTED and state.power_kw == 0.0
