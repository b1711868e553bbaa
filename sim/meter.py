"""The simulated meter on a wire: a pty that looks like the P1 cable."""

import asyncio
import os
import select
import termios
import tty
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from fcntl import ioctl

from sim import options
from sim.day import ExtraKw
from sim.stream import telegrams

_UNREAD_MOST = 2048
"""Buffer size of an unread port, as of a serial driver; older bytes are dropped."""
_MOMENT_S = 0.2


@asynccontextmanager
async def simulated_meter(
    url: str, now: datetime, extra_kw: ExtraKw | None = None
) -> AsyncIterator[str]:
    """The meter of a sim:// URL sends on a pty; its path is opened instead of /dev/ttyUSB0.

    It outlives its readers: they may close and reopen. At speed 1 the clock never waits, and unread
    bytes are lost, as on the real wire; at other speeds the simulation waits for its reader.
    """
    simulation = options.parse(url)
    wire = _Pty(waits=simulation.speed != 1)
    try:
        stream = telegrams(simulation, now=now, extra_kw=extra_kw)
        async with _playing(stream, simulation.pause_s, wire.send):
            yield wire.path
    finally:
        wire.close()


@asynccontextmanager
async def _playing(
    stream: Iterator[bytes], pause_s: float, send: Callable[[bytes], Awaitable[None]]
) -> AsyncIterator[None]:
    """Inside the context, telegrams are sent at their pace; an error is raised at the end."""
    task = asyncio.create_task(_play(stream, pause_s, send))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def _play(
    stream: Iterator[bytes], pause_s: float, send: Callable[[bytes], Awaitable[None]]
) -> None:
    """Sends each telegram when it is due; after a wait for the reader it does not hurry."""
    clock = asyncio.get_running_loop().time
    due = clock()
    for telegram in stream:
        await asyncio.sleep(max(0.0, due - clock()))
        await send(telegram)
        due = max(due + pause_s, clock() - 1.0)


class _Pty:
    """A pty pair whose other end is raw, as a serial port set up by its reader."""

    def __init__(self, waits: bool) -> None:
        self._waits = waits
        # Our own hold on the reader's end keeps the port alive while nobody has it open.
        self._meter, self._port = os.openpty()
        tty.setraw(self._port)
        os.set_blocking(self._meter, False)
        os.set_blocking(self._port, False)
        self.path = os.ttyname(self._port)

    async def send(self, telegram: bytes) -> None:
        """Send the telegram; it is lost when nobody reads and the clock does not wait."""
        if not self._waits and self._unread() > _UNREAD_MOST:
            self._forget()
        while telegram:
            # A reader's exclusive lock would outlive it, because we hold the port open as well.
            ioctl(self._port, termios.TIOCNXCL)
            try:
                telegram = telegram[os.write(self._meter, telegram) :]
            except BlockingIOError:
                if not self._waits:
                    return
                await self._writable()

    def close(self) -> None:
        """Close both ends, like an unplugged cable."""
        os.close(self._meter)
        os.close(self._port)

    def _unread(self) -> int:
        held = array("i", [0])
        ioctl(self._port, termios.FIONREAD, held)
        return held[0]

    def _forget(self) -> None:
        """Read unread bytes to empty the line; a flush would leave a full one stuck (Linux 6)."""
        with suppress(BlockingIOError):
            while os.read(self._port, 4096):
                pass

    async def _writable(self) -> None:
        """There is room for more, or a moment has passed."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(self._meter, ready.set)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_MOMENT_S):
                    await ready.wait()
        finally:
            loop.remove_writer(self._meter)
        # A reader that flushed a full line as it opened leaves bytes stuck in the kernel until
        # somebody looks at that end (Linux 6).
        select.select([self._port], [], [], 0)
