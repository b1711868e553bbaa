"""HTTP door for pushed car states: accepted and refused bodies, and access."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest

from apps.ev.car_door import serve
from base.wire.access import Access, Limits
from base.wire.guard import Guard
from bench.process import free_port
from ev.cars.push import pushed
from tests.ev.factories import EVENING


def push(text: str | bytes, car: str | None) -> str:
    status = pushed(text, ("q4", "zoe"), EVENING, car)
    return f"{status.car} {status.soc_pct}"


@asynccontextmanager
async def door(access: Access, limits: Limits | None = None) -> AsyncIterator[str]:
    port = free_port()
    task = asyncio.create_task(serve(port, Guard(access, limits), push))
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    break
                except OSError:
                    await asyncio.sleep(0.02)
        writer.close()
        await writer.wait_closed()
        yield f"http://127.0.0.1:{port}"
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_pushed_state_is_taken_and_nonsense_is_explained() -> None:
    """200 with the accepted fields, 422 with the refused ones, 413 for a long body."""
    async with door(Access()) as url, aiohttp.ClientSession() as session:
        for path, body, status, said in (
            ("/car/q4", '{"soc": 57}', 200, "q4 57.0"),
            ("/car", '{"car": "ZOE", "soc": 57}', 200, "zoe 57.0"),
            ("/car", '{"soc": 57}', 422, "which car"),
            ("/car/q4", '{"soc": 255}', 422, "a state of charge of 255 %"),
            ("/car/q4", "soc=57", 422, "JSON"),
            ("/car/q4", '{"soc": 57, "note": "' + "x" * 9000 + '"}', 413, ""),
            ("/else", "{}", 404, ""),
        ):
            async with session.post(url + path, data=body) as answer:
                assert answer.status == status, path
                assert said in await answer.text()


async def test_a_stranger_and_a_web_page_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    """403, and a log line with the address and the reason."""
    async with (
        door(Access(token="s3cret", trust_loopback=False)) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/car/q4", data='{"soc": 57}') as answer,
    ):
        assert answer.status == 403
    async with (
        door(Access()) as url,
        aiohttp.ClientSession(headers={"Origin": "http://evil.example"}) as session,
        session.post(f"{url}/car/q4", data='{"soc": 57}') as answer,
    ):
        assert answer.status == 403
    assert "A connection from 127.0.0.1 was refused: its address is not in" in caplog.text
    async with door(Access()) as url, aiohttp.ClientSession() as session:
        rebound = {"Host": "evil.example:8091"}
        async with session.post(f"{url}/car/q4", data='{"soc": 57}', headers=rebound) as answer:
            assert answer.status == 421


async def test_half_a_request_is_cut_and_hinders_no_other() -> None:
    """Half a head, half a body or no request: each is closed after 5 s (0.3 in this test)."""
    limits = Limits(open_s=0.3, silent=4)
    halves = (
        b"",
        b"POST /car/q4 HT",
        b"POST /car/q4 HTTP/1.1\r\nHost: pi\r\nContent-Length: 99\r\n\r\n{",
    )
    async with door(Access(), limits) as url, aiohttp.ClientSession() as session:
        port = int(url.rpartition(":")[2])
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3 * 4)]
        for number, (_, writer) in enumerate(lines):
            writer.write(halves[number % 3])
        async with session.post(f"{url}/car/q4", data='{"soc": 57}') as answer:
            assert answer.status == 200
        async with asyncio.timeout(5):
            for reader, writer in lines:
                with suppress(ConnectionResetError):
                    assert await reader.read() == b""
                writer.close()
