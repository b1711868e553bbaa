"""The one serial port on which telegrams arrive."""

import asyncio
import contextlib
from collections.abc import Iterable
from pathlib import Path

from base.language import phrase
from p1 import diagnosis
from p1.errors import LineError
from p1.framing import Frame, Framer
from p1.source.link import Link, Resumed
from p1.source.serial_line import SerialLine, ports

LISTEN_S = 3.0  # a Belgian meter sends each second


async def connect(candidates: Iterable[Path] | None = None, listen_s: float = LISTEN_S) -> Link:
    """The first port that gives a valid telegram. LineError with the result of each port."""
    found: list[str] = []
    for path in ports() if candidates is None else candidates:
        try:
            return await _try(path, listen_s)
        except LineError as error:
            found.append(str(error))
    raise LineError("; ".join(found) or phrase("no serial port found: is the P1 cable plugged in?"))


async def _try(path: Path, listen_s: float) -> Link:
    async with contextlib.AsyncExitStack() as stack:
        link = await SerialLine(path).connect()
        stack.push_async_callback(link.close)
        heard = await _listen(link, listen_s)
        stack.pop_all()  # it is the one: stays open
        return Resumed(link, heard)


async def _listen(link: Link, listen_s: float) -> bytes:
    """All bytes up to and with the first valid telegram."""
    framer, heard = Framer(), b""
    try:
        async with asyncio.timeout(listen_s):
            while True:
                chunk = await link.read()
                heard += chunk
                if any(isinstance(one, Frame) for one in framer.feed(chunk)):
                    return heard
    except TimeoutError:
        sample = heard[-diagnosis.SAMPLE_BYTES :]
        trouble = diagnosis.sentence(sample, framer.counts)
        raise LineError(f"{link.name}: {trouble}") from None
