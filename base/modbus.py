"""One Modbus TCP connection to a device (pymodbus 3.16): opened when needed, one request at a time,
errors as sentences.

A request whose caller gave up occupies the line for at most `PATIENCE_S`: many gateways take one
request at a time, but a new set-point does not wait for the time-out of an old request. A late
answer is distinguished by its transaction id and dropped.
"""

import asyncio
import logging
import struct
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from base.device_errors import NonsenseError, RefusedError, TransientError
from base.language import clause, phrase

if TYPE_CHECKING:
    from pymodbus.client import AsyncModbusTcpClient
    from pymodbus.pdu import ModbusPDU

log = logging.getLogger(__name__)
PATIENCE_S = 0.05
TIMEOUT_S = 1.0
BUSY_S = 0.2
NO_REGISTER, BUSY, GATEWAY = 2, 6, (10, 11)
LAST = 0x10000
HEADER, FUNCTION = 6, 7  # of a frame: bytes before what its length counts; where its function is
READS, SIZES = (3, 4), {6: 12, 16: 12}


class Line:
    """The registers of one device. Not for two callers at a time: its owner holds a lock."""

    def __init__(
        self,
        host: str,
        port: int = 502,
        unit: int = 1,
        *,
        gap_s: float = 0.0,
        timeout_s: float | None = None,
    ) -> None:
        """`gap_s` is the least pause of the device between requests."""
        self.place = f"{host}:{port}"
        self._timeout_s = timeout_s
        self._host, self._port, self._unit, self._gap_s = host, port, unit, gap_s
        self._client: AsyncModbusTcpClient | None = None
        self._asked: asyncio.Task[ModbusPDU] | None = None
        self._rested_s = 0.0

    async def read(
        self, address: int, count: int = 1, unit: int | None = None, *, inputs: bool = False
    ) -> list[int]:
        """The holding registers from `address` on, or `inputs`. DeviceError with the reason
        otherwise."""
        if not 0 <= address <= LAST - count:
            raise NonsenseError(
                clause("points to register {address}, which does not exist", address=address)
            )
        which = self._unit if unit is None else unit
        answer = await self._request(
            lambda client: (
                client.read_input_registers if inputs else client.read_holding_registers
            )(address, count=count, device_id=which),
            phrase("register {address}", address=address),
        )
        if answer.function_code != READS[inputs] or len(answer.registers) != count:
            text = "answers something else than the {count} registers it was asked"
            raise NonsenseError(clause(text, count=count))
        return list(answer.registers)

    async def write(
        self, address: int, *words: int, unit: int | None = None, several: bool = False
    ) -> None:
        """Write the registers from `address` on: one with function 6, `several` with 16."""
        which = self._unit if unit is None else unit
        values = [word & 0xFFFF for word in words]
        if len(values) == 1 and not several:
            await self._request(
                lambda client: client.write_register(address, values[0], device_id=which),
                phrase("{value} in register {address}", value=values[0], address=address),
            )
        else:
            await self._request(
                lambda client: client.write_registers(address, values, device_id=which),
                phrase("{value} in registers from {address}", value=values, address=address),
            )

    def close(self) -> None:
        """Close the connection; the next request makes another."""
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _request(
        self, call: "Callable[[AsyncModbusTcpClient], Awaitable[ModbusPDU]]", what: str
    ) -> "ModbusPDU":
        """The device's answer. DeviceError when it is not a good answer."""
        answer = await self._exchange(call)
        if answer.isError() and answer.exception_code == BUSY:
            await asyncio.sleep(BUSY_S)
            answer = await self._exchange(call)
        if not answer.isError():
            return answer
        code = answer.exception_code
        if code == BUSY:
            raise TransientError(clause("is busy with something else"))
        if code in GATEWAY:
            raise TransientError(
                clause(
                    "is not found behind {place} (unit {unit}): is it on?",
                    place=self.place,
                    unit=self._unit,
                )
            )
        numbered = phrase("Modbus error {code}", code=code)
        raise RefusedError(f"{_refusal(code)}: {what}, {numbered}", code)

    async def _exchange(
        self, call: "Callable[[AsyncModbusTcpClient], Awaitable[ModbusPDU]]"
    ) -> "ModbusPDU":
        from pymodbus.exceptions import ModbusException

        await self._clear()
        client = await self._connected()
        self._asked = asyncio.create_task(_called(call, client))
        self._asked.add_done_callback(_noticed)
        try:
            return await asyncio.shield(self._asked)
        except (ModbusException, OSError):
            self.close()
            raise TransientError(clause("does not answer at {place}", place=self.place)) from None
        finally:
            self._rested_s = asyncio.get_running_loop().time() + self._gap_s

    async def _clear(self) -> None:
        """Wait until no request is under way and the device has rested."""
        if self._asked is not None and not self._asked.done():
            await asyncio.wait({self._asked}, timeout=PATIENCE_S)
            self._asked.cancel()
            await asyncio.wait({self._asked})
        self._asked = None
        rest_s = self._rested_s - asyncio.get_running_loop().time()
        if rest_s > 0:
            await asyncio.sleep(rest_s)

    async def _connected(self) -> "AsyncModbusTcpClient":
        if self._client is None or not self._client.connected:
            self.close()
            self._client = _made(self._host, self._port, self._timeout_s or TIMEOUT_S)
            if not await self._client.connect():
                self.close()
                raise TransientError(clause("cannot be reached at {place}", place=self.place))
        return self._client


