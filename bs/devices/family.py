"""One family of batteries: its interface to the rest of the program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from base.checked import Checked, Clock, Host, Port
from base.language import setting
from bs.devices.driver import Driver
from bs.facts import Battery

Tokens = Mapping[str, str]
"""Secrets of batteries in secrets.json: HomeWizard's tokens by host."""


class BatterySettings(Checked):
    """A battery of config.py, whatever its family; each family adds its address.

    A car that can discharge `leaves` at a time of day, `leaves_pct` full.
    """

    family: str
    capacity_kwh: float = Field(ge=0.5, le=200, description=setting("kWh, its capacity"))
    charge_kw: float = Field(
        default=5.0, gt=0, le=10, description=setting("kW, its maximum charging power")
    )
    discharge_kw: float = Field(
        default=5.0, gt=0, le=10, description=setting("kW, its maximum discharging power")
    )
    phases: Literal[1, 3] = 1
    reserve_pct: float = Field(default=10.0, ge=0, le=90, description=setting("%, kept in reserve"))
    most_pct: float = Field(default=100.0, ge=50, le=100, description="%")
    efficiency: float = Field(
        default=0.95, ge=0.7, le=1, description=setting("one way, 1 means no loss")
    )
    wear_eur_kwh: float = Field(
        default=0.02, ge=0, le=1, description=setting("EUR of wear per kWh")
    )
    leaves: Clock | None = None
    leaves_pct: float = Field(default=80.0, ge=0, le=100, description="%")

    @property
    def place(self) -> tuple[str, int] | None:
        """The host and port where it listens; None for a simulated one."""
        return None


class ModbusSettings(BatterySettings):
    """A battery that is found over Modbus TCP."""

    host: Host
    port: Port = 502
    unit: int | None = Field(default=None, ge=0, le=255, description=setting("its Modbus unit"))

    @property
    def place(self) -> tuple[str, int]:
        """The host and port of its Modbus."""
        return self.host, self.port

    def unit_or(self, usual: int) -> int:
        """Its Modbus unit."""
        return usual if self.unit is None else self.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A family of batteries, as its module describes it.

    `settings` is the model of its settings in config.py; `asks` the settings that install asks for,
    in that order. `driver` makes its driver, nothing opened yet; None where it is simulated. `help`
    is one line; `silence` describes such a battery without this program.
    """

    kind: str
    settings: type[BatterySettings]
    asks: tuple[str, ...]
    driver: Callable[[Battery, Any, Tokens], Driver] | None
    help: str
    silence: str
