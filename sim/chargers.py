"""Every simulated charger: one row each, for the demo and for the tests that each family passes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from sim.car import SimCar
from sim.charger import SimNrgKick, Trouble
from sim.charger_http import Clock, clock, simulated_charger


class Odd(StrEnum):
    """What can be wrong with any charger."""

    SILENT = "takes every question and never answers"
    GARBAGE = "answers with nonsense"
    SLOW = "never answers what it measures, but does as it is told"


class SimCharger(Protocol):
    """A charger with a car on its cable, as a test sees it."""

    car: SimCar

    def reboot(self) -> None:
        """It restarts: silent for a while, its relays open, and perhaps its settings are lost."""

    def odd(self, odd: Odd | None) -> None:
        """It has this day, or a good one."""

    @property
    def flowing_a(self) -> tuple[float, float, float]:
        """A on L1, L2 and L3 now."""


Settings = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A simulated family.

    `made` gives one with this car; `served` puts it on a loopback wire, its clock so many times
    as fast as ours, and gives what config.py says of it. `limit` names the driver's time-out.
    """

    made: Callable[[SimCar], SimCharger]
    served: Callable[[Any, float], AbstractAsyncContextManager[Settings]]
    limit: str


class _NrgKick(SimNrgKick):
    """The NRGkick, as every simulated charger is handled."""

    now: Clock | None = None

    def odd(self, odd: Odd | None) -> None:
        """It has this day, or a good one."""
        same = {Odd.SILENT: Trouble.HANG, Odd.GARBAGE: Trouble.HTML, Odd.SLOW: Trouble.SLOW}
        self.trouble = {same[odd]} if odd else set()

    @property
    def flowing_a(self) -> tuple[float, float, float]:
        """A on L1, L2 and L3 now."""
        if self.now is not None:
            self.step(self.now())
        return self._currents_a


@asynccontextmanager
async def _served(device: _NrgKick, speed: float) -> AsyncIterator[Settings]:
    device.now = clock(speed)
    async with simulated_charger(device, now=device.now) as url:
        yield {"host": url}


SIMULATED: dict[str, Simulated] = {
    "nrgkick": Simulated(
        made=_NrgKick, served=_served, limit="ev.chargers.nrgkick.driver.TIMEOUT_S"
    ),
}
