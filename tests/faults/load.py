"""A crowd connected to dm: five hundred readers, ten of them stalled, and one flood of commands."""

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import quantiles

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.faults.fault import Fault, Outcome
from tests.faults.stage import Stage, made, now_s, stage
from tests.faults.transport import cost

DEAF = 10
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
WATCH = b"\x81\x8b\0\0\0\0watch house"  # one frame of eleven letters, masked with zeros
MOST_MS = 100.0
MOST_SHARE = 25.0


class Ear(asyncio.Protocol):
    """A light client: five hundred of them must not be slower than dm."""

    def __init__(self) -> None:
        self.heard_s = 0.0
        self.heard = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 101"):
            self.transport.write(WATCH)
        if b'"type":"house"' in data:
            self.heard_s = now_s()
            self.heard.set()


async def crowd(clients: int, commands: int, seconds: int, folder: Path) -> Outcome:
    """Each house message reaches every reader in time, also during a flood of commands."""
    async with stage(folder) as it:
        await it.good(made(0))
        loop, port = asyncio.get_running_loop(), it.dm.port
        ears = [(await loop.create_connection(Ear, "127.0.0.1", port))[1] for _ in range(clients)]
        await asyncio.gather(*(ear.heard.wait() for ear in ears))
        for ear in ears[:DEAF]:
            ear.transport.pause_reading()
        readers = ears[DEAF:]
        before_ms, began = cost(it.dm.process.pid)[0], now_s()
        calm = [ms for n in range(1, seconds) for ms in await _delays_ms(it, n, readers)]
        share = (cost(it.dm.process.pid)[0] - before_ms) / (now_s() - began) / 10
        shout = asyncio.create_task(_shout(it.dm.url, commands))
        loud = [ms for n in range(3) for ms in await _delays_ms(it, seconds + n, readers)]
        await shout
        for ear in ears:
            ear.transport.abort()
        await it.dm.ask("house")
    ms, loud_ms = (quantiles(each, n=100)[98] for each in (calm, loud))
    assert ms <= MOST_MS, f"{ms:.0f} ms late"
    assert share < MOST_SHARE, f"{share:.0f} % of a core"
    return Outcome(
        f"p99 {ms:.0f} ms late at {len(readers)} readers, {share:.1f} % of a core;"
        f" {loud_ms:.0f} ms while {commands} commands came"
    )


async def _delays_ms(it: Stage, second: int, readers: list[Ear]) -> list[float]:
    """The delay of one house message at each reader; one telegram a second, as at home."""
    for ear in readers:
        ear.heard.clear()
    began = now_s()
    await it.feed.send([made(second)])
    for ear in readers:
        await ear.heard.wait()
    delays = [1000 * (ear.heard_s - began) for ear in readers]
    await asyncio.sleep(max(0.0, began + 1 - now_s()))
    return delays


async def _shout(url: str, commands: int) -> None:
    """Send commands as fast as possible, over as many connections as that needs."""
    left = commands
    while left > 0:
        with suppress(ConnectionClosed, OSError):
            async with connect(url, proxy=None, compression=None) as line:
                while left > 0:
                    left -= 1
                    await line.send("peak")


FAULTS = (
    Fault(
        source="load",
        injected="500 clients watch the house, ten never read; 10,000 commands at once",
        promised="each house at most 100 ms late (p99), dm under 25 % of a core",
        play=partial(crowd, 500, 10_000, 20),
    ),
    Fault(
        source="load",
        injected="40 clients watch, ten never read; 500 commands at once",
        promised="each house at most 100 ms late (p99), dm under 25 % of a core",
        play=partial(crowd, 40, 500, 4),
    ),
)
