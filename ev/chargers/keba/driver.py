"""A KEBA KeContact as a charger's Driver.

Its failsafe is off from the factory: it is armed before anything else is sent, read back, and
refreshed by writing its timeout again, because reads do not count. It is never made persistent: a
charger
that restarts has none until it is sent again.

Source: KEBA's Modbus TCP programmers' guides for P30 and P40.
"""

import math

from base.language import clause
from base.limits import LEAST_A
from ev.chargers.charger import RefusedError
from ev.chargers.command_steps import Told
from ev.chargers.driver import Info, Values
from ev.chargers.measured import drawn_phases
from ev.chargers.modbus_registers import UNARMED, ModbusDriver, Registers
from ev.facts import ChargerPhase

UNIT = 255
STATE, CABLE, CURRENTS, POWER, ENERGY = 1000, 1004, (1008, 1010, 1012), 1020, 1036
PRODUCT, FIRMWARE, LIMIT, HARDWARE = 1016, 1018, 1100, 1110
PHASE_SOURCE, FAILSAFE_A, FAILSAFE_S = 1550, 1600, 1602
TELL_MA, ENABLE, TELL_FAILSAFE_MA, TELL_FAILSAFE_S = 5004, 5014, 5016, 5018
TELL_SOURCE, TELL_PHASES = 5050, 5052
BY_MODBUS = 3
SILENT_S = 60
CAR = 4
CHARGING, FAULT, SUSPENDED = 3, 4, 5
P40 = range(4_000_000, 5_000_000)
TENTHS_SINCE = 10_201
"""The version 1.2.1 of a P40: energy in 0.1 Wh from then on, in Wh before."""


class Keba(ModbusDriver):
    """The box at `host`. `safe` below is its failsafe current, mA."""

    keep_s: float | None = SILENT_S / 3

    def __init__(self, name: str, host: str) -> None:
        super().__init__(Registers(name, host, UNIT))
        self._step = Told()
        self._safe_ma = 0
        self._armed_ma: int | None = None
        self._unarmed = ""
        self._p40 = self._sourced = False
        self._per_kwh = 10_000

    def fall_back(self, current_a: float) -> None:
        """Failsafe current, written before the next command, or with the next renewal."""
        self._safe_ma = _milli(current_a)

    async def info(self) -> Info:
        """Limits of its hardware, and which of the two models it is."""
        product = await self._registers.long(PRODUCT)
        self._p40 = product in P40
        version = await self._registers.long(FIRMWARE)
        self._identity = {
            "model": f"{product}",
            "firmware": _version(version, decimal=self._p40),
        }
        self._per_kwh = 1_000 if self._p40 and version < TENTHS_SINCE else 10_000
        most_a = await self._registers.long(HARDWARE) / 1000
        return Info(most_a=most_a if most_a >= LEAST_A else None)

    async def read(self) -> tuple[Values, Told]:
        """Read the measurements; it reads one value at a time."""
        state, cable = await self._registers.long(STATE), await self._registers.long(CABLE)
        currents_a = tuple([await self._registers.long(line) / 1000 for line in CURRENTS])
        power_kw: float | None = await self._registers.long(POWER) / 1e6
        register_kwh = await self._registers.long(ENERGY) / self._per_kwh
        limit_a = await self._registers.long(LIMIT) / 1000
        phase = _phase(state, cable)
        charges = phase is ChargerPhase.CHARGING
        if charges and not power_kw and not any(currents_a):
            power_kw, currents_a = None, ()  # one without a meter
        values = Values(
            phase=phase,
            power_kw=power_kw,
            currents_a=currents_a,
            drawn_phases=drawn_phases(currents_a) if charges else None,
            session_kwh=self._session.session_kwh(register_kwh, phase),
            register_kwh=register_kwh,
            notice=clause("reports a fault.")
            if phase is ChargerPhase.ERROR
            else await self._watched(),
        )
        if charges:
            return values, Told(limit_a or None, paused=False)
        return values, Told(paused=True if state == SUSPENDED else None)

    async def tell(self, step: Told) -> Told:
        """Send mA or a stop, after the current it falls back to."""
        self._step = self._step.then(step)
        await self._arm()
        if step.phases is not None:
            await self._switch(1 if step.phases == 1 else 3)
        if step.paused:
            await self._registers.write(TELL_MA if self._p40 else ENABLE, 0)
        elif step.current_a is not None:
            await self._registers.write(TELL_MA, _milli(step.current_a))
        if step.paused is False and not self._p40:
            await self._registers.write(ENABLE, 1)
        return step

    async def keep(self) -> None:
        """Restart its watchdog, whether it charges or not."""
        if not await self._arm() and not self._unarmed:
            await self._registers.write(TELL_FAILSAFE_S, SILENT_S)

    async def _arm(self) -> bool:
        """True if its failsafe was written: it was missing, or another value is safe now."""
        if self._armed_ma == self._safe_ma:
            return False
        try:
            await self._registers.write(TELL_FAILSAFE_MA, self._safe_ma)
            await self._registers.write(TELL_FAILSAFE_S, SILENT_S)
        except RefusedError:
            self._unarmed = UNARMED
        self._armed_ma = self._safe_ma
        return True

    async def _watched(self) -> str:
        """The fault of its failsafe; a lost one is armed again."""
        if self._armed_ma is None or self._unarmed:
            return self._unarmed
        active_ma = await self._registers.long(FAILSAFE_A)
        active_s = await self._registers.long(FAILSAFE_S)
        if (active_ma, active_s) != (self._armed_ma, SILENT_S):
            self._armed_ma = None
            await self.keep()
        return ""

    async def _switch(self, phases: int) -> None:
        """Switch to this number of phases, after enabling that over Modbus once."""
        if not self._sourced:
            if await self._registers.long(PHASE_SOURCE) != BY_MODBUS:
                await self._registers.write(TELL_SOURCE, BY_MODBUS)
            self._sourced = True
        await self._registers.write(TELL_PHASES, 0 if phases == 1 else 1)


def _version(number: int, *, decimal: bool) -> str:
    """ "3.10.51" of a P30, in bytes; "1.2.1" of a P40, in decimals."""
    if decimal:
        return f"{number // 10_000}.{number // 100 % 100}.{number % 100}"
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}"


def _milli(current_a: float) -> int:
    """mA, downwards; 0 below 6 A."""
    return math.floor(current_a * 1000 + 1e-3) if current_a >= LEAST_A else 0


def _phase(state: int, cable: int) -> ChargerPhase:
    if state == FAULT:
        return ChargerPhase.ERROR
    if state == CHARGING:
        return ChargerPhase.CHARGING
    return ChargerPhase.CONNECTED if cable & CAR else ChargerPhase.STANDBY
