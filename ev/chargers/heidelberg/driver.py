"""A Heidelberg Energy Control, or an Amperfied, as a charger's Driver.

Each answered request feeds its watchdog. Its settings are written only where they differ, as it is
unknown which of them are in flash memory.
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

GAP_S = 0.1
MEASURED, MEASURED_WORDS, STATE, MOST_A = 4, 15, 5, 100
WATCHDOG, STANDBY, LIMIT, FAILSAFE, PHASES = 257, 258, 261, 262, 501
NEVER = 4
SILENT_MS = 30_000
NO_CAR, CAR, ASKS, DERATES = (2, 3), (4, 5), (6, 7), 8
LOCKED = clause("is locked by the switch on its own input: unlock it.")


class Heidelberg(ModbusDriver):
    """The charger with that unit at `host`."""

    keep_s: float | None = SILENT_MS / 3000
    fed_by_reads = True

    def __init__(self, name: str, host: str, unit: int) -> None:
        super().__init__(Registers(name, host, unit, gap_s=GAP_S))
        self._safe_da = 0
        self._armed_da: int | None = None
        self._unarmed = ""

    def fall_back(self, current_a: float) -> None:
        """Failsafe current, written before the next command, or with the next renewal."""
        self._safe_da = _tenths(current_a)

    async def info(self) -> Info:
        """Limits of its hardware."""
        (most_a,) = await self._registers.read(MOST_A, inputs=True)
        self._armed_da = None
        try:
            await self._registers.read(PHASES)
        except RefusedError:
            return Info(most_a=float(most_a) or None, switches_phases=False)
        return Info(most_a=float(most_a) or None)

    async def read(self) -> tuple[Values, Told]:
        """Read the measurements. A car that asks for power does not get any yet."""
        block = await self._registers.read(MEASURED, MEASURED_WORDS, inputs=True)
        (limit_da,) = await self._registers.read(LIMIT)
        self._identity = {"firmware": f"layout {'.'.join(f'{block[0]:03x}'[-3:])}"}
        state, currents_a = block[1], tuple(one / 10 for one in block[2:5])
        charges = drawn_phases(currents_a)
        phase = _phase(state, charges=bool(charges))
        register_kwh = (block[13] << 16 | block[14]) / 1000
        values = Values(
            phase=phase,
            power_kw=block[10] / 1000 if charges else 0.0,
            currents_a=currents_a,
            drawn_phases=charges,
            session_kwh=self._session.session_kwh(register_kwh, phase),
            register_kwh=register_kwh,
            notice=self._notice(phase, state, locked=block[9] == 0),
        )
        return values, Told(limit_da / 10 or None, paused=limit_da == 0)

    async def tell(self, step: Told) -> Told:
        """Send tenths of an A, 0 for a pause, after the current it falls back to."""
        await self._arm()
        if step.phases is not None:
            await self._registers.write(PHASES, 1 if step.phases == 1 else 3)
        if step.paused:
            await self._registers.write(LIMIT, 0)
        elif step.current_a is not None:
            await self._registers.write(LIMIT, _tenths(step.current_a))
        return step

    async def keep(self) -> None:
        """Any request feeds its watchdog."""
        await self._arm()
        await self._registers.read(STATE, inputs=True)

    async def _arm(self) -> None:
        """Set its failsafe and watchdog where they differ, read them back, and keep it awake."""
        if self._armed_da == self._safe_da:
            return
        try:
            sound = await self._set(FAILSAFE, self._safe_da)
            sound = await self._set(WATCHDOG, SILENT_MS) and sound
            await self._set(STANDBY, NEVER)
            self._unarmed = "" if sound else UNARMED
        except RefusedError:  # an old layout
            self._unarmed = UNARMED
        self._armed_da = self._safe_da

    async def _set(self, address: int, value: int) -> bool:
        """True if the register has the value: written where it differed, and read back."""
        if await self._registers.read(address) == [value]:
            return True
        await self._registers.write(address, value)
        return await self._registers.read(address) == [value]

    def _notice(self, phase: ChargerPhase, state: int, *, locked: bool) -> str:
        if phase is ChargerPhase.ERROR:
            return clause("reports a fault (state {state}).", state=state)
        return LOCKED if locked else self._unarmed


def _tenths(current_a: float) -> int:
    """Tenths of an A, downwards; 0 below 6 A."""
    return math.floor(current_a * 10 + 1e-6) if current_a >= LEAST_A else 0


def _phase(state: int, *, charges: bool) -> ChargerPhase:
    if state in NO_CAR:
        return ChargerPhase.STANDBY
    if state in (*CAR, *ASKS, DERATES):
        return ChargerPhase.CHARGING if charges else ChargerPhase.CONNECTED
    return ChargerPhase.ERROR
