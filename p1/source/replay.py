"""A recorded stream, given again at the pace of the telegrams' own clock."""

import asyncio
import gzip
import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from base.language import phrase
from p1.errors import LineError
from p1.source.link import CHUNK_BYTES
from p1.values import moment

# The meter's clock, and the line that ends a telegram.
CLOCK = re.compile(rb"0-0:1\.0\.0\((\d{12}[SW]?)\)")
END = re.compile(rb"![0-9A-Fa-f]{0,4}\r?\n")

# A recording may skip a night: the longest pause between two telegrams, s at speed 1.
LONGEST_PAUSE_S = 900.0


async def connect(path: Path, speed: float | None) -> "Replay":
    """The recording from its start, `speed` times as fast as it was; None: without waiting."""
    return Replay(path, speed)


class Replay:
    """A link to a file; plain or gzip."""

    def __init__(self, path: Path, speed: float | None) -> None:
        self.name = str(path)
        self._speed = speed
        self._file = opened(path)
        self._pieces = pieces(self._file) if speed else chunks(self._file)
        self._clock: datetime | None = None
        self._due_at: float | None = None

    async def read(self) -> bytes:
        piece = next(self._pieces, b"")
        await asyncio.sleep(self._pause_s(piece) if self._speed else 0)
        return piece

    async def close(self) -> None:
        self._file.close()

    def _pause_s(self, piece: bytes) -> float:
        """Seconds until this piece is due. Due times add up, so the pace does not drift."""
        now = asyncio.get_running_loop().time()
        clock = clock_of(piece)
        if clock is None or self._speed is None:
            return 0.0
        elapsed_s = (clock - self._clock).total_seconds() if self._clock else 0.0
        self._clock = clock
        passed_s = min(max(elapsed_s, 0.0), LONGEST_PAUSE_S) / self._speed
        self._due_at = (now if self._due_at is None else self._due_at) + passed_s
        return max(0.0, self._due_at - now)


def opened(path: Path) -> BinaryIO:
    """The recording as plain bytes."""
    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The whole file in large chunks. LineError when it is damaged."""
    try:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
    except (EOFError, zlib.error, OSError) as error:
        raise LineError(phrase("the recording is damaged: {text}", text=error)) from error


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The whole file, cut after the end of each telegram."""
    rest = b""
    for chunk in chunks(file):
        rest += chunk
        start = 0
        for end in END.finditer(rest):
            yield rest[start : end.end()]
            start = end.end()
        rest = rest[start:]
        if len(rest) > CHUNK_BYTES:  # a recording of noise has no ends
            yield rest
            rest = b""
    if rest:
        yield rest


def clock_of(piece: bytes) -> datetime | None:
    """The meter's clock in this telegram; None when it has none."""
    found = CLOCK.search(piece)
    return moment(found[1].decode()) if found else None
