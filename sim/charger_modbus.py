"""Simulated chargers as Modbus TCP servers: common parts of all makers."""

import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sim.car import SimCar
from sim.charger_base import Clock, Odd, SimPlain
from sim.charger_http import clock as running
from sim.modbus_server import Asked, serving

BAD_FUNCTION, NO_REGISTER, BAD_VALUE = 1, 2, 3
READS, WRITE_ONE = (3, 4), 6
FUNCTION_AT = 7  # of a frame


class SimRegisters(SimPlain):
    """A charger that shows itself in registers, by unit and address.

    `writes` are the accepted ones: register and first word.
    """

    def __init__(self, car: SimCar) -> None:
        super().__init__(car)
        self.units: dict[int, dict[int, int]] = {}
        self._mute = False
        self.writes: list[tuple[int, int]] = []

    def measure(self) -> None:
        """Write its measurements to the registers."""
        raise NotImplementedError

    def told(self, address: int, values: Sequence[int]) -> int:
        """Take a command; 0, or its Modbus error."""
        raise NotImplementedError

    def measures(self, asked: Asked) -> bool:
        """True if a request is for measurements, not for its set-point."""
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


@asynccontextmanager
async def on_modbus(
    device: SimRegisters, speed: float, now: Clock | None = None
) -> AsyncIterator[dict[str, Any]]:
    """Serve the charger on a loopback port; gives its settings in config.py."""
    device.clock = now or running(speed)
    device.step(device.clock())
    device.measure()
    async with serving(device) as wire:
        yield {"host": f"127.0.0.1:{wire.port}"}
