"""The server on real loopback sockets: access, answers and closed connections."""

import asyncio
import logging
from contextlib import suppress
from ipaddress import IPv4Network, ip_network
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from base.messages import Error, decode
from base.wire.access import Access, Limits
from my_socket import Page, Peer, Server

HERE = ip_network("127.0.0.0/8")
NOBODY = Access(trust_loopback=False)
SOON_S = 5


async def echo(peer: Peer, text: str) -> list[str]:
    """Answer with the same text; "watch X" subscribes to X, "fail" raises."""
    if text == "fail":
        raise RuntimeError("the meter fell off the wall")
    if text.startswith("watch "):
        peer.topics.add(text.removeprefix("watch "))
    return [text]


def door(**options: Any) -> Server:
    return Server(echo, 0, **options)


def call(server: Server, path: str = "/ws", **options: Any) -> connect:
    return connect(f"ws://127.0.0.1:{server.port}{path}", proxy=None, **options)


async def ask(line: ClientConnection, text: str) -> str:
    """Send `text` and return the server's answer."""
    await line.send(text)
    return str(await heard(line))


async def heard(line: ClientConnection) -> str:
    async with asyncio.timeout(SOON_S):
        return str(await line.recv())


async def refused(server: Server, path: str = "/ws", **options: Any) -> int:
    """Return the HTTP status with which the server refuses the connection."""
    with pytest.raises(InvalidStatus) as caught:
        async with call(server, path, **options):
            pass
    return int(caught.value.response.status_code)


async def all_heard(line: ClientConnection) -> list[str]:
    """Return all messages of the server until it closes the connection."""
    texts = []
    with suppress(ConnectionClosed):
        while True:
            texts.append(await heard(line))
    return texts


async def until_alone(server: Server) -> None:
    """Wait until no client is connected."""
    async with asyncio.timeout(SOON_S):
        while server.peers:  # noqa: ASYNC110 - no event announces a closed connection
            await asyncio.sleep(0.01)


async def test_what_is_sent_is_answered_on_both_paths() -> None:
    async with door() as server:
        for path in ("/", "/ws"):
            async with call(server, path) as line:
                assert await ask(line, "hello") == "hello"


async def test_each_who_connects_is_greeted() -> None:
    async with door(greeting=["good day"]) as server, call(server) as line:
        assert await heard(line) == "good day"


async def test_bytes_are_read_as_text() -> None:
    async with door() as server, call(server) as line:
        await line.send(b"caf\xc3\xa9 \xff")
        assert await heard(line) == "café \N{REPLACEMENT CHARACTER}"


async def test_only_watchers_get_messages() -> None:
    async with door() as server, call(server) as watcher, call(server) as other:
        assert not server.wants("house")
        await ask(watcher, "watch house")
        assert server.wants("house")
        assert not server.wants("peak")
        server.publish("peak", "nobody hears this")
        server.publish("house", "all is well")
        assert await heard(watcher) == "all is well"
        assert await ask(other, "marker") == "marker"


async def test_who_has_gone_is_forgotten() -> None:
    async with door() as server:
        async with call(server) as line:
            await ask(line, "watch house")
            assert [peer.address for peer in server.peers] == ["127.0.0.1"]
        await until_alone(server)
        assert not server.wants("house")


async def test_an_unknown_address_is_refused() -> None:
    async with door(access=NOBODY) as server:
        assert await refused(server) == 403


async def test_a_known_address_needs_the_token() -> None:
    access = Access(remote_ips=(HERE,), token="t0ken", trust_loopback=False)
    async with door(access=access) as server:
        assert await refused(server) == 401
        assert await refused(server, additional_headers={"Authorization": "Bearer wrong"}) == 401
        async with call(server, additional_headers={"Authorization": "Bearer t0ken"}) as line:
            assert await ask(line, "hello") == "hello"
        async with call(server, "/ws?token=t0ken") as line:
            assert await ask(line, "hello") == "hello"


async def test_a_page_of_another_origin_is_refused() -> None:
    async with door(access=Access(web_origins=("http://pi-dm:3000",))) as server:
        assert await refused(server, additional_headers={"Origin": "https://evil.example"}) == 403
        async with call(server, additional_headers={"Origin": "http://pi-dm:3000"}) as line:
            assert await ask(line, "hello") == "hello"


async def test_another_path_is_not_found() -> None:
    """The answer names all that there is."""
    async with door(pages={"/health": lambda: Page("well")}) as server:
        with pytest.raises(InvalidStatus) as caught:
            async with call(server, "/admin"):
                pass
    assert caught.value.response.status_code == 404
    assert caught.value.response.body == b"There is /, /health, /ws.\n"


@pytest.mark.parametrize(("remote_ips", "hosts"), [((), "127.0.0.1,"), ((HERE,), "0.0.0.0")])
async def test_without_remote_ips_it_listens_on_this_machine_only(
    remote_ips: tuple[IPv4Network, ...], hosts: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with door(access=Access(remote_ips=remote_ips)) as server:
        assert caplog.messages[0].startswith(f"Listening on {hosts}")
        assert caplog.messages[0].endswith(f"port {server.port}")


async def test_too_many_from_one_address_and_in_all() -> None:
    access = Access(remote_ips=(HERE,), trust_loopback=False)
    async with door(access=access, limits=Limits(peers_per_address=1)) as server, call(server):
        assert await refused(server) == 429
    async with door(limits=Limits(peers=1)) as server:
        async with call(server):
            assert await refused(server) == 503
        await until_alone(server)
        async with call(server) as line:
            assert await ask(line, "hello") == "hello"


async def test_sockets_that_say_nothing_are_cut_and_the_others_served() -> None:
    async with door(limits=Limits(peers=4, open_s=0.2)) as server:
        silent = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(4)]
        async with asyncio.timeout(SOON_S):
            for reader, _ in silent:
                assert await reader.read() == b""
        async with call(server) as line:
            assert await ask(line, "hello") == "hello"
        for _, writer in silent:
            writer.close()


