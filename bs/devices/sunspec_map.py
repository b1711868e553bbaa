"""Addresses and contents of the SunSpec models of a device."""

from dataclasses import dataclass

from base.device_errors import NonsenseError, RefusedError
from base.language import clause
from base.modbus import Line, signed

STARTS = (40000, 0, 50000)
MARK = [0x5375, 0x6E53]  # "SunS"
END = 0xFFFF
MOST_MODELS = 60
MOST_REGISTERS = 120  # in one request
NOTHING = 0xFFFF
MOST_POWER = 10


@dataclass(frozen=True, slots=True)
class Model:
    """One model: its address, and its registers as read, ID and length first."""

    address: int
    registers: tuple[int, ...]

    def number(self, at: int, count: int = 1) -> int | None:
        """The signed number at this offset; None when it is not implemented."""
        if at + count > len(self.registers):
            return None
        found = signed(*self.registers[at : at + count])
        return None if found == -(1 << (16 * count - 1)) else found

    def natural(self, at: int) -> int | None:
        """The unsigned number at this offset; None when it is not implemented."""
        found = self.registers[at] if at < len(self.registers) else NOTHING
        return None if found == NOTHING else found

    def scale(self, at: int) -> float:
        """The scale factor at this offset; 1 without one."""
        power = self.number(at) or 0
        if abs(power) > MOST_POWER:
            raise NonsenseError(clause("reports a scale factor of 10 to the {power}", power=power))
        return float(10.0**power)

    def scaled(self, at: int, scale_at: int) -> float | None:
        """The natural number at this offset in its unit."""
        found = self.natural(at)
        return None if found is None else found * self.scale(scale_at)


@dataclass(frozen=True, slots=True)
class Place:
    """Position of a model: the address of its ID, and its length without ID and length."""

    address: int
    length: int


async def walk(line: Line) -> dict[int, Place]:
    """Every model of the device by its number, the first of each. RefusedError when it has none."""
    address = await _start(line) + len(MARK)
    found: dict[int, Place] = {}
    for _ in range(MOST_MODELS):
        number, length = await line.read(address, 2)
        if number == END:
            break
        found.setdefault(number, Place(address, length))
        address += 2 + length
    return found


async def read_model(line: Line, place: Place) -> Model:
    """The current contents of the model, as much as fits in a request."""
    count = min(place.length + 2, MOST_REGISTERS)
    return Model(place.address, tuple(await line.read(place.address, count)))


async def _start(line: Line) -> int:
    for start in STARTS:
        try:
            if await line.read(start, 2) == MARK:
                return start
        except RefusedError:
            continue
    raise RefusedError(
        clause("is not a SunSpec device, or its control over Modbus is switched off")
    )
