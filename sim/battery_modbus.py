"""A simulated battery on a loopback port as a Modbus TCP server, with its faults on request."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from sim.battery import SimBattery, Trouble
from sim.modbus_server import Asked, Wire, serving

NO_REGISTER, BAD_VALUE = 2, 3
Clock = Callable[[], float]


class SimRegisters(SimBattery):
    """A battery that shows itself in registers, of one unit or more.

    `units` holds every register there is, by unit and address; `measure` updates them, `told` takes
    an allowed write. `strange` is what another program writes.
    """

    units: dict[int, dict[int, int]]
    strange: tuple[int, int, int] = (0, 0, 0)  # unit, address, value

    def measure(self, now_s: float) -> None:
        """Write its measurements to the registers."""
        raise NotImplementedError

    def told(self, unit: int, address: int, values: Sequence[int], now_s: float) -> int:
        """Take a command; 0, or the Modbus error of a value it does not accept."""
        for offset, value in enumerate(values):
            self.units[unit][address + offset] = value
        return 0

    def number(self, unit: int, address: int, count: int = 1) -> int:
        """The signed number of a register."""
        found = 0
        for register in range(address, address + count):
            found = found << 16 | self.units[unit][register]
        return found - (1 << 16 * count) if found >> (16 * count - 1) else found

    def put(self, unit: int, address: int, number: float, count: int = 1) -> None:
        """Write a signed number."""
        bits = round(number) & ((1 << 16 * count) - 1)
        for register in reversed(range(address, address + count)):
            self.units[unit][register] = bits & 0xFFFF
            bits >>= 16

    def take(self, asked: Asked, now_s: float) -> int:
        """A request was taken: 0, or its Modbus error."""
        self.step(now_s)
        if asked.values is None:
            if Trouble.STRANGER in self.trouble and self.writes:
                stranger, register, value = self.strange
                self.units[stranger][register] = value
            self.measure(now_s)
            return self.deaf
        self.writes += 1
        if self.deaf or self.refusal or Trouble.FORGETS in self.trouble:
            return self.deaf or self.refusal
        error = self.told(asked.unit, asked.address, asked.values, now_s)
        self.step(now_s)
        return error


class _Served:
    """The battery as the server sees it, by its clock."""

    def __init__(self, device: SimRegisters, clock: Clock) -> None:
        self._device, self._clock = device, clock
        self.units = device.units

    def answer(self, asked: Asked) -> int:
        """A request was taken: 0, or its Modbus error."""
        return self._device.take(asked, self._clock())

    def packet(self, sending: bool, packet: bytes) -> bytes:
        """Packet that is sent instead of this one."""
        if sending and Trouble.SILENT in self._device.trouble:
            return b""
        if sending and Trouble.CUT in self._device.trouble:
            return packet[: len(packet) - 2]
        return packet


@asynccontextmanager
async def served(device: SimRegisters, *, now_s: Clock | None = None) -> AsyncIterator[Wire]:
    """The device answers on 127.0.0.1 until the end; its clock is `now_s`, or the loop's."""
    clock = now_s or asyncio.get_running_loop().time
    device.step(clock())
    async with serving(_Served(device, clock)) as wire:
        yield wire