async def test_far_too_many_sockets_are_cut_before_they_say_anything() -> None:
    """The oldest sockets are closed first, so that requests are answered."""
    async with door(limits=Limits(silent=4, open_s=60)) as server:
        silent = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(20)]
        reader, _ = silent[0]
        async with asyncio.timeout(SOON_S):
            assert await reader.read() == b""
        assert server.counts["cut off"] == 16
        async with call(server) as line:
            assert await ask(line, "hello") == "hello"
        for _, writer in silent:
            writer.close()


async def test_the_door_closes_at_once_on_a_socket_that_says_nothing() -> None:
    async with door(limits=Limits(open_s=SOON_S)) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        async with call(server) as line:
            await ask(line, "hello")
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 1
    writer.close()


async def test_a_refusal_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    async with door(access=NOBODY) as server:
        for _ in range(3):
            await refused(server)
    said = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == ["A connection from 127.0.0.1 was refused: its address is not in remote_ips"]
    assert server.counts["refused"] == 3


async def test_a_page_is_answered_in_plain_http() -> None:
    async with door(pages={"/health": lambda: Page("well")}) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: pi-dm\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert body == b"well"
        writer.close()


async def test_a_page_is_for_known_addresses_only() -> None:
    async with door(access=NOBODY, pages={"/health": lambda: Page("well")}) as server:
        assert await refused(server, "/health") == 403


async def test_too_long_a_message_ends_the_connection_and_no_other() -> None:
    async with door(limits=Limits(message_bytes=100)) as server, call(server) as other:
        async with call(server) as line:
            assert await ask(line, "x" * 100) == "x" * 100
            await line.send("x" * 101)
            with pytest.raises(ConnectionClosed):
                await heard(line)
            assert line.close_code == 1009
        assert await ask(other, "hello") == "hello"
        assert server.counts["cut off"] == 1


async def test_too_many_messages_get_one_error_then_a_close() -> None:
    limits = Limits(messages_per_s=0.01, messages_burst=3, messages_ignored=5)
    async with door(limits=limits) as server, call(server) as other, call(server) as line:
        for number in range(20):
            await line.send(str(number))
        answers = await all_heard(line)
        assert answers[:3] == ["0", "1", "2"]
        assert [type(decode(text)) for text in answers[3:]] == [Error]
        assert line.close_code == 1008
        assert await ask(other, "hello") == "hello"


async def test_an_answer_that_fails_is_logged_and_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with door() as server, call(server) as line:
        for _ in range(3):
            assert isinstance(decode(await ask(line, "fail")), Error)
        assert await ask(line, "hello") == "hello"
    assert server.counts["failed"] == 3
    assert len([record for record in caplog.records if record.exc_info]) == 1


async def test_a_peer_that_never_reads_is_closed_and_delays_nobody() -> None:
    limits = Limits(backlog_bytes=64 * 1024)
    async with door(limits=limits) as server, call(server) as good, call(server) as stuck:
        await ask(good, "watch house")
        await ask(stuck, "watch house")
        stuck.transport.pause_reading()
        text, slowest_s, loop = "x" * 50_000, 0.0, asyncio.get_running_loop()
        for _ in range(2000):
            began = loop.time()
            server.publish("house", text)
            assert await heard(good) == text
            slowest_s = max(slowest_s, loop.time() - began)
            if server.counts["cut off"]:
                break
        assert server.counts["cut off"] == 1
        assert len(server.peers) == 1
        assert slowest_s < 1
        stuck.transport.abort()


async def test_nothing_more_is_written_to_who_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    """Writing to a closed connection would make asyncio log warnings."""
    async with door(limits=Limits(backlog_bytes=1024)) as server, call(server) as stuck:
        await ask(stuck, "watch house")
        stuck.transport.pause_reading()
        for _ in range(2000):
            server.publish("house", "x" * 10_000)
        await until_alone(server)
        stuck.transport.abort()
    assert not [record for record in caplog.records if record.name == "asyncio"]


async def test_who_asks_and_never_reads_is_cut_too() -> None:
    limits = Limits(backlog_bytes=64 * 1024, messages_burst=10_000, message_bytes=10**6)
    async with door(limits=limits) as server, call(server) as stuck:
        stuck.transport.pause_reading()
        with suppress(ConnectionClosed):
            async with asyncio.timeout(SOON_S):
                while True:
                    await stuck.send("x" * 500_000)
        await until_alone(server)
        assert server.counts["cut off"] == 1


async def test_who_answers_no_ping_is_cut() -> None:
    limits = Limits(ping_s=0.05, pong_s=0.05, close_s=0.05)
    async with door(limits=limits) as server, call(server) as dead:
        await ask(dead, "hello")
        dead.transport.pause_reading()
        await until_alone(server)
        dead.transport.abort()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff" * 5000,
        b"GET /ws HTTP/1.1\r\n\r\n",
        b"GET //[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nOrigin: a\r\nOrigin: b\r\n\r\n",
        b"POST /ws HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    ],
)
async def test_garbage_is_refused_in_silence(
    garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Invalid requests cause no traceback, and other clients are served."""
    async with door() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(garbage)
        async with asyncio.timeout(SOON_S):
            with suppress(ConnectionResetError):
                await reader.read()
        writer.close()
        async with call(server) as line:
            assert await ask(line, "hello") == "hello"
    assert not [record for record in caplog.records if record.exc_info]
