"""The client reconnects after any fault of the server, and logs it once."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from ipaddress import ip_network
from typing import Any

import pytest

from base.wire.access import Access, Limits
from base.wire.client import Client, pause_s
from my_socket import Peer, Server

SOON_S = 10
Texts = asyncio.Queue[str]


async def echo(peer: Peer, text: str) -> list[str]:
    return [text]


@asynccontextmanager
async def running(client: Client) -> AsyncIterator[None]:
    """Run the client inside the context; it closes its connection at the end."""
    task = asyncio.create_task(client.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def client_of(port: int, heard: Texts, **options: Any) -> Client:
    options.setdefault("pause", lambda failures: 0.02)
    return Client(f"ws://127.0.0.1:{port}/ws?token=secret", heard.put_nowait, **options)


async def soon(texts: Texts) -> str:
    async with asyncio.timeout(SOON_S):
        return await texts.get()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not true():  # noqa: ASYNC110 - no event announces a log line
            await asyncio.sleep(0.01)


async def test_it_greets_and_hears_and_sends() -> None:
    heard: Texts = asyncio.Queue()
    async with Server(echo, 0, greeting=["good day"]) as server:
        client = client_of(server.port, heard, greeting=["hello", "watch house"])
        async with running(client):
            assert [await soon(heard) for _ in range(3)] == ["good day", "hello", "watch house"]
            assert client.connected
            assert client.send("how are you")
            assert await soon(heard) == "how are you"
        assert not client.connected


async def test_it_says_goodbye() -> None:
    """The server receives a closing handshake, not a lost connection."""
    heard: Texts = asyncio.Queue()
    async with Server(echo, 0, greeting=["good day"]) as server:
        async with running(client_of(server.port, heard)):
            await soon(heard)
            assert len(server.peers) == 1
        await until(lambda: not server.peers)
        assert not server.counts


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Log lines of the client only; other parts of this process may log as well."""
    return [record.getMessage() for record in caplog.records if record.name == "base.wire.client"]


async def test_it_comes_back_to_a_server_that_restarts(caplog: pytest.LogCaptureFixture) -> None:
    """The client sends its greeting again, and each change of state is logged once."""
    caplog.set_level(logging.INFO, "base.wire.client")
    heard: Texts = asyncio.Queue()
    stack = AsyncExitStack()
    async with Server(echo, 0) as server:
        client = client_of(server.port, heard, greeting=["hello"])
        await stack.enter_async_context(running(client))
        assert await soon(heard) == "hello"
    await until(lambda: not client.connected)
    assert not client.send("nobody hears this")
    await until(lambda: len(said(caplog)) == 3)
    async with Server(echo, server.port):
        assert await soon(heard) == "hello"
        await stack.aclose()
    url = f"ws://127.0.0.1:{server.port}/ws"
    assert said(caplog) == [
        f"Connected to {url}",
        f"No connection to {url}: it closed the connection",
        f"No connection to {url}: nothing listens there",
        f"Connected to {url}",
    ]


@pytest.mark.parametrize(
    ("access", "reason"),
    [
        (Access(trust_loopback=False), "our address is not in its remote_ips (HTTP 403)"),
        (
            Access(remote_ips=(ip_network("127.0.0.1"),), token="other", trust_loopback=False),
            "our token is missing or wrong (HTTP 401)",
        ),
    ],
)
async def test_it_says_why_it_is_refused_and_never_its_token(
    access: Access, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        Server(echo, 0, access=access) as server,
        running(client_of(server.port, asyncio.Queue(), token="secret")),
    ):
        await until(lambda: any(reason in message for message in caplog.messages))
    assert "secret" not in caplog.text


async def test_a_server_that_accepts_and_says_nothing_is_left() -> None:
    """The server accepts connections but never answers the handshake."""
    callers = 0
    with socket.create_server(("127.0.0.1", 0)) as dead:
        dead.setblocking(False)
        client = client_of(dead.getsockname()[1], asyncio.Queue(), limits=Limits(open_s=0.05))
        async with running(client), asyncio.timeout(SOON_S):
            while callers < 2:
                caller, _ = await asyncio.get_running_loop().sock_accept(dead)
                callers += 1
                caller.close()


async def test_silence_where_a_text_is_expected_is_a_loss(caplog: pytest.LogCaptureFixture) -> None:
    heard: Texts = asyncio.Queue()
    async with (
        Server(echo, 0, greeting=["good day"]) as server,
        running(client_of(server.port, heard, silence_s=0.1)),
    ):
        assert [await soon(heard) for _ in range(2)] == ["good day"] * 2
    assert "nothing was received for 0.1 s" in caplog.text


async def test_a_text_it_cannot_use_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    heard: Texts = asyncio.Queue()

    def use(text: str) -> None:
        if text == "bad":
            raise ValueError("that is no house")
        heard.put_nowait(text)

    async with Server(echo, 0) as server:
        client = Client(f"ws://127.0.0.1:{server.port}", use, greeting=["bad", "good"])
        async with running(client):
            assert await soon(heard) == "good"
    assert "is invalid" in caplog.text


async def test_the_pause_grows_until_something_is_heard() -> None:
    """A silent server counts as a failure; the first received text resets the pause."""
    heard: Texts = asyncio.Queue()
    failures: list[int] = []

    def pause(so_many: int) -> float:
        failures.append(so_many)
        return 0.01

    async with (
        Server(echo, 0) as mute,
        running(client_of(mute.port, heard, silence_s=0.01, pause=pause)),
    ):
        await until(lambda: len(failures) >= 3)
    assert failures[:3] == [1, 2, 3]
    failures.clear()
    async with (
        Server(echo, 0, greeting=["good day"]) as server,
        running(client_of(server.port, heard, silence_s=0.3, pause=pause)),
    ):
        await until(lambda: len(failures) >= 2)
    assert failures[:2] == [0, 0]


@pytest.mark.parametrize("failures", [0, 1, 5, 10**6])
def test_a_pause_lasts_1_to_5_seconds_and_grows(failures: int) -> None:
    shortest, longest = pause_s(failures, 0.0), pause_s(failures, 1.0)
    assert shortest == 1
    assert longest == min(5, 2 ** min(failures + 1, 5))
