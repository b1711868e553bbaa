"""Faults between meter and reader, on request: by name, at a second, for a while.

Each fault was met in the field. Some change the meter's values, the others the bytes on the wire.
Written as `name@second` or `name@second+duration`, such as `cut@120,silence@300+15`, counted from
the start of the simulation.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random

from base.time import BRUSSELS
from sim.past import month_start
from sim.registers import MeterState, MonthRow, Peak


class Fault(StrEnum):
    """A fault by its name."""

    CUT = "cut"  # The telegram breaks off half-way.
    LOST = "lost"  # Three bytes inside the telegram are lost.
    BIT = "bit"  # One bit of one byte is wrong.
    FF = "ff"  # Bytes 0xFF stand before the header, as from a telnet gateway.
    NUL = "nul"  # A NUL stands between the CRC and the end of its line.
    GARBAGE = "garbage"  # Random bytes come in place of the telegram.
    INVERTED = "inverted"  # Every bit is inverted: the cable does not invert the signal.
    SEVEN = "7e1"  # The bytes are 7E1 read as 8N1: bit 7 is even parity.
    LF = "lf"  # Every CR is stripped, as by a tty that is not raw.
    SILENCE = "silence"  # Nothing comes.
    ZERO = "zero"  # The offtake registers show 0 for a moment.
    JUMP = "jump"  # The day offtake register stands 500 kWh higher.
    SWAP = "swap"  # The meter is replaced: new id, registers from 0. For good.
    CLOCK = "clock"  # The meter's clock is ten minutes ahead.
    Y2000 = "2000"  # The meter's clock begins again at 2000-01-01.
    DST = "dst"  # The meter forgot the change of season: S for W, or W for S.
    VANISH = "vanish"  # 1.4.0, 1.6.0 and 98.1.0 are no longer sent.
    ROWS = "rows"  # The history has grown to 15 months, the most that is legal.


_LASTING = {Fault.JUMP, Fault.SWAP, Fault.CLOCK, Fault.Y2000, Fault.DST, Fault.VANISH, Fault.ROWS}
_WRITTEN = re.compile(r"(?P<name>\w+)@(?P<start>\d+)(?:\+(?P<length>\d+))?")


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault from `start_s` on, seconds of simulation; without `end_s` it stays."""

    fault: Fault
    start_s: int
    end_s: int | None

    def holds(self, second: int) -> bool:
        """True if it affects the telegram of that second."""
        return self.start_s <= second and (self.end_s is None or second < self.end_s)


def parse(text: str) -> tuple[Planned, ...]:
    """The faults of `name@second+duration,...`. ValueError names the one that is wrong.

    Without a duration a fault hits one telegram, or stays when it is a state of the meter.
    """
    return tuple(_planned(part.strip()) for part in text.split(",") if part.strip())


def _planned(part: str) -> Planned:
    found = _WRITTEN.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is not name@second or name@second+duration")
    if found["name"] not in set(Fault):
        raise ValueError(f"{found['name']!r} is not one of {', '.join(Fault)}")
    fault, start_s = Fault(found["name"]), int(found["start"])
    if found["length"] is None:
        return Planned(fault, start_s, None if fault in _LASTING else start_s + 1)
    if not int(found["length"]):
        raise ValueError(f"{part!r} lasts 0 seconds")
    return Planned(fault, start_s, start_s + int(found["length"]))


def shown(planned: Planned, state: MeterState, second: int) -> MeterState:
    """Telegrams of the meter with this fault in that second of simulation."""
    match planned.fault:
        case Fault.ZERO:
            return state._replace(offtake_day_wh=0, offtake_night_wh=0)
        case Fault.JUMP:
            return state._replace(offtake_day_wh=state.offtake_day_wh + 500_000)
        case Fault.CLOCK:
            return state._replace(at=state.at + timedelta(minutes=10))
        case Fault.Y2000:
            since = timedelta(seconds=second - planned.start_s)
            return state._replace(at=datetime(1999, 12, 31, 23, tzinfo=UTC) + since)
        case Fault.DST:
            summer = state.at.astimezone(BRUSSELS).dst()
            return state._replace(flag="W" if summer else "S")
        case Fault.VANISH:
            return state._replace(demand_w=None, month_peak=None, months=None)
        case Fault.ROWS:
            return state._replace(months=_fifteen(state.months or (), state.at))
    return state


def _fifteen(months: tuple[MonthRow, ...], at: datetime) -> tuple[MonthRow, ...]:
    """The history with older months before it, up to 15 rows."""
    rows = list(months)
    closed = (rows[0].closed if rows else at).astimezone(BRUSSELS)
    while len(rows) < 15:
        closed = month_start(closed - timedelta(days=1))
        at = closed.astimezone(UTC)
        rows.insert(0, MonthRow(at, Peak(2500, at)))
    return tuple(rows)


def on_wire(planned: Planned, telegram: bytes, second: int) -> bytes:
    """The bytes that come instead of this telegram."""
    half = len(telegram) // 2
    match planned.fault:
        case Fault.CUT:
            return telegram[:half]
        case Fault.LOST:
            return telegram[:half] + telegram[half + 3 :]
        case Fault.BIT:
            return telegram[:half] + bytes((telegram[half] ^ 1,)) + telegram[half + 1 :]
        case Fault.FF:
            return b"\xff\xff\xff" + telegram
        case Fault.NUL:
            return telegram.removesuffix(b"\r\n") + b"\0\r\n"
        case Fault.GARBAGE:
            return Random(second).randbytes(len(telegram))
        case Fault.INVERTED:
            return bytes(byte ^ 0xFF for byte in telegram)
        case Fault.SEVEN:
            return bytes(byte | (byte.bit_count() & 1) << 7 for byte in telegram)
        case Fault.LF:
            return telegram.replace(b"\r", b"")
        case Fault.SILENCE:
            return b""
    return telegram
