"""The door for pushed cars: what is understood, what is not, and who may not come in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from apps.ev.car_door import serve
from base.wire.access import Access
from bench.process import free_port
from ev.cars.push import pushed
from tests.ev.ev_scene import EVENING


def push(text: str | bytes, car: str | None) -> str:
    status = pushed(text, ("q4", "zoe"), EVENING, car)
    return f"{status.car} {status.soc_pct}"


@asynccontextmanager
async def door(access: Access) -> AsyncIterator[str]:
    port = free_port()
    task = asyncio.create_task(serve(port, access, push))
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
    """200 with what was understood, 422 with what was not, 413 for a novel."""
    async with door(Access()) as url, aiohttp.ClientSession() as session:
        for path, body, status, said in (
            ("/car/q4", '{"soc": 57}', 200, "q4 57.0"),
            ("/car", '{"car": "ZOE", "soc": 57}', 200, "zoe 57.0"),
            ("/car", '{"soc": 57}', 422, "which car"),
            ("/car/q4", '{"soc": 255}', 422, "255 % charged"),
            ("/car/q4", "soc=57", 422, "JSON"),
            ("/car/q4", '{"soc": 57, "note": "' + "x" * 9000 + '"}', 413, ""),
            ("/else", "{}", 404, ""),
        ):
            async with session.post(url + path, data=body) as answer:
                assert answer.status == status, path
                assert said in await answer.text()


async def test_a_stranger_and_a_web_page_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    """403, and a line in the log that says who and why."""
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
    assert "A car pushed from 127.0.0.1 was refused: its address is not in" in caplog.text
    assert "its web page is not in web_origins" in caplog.text
