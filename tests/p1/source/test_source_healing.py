"""A source recovers by itself: back-off, silence, half-open and lost links."""

import asyncio
import contextlib

import pytest

from p1 import source
from p1.errors import LineError
from p1.source import Backoff, Event, Source, Status
from tests.p1.source.made import Heard, Told, open_files, read_in_background, serving, telegram


def quick() -> Backoff:
    return Backoff(first_s=0.01, longest_s=0.02)


def test_pauses_double_up_to_the_cap() -> None:
    """1, 2, 4 ... 60 s at the highest random draw, half of that at the lowest."""
    slow, fast = Backoff(chance=lambda: 1.0), Backoff(chance=lambda: 0.0)
    assert [slow.pause_s() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert [fast.pause_s() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


class Scripted:
    """A link that gives the prepared bytes, then breaks."""

    name = "scripted"

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = list(chunks)

    async def read(self) -> bytes:
        if not self._chunks:
            raise LineError("the script is over")
        return self._chunks.pop(0)

    async def close(self) -> None:
        pass


class Done(Exception):  # noqa: N818 - ends a test, is no error
    """The script of this test is used up."""


async def test_only_a_valid_telegram_makes_the_pauses_short_again() -> None:
    """A connection that delivers other bytes does not reset the back-off."""
    pauses: list[float] = []

    async def sleep(pause_s: float) -> None:
        pauses.append(pause_s)
        if len(pauses) == 6:
            raise Done

    async def connect() -> Scripted:
        return Scripted(b"noise", b"telegram" if len(pauses) == 3 else b"noise")

    meter = Source(connect, sleep=sleep, backoff=Backoff(chance=lambda: 1.0))

    async def play() -> None:
        async with meter:
            async for chunk in meter:
                if chunk == b"telegram":
                    meter.valid()

    with pytest.raises(Done):
        await play()
    assert pauses == [1, 2, 4, 1, 2, 4]


async def test_the_sentence_and_the_pause_are_given() -> None:
    """The events are connected, then lost with the reason and the time of the retry."""
    told = Told()

    async def sleep(_: float) -> None:
        raise Done

    async def connect() -> Scripted:
        return Scripted()

    with pytest.raises(Done):
        async with Source(
            connect, tell=told, sleep=sleep, backoff=Backoff(chance=lambda: 1.0)
        ) as meter:
            await anext(meter)
    assert told.events == [
        Event(Status.CONNECTED, "reading scripted"),
        Event(Status.LOST, "the script is over", 1.0),
    ]


async def test_a_half_open_connection_is_left_and_made_again() -> None:
    """A peer that accepts and then sends nothing, as after a router restart, is disconnected."""
    accepted: list[asyncio.StreamWriter] = []

    def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)
        if len(accepted) == 3:
            writer.write(telegram())

    told, heard = Told(), Heard()
    async with serving(accept) as port, asyncio.timeout(5):
        meter = source.open(f"socket://127.0.0.1:{port}", tell=told, silence_s=0.1, backoff=quick())
        async with read_in_background(meter, heard):
            silent = await told.wait_for(Status.SILENT, 2)
            assert silent.sentence == f"socket://127.0.0.1:{port}: no valid telegram for 0.1 s"
            await told.wait_for(Status.CONNECTED, 3)
            await heard.holds(telegram())
            await told.wait_for(Status.SILENT, 3)


async def test_bytes_that_are_no_telegrams_are_silence() -> None:
    """The watchdog counts valid telegrams, not bytes: noise does not keep a link open."""

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"noise")
                await writer.drain()
                await asyncio.sleep(0.01)

    told = Told()
    async with serving(babble) as port, asyncio.timeout(5):
        meter = source.open(f"socket://127.0.0.1:{port}", tell=told, silence_s=0.1, backoff=quick())
        async with read_in_background(meter, Heard(), tell_valid=False):
            await told.wait_for(Status.SILENT, 2)


async def test_nothing_is_left_open() -> None:
    """Twenty lost connections and a stop leave no file descriptor behind."""

    def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    before, told = open_files(), Told()
    async with serving(refuse) as port, asyncio.timeout(5):
        meter = source.open(f"socket://127.0.0.1:{port}", tell=told, backoff=Backoff(0.001, 0.001))
        async with read_in_background(meter, Heard()):
            lost = await told.wait_for(Status.LOST, 20)
            assert "serve one program at a time" in lost.sentence
    assert open_files() <= before
