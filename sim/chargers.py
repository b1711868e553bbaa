"""Every simulated charger: one row each, for the demo and for the tests that each family passes."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from sim.car import SimCar
from sim.charger import SimNrgKick, Trouble
from sim.charger_alfen import SimAlfen
from sim.charger_base import Odd
from sim.charger_heidelberg import SimHeidelberg
from sim.charger_http import Clock, clock, simulated_charger
from sim.charger_json import Json
from sim.charger_keba import SimKeba
from sim.charger_modbus import on_modbus
from sim.charger_ocpp import SimOcpp
from sim.charger_ocpp_quirks import MAKERS, Quirk
from sim.charger_web import SimGoe, SimHomeAssistant, SimPeblar, on_web


class SimCharger(Protocol):
    """A charger with a car on its cable, as a test sees it."""

    car: SimCar
    flash_writes: int
    """Number of writes to flash memory, as far as its maker documents them."""

    def reboot(self) -> None:
        """Restart: silent for a while, the relays open, and perhaps the settings lost."""

    def odd(self, odd: Odd | None) -> None:
        """Switch this fault on, or all faults off."""

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
    as fast as ours (or the one that is given), and gives what config.py says of it. A charger
    without messages has dropped to its safe current after `silent_s`, if it has a watchdog.
    `login` is what
    secrets.json holds for it.
    """

    made: Callable[[SimCar], SimCharger]
    served: Served
    silent_s: float = 45.0
    login: Mapping[str, str] = field(default_factory=dict)


class _NrgKick(SimNrgKick):
    """The NRGkick, as every simulated charger is handled."""

    now: Clock | None = None
    flash_writes = 0
    deaf = False

    def odd(self, odd: Odd | None) -> None:
        """Switch this fault on, or all faults off."""
        self.deaf = odd is Odd.DEAF
        same = {Odd.SILENT: Trouble.HANG, Odd.GARBAGE: Trouble.HTML, Odd.SLOW: Trouble.SLOW}
        self.trouble = {same[odd]} if odd in same else set()

    def tell(self, asked: Mapping[str, str]) -> Json:
        """The echo of a write, carried out or not."""
        before = self.settings
        echo = super().tell(asked)
        if self.deaf:
            self.settings = before
        return echo

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
        """Switch this fault on, or all faults off."""
        self.day = odd

    def take(self, profile: Mapping[str, Any]) -> str:
        """The answer to a profile, kept or not."""
        return "Accepted" if self.day is Odd.DEAF else super().take(profile)

    def hears(self, action: str) -> str | None:
        """The answer to a request, with the faults of this day."""
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
        starts = {"starts": True} if Quirk.CARD in device.quirks else {}
        yield {"id": "main", "port": port, **starts}


SIMULATED: dict[str, Simulated] = {
    "nrgkick": Simulated(made=_NrgKick, served=_served),
    "ocpp": Simulated(
        made=partial(SimOcppCharger, quirks=(Quirk.SWITCHES,)), served=_dials, silent_s=120.0
    ),
    "alfen": Simulated(made=SimAlfen, served=on_modbus, silent_s=70.0),
    "keba": Simulated(made=SimKeba, served=on_modbus, silent_s=70.0),
    "heidelberg": Simulated(made=SimHeidelberg, served=on_modbus),
    "goe": Simulated(made=SimGoe, served=on_web),
    "peblar": Simulated(made=SimPeblar, served=on_web, login={"token": SimPeblar.key}),
    "homeassistant": Simulated(
        made=SimHomeAssistant,
        served=on_web,
        login={"token": SimHomeAssistant.key.removeprefix("Bearer ")},
    ),
}

OCPP_MAKERS: dict[str, Simulated] = {
    f"ocpp {maker}": Simulated(
        made=partial(SimOcppCharger, quirks=quirks), served=_dials, silent_s=120.0
    )
    for maker, quirks in MAKERS.items()
}
"""OCPP stations with the known deviations of each maker."""
