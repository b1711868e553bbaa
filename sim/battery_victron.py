"""A simulated Victron ESS: set by the power of the grid, or in mode 3 by that of its Multi."""

from collections.abc import Sequence
from typing import Unpack

from sim.battery import Given, Trouble
from sim.battery_modbus import BAD_VALUE, NO_REGISTER, SimRegisters

SYSTEM, MULTI = 100, 228
GRID, BATTERY_V, BATTERY_W, SOC, STATE = 820, 840, 842, 843, 844
POINT, FLASH_POINT, MOST_DISCHARGE, MOST_CHARGE, MODE = 2716, 2700, 2704, 2705, 2902
MULTI_W = (37, 40, 41)
OPTIMISED, EXTERNAL = 1, 3
NO_LIMIT = 0xFFFF
NO_PHASE = 0x7FFF
MULTI_FORGETS_S = 10.0
BATTERY_VOLT = 50.0
OWN_POINT_W = 50


class SimVictron(SimRegisters):
    """One GX. `old` is a Venus before 3.50, without 2716; `external` is ESS mode 3."""

    kind = "victron"
    strange = (SYSTEM, MOST_DISCHARGE, NO_LIMIT)

    def __init__(
        self, *, old: bool = False, external: bool = False, **given: Unpack[Given]
    ) -> None:
        super().__init__(**given)
        self.flash_writes = 0
        if external:
            self.strange = (MULTI, MULTI_W[0], 500)
        self._multi_s = -MULTI_FORGETS_S
        measured = (*range(817, 823), *range(840, 845))
        control = (FLASH_POINT, MOST_DISCHARGE, MOST_CHARGE, MODE, *(() if old else (2716, 2717)))
        system = dict.fromkeys((*measured, *control), 0)
        system |= {MODE: EXTERNAL if external else OPTIMISED, FLASH_POINT: OWN_POINT_W}
        system |= {MOST_DISCHARGE: NO_LIMIT, MOST_CHARGE: NO_LIMIT}
        self.units = {SYSTEM: system, MULTI: dict.fromkeys((*MULTI_W, 38, 39), 0)}

    def wanted_kw(self, now_s: float) -> float:
        """Power that brings the grid to its set-point, within its two limits."""
        if self.units[SYSTEM][MODE] == EXTERNAL:
            return self._multi_kw(now_s)
        point_w = self._point_w()
        wanted_kw = point_w / 1000 - self.house_kw()
        discharge, charge = (
            self.number(SYSTEM, MOST_DISCHARGE),
            self.number(SYSTEM, MOST_CHARGE),
        )
        if discharge >= 0:
            wanted_kw = max(wanted_kw, -discharge / 100)
        if charge >= 0:
            wanted_kw = min(wanted_kw, charge * BATTERY_VOLT / 1000)
        return wanted_kw

    def measure(self, now_s: float) -> None:
        """Write its measurements to the registers; its battery's power on the DC side."""
        share = self.pack.efficiency
        dc_kw = self.state.power_kw * (share if self.state.power_kw > 0 else 1 / share)
        for phase, kw in enumerate((self.grid_kw(), None, None)):
            self.put(SYSTEM, GRID + phase, NO_PHASE if kw is None else 1000 * kw)
        self.put(SYSTEM, BATTERY_V, 10 * BATTERY_VOLT)
        self.put(SYSTEM, BATTERY_W, 1000 * dc_kw)
        self.put(SYSTEM, SOC, 255 if Trouble.SOC_255 in self.trouble else self.shown_pct)
        self.put(SYSTEM, STATE, 0 if not round(dc_kw, 2) else 1 if dc_kw > 0 else 2)

    def told(self, unit: int, address: int, values: Sequence[int], now_s: float) -> int:
        """Settings are counted as writes to flash; a measurement is refused."""
        if unit == MULTI:
            self._multi_s = now_s
        elif address in (FLASH_POINT, MOST_DISCHARGE, MOST_CHARGE):
            self.flash_writes += 1
        elif address == MODE and values[0] not in (1, 2, 3):
            return BAD_VALUE
        elif address not in (POINT, MODE):
            return NO_REGISTER
        return super().told(unit, address, values, now_s)

    def restart(self, now_s: float) -> None:
        """Restart: flash is kept; the volatile set-point is forgotten."""
        super().restart(now_s)
        if POINT in self.units[SYSTEM]:
            self.put(SYSTEM, POINT, 0, 2)
        for register in MULTI_W:
            self.put(MULTI, register, 0)

    def _point_w(self) -> int:
        """The volatile point overrides the one in flash while it is not 0."""
        if POINT in self.units[SYSTEM] and (volatile_w := self.number(SYSTEM, POINT, 2)):
            return volatile_w
        return self.number(SYSTEM, FLASH_POINT)

    def _multi_kw(self, now_s: float) -> float:
        """Set-point of its phases together; forgotten after 10 s, unlike in the manual."""
        if now_s - self._multi_s >= MULTI_FORGETS_S:
            for register in MULTI_W:
                self.put(MULTI, register, 0)
        return sum(self.number(MULTI, register) for register in MULTI_W) / 1000
