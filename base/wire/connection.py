"""A websocket connection on which no write waits, and what both ends of it share."""

import logging

from websockets.asyncio.connection import Connection
from websockets.protocol import State

# The library writes a traceback for each broken handshake: anybody could fill the disk with it.
QUIET = logging.Logger("websockets", logging.CRITICAL)


class Line(Connection):
    """A connection that is cut when more than `write_limit` bytes wait for its far end.

    So no write ever waits: not an answer, not a ping, not a goodbye.
    """

    choked = False

    def pause_writing(self) -> None:
        super().pause_writing()
        self.choked = True
        self.transport.abort()

    @property
    def writable(self) -> bool:
        return self.state is State.OPEN and not self.choked


def text_of(data: str | bytes) -> str:
    """Text of a frame of either kind."""
    return data if isinstance(data, str) else data.decode(errors="replace")
