"""A simulated SunSpec device: a hybrid controlled by model 124, or a battery inverter by 704 and
713."""

from collections.abc import Sequence
from typing import Unpack

from sim.battery import Given, Trouble
from sim.battery_modbus import NO_REGISTER, SimRegisters

UNIT = 1
BASE = 40000
NO_UINT = 0xFFFF
HYBRID = {1: 66, 103: 50, 120: 26, 124: 24, 160: 88}
INVERTER = {1: 66, 701: 153, 702: 50, 704: 57, 713: 7}
WRITABLE = {124: (2, 3, 4, 5, *range(12, 18)), 704: range(22, 35)}
PCT_SCALE, SOC_SCALE, W_SCALE = -2, -2, 0
HOLDING, CHARGING, DISCHARGING = 6, 4, 3


class SimSunSpec(SimRegisters):
    """One device. `hybrid`: models 103, 124 and 160; otherwise 701, 702, 704 and 713.

    Its map starts at `base`, after 'SunS'. Any request starts its reversion time again, as a GEN24
    does.
    """

    kind = "sunspec"

    def __init__(self, *, hybrid: bool = True, base: int = BASE, **given: Unpack[Given]) -> None:
        super().__init__(**given)
        self.hybrid = hybrid
        self._heard_s: float | None = None
        self.at: dict[int, int] = {}
        """Address of each model's ID."""
        self.units = {UNIT: self._map(base)}
        self._begin()
        self.strange = (UNIT, self.at[124] + 5, 2) if hybrid else (UNIT, self.at[704] + 22, 0)

    def wanted_kw(self, now_s: float) -> float:
        """By its command, until its reversion time has passed without a message."""
        revert_s = self._shown(124, 15) if self.hybrid else self._shown(704, 31, 2)
        heard_s = now_s if self._heard_s is None else self._heard_s
        if self._told() and 0 < revert_s <= now_s - heard_s:
            self._forget()
        if not self._told():
            return self.self_use_kw()
        return self._window_kw() if self.hybrid else -self._shown(704, 24, 2) / 1000

    def measure(self, now_s: float) -> None:
        """Write its measurements to the registers."""
        self._heard_s = now_s
        kw, full = self.state.power_kw, self.shown_pct
        bad = Trouble.SOC_255 in self.trouble
        most_w = 0 if Trouble.NO_CAPACITY in self.trouble else 1000 * self.pack.charge_kw
        if self.hybrid:
            self._put(103, 14, -1000 * kw)
            self._put(124, 2, most_w)
            self._put(124, 8, NO_UINT if bad else 100 * full)
            self._put(124, 11, HOLDING if not kw else CHARGING if kw > 0 else DISCHARGING)
            self._put(160, 10 + 20 * 2 + 11, max(0.0, 1000 * kw))
            self._put(160, 10 + 20 * 3 + 11, max(0.0, -1000 * kw))
        else:
            self._put(701, 10, -1000 * kw)
            self._put(713, 2, 0 if not most_w else 1000 * self.pack.capacity_kwh)
            self._put(713, 4, 25500 if bad else 100 * full)

    def told(self, unit: int, address: int, values: Sequence[int], now_s: float) -> int:
        """Accept only registers that are writable in the models."""
        self._heard_s = now_s
        for register in range(address, address + len(values)):
            model = max((n for n, at in self.at.items() if at <= register), key=self.at.__getitem__)
            if register - self.at[model] not in WRITABLE.get(model, ()):
                return NO_REGISTER
        return super().told(unit, address, values, now_s)

    def restart(self, now_s: float) -> None:
        """No command is in force."""
        super().restart(now_s)
        self._forget()

    def _told(self) -> bool:
        return bool(self._shown(124, 5) & 3) if self.hybrid else self._shown(704, 22) == 1

    def _window_kw(self) -> float:
        """Its own self-use, within the window that is set."""
        control, out, into = (self._shown(124, at) for at in (5, 12, 13))
        most_kw = self.pack.charge_kw
        wanted_kw = self.self_use_kw()
        if control & 2:
            wanted_kw = max(wanted_kw, -out / 10000 * most_kw)
        if control & 1:
            wanted_kw = min(wanted_kw, into / 10000 * most_kw)
        return wanted_kw

    def _forget(self) -> None:
        if self.hybrid:
            self._put(124, 5, 0)
            self._put(124, 12, 10000)
            self._put(124, 13, 10000)
        else:
            self._put(704, 22, self._shown(704, 30))

    def _map(self, base: int) -> dict[int, int]:
        """'SunS', every model with its ID and length, and the end."""
        registers, address = {base: 0x5375, base + 1: 0x6E53}, base + 2
        for model, length in (HYBRID if self.hybrid else INVERTER).items():
            self.at[model] = address
            registers |= {address: model, address + 1: length}
            registers |= dict.fromkeys(range(address + 2, address + 2 + length), 0)
            address += 2 + length
        return registers | {address: NO_UINT, address + 1: 0}

    def _begin(self) -> None:
        """Names, ratings and scale factors."""
        for at, text in ((2, "Simulated"), (18, "Storage"), (42, "1.0"), (50, "SIM-1")):
            self._text(1, at, text)
        if self.hybrid:
            for at, scale in ((18, W_SCALE), (22, SOC_SCALE), (25, PCT_SCALE), (19, 0)):
                self._put(124, at, scale)
            for at in (6, 7, 9, 10, 14, 16, 20, 21, 23, 24):
                self._put(124, at, NO_UINT)
            self._put(120, 3, 1000 * self.pack.charge_kw)
            self._put(160, 8, 4)
            for string, name in enumerate(("MPPT 1", "MPPT 2", "StCha 3", "StDisCha 4")):
                self._put(160, 10 + 20 * string, string + 1)
                self._text(160, 11 + 20 * string, name)
            self._forget()
        else:
            self._put(702, 10, 1000 * self.pack.charge_kw)
            self._put(702, 11, 1000 * self.pack.discharge_kw)
            self._put(713, 8, SOC_SCALE)
        self.measure(0.0)
        self._heard_s = None

    def _shown(self, model: int, at: int, count: int = 1) -> int:
        return self.number(UNIT, self.at[model] + at, count)

    def _put(self, model: int, at: int, number: float) -> None:
        self.put(UNIT, self.at[model] + at, number)

    def _text(self, model: int, at: int, text: str) -> None:
        data = text.encode().ljust(len(text) + len(text) % 2, b"\0")
        for offset in range(0, len(data), 2):
            self._put(model, at + offset // 2, int.from_bytes(data[offset : offset + 2], "big"))
