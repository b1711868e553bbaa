"""A link: one live connection to the sender of telegrams, read until it is lost."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from p1.errors import LineError

CHUNK_BYTES = 65536


class Link(Protocol):
    """One connection. `name` is the householder's name of the source."""

    name: str

    async def read(self) -> bytes:
        """The next bytes; b"" when there will never be more. LineError when the link is lost."""

    async def close(self) -> None:
        """Close everything, in any state of the link. Raises nothing."""


Connect = Callable[[], Awaitable[Link]]


class StreamLink:
    """A link over an asyncio stream: a serial line or a TCP connection."""

    def __init__(
        self,
        name: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        why_ended: Callable[[bytes], str],
    ) -> None:
        """`why_ended` makes the sentence for a close by the other end, from its first bytes."""
        self.name = name
        self._reader = reader
        self._writer = writer
        self._why_ended = why_ended
        self._first = b""

    async def read(self) -> bytes:
        chunk = await self._reader.read(CHUNK_BYTES)
        if not chunk:
            raise LineError(self._why_ended(self._first))
        self._first = self._first or chunk[:200]
        return chunk

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):  # what was lost is told by read(), not again here
            await self._writer.wait_closed()


class Resumed:
    """A link whose first bytes were read already: they are returned again."""

    def __init__(self, link: Link, heard: bytes) -> None:
        self.name = link.name
        self._link = link
        self._heard = heard

    async def read(self) -> bytes:
        heard, self._heard = self._heard, b""
        return heard or await self._link.read()

    async def close(self) -> None:
        await self._link.close()