class Controls:
    """The registers that control a device; a value that a register has already is not written
    again.

    Numbers are signed, of one word or more. `called` is the name of the device in the log.
    """

    def __init__(self, line: Line, called: str = "") -> None:
        self._line = line
        self._called = called or phrase("The device at {place}", place=line.place)
        self._known: dict[int, int] = {}
        self._doubted: dict[int, str] = {}
        self._refused: set[int] = set()

    async def read(self, address: int, count: int = 1) -> int:
        """The value of the register now."""
        self._known[address] = signed(*await self._line.read(address, count))
        return self._known[address]

    async def tell(self, address: int, number: int, count: int = 1) -> None:
        """Write the register, unless it has the number already."""
        if self._known.pop(address, None) != number:
            await self._line.write(address, *words(number, count))
        self._known[address] = number

    async def offer(self, address: int, number: int, count: int = 1) -> bool:
        """Write an optional register; True if it has the number now."""
        if address in self._refused:
            return False
        try:
            await self.tell(address, number, count)
        except RefusedError as error:
            self._doubted[address] = str(error)
            return False
        self._doubted.pop(address, None)
        return True

    def concluded(self) -> None:
        """All required values were accepted: refused optional ones are logged, and not sent
        again."""
        for address, why in self._doubted.items():
            log.warning("%s %s; %s", self._called, why, phrase("control continues without it"))
            self._refused.add(address)
        self._doubted.clear()

    def learn(self, address: int, number: int | None) -> None:
        """Store a known value."""
        if number is not None:
            self._known[address] = number

    async def repeat(self, address: int, count: int = 1) -> None:
        """Write the last value again, for a device that forgets."""
        if address in self._known:
            await self._line.write(address, *words(self._known[address], count))

    def holds(self, address: int) -> int | None:
        """The value when it was last read or written."""
        return self._known.get(address)

    def forget(self) -> None:
        """Forget the values of the registers."""
        self._known.clear()


def _refusal(code: int) -> str:
    match code:
        case 1:
            return clause("does not support this type of request")
        case 2:
            return clause("has no such register")
        case 3:
            return clause("does not accept this value")
        case 4:
            return clause("failed to do this")
    return clause("refuses this")


def _made(host: str, port: int, timeout_s: float) -> "AsyncModbusTcpClient":
    from pymodbus.client import AsyncModbusTcpClient

    # It would print each bad frame in hex; what is wrong is said here, in words.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    return AsyncModbusTcpClient(
        host, port=port, timeout=timeout_s, retries=0, reconnect_delay=0, trace_packet=_sound
    )


def _sound(sending: bool, packet: bytes) -> bytes:
    """The frames received; nothing if the first is not an answer to our types of request, because
    pymodbus would end with a traceback. An incomplete frame is kept.
    """
    size = HEADER + int.from_bytes(packet[4:6], "big")
    if sending or len(packet) <= FUNCTION or len(packet) < size:
        return packet
    function = packet[FUNCTION]
    if function in READS:
        sound = size > FUNCTION + 1 and size == FUNCTION + 2 + packet[FUNCTION + 1]
        return packet if sound and packet[FUNCTION + 1] % 2 == 0 else b""
    return packet if size == SIZES.get(function) or (function & 0x80 and size == 9) else b""


async def _called(
    call: "Callable[[AsyncModbusTcpClient], Awaitable[ModbusPDU]]", client: "AsyncModbusTcpClient"
) -> "ModbusPDU":
    return await call(client)


def _noticed(task: "asyncio.Task[ModbusPDU]") -> None:
    """A late answer that nobody awaits is ignored."""
    if not task.cancelled():
        task.exception()


def signed(*words: int) -> int:
    """The number in big-endian words, two's complement."""
    number = 0
    for word in words:
        number = number << 16 | word
    bits = 16 * len(words)
    return number - (1 << bits) if number >> (bits - 1) else number


def letters(words: Sequence[int]) -> str:
    """The printable text in the words, two characters each, up to a zero."""
    raw = struct.pack(f">{len(words)}H", *words).partition(b"\0")[0]
    return "".join(each for each in raw.decode("ascii", "replace") if each.isprintable()).strip()


def words(number: int, count: int) -> list[int]:
    """The number as `count` big-endian words, two's complement."""
    return [number >> 16 * place & 0xFFFF for place in reversed(range(count))]
