"""A socket of an Alfen station as a charger's Driver.

A set-point is valid for its validity time, which each write restarts; then its safe current
applies, which only its installer can set. Source: "Modbus Slave TCP/IP for NG9xx" 2.3.
"""

from base.language import clause
from base.limits import LEAST_A
from base.modbus import letters
from ev.chargers.charger import RefusedError
from ev.chargers.command_steps import Told
from ev.chargers.driver import Info, Values
from ev.chargers.measured import drawn_phases
from ev.chargers.modbus_registers import ModbusDriver, Registers, real, words_of
from ev.facts import ChargerPhase

STATION = 200
STATION_A, FIRMWARE = 1100, 123
METER, METER_WORDS, ENERGY = 320, 26, 374
SOCKET, SOCKET_WORDS = 1200, 16
SET_A, PHASES = 1210, 1215
USUAL_VALID_S, LEAST_KEEP_S = 60.0, 5.0
NO_CAR, CHARGES, FAULT = ("A", "E", ""), ("C2", "D2"), "F"
IGNORES = clause(
    "does not follow its set-point: in its installer app choose Energy Management System as"
    " data source, and allow writing maximum currents."
)
NO_SWITCH = clause(
    "does not switch phases: allow 1- and 3-phase charging in its installer app, if it has that"
    " setting."
)


class Alfen(ModbusDriver):
    """The socket at `host`. Registers are written with function 16: some firmware refuses 6."""

    def __init__(self, name: str, host: str, socket: int) -> None:
        super().__init__(Registers(name, host, socket))
        self._step = Told()
        self._valid_s = 0.0

    @property
    def keep_s(self) -> float | None:
        """A third of its validity time, which is read as the remaining time after a write."""
        return max(LEAST_KEEP_S, (self._valid_s or USUAL_VALID_S) / 3)

    async def info(self) -> Info:
        """The most that its station gives."""
        try:
            most_a = real(await self._registers.read(STATION_A, 2, unit=STATION))
            firmware = letters(await self._registers.read(FIRMWARE, 17, unit=STATION))
            self._identity = {"firmware": firmware}
        except RefusedError:  # a unit that only its installer may read
            most_a = None
        return Info(most_a=most_a if most_a and most_a >= LEAST_A else None)

    async def read(self) -> tuple[Values, Told]:
        """Read the measurements, and the set-point for as long as that holds."""
        socket = await self._registers.read(SOCKET, SOCKET_WORDS)
        meter = await self._registers.read(METER, METER_WORDS)
        energy_wh = real(await self._registers.read(ENERGY, 4))
        left_s = socket[8] << 16 | socket[9]
        self._valid_s = max(self._valid_s, float(left_s))
        phase = _phase(letters(socket[1:6]))
        currents = [real(meter[at : at + 2]) for at in (0, 2, 4)]
        known = tuple(one for one in currents if one is not None)
        power_w = real(meter[24:26])
        charges = phase is ChargerPhase.CHARGING
        register_kwh = None if energy_wh is None else energy_wh / 1000
        ignored = bool(self._step.current_a) and left_s > 0 and socket[14] != 1
        values = Values(
            phase=phase,
            power_kw=None if power_w is None else power_w / 1000,
            currents_a=known if len(known) == len(currents) else (),
            drawn_phases=drawn_phases(known) if charges else None,
            session_kwh=self._session.session_kwh(register_kwh, phase),
            register_kwh=register_kwh,
            notice=clause("reports a fault.")
            if phase is ChargerPhase.ERROR
            else IGNORES
            if ignored
            else "",
        )
        return values, _told(socket, left_s)

    async def tell(self, step: Told) -> Told:
        """Phases, or a current; 0 A is a pause."""
        self._step = self._step.then(step)
        if step.phases is not None:
            try:
                await self._registers.write(PHASES, 1 if step.phases == 1 else 3, several=True)
            except RefusedError:
                raise RefusedError(self._registers.name, NO_SWITCH) from None
        if step.current_a is not None or step.paused is not None:
            await self.keep()
        return step

    async def keep(self) -> None:
        """Its validity time begins again. A set-point that was only read is never written."""
        if self._step.paused or self._step.current_a is not None:
            current_a = 0.0 if self._step.paused else self._step.current_a or 0.0
            await self._registers.write(SET_A, *words_of(current_a), several=True)


def _phase(state: str) -> ChargerPhase:
    """By its mode-3 state, such as "B1"."""
    if state in CHARGES:
        return ChargerPhase.CHARGING
    if state == FAULT:
        return ChargerPhase.ERROR
    return ChargerPhase.STANDBY if state in NO_CAR else ChargerPhase.CONNECTED


def _told(socket: list[int], left_s: int) -> Told:
    """The set-point in force, or the fallback when that is over or was never there."""
    current_a = real(socket[10:12] if left_s else socket[6:8])
    if current_a is None:
        return Told()
    phases = socket[15] if socket[15] in (1, 3) else None
    if current_a < LEAST_A:
        return Told(paused=True, phases=phases)
    return Told(round(current_a, 1), paused=False, phases=phases)
