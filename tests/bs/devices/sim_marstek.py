"""A simulated Marstek Venus E v3: armed by 42000, awake for 90 s, and positive when it gives.

Its state of charge is in 32104, that of its first pack in 34002; `packs_pct` sets the packs
apart, and `old` has no 32104.
"""

from collections.abc import Sequence
from typing import Unpack

from sim.battery import Given, Pack, Trouble
from sim.battery_modbus import BAD_VALUE, SimRegisters

UNIT = 1
ARM, DISARM = 0x55AA, 0x55BB
AC_W, BATTERY_W, SOC, CAPACITY, CELLS, MOST_CHARGE_W, MOST_DISCHARGE_W = (
    30006, 30001, 34002, 32105, 35000, 44002, 44003,
)  # fmt: skip
WHOLE_SOC, SECOND_SOC = 32104, 34102
VERSIONS = {30200: 147, 30202: 111, 30204: 215}
"""Of its EMS, VMS and BMS; an old one has no such registers."""
REMOTE, ACTION, CHARGE_W, DISCHARGE_W, WORK_MODE = 42000, 42010, 42020, 42021, 43000
REMOTE_ONLY = (ACTION, 42011, CHARGE_W, DISCHARGE_W)
STOP, CHARGE, DISCHARGE = 0, 1, 2
SELF_USE = 1
WATCHDOG_S = 90.0


class SimMarstek(SimRegisters):
    """One Venus; `pack` is 5.12 kWh and 2.5 kW unless another is given."""

    kind = "marstek"
    usual = Pack(capacity_kwh=5.12, charge_kw=2.5, discharge_kw=2.5)
    strange = (UNIT, ACTION, DISCHARGE)

    def __init__(
        self,
        *,
        packs_pct: tuple[float, float] | None = None,
        old: bool = False,
        **given: Unpack[Given],
    ) -> None:
        super().__init__(**given)
        self.packs_pct = packs_pct
        self._armed_s = -WATCHDOG_S
        addresses = (
            *(AC_W, BATTERY_W, SOC, CAPACITY, CELLS, 35100, MOST_CHARGE_W, MOST_DISCHARGE_W),
            *(REMOTE, ACTION, 42011, CHARGE_W, DISCHARGE_W, WORK_MODE, SECOND_SOC),
            *(() if old else (WHOLE_SOC,)),
        )
        self.units = {UNIT: dict.fromkeys(addresses, 0)}
        self.units[UNIT] |= {WORK_MODE: SELF_USE, **({} if old else VERSIONS)}
        self._forget()

    def wanted_kw(self, now_s: float) -> float:
        """By its set-point while it is armed and awake; else by its work mode."""
        if self.units[UNIT][REMOTE] == ARM and now_s - self._armed_s >= WATCHDOG_S:
            self._forget()
        if self.units[UNIT][REMOTE] != ARM:
            return self.self_use_kw() if self.units[UNIT][WORK_MODE] == SELF_USE else 0.0
        match self.units[UNIT][ACTION]:
            case 1:
                return self.units[UNIT][CHARGE_W] / 1000
            case 2:
                return -self.units[UNIT][DISCHARGE_W] / 1000
        return 0.0

    def measure(self, now_s: float) -> None:
        """Write its measurements to the registers."""
        nothing = Trouble.NO_CAPACITY in self.trouble
        self.put(UNIT, CAPACITY, 0 if nothing else 1000 * self.pack.capacity_kwh)
        whole_pct = 255 if Trouble.SOC_255 in self.trouble else self.shown_pct
        first_pct, second_pct = self.packs_pct or (whole_pct, whole_pct)
        self.put(UNIT, SOC, 10 * first_pct)
        self.put(UNIT, SECOND_SOC, 10 * second_pct)
        if WHOLE_SOC in self.units[UNIT]:
            self.put(UNIT, WHOLE_SOC, whole_pct)
        self.put(UNIT, AC_W, -1000 * self.state.power_kw)
        self.put(UNIT, BATTERY_W, 1000 * self.state.power_kw)
        self.put(UNIT, CELLS, 10 * self.state.cells_c)
        self.put(UNIT, MOST_CHARGE_W, 1000 * self.pack.charge_kw)
        self.put(UNIT, MOST_DISCHARGE_W, 1000 * self.pack.discharge_kw)

    def told(self, unit: int, address: int, values: Sequence[int], now_s: float) -> int:
        """Function 6 only; the 42xxx registers only while it is armed."""
        (value,) = values
        if address == REMOTE and value not in (ARM, DISARM):
            return BAD_VALUE
        if address in REMOTE_ONLY and self.units[UNIT][REMOTE] != ARM:
            return BAD_VALUE
        most_kw = {CHARGE_W: self.pack.charge_kw, DISCHARGE_W: self.pack.discharge_kw}
        if address in most_kw and value > 1000 * most_kw[address]:
            return BAD_VALUE
        if address == REMOTE:
            self._armed_s = now_s
        error = super().told(unit, address, values, now_s)
        if self.units[UNIT][REMOTE] == DISARM:
            self._forget()
        return error

    def restart(self, now_s: float) -> None:
        """Disarm and stop the battery."""
        super().restart(now_s)
        self._forget()

    def _forget(self) -> None:
        self.units[UNIT].update({REMOTE: DISARM, ACTION: STOP, CHARGE_W: 0, DISCHARGE_W: 0})
