"""Telegrams for these tests, and small readers of a source."""

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fastcrc

from p1.source import Event, Link, Source, Status

NOON = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)


def telegram(second: int = 0, kw: str = "00.444") -> bytes:
    """A small whole telegram, `second` seconds after noon in winter time."""
    clock = (NOON + timedelta(seconds=second)).strftime("%y%m%d%H%M%S")
    lines = [
        "/MAD5\\made for a test",
        "",
        "0-0:96.1.4(50221)",
        "0-0:96.1.1(3153414731)",
        f"0-0:1.0.0({clock}W)",
        "1-0:1.8.1(000123.456*kWh)",
        "1-0:1.8.2(000234.567*kWh)",
        "1-0:2.8.1(000001.000*kWh)",
        "1-0:2.8.2(000000.000*kWh)",
        "0-0:96.14.0(0001)",
        f"1-0:1.7.0({kw}*kW)",
        "1-0:2.7.0(00.000*kW)",
    ]
    body = "\r\n".join(lines).encode() + b"\r\n!"
    return body + f"{fastcrc.crc16.arc(body):04X}\r\n".encode()


@dataclass
class Pty:
    """A pseudo-terminal whose other end is held by the test."""

    master: int
    path: str
    open: bool = True

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    def unplug(self) -> None:
        if self.open:
            os.close(self.master)
            self.open = False


@contextlib.contextmanager
def pty() -> Iterator[Pty]:
    """A pty as the meter's end of a cable, unplugged at the end of the context."""
    master, slave = os.openpty()
    tty.setraw(master)
    port = Pty(master, os.ttyname(slave))
    os.close(slave)
    try:
        yield port
    finally:
        port.unplug()


@dataclass
class Told:
    """The events reported by a source, with a way to wait for one."""

    events: list[Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.changed.set()

    async def wait_for(self, status: Status, count: int = 1) -> Event:
        """Wait for the count-th event of this status."""
        while True:
            found = [event for event in self.events if event.status is status]
            if len(found) >= count:
                return found[count - 1]
            self.changed.clear()
            await self.changed.wait()


@dataclass
class Heard:
    """The bytes read, with a way to wait for certain bytes."""

    data: bytes = b""
    grown: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, chunk: bytes) -> None:
        self.data += chunk
        self.grown.set()

    async def holds(self, wanted: bytes) -> None:
        """Wait until the wanted bytes were read."""
        while wanted not in self.data:
            self.grown.clear()
            await self.grown.wait()


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None] | None]


@contextlib.asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[int]:
    """Run a TCP server on a free port inside the context; its connections end with it."""
    writers: list[asyncio.StreamWriter] = []

    def accept(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Awaitable[None] | None:
        writers.append(writer)
        return serve(reader, writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def read_until_lost(link: Link, heard: bytearray) -> None:
    """Read into `heard` until the link raises LineError."""
    while True:
        heard += await link.read()


@contextlib.asynccontextmanager
async def read_in_background(
    meter: Source, heard: Heard, tell_valid: bool = True
) -> AsyncIterator[None]:
    """Read the source in a task inside the context, into `heard`."""

    async def read() -> None:
        async with meter:
            async for chunk in meter:
                heard.add(chunk)
                if tell_valid and b"!" in chunk:
                    meter.valid()

    task = asyncio.create_task(read())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def open_files() -> int:
    """The number of open file descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))
