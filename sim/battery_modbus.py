"""A simulated battery on a loopback port as a Modbus TCP server, with its faults on request."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from sim.battery import SimBattery, Trouble

NO_REGISTER, BAD_VALUE = 2, 3
Clock = Callable[[], float]


class SimRegisters(SimBattery):
    """A battery that shows itself in registers, of one unit or more.

    `units` holds every register there is, by unit and address; `measure` brings them up to date,
    `told` takes a write that was allowed. `strange` is what another program writes.
    """

    units: dict[int, dict[int, int]]
    strange: tuple[int, int, int] = (0, 0, 0)  # unit, address, value

    def measure(self, now_s: float) -> None:
        """The registers show what it measures."""
        raise NotImplementedError

    def told(self, unit: int, address: int, values: Sequence[int], now_s: float) -> int:
        """It was told; 0, or the Modbus error of a value it does not accept."""
        for offset, value in enumerate(values):
            self.units[unit][address + offset] = value
        return 0

    def number(self, unit: int, address: int, count: int = 1) -> int:
        """The signed number that stands there."""
        found = 0
        for register in range(address, address + count):
            found = found << 16 | self.units[unit][register]
        return found - (1 << 16 * count) if found >> (16 * count - 1) else found

    def put(self, unit: int, address: int, number: float, count: int = 1) -> None:
        """The number stands there, signed."""
        bits = round(number) & ((1 << 16 * count) - 1)
        for register in reversed(range(address, address + count)):
            self.units[unit][register] = bits & 0xFFFF
            bits >>= 16

    def answer(self, unit: int, address: int, values: Sequence[int] | None, now_s: float) -> int:
        """A request was taken: 0, or its Modbus error."""
        self.step(now_s)
        if values is None:
            if Trouble.STRANGER in self.trouble and self.writes:
                stranger, register, value = self.strange
                self.units[stranger][register] = value
            self.measure(now_s)
            return self.deaf
        self.writes += 1
        if self.deaf or self.refusal or Trouble.FORGETS in self.trouble:
            return self.deaf or self.refusal
        error = self.told(unit, address, values, now_s)
        self.step(now_s)
        return error


class Wire:
    """The server's end: its port, and what it can do to its clients."""

    def __init__(self, server: ModbusTcpServer) -> None:
        self._server = server
        listener = cast(asyncio.Server, server.transport)
        self.port = int(listener.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """Every client's connection ends."""
        for connection in list(self._server.active_connections.values()):
            connection.close()


@asynccontextmanager
async def served(
    device: SimRegisters, *, now_s: Clock | None = None, port: int = 0
) -> AsyncIterator[Wire]:
    """The device answers on 127.0.0.1 until the end; its clock is `now_s`, or the loop's."""
    clock = now_s or asyncio.get_running_loop().time
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    device.step(clock())
    units = [
        SimDevice(unit, simdata=_blocks(registers), action=_action(device, unit, clock))
        for unit, registers in device.units.items()
    ]
    server = ModbusTcpServer(
        units,
        address=("127.0.0.1", port),
        trace_packet=lambda sending, packet: _packet(device, sending, packet),
    )
    await server.serve_forever(background=True)
    try:
        yield Wire(server)
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


def _blocks(registers: Mapping[int, int]) -> list[SimData]:
    """The registers as runs without gaps; what lies between does not exist."""
    return [
        SimData(run[0], values=[registers[at] for at in run], datatype=DataType.REGISTERS)
        for run in _runs(sorted(registers))
    ]


def _runs(addresses: Iterable[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for address in addresses:
        if runs and address == runs[-1][-1] + 1:
            runs[-1].append(address)
        else:
            runs.append([address])
    return runs


Values = list[int] | list[bool] | None
Action = Callable[[int, int, int, int, list[int], Values], Coroutine[None, None, ExcCodes | None]]


def _action(device: SimRegisters, unit: int, clock: Clock) -> Action:
    """What pymodbus calls for each request to this unit."""

    async def action(
        function: int,
        start: int,
        address: int,
        count: int,
        shown: list[int],
        values: Values,
    ) -> ExcCodes | None:
        asked = None if values is None else [int(value) for value in values]
        if error := device.answer(unit, address, asked, clock()):
            return ExcCodes(error)
        now = [device.units[unit][at] for at in range(address, address + count)]
        shown[address - start : address - start + count] = now
        if values is not None:
            cast(list[int], values)[:] = now
        return None

    return action


def _packet(device: SimBattery, sending: bool, packet: bytes) -> bytes:
    """What goes over the wire instead of this packet."""
    if sending and Trouble.SILENT in device.trouble:
        return b""
    if sending and Trouble.CUT in device.trouble:
        return packet[: len(packet) - 2]
    return packet
