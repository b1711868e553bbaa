"""A websocket proxy between two daemons that can cut, delay, reorder and duplicate messages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake


class Fault(Enum):
    """Faults of the connection, for messages in both directions."""

    NONE = auto()
    CUT = auto()
    LATE = auto()
    MIXED = auto()
    TWICE = auto()


class BadLine:
    """A proxy to `target`; clients connect to `url` instead."""

    def __init__(self, target: str, late_s: float = 12.0) -> None:
        self.url, self.fault = "", Fault.NONE
        self.passed = 0
        self._target, self._late_s = target, late_s
        self._open: set[ServerConnection] = set()
        self._sending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["BadLine"]:
        async with serve(self._join, "127.0.0.1", 0, compression=None) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            self.url = f"ws://127.0.0.1:{port}/ws"
            yield self
            self.cut()
            for task in self._sending:
                task.cancel()

    def cut(self) -> None:
        """Close all connections and refuse new ones."""
        self.fault = Fault.CUT
        for near in self._open:
            near.transport.abort()

    async def _join(self, near: ServerConnection) -> None:
        if self.fault is Fault.CUT:
            near.transport.abort()
            return
        self._open.add(near)
        with suppress(OSError, InvalidHandshake, ConnectionClosed):
            async with connect(self._target, compression=None, proxy=None) as far:
                ways = [
                    asyncio.create_task(self._carry(near, far)),
                    asyncio.create_task(self._carry(far, near)),
                ]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in ways:
                    way.cancel()
        self._open.discard(near)

    async def _carry(
        self,
        source: ServerConnection | ClientConnection,
        sink: ServerConnection | ClientConnection,
    ) -> None:
        held: str | bytes | None = None
        with suppress(ConnectionClosed):
            async for text in source:
                self.passed += 1
                if self.fault is Fault.MIXED and held is None:
                    held = text
                    continue
                for each in [text, text] if self.fault is Fault.TWICE else [text]:
                    self._send(sink, each)
                if held is not None:
                    self._send(sink, held)
                    held = None

    def _send(self, sink: ServerConnection | ClientConnection, text: str | bytes) -> None:
        late_s = self._late_s if self.fault is Fault.LATE else 0.0
        task = asyncio.create_task(_sent(sink, text, late_s))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)


async def _sent(
    sink: ServerConnection | ClientConnection, text: str | bytes, late_s: float
) -> None:
    if late_s:
        await asyncio.sleep(late_s)
    with suppress(ConnectionClosed):
        await sink.send(text)
