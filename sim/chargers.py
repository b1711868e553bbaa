"""Every simulated charger: one row each, for the demo and for the tests that each family passes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from sim.car import SimCar
from sim.charger import SimNrgKick, Trouble
from sim.charger_http import Clock, clock, simulated_charger
from sim.charger_ocpp import SimOcpp


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


class Served(Protocol):
    """A simulated charger on its wire while it lasts."""

    def __call__(
        self, device: Any, speed: float, now: Clock | None = None, /
    ) -> AbstractAsyncContextManager[Settings]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A simulated family.

    `made` gives one with this car; `served` puts it on a loopback wire, its clock so many times
    as fast as ours (or the one that is given), and gives what config.py says of it. A charger that
    hears nothing has fallen to its safe current after `silent_s`, if it does.
    """

    made: Callable[[SimCar], SimCharger]
    served: Served
    silent_s: float = 45.0


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
async def _served(
    device: _NrgKick, speed: float, now: Clock | None = None
) -> AsyncIterator[Settings]:
    device.now = now or clock(speed)
    async with simulated_charger(device, now=device.now) as url:
        yield {"host": url.removeprefix("http://")}


class SimOcppCharger(SimOcpp):
    """The OCPP station, as every simulated charger is handled."""

    clock: Clock | None = None
    day: Odd | None = None

    def odd(self, odd: Odd | None) -> None:
        """It has this day, or a good one."""
        self.day = odd

    def hears(self, action: str) -> str | None:
        """What becomes of a question, this day."""
        if self.day is Odd.GARBAGE:
            return "\x00{]"
        slow = self.day is Odd.SLOW and action == "TriggerMessage"
        return "" if slow or self.day is Odd.SILENT else None

    @property
    def flowing_a(self) -> tuple[float, float, float]:
        """A on L1, L2 and L3 now."""
        if self.clock is not None:
            self.step(self.clock())
        return self.currents_a


@asynccontextmanager
async def _dials(
    device: SimOcppCharger, speed: float, now: Clock | None = None
) -> AsyncIterator[Settings]:
    from sim.charger_ocpp_wire import dialling, free_port

    device.clock, port = now or clock(speed), free_port()
    url = f"ws://127.0.0.1:{port}/main"
    async with dialling(device, url, device.clock, speed, hears=device.hears):
        yield {"id": "main", "port": port}


SIMULATED: dict[str, Simulated] = {
    "nrgkick": Simulated(made=_NrgKick, served=_served),
    "ocpp": Simulated(made=SimOcppCharger, served=_dials, silent_s=130.0),
}
