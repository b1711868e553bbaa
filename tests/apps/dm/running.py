"""A real dm in its own process, with telegrams over a TCP port and a websocket client."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.client import connect

from base import messages
from bench.process import PATIENCE_S, Daemon, running


class Feed:
    """A TCP port like that of ser2net; the connected client receives the bytes given to `send`."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._arrived = asyncio.Event()
        self.calls = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Inside the context, the port listens; yields the setting with its address."""
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        try:
            yield f"socket://127.0.0.1:{port}"
        finally:
            self.hang_up()
            self._server.close()

    async def _meet(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.calls += 1
        self._arrived.set()

    async def called_again(self) -> None:
        """Wait for the next connection."""
        self._arrived.clear()
        await self._arrived.wait()

    async def send(self, telegrams: Iterable[bytes]) -> None:
        """Send all telegrams to the connected client."""
        await asyncio.wait_for(self._arrived.wait(), PATIENCE_S)
        assert self._writer is not None
        for telegram in telegrams:
            self._writer.write(telegram)
        await asyncio.wait_for(self._writer.drain(), PATIENCE_S)

    def hang_up(self) -> None:
        """Close the client's connection; `send` then waits for the next one."""
        self._arrived.clear()
        if self._writer is not None:
            self._writer.close()


class Dm(Daemon):
    """A daemon with a websocket."""

    async def ask(self, *words: str) -> list[messages.Message]:
        """Answers to these commands, in order, without the greeting."""
        return await asked(self.url, *words)

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page over plain HTTP."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        head, _, body = (await asyncio.wait_for(reader.read(), PATIENCE_S)).partition(b"\r\n\r\n")
        writer.close()
        return int(head.split()[1]), body.decode()

    async def heard(self, count: int) -> messages.House:
        """Return the house message once dm has read this many telegrams."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                (house,) = await self.ask("house")
                assert isinstance(house, messages.House)
                if house.health.good >= count:
                    return house
                await asyncio.sleep(0.05)


async def asked(url: str, *words: str) -> list[messages.Message]:
    """Answers of any daemon to these commands, without its greeting."""
    async with connect(url) as line:
        assert isinstance(messages.decode(await line.recv()), messages.Hello)
        answers = []
        for word in words:
            await line.send(word)
            answers.append(messages.decode(await asyncio.wait_for(line.recv(), PATIENCE_S)))
        return answers


@asynccontextmanager
async def dm(
    source: str, data: Path, *more: str, live: bool = False, env: Mapping[str, str] | None = None
) -> AsyncIterator[Dm]:
    """Inside the context, dm reads `source` and listens; it is stopped afterwards."""
    told = ("--source", source, "--data", str(data), *([] if live else ["--replayed"]), *more)
    async with run("dm.py", *told, env=env) as process:
        yield process


@asynccontextmanager
async def run(program: str, *told: str, env: Mapping[str, str] | None = None) -> AsyncIterator[Dm]:
    """Inside the context, this program listens, on a free port unless one is given."""
    async with running(program, "--port", "0", "--headless", *told, env=env) as daemon:
        yield Dm(daemon.process, daemon.port, daemon.said)


def booked(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the books, by table."""
    db = sqlite3.connect(data / "history" / "quarters.db")
    try:
        return {
            table: db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in ("quarters", "baselines", "demand")
        }
    finally:
        db.close()
