"""A real dm in its own process, fed over a real TCP port, asked over its websocket."""

import asyncio
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.client import connect

import messages

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
_PORT = re.compile(rb"Listening on .*?port (\d+)")


class Feed:
    """A port like ser2net's: whoever connects is sent what `send` is given."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._arrived = asyncio.Event()
        self.calls = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Inside, dm can read; gives the setting for it."""
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
        """Somebody connects once more."""
        self._arrived.clear()
        await self._arrived.wait()

    async def send(self, telegrams: Iterable[bytes]) -> None:
        """All of it is on the wire."""
        await asyncio.wait_for(self._arrived.wait(), PATIENCE_S)
        assert self._writer is not None
        for telegram in telegrams:
            self._writer.write(telegram)
        await asyncio.wait_for(self._writer.drain(), PATIENCE_S)

    def hang_up(self) -> None:
        """The reader's connection is closed; the next one is awaited."""
        self._arrived.clear()
        if self._writer is not None:
            self._writer.close()


class Dm:
    """One dm process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"ws://127.0.0.1:{port}/ws"
        self.said: list[bytes] = []
        """Every line of its log since it listens, none held back as a repeat."""

    async def ask(self, *words: str) -> list[messages.Message]:
        """The answers to typed words, in order; the greeting is left out."""
        async with connect(self.url) as line:
            assert isinstance(messages.decode(await line.recv()), messages.Hello)
            answers = []
            for word in words:
                await line.send(word)
                answers.append(messages.decode(await asyncio.wait_for(line.recv(), PATIENCE_S)))
            return answers

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page over plain HTTP."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        head, _, body = (await asyncio.wait_for(reader.read(), PATIENCE_S)).partition(b"\r\n\r\n")
        writer.close()
        return int(head.split()[1]), body.decode()

    async def heard(self, count: int) -> messages.House:
        """The house once dm has read so many telegrams."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                (house,) = await self.ask("house")
                assert isinstance(house, messages.House)
                if house.health.good >= count:
                    return house
                await asyncio.sleep(0.05)

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """The exit code after this signal."""
        self.process.send_signal(how)
        return await asyncio.wait_for(self.process.wait(), PATIENCE_S)


@asynccontextmanager
async def dm(
    source: str, data: Path, *more: str, live: bool = False, env: Mapping[str, str] | None = None
) -> AsyncIterator[Dm]:
    """Inside, a dm reads `source` and listens; it is gone afterwards."""
    told = ("--source", source, "--data", str(data), *([] if live else ["--replayed"]), *more)
    async with run("dm.py", *told, env=env) as process:
        yield process


@asynccontextmanager
async def run(program: str, *told: str, env: Mapping[str, str] | None = None) -> AsyncIterator[Dm]:
    """Inside, this program listens at a free port; it is gone afterwards."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, program, "--port", "0", "--headless", *told),
        env={**os.environ, **(env or {})},
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    drain = None
    try:
        port = await asyncio.wait_for(port_of(process), PATIENCE_S)
        assert process.stderr is not None
        running = Dm(process, port)
        drain = asyncio.create_task(_listened(process.stderr, running.said))
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        if drain is not None:
            await drain


async def _listened(told: asyncio.StreamReader, said: list[bytes]) -> None:
    """All that it says until its end is in `said`."""
    async for line in told:
        said.append(line)


async def port_of(process: asyncio.subprocess.Process) -> int:
    assert process.stderr is not None
    said = b""
    async for line in process.stderr:
        said += line
        if found := _PORT.search(line):
            return int(found[1])
    raise AssertionError(f"dm ended before it listened: {said.decode()}")


def booked(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the books, row by row."""
    db = sqlite3.connect(data / "history" / "quarters.db")
    try:
        return {
            table: db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in ("quarters", "baselines", "demand")
        }
    finally:
        db.close()
