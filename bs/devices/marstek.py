"""Marstek Venus over Modbus TCP: C, E, A and D, their own port or an RS485 gateway.

Registers as evcc and ViperRNMC/marstek_venus_modbus use them. 42000 arms remote control; 42010 to
42021 are accepted only while it is armed; some firmware disarms itself after 90 to 120 s unless
42000 is written again. Writes are at times accepted and forgotten, so everything is read back.
Their AC power counts discharging as positive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from base.device_errors import DeviceError, NonsenseError, RefusedError
from base.language import clause, phrase
from base.modbus import NO_REGISTER, Controls, Line, signed
from bs.devices.driver import Driver, ModbusDriver, possible_pct
from bs.devices.family import Family, ModbusSettings, Tokens
from bs.facts import Battery, BatteryState, Mode, SetPoint

GAP_S = 0.06  # it forgets requests that come closer
ARM, DISARM = 0x55AA, 0x55BB
REMOTE, ACTION, CHARGE_W, DISCHARGE_W = 42000, 42010, 42020, 42021
WORK_MODE, MOST_CHARGE_W, MOST_DISCHARGE_W = 43000, 44002, 44003
SELF_USE, OWN_MODES = 1, (1, 2)
STOP, CHARGE, DISCHARGE = 0, 1, 2
POWER_OF = {CHARGE: CHARGE_W, DISCHARGE: DISCHARGE_W}
ACTIONS = {Mode.HOLD: STOP, Mode.CHARGE: CHARGE, Mode.DISCHARGE: DISCHARGE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """Registers of the measurements of a generation. `ac_w` is positive when it discharges.

    `versions` are those of its firmware, by name. `soc` is of the whole device, in %. On models
    without it, `pack_soc` is of their one pack, in 0.1 %: on those with more packs that register is
    one of them, and no state of charge.
    """

    ac_w: int
    ac_words: int
    versions: Mapping[str, int]
    soc: int = 32104
    pack_soc: int | None = None
    capacity: int = 32105
    temperature: int = 35000


GENERATIONS = {
    "v3": Registers(
        ac_w=30006,
        ac_words=1,
        versions={"EMS": 30200, "VMS": 30202, "BMS": 30204},
        pack_soc=34002,
    ),
    "v2": Registers(
        ac_w=32202,
        ac_words=2,
        versions={"software": 31100, "EMS": 31101, "BMS": 31102},
    ),
}


class Marstek(ModbusDriver):
    """One Venus. `generation` is "v3" (also A and D) or "v2" (also v1)."""

    watchdog_s: float | None = 90.0
    refresh_s = 25.0
    poll_s = 2.0
    settle_s = 0.15
    step_kw = 0.002

    def __init__(self, battery: Battery, line: Line, generation: str = "v3") -> None:
        super().__init__(battery, line)
        self._at = GENERATIONS[generation]
        self._most_kw: tuple[float, float] | None = None
        self._work_mode, self._one_pack = SELF_USE, False
        self._versions: dict[str, int] = {}
        self._controls = Controls(line)

    @property
    def about(self) -> dict[str, str]:
        """The versions of its firmware, where it has registers of them."""
        said = " ".join(f"{name} {value}" for name, value in self._versions.items())
        return {"firmware": said} if said else {}

    async def read(self) -> BatteryState:
        """Read the measurements. NonsenseError for an impossible state of charge or capacity."""
        if self._most_kw is None:
            self._most_kw = await self._identified()
            await self._learn_versions()
        soc_pct = possible_pct(await self._soc_pct())
        out_w = signed(*await self._line.read(self._at.ac_w, self._at.ac_words))
        cells_c = signed(*await self._line.read(self._at.temperature)) * 0.1
        return BatteryState(
            battery=self._battery.name,
            at=datetime.now(UTC),
            soc_pct=soc_pct,
            power_kw=-out_w / 1000,
            charge_kw=self._most_kw[0],
            discharge_kw=self._most_kw[1],
            temperature_c=cells_c,
        )

    async def told(self) -> SetPoint:
        """The set-point in its registers; its own self-use when it is not armed."""
        if await self._controls.read(REMOTE) != ARM:
            self._controls.forget()
            return SetPoint(Mode.AUTO, 0.0, "remote control is off")
        action = await self._controls.read(ACTION)
        if action not in POWER_OF:
            return SetPoint(Mode.HOLD, 0.0, "stopped")
        watts = await self._controls.read(POWER_OF[action])
        mode = Mode.CHARGE if action == CHARGE else Mode.DISCHARGE
        return SetPoint(mode, watts / 1000, "as read back")

    async def write(self, set_point: SetPoint) -> None:
        """Arm it, then write power and direction where they differ."""
        if set_point.mode is Mode.AUTO:
            return await self.release()
        action = ACTIONS[set_point.mode]
        await self._controls.tell(REMOTE, ARM)
        if action in POWER_OF:
            await self._controls.tell(POWER_OF[action], round(1000 * set_point.power_kw))
        await self._controls.tell(ACTION, action)
        return None

    async def keep(self) -> None:
        """Arm it for another 90 s."""
        await self._line.write(REMOTE, ARM)

    async def release(self) -> None:
        """Stop it, restore its owner's work mode, and disarm it."""
        self._controls.forget()
        await self._line.write(REMOTE, ARM)
        await self._line.write(ACTION, STOP)
        await self._line.write(WORK_MODE, self._work_mode)
        await self._line.write(REMOTE, DISARM)

    async def _soc_pct(self) -> float:
        """The state of charge of all its packs together."""
        if not self._one_pack:
            try:
                return float((await self._line.read(self._at.soc))[0])
            except RefusedError as error:
                if error.code != NO_REGISTER or self._at.pack_soc is None:
                    raise
                self._one_pack = True
        assert self._at.pack_soc is not None
        return (await self._line.read(self._at.pack_soc))[0] * 0.1

    async def _learn_versions(self) -> None:
        """For a report only: missing values are left out."""
        for name, register in self._at.versions.items():
            try:
                self._versions[name] = (await self._line.read(register))[0]
            except DeviceError:
                return

    async def _identified(self) -> tuple[float, float]:
        """The most it charges and discharges with, kW; its owner's work mode is remembered."""
        if not (await self._line.read(self._at.capacity))[0]:
            raise NonsenseError(clause("reports a capacity of 0 kWh"))
        mode = (await self._line.read(WORK_MODE))[0]
        self._work_mode = mode if mode in OWN_MODES else SELF_USE
        charge_w = (await self._line.read(MOST_CHARGE_W))[0]
        discharge_w = (await self._line.read(MOST_DISCHARGE_W))[0]
        return charge_w / 1000, discharge_w / 1000


class MarstekSettings(ModbusSettings):
    """A Venus of config.py."""

    family: Literal["marstek"]
    generation: Literal["v2", "v3"] = "v3"


def _driver(battery: Battery, settings: MarstekSettings, tokens: Tokens) -> Driver:
    line = Line(settings.host, settings.port, settings.unit_or(1), gap_s=GAP_S)
    return Marstek(battery, line, settings.generation)


FAMILY = Family(
    kind="marstek",
    settings=MarstekSettings,
    asks=("host", "capacity_kwh"),
    driver=_driver,
    help=phrase("Marstek Venus A, C, D or E over Modbus TCP, its own port or an RS485 gateway"),
    silence=phrase("returns to its own mode after 90 s"),
)
