"""A simulated device on a loopback port as a Modbus TCP server."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, cast

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

Values = list[int] | list[bool] | None
Action = Callable[[int, int, int, int, list[int], Values], Coroutine[None, None, ExcCodes | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request: Modbus function, unit, first register, how many; `values` of a write.

    The echo of a write is read with the write's own function and no values.
    """

    function: int
    unit: int
    address: int
    count: int
    values: Sequence[int] | None


class Device(Protocol):
    """A device that shows itself in registers: `units` holds each there is, by unit and address."""

    units: dict[int, dict[int, int]]

    def answer(self, asked: Asked) -> int:
        """A request was taken: 0, or its Modbus error."""

    def packet(self, sending: bool, packet: bytes) -> bytes:
        """Packet that is sent instead of this one."""


class Wire:
    """The server's end: its port, and faults for its clients."""

    def __init__(self, server: ModbusTcpServer) -> None:
        self._server = server
        listener = cast(asyncio.Server, server.transport)
        self.port = int(listener.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """Every client's connection ends."""
        for connection in list(self._server.active_connections.values()):
            connection.close()


@asynccontextmanager
async def serving(device: Device, port: int = 0) -> AsyncIterator[Wire]:
    """The device answers on 127.0.0.1 until the end."""
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    units = [
        SimDevice(unit, simdata=_blocks(registers), action=_action(device, unit))
        for unit, registers in device.units.items()
    ]
    server = ModbusTcpServer(units, address=("127.0.0.1", port), trace_packet=device.packet)
    await server.serve_forever(background=True)
    try:
        yield Wire(server)
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


def _blocks(registers: Mapping[int, int]) -> list[SimData]:
    """The registers as runs without gaps; addresses between them do not exist."""
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


def _action(device: Device, unit: int) -> Action:
    """Handler that pymodbus calls for each request to this unit."""

    async def action(
        function: int,
        start: int,
        address: int,
        count: int,
        shown: list[int],
        values: Values,
    ) -> ExcCodes | None:
        given = None if values is None else [int(value) for value in values]
        asked = Asked(function=function, unit=unit, address=address, count=count, values=given)
        if error := device.answer(asked):
            return ExcCodes(error)
        now = [device.units[unit][at] for at in range(address, address + count)]
        shown[address - start : address - start + count] = now
        if values is not None:
            cast(list[int], values)[:] = now
        return None

    return action
