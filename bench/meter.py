"""A simulated meter on a TCP port that sends a telegram on request."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from bench.process import PATIENCE_S
from sim.stream import telegrams


class Meter:
    """The house of `simulation`; `extra_kw` is additional load on L1, L2 and L3."""

    def __init__(self, simulation: str, extra_kw: Callable[[], Sequence[float]]) -> None:
        self.connected = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._telegrams = telegrams(simulation, extra_kw=lambda _: extra_kw())

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Inside the context dm can read it at this source."""
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        try:
            yield f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            await self._hang_up()
            server.close()
            await server.wait_closed()

    @asynccontextmanager
    async def ticking(self) -> AsyncIterator[None]:
        """Inside the context, a telegram comes each second: a silent meter is connected again."""
        task = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    def skip(self) -> None:
        """Leave a telegram out: a new load shows in the second after."""
        next(self._telegrams)

    async def send(self) -> float:
        """Send a telegram; the time of its last byte. A line that was cut is waited for."""
        telegram = next(self._telegrams)
        while True:
            async with asyncio.timeout(PATIENCE_S):
                await self.connected.wait()
            assert self._writer is not None
            try:
                self._writer.write(telegram)
                await self._writer.drain()
            except ConnectionError:
                self.connected.clear()
                continue
            return time.perf_counter()

    async def _meet(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._hang_up()
        self._writer = writer
        self.connected.set()

    async def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    async def _tick(self) -> None:
        while True:
            await self.send()
            await asyncio.sleep(1.0)
