"""SunSpec storage over Modbus TCP: Fronius GEN24 and Verto, and others that follow the models.

The address of a model is found by walking from 'SunS', never assumed; a number that a device does
not implement is unknown. Its control is in sunspec_ways.py. A GEN24 needs "control via Modbus" on,
"inverter control: SunSpec model type int + SF", and the Energy Cost Assistant off.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from base.device_errors import DeviceError, NonsenseError, RefusedError
from base.language import clause, phrase
from base.modbus import Line, letters
from bs.devices.driver import Driver, ModbusDriver, possible_pct
from bs.devices.family import Family, ModbusSettings, Tokens
from bs.devices.sunspec_map import Model, Place, read_model, walk
from bs.devices.sunspec_ways import REVERT_S, Power, Way, Window
from bs.facts import Battery, BatteryState, SetPoint

COMMON = 1
SAYS = {"maker": (2, 18), "model": (18, 34), "firmware": (42, 50)}
"""Of the common model, from and to; its serial number begins at 50."""
STORAGE, CONTROLS, CAPACITY = 124, 704, 713
RATINGS, AC, MPPT, INVERTERS = 702, 701, 160, (103, 102, 101)
OFF, STORAGE_ERROR = 1, 2
STRINGS_AT, STRING_SIZE, STRING_W = 10, 20, 11
CHARGING, DISCHARGING = 2, 3  # of the strings, which is what model 160 calls a GEN24's battery


@dataclass(frozen=True, slots=True)
class _Found:
    """Models found in a device."""

    places: dict[int, Place]
    way: Way
    charge_kw: float | None
    discharge_kw: float | None


class SunSpec(ModbusDriver):
    """One SunSpec device, controlled by model 124, or else 704 with 713."""

    watchdog_s: float | None = float(REVERT_S)
    refresh_s = 20.0
    poll_s = 2.0
    settle_s = 0.05
    step_kw = 0.06

    def __init__(self, battery: Battery, line: Line) -> None:
        super().__init__(battery, line)
        self._found: _Found | None = None
        self._about: dict[str, str] = {}
        self._called = f"Battery {battery.name}"

    @property
    def about(self) -> dict[str, str]:
        """Maker, model and firmware from its common model."""
        return self._about

    async def read(self) -> BatteryState:
        """Read the measurements. NonsenseError for an impossible state of charge."""
        found = await self._models()
        soc_pct, well = await self._storage(found.places)
        return BatteryState(
            battery=self._battery.name,
            at=datetime.now(UTC),
            soc_pct=soc_pct,
            power_kw=await self._power_kw(found.places),
            charge_kw=found.charge_kw,
            discharge_kw=found.discharge_kw,
            healthy=well,
            notice=""
            if well
            else phrase("its storage is off or reports an error: check the inverter"),
        )

    async def told(self) -> SetPoint:
        """The set-point in its registers."""
        return await (await self._models()).way.told()

    async def write(self, set_point: SetPoint) -> None:
        """Its set-point is the window, or the power."""
        way = (await self._models()).way
        await way.write(set_point)
        self.watchdog_s = float(REVERT_S) if way.reverts else None

    async def keep(self) -> None:
        """Restart its reversion time."""
        await (await self._models()).way.keep()

    async def release(self) -> None:
        """Restore the owner's settings."""
        await (await self._models()).way.release()

    async def _models(self) -> _Found:
        """The models of the device, looked up once."""
        if self._found is None:
            places = await walk(self._line)
            self._found = await self._explored(places)
            self.step_kw = self._found.way.step_kw
            self._about = await self._described(places)
        return self._found

    async def _described(self, places: dict[int, Place]) -> dict[str, str]:
        """For a report only: missing values are left out."""
        if COMMON not in places:
            return {}
        try:
            said = (await read_model(self._line, places[COMMON])).registers
        except DeviceError:
            return {}
        found = {key: letters(said[first:last]) for key, (first, last) in SAYS.items()}
        return {key: value for key, value in found.items() if value}

    async def _explored(self, places: dict[int, Place]) -> _Found:
        if STORAGE in places:
            window = Window(self._line, await read_model(self._line, places[STORAGE]), self._called)
            return _Found(places, window, window.most_kw, window.most_kw)
        if CONTROLS in places and CAPACITY in places:
            power = Power(self._line, await read_model(self._line, places[CONTROLS]), self._called)
            return _Found(places, power, *await self._ratings(places))
        raise RefusedError(
            clause("has neither SunSpec model 124 nor 704 and 713: it cannot be controlled")
        )

    async def _ratings(self, places: dict[int, Place]) -> tuple[float | None, float | None]:
        """The most it charges and discharges with, kW."""
        if RATINGS not in places:
            return None, None
        model = await read_model(self._line, places[RATINGS])
        charge_w, discharge_w = model.scaled(10, 45), model.scaled(11, 45)
        return _kw(charge_w), _kw(discharge_w)

    async def _storage(self, places: dict[int, Place]) -> tuple[float, bool]:
        """State of charge, %, and True if the storage is healthy."""
        if STORAGE in places:
            model = await read_model(self._line, places[STORAGE])
            soc_pct, well = model.scaled(8, 22), model.natural(11) != OFF
        else:
            model = await read_model(self._line, places[CAPACITY])
            soc_pct, well = model.scaled(4, 8), model.natural(6) != STORAGE_ERROR
            if model.natural(2) == 0:
                raise NonsenseError(clause("reports a capacity of 0 Wh"))
        if soc_pct is None:
            raise NonsenseError(clause("does not report its state of charge"))
        return possible_pct(soc_pct), well

    async def _power_kw(self, places: dict[int, Place]) -> float | None:
        """Charging power: of its strings (DC), or else of the inverter (AC)."""
        if MPPT in places:
            return _strings_kw(await read_model(self._line, places[MPPT]))
        if AC in places:
            model = await read_model(self._line, places[AC])
            given, scale = model.number(10), model.scale(116)
        else:
            inverter = next((places[number] for number in INVERTERS if number in places), None)
            if inverter is None:
                return None
            model = await read_model(self._line, inverter)
            given, scale = model.number(14), model.scale(15)
        return None if given is None else -given * scale / 1000


def _strings_kw(model: Model) -> float | None:
    """The charging power of strings 3 (charging) and 4 (discharging) of model 160."""
    scale = model.scale(4)
    charging, discharging = (
        model.natural(STRINGS_AT + STRING_SIZE * string + STRING_W)
        for string in (CHARGING, DISCHARGING)
    )
    if charging is None or discharging is None:
        return None
    return (charging - discharging) * scale / 1000


def _kw(watts: float | None) -> float | None:
    return None if watts is None else watts / 1000


class SunSpecSettings(ModbusSettings):
    """A SunSpec inverter of config.py."""

    family: Literal["sunspec"]


def _driver(battery: Battery, settings: SunSpecSettings, tokens: Tokens) -> Driver:
    return SunSpec(battery, Line(settings.host, settings.port, settings.unit_or(1)))


FAMILY = Family(
    kind="sunspec",
    settings=SunSpecSettings,
    asks=("host", "capacity_kwh"),
    driver=_driver,
    help=phrase(
        "Fronius GEN24 and other inverters with a battery by SunSpec, Modbus TCP switched on"
    ),
    silence=phrase("returns to its own mode after {s:d} s, if it supports that", s=REVERT_S),
)
