"""Bytes in, telegrams out: finds `/...!CRC` in a stream between any other bytes.

No I/O and no clock here: its caller feeds the bytes, in chunks of any size, and gets the same
telegrams. IEC 62056-21 forbids `/` and `!` within a telegram, so a header always starts again and
`!` always ends.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from p1.crc import crc

MAX_BYTES = 16 * 1024
"""The largest legal telegram is about 4.75 kB; a longer one has lost its end."""

# A byte of 7E1 read as 8N1 carries its parity in bit 7: `/` arrives as 0xAF, `1` as 0xB1.
# Such a telegram is found too, to be able to say what is wrong with it.
_HEADER = re.compile(
    rb"[/\xaf][A-Za-z\xc1-\xda\xe1-\xfa]{2}[A-Za-z0-9_\xb0-\xb9\xc1-\xda\xe1-\xfa]"
)
_HEADER_BYTES = 4
_END = re.compile(rb"![0-9A-Fa-f\xb0-\xb9\xc1-\xc6\xe1-\xe6]{0,4}")
_END_BYTES = 5
_LOW_BITS = bytes(byte & 0x7F for byte in range(256))


class Reason(StrEnum):
    """Reasons for rejecting a telegram. The last two are found by undoing the damage."""

    CRC = "crc"
    NO_CRC = "no_crc"
    CUT = "cut"
    TOO_LONG = "too_long"
    CR_STRIPPED = "cr_stripped"
    SEVEN_BIT = "seven_bit"


@dataclass(frozen=True, slots=True)
class Frame:
    """A telegram whose CRC is right, `/` up to its last digit. `offset`: place in the stream."""

    raw: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected telegram."""

    reason: Reason
    raw: bytes
    offset: int


@dataclass(slots=True)
class Counts:
    """Counts since the start. Line ends between telegrams are not garbage."""

    good: int = 0
    rejected: Counter[Reason] = field(default_factory=Counter)
    garbage_bytes: int = 0


class Framer:
    """Cuts a stream into telegrams. Never raises, holds at most one chunk and 16 kB."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._buffer = bytearray()
        self._offset = 0
        self._inside = False
        self._scanned = 0

    def feed(self, chunk: bytes) -> list[Frame | Rejected]:
        """The telegrams that `chunk` completes, good and bad, in order.

        A CRC of four digits completes one; a shorter CRC needs the byte after it.
        """
        self._buffer += chunk
        found: list[Frame | Rejected] = []
        while (self._inside or self._seek()) and (event := self._complete()) is not None:
            found.append(event)
        return found

    def _seek(self) -> bool:
        """Drops everything before the next header. False without one."""
        start = _find_header(self._buffer, 0, len(self._buffer))
        self._inside = start >= 0
        length = start if self._inside else len(self._buffer) - _HEADER_BYTES + 1
        if length > 0:
            self.counts.garbage_bytes += len(self._take(length).translate(None, b"\r\n"))
        return self._inside

    def _complete(self) -> Frame | Rejected | None:
        """The telegram at the start of the buffer, None while it may still grow."""
        end = self._buffer.find(b"!", self._scanned, MAX_BYTES)
        seen = end if end >= 0 else min(len(self._buffer), MAX_BYTES)
        restart = _find_header(self._buffer, max(1, self._scanned - _HEADER_BYTES + 1), seen)
        if restart >= 0:
            return self._give_up(Reason.CUT, restart, inside=True)
        self._scanned = seen
        if end >= 0:
            return self._check(end + 1)
        if seen < MAX_BYTES:
            return None
        return self._give_up(Reason.TOO_LONG, MAX_BYTES - _HEADER_BYTES + 1, inside=False)

    def _check(self, body_bytes: int) -> Frame | Rejected | None:
        """The telegram whose `!` is byte `body_bytes`, None while its CRC may still grow."""
        match = _END.match(self._buffer, body_bytes - 1)
        stop = match.end() if match else body_bytes
        if stop == len(self._buffer) and stop - body_bytes < _END_BYTES - 1:
            return None
        offset, raw = self._offset, self._take(stop)
        self._inside = False
        reason = _fault(raw[:body_bytes], raw[body_bytes:])
        if reason is None:
            self.counts.good += 1
            return Frame(raw, offset)
        self.counts.rejected[reason] += 1
        return Rejected(reason, raw, offset)

    def _give_up(self, reason: Reason, length: int, *, inside: bool) -> Rejected:
        """The first `length` bytes as a telegram that has no end."""
        self.counts.rejected[reason] += 1
        self._inside, offset = inside, self._offset
        return Rejected(reason, self._take(length), offset)

    def _take(self, length: int) -> bytes:
        """The first `length` bytes of the buffer, which they leave."""
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._offset += length
        self._scanned = 0
        return taken


def _find_header(buffer: bytearray, start: int, end: int) -> int:
    """Position of the first whole header within [start, end), else -1.

    `find` first: a telegram has one `/`, and the pattern alone would cost more than its CRC.
    """
    if buffer.find(b"/", start, end) < 0 and buffer.find(b"\xaf", start, end) < 0:
        return -1
    match = _HEADER.search(buffer, start, end)
    return match.start() if match else -1


def _fault(body: bytes, digits: bytes) -> Reason | None:
    """The fault of `body` (`/` to `!`) and the CRC digits after it; None when it is valid."""
    if _agree(body, digits):
        return None
    low = body.translate(_LOW_BITS)
    if low != body and _agree(low, digits.translate(_LOW_BITS)):
        return Reason.SEVEN_BIT
    if not digits:
        return Reason.NO_CRC
    # A tty with icrnl turns CR LF into LF LF, a careless gateway into LF.
    if any(_agree(body.replace(ending, b"\r\n"), digits) for ending in (b"\n\n", b"\n")):
        return Reason.CR_STRIPPED
    return Reason.CRC


def _agree(body: bytes, digits: bytes) -> bool:
    """True if the digits are the CRC of the body: one to four hex digits, any case."""
    try:
        return int(digits, 16) == crc(body)
    except ValueError:
        return False
