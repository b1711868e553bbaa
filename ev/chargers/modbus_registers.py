"""The registers of one Modbus charger: a write interrupts a read, as a decrease must not wait;
errors become sentences.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pydantic import Field

from base.address import split
from base.checked import HostPort
from base.device_errors import DeviceError
from base.device_errors import RefusedError as Refusal
from base.language import clause, setting
from base.modbus import Line
from base.priority_lock import OvertakenError, PriorityLock
from ev.chargers.charger import LineError, RefusedError
from ev.chargers.family import ChargerSettings
from ev.chargers.measured import SessionMeter

PORT = 502
TIMEOUT_S = 3.0
UNARMED = clause(
    "does not accept a failsafe current: without this program it keeps its last set-point."
)


class ModbusSettings(ChargerSettings):
    """A charger that is controlled over Modbus TCP."""

    host: HostPort


class UnitSettings(ModbusSettings):
    """One behind a gateway, with a unit of its own."""

    unit: int = Field(default=255, ge=0, le=255, description=setting("the unit of the charger"))


class Registers:
    """The registers of the charger called `name`, in unit `unit` where no other is named."""

    def __init__(self, name: str, host: str, unit: int, *, gap_s: float = 0.0) -> None:
        self.name = name
        self._line = Line(*split(host, PORT), unit, gap_s=gap_s, timeout_s=TIMEOUT_S)
        self._lock = PriorityLock()

    async def read(
        self, address: int, count: int = 1, *, unit: int | None = None, inputs: bool = False
    ) -> list[int]:
        """Holding or input registers. A read that a write interrupts is repeated. ChargerError."""
        with self._worded():
            while True:
                async with self._lock.patient():
                    try:
                        return await self._lock.unless_urgent(
                            self._line.read(address, count, unit, inputs=inputs)
                        )
                    except OvertakenError:
                        pass

    async def write(self, address: int, *words: int, several: bool = False) -> None:
        """Write them now. `several`: with function 16, also when it is one. ChargerError."""
        with self._worded():
            async with self._lock.urgent():
                await self._line.write(address, *words, several=several)

    async def long(self, address: int) -> int:
        """The unsigned number in two registers."""
        high, low = await self.read(address, 2)
        return high << 16 | low

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    @contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except Refusal as error:
            raise RefusedError(self.name, f"{error}.") from None
        except DeviceError as error:
            raise LineError(self.name, f"{error}.") from None


class ModbusDriver:
    """The part of a Driver that chargers over Modbus share."""

    def __init__(self, registers: Registers) -> None:
        self._registers, self._session = registers, SessionMeter()
        self._identity: dict[str, str] = {}

    @property
    def about(self) -> dict[str, str]:
        """Its model and firmware, as far as it reports them."""
        return self._identity

    async def aclose(self) -> None:
        """Close the connection."""
        self._registers.close()


def real(words: Sequence[int]) -> float | None:
    """The number in two (float32) or four (float64) big-endian words; None for a value that is not
    a number."""
    found = struct.unpack(">f" if len(words) == 2 else ">d", struct.pack(f">{len(words)}H", *words))
    return float(found[0]) if math.isfinite(found[0]) else None


def words_of(number: float) -> tuple[int, int]:
    """A float32 as two big-endian words."""
    high, low = struct.unpack(">2H", struct.pack(">f", number))
    return high, low
