"""Network readers: TCP with banners and busy ports, and HomeWizard's local API."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from p1 import source
from p1.errors import LineError
from p1.source import Source, homewizard, network
from tests.p1.source.made import read_until_lost, serving, telegram


async def test_a_banner_before_the_telegrams_does_not_matter() -> None:
    """ser2net greets, and in telnet mode negotiates: both come before the first telegram."""

    def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\xff\xfb\x01P1 bridge\r\n" + telegram())
        writer.close()

    async with serving(serve) as port:
        link = await network.connect("127.0.0.1", port)
        heard = bytearray()
        with pytest.raises(LineError, match=r"closed the connection$"):
            await read_until_lost(link, heard)
        assert heard.endswith(telegram())
        await link.close()


async def test_a_busy_reader_is_explained() -> None:
    """The peer's message is passed on with its usual meaning, when it closes before any
    telegram.
    """

    def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Port already in use\r\n")
        writer.close()

    async with serving(serve) as port:
        link = await network.connect("127.0.0.1", port)
        with pytest.raises(LineError, match=r'said "Port already in use".*another one connected'):
            await read_until_lost(link, bytearray())
        await link.close()


async def test_the_kernel_watches_the_connection() -> None:
    """TCP keep-alive is on."""
    async with serving(lambda _, writer: None) as port:
        link = await network.connect("127.0.0.1", port)
        sock = link._writer.get_extra_info("socket")
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        await link.close()


async def test_no_connection_says_why() -> None:
    """A refused connection and an unknown host name are distinguished."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(LineError, match=rf"nothing listens on 127\.0\.0\.1 port {port}"):
        await network.connect("127.0.0.1", port)
    with pytest.raises(LineError, match=r"no machine is called nobody\.invalid"):
        await network.connect("nobody.invalid", 23)


@contextlib.asynccontextmanager
async def dongle(answers: Callable[[], web.Response]) -> AsyncIterator[int]:
    """Run a HomeWizard P1 meter inside the context; gives its port."""

    async def answer(_: web.Request) -> web.Response:
        return answers()

    app = web.Application()
    app.router.add_get("/api/v1/telegram", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def read(meter: Source, count: int) -> list[bytes]:
    async with asyncio.timeout(5), meter:
        return [await anext(meter) for _ in range(count)]


async def test_homewizard_gives_each_telegram_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polled faster than the meter sends, it returns no telegram twice."""
    monkeypatch.setattr(homewizard, "POLL_S", 0.01)
    bodies = [telegram(1), telegram(1), b"", telegram(1).rstrip(), telegram(2), telegram(2)]

    def answers() -> web.Response:
        return web.Response(body=bodies.pop(0) if len(bodies) > 1 else bodies[0])

    async with dongle(answers) as port:
        meter = source.open(f"homewizard://127.0.0.1:{port}")
        assert await read(meter, 2) == [telegram(1), telegram(2)]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(403, "switch on Local API"), (404, "not a P1 meter"), (500, "HTTP status 500")],
)
async def test_homewizard_says_what_to_switch_on(status: int, sentence: str) -> None:
    """The error names the setting that the householder must switch on."""
    async with dongle(lambda: web.Response(status=status)) as port:
        with pytest.raises(LineError, match=sentence):
            await homewizard.connect("127.0.0.1", port)


async def test_a_homewizard_that_does_not_answer_is_reported() -> None:
    """An unreachable address gives a sentence, not a library's error."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(LineError, match="does not answer: is it on this network"):
        await homewizard.connect("127.0.0.1", port)
