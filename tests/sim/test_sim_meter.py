"""The simulated meter on a pty and a TCP port, with readers that connect, leave and are slow."""

import asyncio
import errno
import os
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from fcntl import ioctl
from pathlib import Path

import pytest

from p1.framing import Framer
from sim.meter import _playing, _Pty, simulated_meter
from sim.stream import telegrams

NOW = datetime(2026, 1, 15, 0, 0, tzinfo=UTC)
URL = "sim://?speed=0&start=2026-01-15T00:10"


@asynccontextmanager
async def _reading(path: str) -> AsyncIterator[asyncio.StreamReader]:
    """Open the port as a reader does, inside the context."""
    port = Path(path).open("rb", buffering=0)  # noqa: SIM115, ASYNC230
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, port)
    try:
        yield reader
    finally:
        transport.close()


async def test_pty_carries_the_telegrams_byte_for_byte() -> None:
    expected = b"".join(telegrams(URL, 200))
    async with simulated_meter(URL, NOW) as path, _reading(path) as reader:
        assert await reader.readexactly(len(expected)) == expected


async def test_reader_that_closes_and_reopens_gets_telegrams_again() -> None:
    async with simulated_meter(URL, NOW) as path:
        for _ in range(3):
            framer = Framer()
            async with _reading(path) as reader:
                while framer.counts.good < 20:
                    framer.feed(await reader.read(4096))


async def test_slow_reader_loses_nothing_when_it_sets_the_pace() -> None:
    expected = b"".join(telegrams(URL, 150))
    async with simulated_meter(URL, NOW) as path, _reading(path) as reader:
        received = b""
        while len(received) < len(expected):
            received += await reader.read(97)
            await asyncio.sleep(0)
        assert received.startswith(expected)


async def test_speed_is_kept() -> None:
    url = "sim://?speed=50&start=2026-01-15T00:10"
    expected = b"".join(telegrams(url, 21))
    clock = asyncio.get_running_loop().time
    began = clock()
    async with simulated_meter(url, NOW) as path, _reading(path) as reader:
        await reader.readexactly(len(expected))
    assert clock() - began >= 20 / 50


async def test_nobody_reads_and_the_clock_goes_on() -> None:
    wire = _Pty(waits=False)
    stream = telegrams(URL)
    try:
        for _ in range(120):  # more than the kernel buffers
            await asyncio.wait_for(wire.send(next(stream)), 1)
        fresh = set(telegrams(URL.replace("00:10", "00:12"), 3000))
        async with _playing(stream, 0.005, wire.send), _reading(wire.path) as reader:
            framer, found = Framer(), False
            while not found:
                frames = framer.feed(await reader.read(4096))
                found = any(frame.raw + b"\r\n" in fresh for frame in frames)
    finally:
        wire.close()


async def test_lock_of_a_reader_goes_with_it() -> None:
    async with simulated_meter(URL, NOW) as path:
        first = os.open(path, os.O_RDONLY | os.O_NOCTTY)
        ioctl(first, termios.TIOCEXCL)
        os.close(first)
        locked = True
        while locked:  # briefly, and never for root
            try:
                async with _reading(path) as reader:
                    await reader.readuntil(b"/FLU5")
                locked = False
            except OSError:
                await asyncio.sleep(0.01)


async def test_reader_sees_the_cable_pulled_when_the_meter_stops() -> None:
    async with simulated_meter(URL, NOW) as path:
        port = os.open(path, os.O_RDONLY | os.O_NOCTTY)
    try:
        assert await asyncio.to_thread(_read_to_the_end, port) in (0, errno.EIO)
    finally:
        os.close(port)


def _read_to_the_end(port: int) -> int:
    """Read until the other side has closed; gives the error number, 0 for an end of file."""
    try:
        while os.read(port, 65536):
            pass
    except OSError as error:
        return error.errno or 0
    return 0


async def test_wrong_url_opens_nothing() -> None:
    with pytest.raises(ValueError, match="speed=fast"):
        async with simulated_meter("sim://?speed=fast", NOW):
            pass


async def test_error_of_the_house_is_raised_at_the_end() -> None:
    def broken(at: datetime) -> tuple[float, float, float]:
        raise RuntimeError(f"no battery at {at}")

    async def follow() -> None:
        async with simulated_meter(URL, NOW, broken) as path, _reading(path) as reader:
            await reader.readexactly(100)

    with pytest.raises(RuntimeError, match="no battery"):
        await follow()
