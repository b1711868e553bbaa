"""A websocket connection on which no write blocks, shared by client and server."""

import asyncio
import logging
from typing import Any, Protocol

from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from base.wire.guard import Guard

# The library writes a traceback for each broken handshake: anybody could fill the disk with it.
QUIET = logging.Logger("websockets", logging.CRITICAL)


class Line(Connection):
    """A connection that is cut when more than `write_limit` bytes wait for its far end.

    So no write ever blocks: not an answer, not a ping, not a close.
    """

    choked = False

    def pause_writing(self) -> None:
        super().pause_writing()
        self.choked = True
        self.transport.abort()

    @property
    def writable(self) -> bool:
        return self.state is State.OPEN and not self.choked


class Guarded(Protocol):
    """A listener with a guard."""

    guard: Guard


class GuardedLine(Line, ServerConnection):
    """A caller's connection, counted by the guard from its first byte to its last."""

    def __init__(self, home: Guarded, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.home = home
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.address = (transport.get_extra_info("peername") or [""])[0]
        self.home.guard.arrived(self, self.address, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.home.guard.left(self)


def text_of(data: str | bytes) -> str:
    """Text of a frame of either kind."""
    return data if isinstance(data, str) else data.decode(errors="replace")
