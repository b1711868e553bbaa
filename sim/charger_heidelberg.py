"""A simulated Heidelberg Energy Control."""

from collections.abc import Sequence

from base.limits import LEAST_A
from sim.car import SimCar
from sim.charger_modbus import BAD_VALUE, NO_REGISTER, SimRegisters
from sim.modbus_server import Asked


class SimHeidelberg(SimRegisters):
    """A Heidelberg Energy Control: each answered request feeds its watchdog.

    Its settings outlive a restart. When its watchdog expires its failsafe current applies, and at 0
    A it is in state F.
    """

    unit = 255
    settings: tuple[int, ...] = (257, 258, 259, 261, 262)

    def __init__(self, car: SimCar) -> None:
        super().__init__(car)
        inputs = [*range(4, 19), 100, 101]
        self.units = {self.unit: dict.fromkeys([*inputs, *self.settings], 0)}
        self._heard = self.time
        for address, value in ((257, 15_000), (259, 1), (261, 160), (262, 60)):
            self.put(self.unit, address, value)
        self.put(self.unit, 4, 0x108)
        self.put(self.unit, 13, 1)
        self.put(self.unit, 100, self.most_a)
        self.put(self.unit, 101, 6)

    def forget(self) -> None:
        """Nothing to do: the charger keeps its settings."""

    @property
    def tripped(self) -> bool:
        """True after too long without a request."""
        limit_s = self.units[self.unit][257] / 1000
        return 0 < limit_s <= (self.time - self._heard).total_seconds()

    def allowed_a(self) -> float:
        """Its set-point, or its failsafe current."""
        return self.units[self.unit][262 if self.tripped else 261] / 10

    def told(self, address: int, values: Sequence[int]) -> int:
        """One register."""
        (value,) = values
        amperes = address in (261, 262)
        if address not in self.settings or (amperes and value and not 60 <= value <= 160):
            return BAD_VALUE if address in self.settings else NO_REGISTER
        self.flash_writes += address not in (261, 262)
        if not (self.deaf and address == 261):
            self.units[self.unit][address] = value
        return 0

    def heard(self, asked: Asked) -> None:
        """Any request."""
        self._heard = self.time

    def measures(self, asked: Asked) -> bool:
        """Its input registers."""
        return asked.function == 4

    def measure(self) -> None:
        unit, allowed_a = self.unit, self.allowed_a()
        state = (6 if allowed_a < LEAST_A else 7) if self._asks else 4
        if not self.plugged:
            state = 2
        if self.tripped and not allowed_a:
            state = 10
        self.put(unit, 5, state)
        for line, amps in enumerate(self.currents_a):
            self.put(unit, 6 + line, 10 * amps)
        self.put(unit, 14, self.watts)
        self.put(unit, 17, self.total_wh, 2)

    @property
    def _asks(self) -> bool:
        """True if the car requests more energy."""
        return self.car.soc_pct < self.car.target_pct and not self.car.asleep
