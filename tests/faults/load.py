"""A crowd at dm's door: five hundred watch the house, ten of them never read, one shouts."""

import asyncio
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from statistics import quantiles

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

import messages
from tests.faults.fault import Fault, Outcome
from tests.faults.stage import Stage, made, now_s, stage
from tests.faults.transport import cost

DEAF = 10
MOST_MS = 100.0
MOST_SHARE = 25.0


async def crowd(clients: int, commands: int, seconds: int, folder: Path) -> Outcome:
    """Each telegram's house is at every reader in time, also while somebody shouts commands."""
    async with stage(folder) as it, AsyncExitStack() as stack:
        await it.good(made(0))
        lines = [
            await stack.enter_async_context(connect(it.dm.url, proxy=None, compression=None))
            for _ in range(clients)
        ]
        for line in lines:
            await line.send("watch house")
        readers = lines[DEAF:]
        await asyncio.gather(*map(_settled, readers))
        before_ms, began = cost(it.dm.process.pid)[0], now_s()
        calm = [ms for n in range(1, seconds) for ms in await _delays_ms(it, n, readers)]
        share = (cost(it.dm.process.pid)[0] - before_ms) / (now_s() - began) / 10
        shout = asyncio.create_task(_shout(it.dm.url, commands))
        loud = [ms for n in range(3) for ms in await _delays_ms(it, seconds + n, readers)]
        await shout
        await it.dm.ask("house")
    ms, loud_ms = (quantiles(each, n=100)[98] for each in (calm, loud))
    assert ms <= MOST_MS, f"{ms:.0f} ms late"
    assert share < MOST_SHARE, f"{share:.0f} % of a core"
    return Outcome(
        f"p99 {ms:.0f} ms late at {len(readers)} readers, {share:.0f} % of a core;"
        f" {loud_ms:.0f} ms while {commands} commands came"
    )


async def _settled(line: ClientConnection) -> None:
    for _ in range(3):  # the greeting, the answer, the house of now
        await line.recv()


async def _delays_ms(it: Stage, second: int, readers: list[ClientConnection]) -> list[float]:
    """How late the house of one telegram is at each reader; a second apart, as at home."""

    async def late(line: ClientConnection) -> float:
        while not isinstance(messages.decode(await line.recv()), messages.House):
            pass
        return 1000 * (now_s() - began)

    began = now_s()
    heard = asyncio.gather(*map(late, readers))
    await it.feed.send([made(second)])
    delays = await heard
    await asyncio.sleep(max(0.0, began + 1 - now_s()))
    return delays


async def _shout(url: str, commands: int) -> None:
    """So many commands as fast as they go out, by as many connections as that takes."""
    left = commands
    while left > 0:
        with suppress(ConnectionClosed, OSError):
            async with connect(url, proxy=None, compression=None) as line:
                while left > 0:
                    left -= 1
                    await line.send("peak")


FAULTS = (
    Fault(
        "load",
        "500 clients watch the house, ten never read; 10,000 commands at once",
        "each house at most 100 ms late (p99), dm under 25 % of a core",
        partial(crowd, 500, 10_000, 20),
    ),
    Fault(
        "load",
        "40 clients watch, ten never read; 500 commands at once",
        "each house at most 100 ms late (p99), dm under 25 % of a core",
        partial(crowd, 40, 500, 4),
    ),
)
