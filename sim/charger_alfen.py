"""A simulated Alfen Eve, set over Modbus."""

import struct
from collections.abc import Sequence
from datetime import datetime, timedelta

from base.limits import LEAST_A
from sim.car import SimCar
from sim.charger_modbus import BAD_FUNCTION, BAD_VALUE, NO_REGISTER, READS, WRITE_ONE, SimRegisters
from sim.modbus_server import Asked


class SimAlfen(SimRegisters):
    """An Alfen Eve of one socket.

    Its validity time and safe current are its installer's. `ignores`: another data source is
    chosen, and its set-point does not count. It refuses function 6, as some firmware
    does, and a read that cuts a value.
    """

    station, socket = 200, 1
    valid_s, safe_a = 60.0, 6.0
    ignores = False

    def __init__(self, car: SimCar) -> None:
        super().__init__(car)
        self.current_a = 0.0
        self._until: datetime | None = None
        station = [*range(100, 179), *range(1100, 1106)]
        socket = [*range(300, 426), *range(1200, 1216)]
        self.units = {
            self.station: dict.fromkeys(station, 0),
            self.socket: dict.fromkeys(socket, 0xFFFF),
        }
        self.put_words(self.station, 123, b"7.3.0-SIM".ljust(34, b"\0"))
        self.put_words(self.station, 1100, _f32(self.most_a))
        self.put(self.socket, 1200, 1)

    def forget(self) -> None:
        """Forget its set-point and its remaining time."""
        self.current_a, self._until = 0.0, None

    @property
    def left_s(self) -> float:
        """For how long its set-point still holds."""
        return max(0.0, (self._until - self.time).total_seconds()) if self._until else 0.0

    def allowed_a(self) -> float:
        """Its set-point while that is valid; then its safe current."""
        return self.current_a if self.left_s and not self.ignores else self.safe_a

    def strict(self, asked: Asked) -> int:
        """Function 16 only, and no value cut in two."""
        if asked.function == WRITE_ONE:
            return BAD_FUNCTION
        ends = asked.address, asked.address + asked.count
        cuts = any(300 < end < 345 and end > 306 and end % 2 for end in ends)
        return NO_REGISTER if cuts else 0

    def told(self, address: int, values: Sequence[int]) -> int:
        """A set-point of two words, or the number of phases."""
        if address == 1210 and len(values) == 2:
            self._until = self.time + timedelta(seconds=self.valid_s)
            if not self.deaf:
                self.current_a = struct.unpack(">f", struct.pack(">2H", *values))[0]
            return 0
        if address == 1215 and values[0] in (1, 3) and not self.refuses_phases:
            self.phases = values[0]
            return 0
        return BAD_VALUE

    def measures(self, asked: Asked) -> bool:
        """Its meter."""
        return asked.function in READS and asked.address < 1000 and asked.unit == self.socket

    def measure(self) -> None:
        unit, allowed_a = self.socket, self.allowed_a()
        pilot = b"C2" if self.charging else b"B2" if allowed_a >= LEAST_A else b"B1"
        self.put_words(unit, 1201, (pilot if self.plugged else b"A").ljust(10, b"\0"))
        self.put_words(unit, 1206, _f32(allowed_a))
        self.put(unit, 1208, self.left_s, 2)
        self.put_words(unit, 1210, _f32(self.current_a))
        self.put_words(unit, 1212, _f32(self.safe_a))
        self.put(unit, 1214, bool(self.left_s) and not self.ignores)
        self.put(unit, 1215, self.phases)
        for line, amps in enumerate(self.currents_a):
            self.put_words(unit, 320 + 2 * line, _f32(amps))
        self.put_words(unit, 344, _f32(self.watts))
        self.put_words(unit, 374, struct.pack(">d", self.total_wh))


def _f32(number: float) -> bytes:
    return struct.pack(">f", number)
