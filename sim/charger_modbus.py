"""Simulated chargers as Modbus TCP servers, each with its maker's registers and habits."""

import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from base.limits import LEAST_A
from sim.car import SimCar
from sim.charger_base import Clock, Odd, SimPlain
from sim.charger_http import clock as running
from sim.modbus_server import Asked, serving

BAD_FUNCTION, NO_REGISTER, BAD_VALUE = 1, 2, 3
READS, WRITE_ONE = (3, 4), 6
FUNCTION_AT = 7  # of a frame


class SimRegisters(SimPlain):
    """A charger that shows itself in registers, by unit and address.

    `writes` are those it took: register and first word.
    """

    def __init__(self, car: SimCar) -> None:
        super().__init__(car)
        self.units: dict[int, dict[int, int]] = {}
        self._mute = False
        self.writes: list[tuple[int, int]] = []

    def measure(self) -> None:
        """The registers show what it measures."""
        raise NotImplementedError

    def told(self, address: int, values: Sequence[int]) -> int:
        """Take a command; 0, or its Modbus error."""
        raise NotImplementedError

    def measures(self, asked: Asked) -> bool:
        """True if a question is about what it measures, not its set-point."""
        raise NotImplementedError

    def heard(self, asked: Asked) -> None:
        """A request was answered."""

    def strict(self, asked: Asked) -> int:
        """The Modbus error of a request that its maker does not take; 0 for none."""
        return 0

    def put(self, unit: int, address: int, number: float, count: int = 1) -> None:
        """Write a whole number."""
        bits = round(number) & ((1 << 16 * count) - 1)
        for register in reversed(range(address, address + count)):
            self.units[unit][register] = bits & 0xFFFF
            bits >>= 16

    def put_words(self, unit: int, address: int, words: bytes) -> None:
        """Write these bytes."""
        for offset, word in enumerate(struct.unpack(f">{len(words) // 2}H", words)):
            self.units[unit][address + offset] = word

    def answer(self, asked: Asked) -> int:
        """A request was taken: 0, or its Modbus error."""
        if self.clock is not None:
            self.step(self.clock())
        silent = self.booting or self.day is Odd.SILENT
        self._mute = silent or (self.day is Odd.SLOW and self.measures(asked))
        if silent:
            return 0
        if error := self.strict(asked):
            return error
        if asked.values is not None:
            if error := self.told(asked.address, asked.values):
                return error
            self.writes.append((asked.address, asked.values[0]))
        self.heard(asked)
        self.measure()
        return 0

    def packet(self, sending: bool, packet: bytes) -> bytes:
        """Packet that is sent instead of this one."""
        if not sending:
            return packet
        if self._mute:
            return b""
        if self.day is Odd.GARBAGE:
            return packet[:FUNCTION_AT] + b"\x63" + packet[FUNCTION_AT + 1 :]
        return packet


def _f32(number: float) -> bytes:
    return struct.pack(">f", number)


class SimAlfen(SimRegisters):
    """An Alfen Eve of one socket, told by Modbus.

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
        """Neither its set-point nor what is left of its time is stored."""
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


class SimKeba(SimRegisters):
    """A KEBA: a P30 by its enable register, or a P40 by 0 mA. One value of two words a read.

    Its failsafe is off from the factory and counts from the last write; one that trips gives its
    failsafe current, also to a car that was paused. `persists` is what 5020 wrote.
    """

    unit = 255
    product, firmware = 312200, 0x030A3300

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
        """Drop what was not made persistent, its failsafe too."""
        super().forget()
        self.safe_ma = self.silent_s = 0

    @property
    def tripped(self) -> bool:
        """True if it heard no write for too long."""
        return 0 < self.silent_s <= (self.time - self._heard).total_seconds()

    def allowed_a(self) -> float:
        """As told, or its failsafe current."""
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
        """Only what is written counts."""
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
        self.put(unit, 1036, 10 * self.total_wh, 2)
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


class SimHeidelberg(SimRegisters):
    """A Heidelberg Energy Control: whatever it answers feeds its watchdog.

    Its settings outlive a restart. When its watchdog ends its failsafe current holds, and at 0 A it
    is in state F.
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
        """It forgets nothing."""

    @property
    def tripped(self) -> bool:
        """True if nobody asked anything for too long."""
        limit_s = self.units[self.unit][257] / 1000
        return 0 < limit_s <= (self.time - self._heard).total_seconds()

    def allowed_a(self) -> float:
        """As told, or its failsafe current."""
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
        """True if the car wants more."""
        return self.car.soc_pct < self.car.target_pct and not self.car.asleep


@asynccontextmanager
async def on_modbus(
    device: SimRegisters, speed: float, now: Clock | None = None
) -> AsyncIterator[dict[str, Any]]:
    """The charger answers on a loopback port; what config.py says of it."""
    device.clock = now or running(speed)
    device.step(device.clock())
    device.measure()
    async with serving(device) as wire:
        yield {"host": f"127.0.0.1:{wire.port}"}
