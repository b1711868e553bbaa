"""Simulated KEBA chargers: P30 and P40."""

from collections.abc import Sequence

from base.limits import LEAST_A
from sim.car import SimCar
from sim.charger_modbus import BAD_FUNCTION, BAD_VALUE, NO_REGISTER, READS, WRITE_ONE, SimRegisters
from sim.modbus_server import Asked


class SimKeba(SimRegisters):
    """A KEBA: a P30 by its enable register, or a P40 by 0 mA. One value of two words a read.

    Its failsafe is off from the factory and counts from the last write; one that trips gives its
    failsafe current, also to a car that was paused. `persists` is the value written to 5020.
    """

    unit = 255
    product, firmware = 312200, 0x030A3300
    per_wh = 10

    def __init__(self, car: SimCar) -> None:
        super().__init__(car)
        self.safe_ma = self.silent_s = 0
        self._heard = self.time
        read = (1000, 1004, 1006, 1008, 1010, 1012, 1014, 1016, 1018, 1020, 1036, 1100, 1110)
        pairs = [*read, 1040, 1042, 1044, 1046, 1500, 1502, 1550, 1552, 1600, 1602]
        write = (5004, 5010, 5012, 5014, 5016, 5018, 5020, 5050, 5052)
        both = [at + word for at in pairs for word in (0, 1)]
        self.units = {self.unit: dict.fromkeys([*both, *write], 0)}
        self.put(self.unit, 1016, self.product, 2)
        self.put(self.unit, 1018, self.firmware, 2)
        self.put(self.unit, 1110, 1000 * self.most_a, 2)

    def forget(self) -> None:
        """Drop the settings that are not persistent, with the failsafe."""
        super().forget()
        self.safe_ma = self.silent_s = 0

    @property
    def tripped(self) -> bool:
        """True after too long without a write."""
        return 0 < self.silent_s <= (self.time - self._heard).total_seconds()

    def allowed_a(self) -> float:
        """Its set-point, or its failsafe current."""
        return self.safe_ma / 1000 if self.tripped else super().allowed_a()

    def strict(self, asked: Asked) -> int:
        """One value a read; one word a write."""
        if asked.function in READS:
            return 0 if asked.count == 2 and asked.address % 2 == 0 else NO_REGISTER
        return 0 if asked.function == WRITE_ONE else BAD_FUNCTION

    def told(self, address: int, values: Sequence[int]) -> int:
        """One register."""
        (value,) = values
        match address:
            case 5004 if value == 0 or value >= 6000:
                if not self.deaf:
                    self._amperes(value)
            case 5014:
                self.paused = self.paused if self.deaf else value == 0
            case 5016 if value == 0 or value >= 6000:
                self.safe_ma = value
            case 5018 if value == 0 or value >= 10:
                self.silent_s = value
            case 5020:
                self.flash_writes += 1
            case 5050:
                self.put(self.unit, 1550, value, 2)
            case 5052 if not self.refuses_phases and self.units[self.unit][1551] == 3:
                self.phases = 3 if value else 1
            case _:
                return BAD_VALUE
        return 0

    def _amperes(self, value: int) -> None:
        """0 mA stops a P40; a P30 takes it for nothing."""
        if value:
            self.current_a = min(value / 1000, self.most_a)

    def heard(self, asked: Asked) -> None:
        """Count writes only."""
        if asked.values is not None:
            self._heard = self.time

    def measures(self, asked: Asked) -> bool:
        """All it tells."""
        return asked.function in READS

    def measure(self) -> None:
        unit, allowed_a = self.unit, self.allowed_a()
        ready = 2 if allowed_a >= LEAST_A else 5
        self.put(unit, 1000, 3 if self.charging else ready if self.plugged else 1, 2)
        self.put(unit, 1004, 7 if self.plugged else 3, 2)
        for line, amps in enumerate(self.currents_a):
            self.put(unit, 1008 + 2 * line, 1000 * amps, 2)
        self.put(unit, 1020, 1000 * self.watts, 2)
        self.put(unit, 1036, self.per_wh * self.total_wh, 2)
        self.put(unit, 1100, 1000 * min(self.most_a, allowed_a or self.current_a), 2)
        self.put(unit, 1552, 1 if self.phases == 3 else 0, 2)
        self.put(unit, 1600, self.safe_ma, 2)
        self.put(unit, 1602, self.silent_s, 2)


class SimKebaP40(SimKeba):
    """A P40: 0 mA is its pause, and it has no enable register."""

    product, firmware = 4_312_211, 10_300

    def told(self, address: int, values: Sequence[int]) -> int:
        """One register."""
        return BAD_VALUE if address == 5014 else super().told(address, values)

    def _amperes(self, value: int) -> None:
        self.paused = value == 0
        super()._amperes(value)
