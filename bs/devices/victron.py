"""Victron ESS through its GX device: Modbus TCP port 502, services of unit 100 (register list of
dbus_modbustcp; all numbers big endian).

Its control is in victron_ways.py.
"""

import time
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from base.language import phrase, setting
from base.modbus import Line, signed
from bs.devices.driver import Driver, ModbusDriver, possible_pct
from bs.devices.family import Family, ModbusSettings, Tokens
from bs.devices.victron_ways import GridPoint, Way, way_of
from bs.facts import Battery, BatteryState, SetPoint

SYSTEM = 100
GRID, BATTERY_W = 820, 842
NO_PHASE = 0x7FFF
FRESH_S = 0.5


class Victron(ModbusDriver):
    """One GX device. `vebus_unit` is the Multi's unit id (GX menu, Modbus TCP), for mode 3 only."""

    watchdog_s: float | None = None
    refresh_s = 2.0
    poll_s = 2.0
    settle_s = 0.02
    step_kw = 0.011

    def __init__(self, battery: Battery, line: Line, vebus_unit: int | None = None) -> None:
        super().__init__(battery, line)
        self._vebus_unit = vebus_unit
        self._way: Way | None = None
        self._read_s = float("-inf")

    @property
    def about(self) -> dict[str, str]:
        """Its model; no register has the version."""
        if not isinstance(self._way, GridPoint):
            return {}
        return {"firmware": f"Venus {'before 3.50' if self._way.in_flash else '3.50 or later'}"}

    async def read(self) -> BatteryState:
        """Read the measurements; the battery's power on its AC side."""
        way = await self._found()
        grid = await self._line.read(GRID, 3)
        battery_w, said_pct, _ = await self._line.read(BATTERY_W, 3)
        soc_pct = possible_pct(said_pct)
        battery_kw = self._ac_kw(signed(battery_w) / 1000)
        grid_kw = sum(signed(watts) for watts in grid if watts != NO_PHASE) / 1000
        way.house_kw, self._read_s = grid_kw - battery_kw, time.monotonic()
        return BatteryState(
            battery=self._battery.name,
            at=datetime.now(UTC),
            soc_pct=soc_pct,
            power_kw=battery_kw,
        )

    async def told(self) -> SetPoint:
        """The set-point in its registers."""
        return await (await self._found()).told()

    async def write(self, set_point: SetPoint) -> None:
        """Write the grid power computed from the house now, or the power of the Multi."""
        if set_point.signed_kw and time.monotonic() - self._read_s > FRESH_S:
            await self.read()
        await (await self._found()).write(set_point)

    async def keep(self) -> None:
        """Update the grid point for the house, or write the Multi again."""
        await (await self._found()).keep()

    async def release(self) -> None:
        """Restore its owner's point and limits."""
        await (await self._found()).release()

    def _ac_kw(self, dc_kw: float) -> float:
        share = self._battery.efficiency
        return dc_kw / share if dc_kw > 0 else dc_kw * share

    async def _found(self) -> Way:
        """The way this system is controlled, looked up once."""
        if self._way is None:
            self._way = await way_of(self._line, self._vebus_unit, self._battery.phases)
            self.watchdog_s = self._way.watchdog_s
        return self._way


class VictronSettings(ModbusSettings):
    """A GX device of config.py."""

    family: Literal["victron"]
    vebus_unit: int | None = Field(
        default=None, ge=0, le=255, description=setting("the unit of the Multi, for ESS mode 3")
    )


def _driver(battery: Battery, settings: VictronSettings, tokens: Tokens) -> Driver:
    line = Line(settings.host, settings.port, settings.unit_or(SYSTEM))
    return Victron(battery, line, settings.vebus_unit)


FAMILY = Family(
    kind="victron",
    settings=VictronSettings,
    asks=("host", "capacity_kwh"),
    driver=_driver,
    help=phrase("Victron ESS with a GX device (Cerbo, Venus), Modbus TCP switched on"),
    silence=phrase("keeps the last grid set-point and limits"),
)
