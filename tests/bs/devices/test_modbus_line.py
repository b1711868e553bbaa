"""A Modbus connection reports any fault as a sentence."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from base.device_errors import DeviceError, NonsenseError, RefusedError, TransientError
from base.modbus import Controls, Line, signed, words
from sim.battery_modbus import served
from tests.bs.devices.sim_marstek import CHARGE_W, REMOTE, SimMarstek

Answer = Callable[[bytes], bytes]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long timeouts, so that answers arrive in time on a busy test machine."""
    monkeypatch.setattr("base.modbus.TIMEOUT_S", 20.0)
    monkeypatch.setattr("base.modbus.BUSY_S", 0.01)


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[Line]:
    """A connection to a device that answers each request with these bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(300):
            writer.write(answer(request))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        line = Line("127.0.0.1", server.sockets[0].getsockname()[1])
        try:
            yield line
        finally:
            line.close()
            await asyncio.sleep(0.01)  # let the server's tasks end


GARBAGE: dict[str, Answer] = {
    "counts too many bytes": lambda asked: asked[:2] + b"\0\0\0\5\1\3\x10\0\1",
    "half a register": lambda asked: asked[:2] + b"\0\0\0\4\1\3\1\0",
    "no registers": lambda asked: asked[:2] + b"\0\0\0\2\1\3",
    "a function nobody asked": lambda asked: asked[:2] + b"\0\0\0\4\1\x63\3\0",
    "an answer to a write": lambda asked: asked[:2] + b"\0\0\0\6\1\6\0\1\0\1",
    "another transaction": lambda asked: b"\x77\x77\0\0\0\5\1\3\2\0\1",
    "another unit": lambda asked: asked[:2] + b"\0\0\0\5\7\3\2\0\1",
    "no Modbus": lambda asked: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "two registers": lambda asked: asked[:2] + b"\0\0\0\7\1\3\4\0\1\0\2",
    "nothing": lambda asked: b"",
}


@pytest.mark.parametrize("what", GARBAGE)
async def test_what_is_no_answer_is_no_traceback(
    what: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invalid frames raise a DeviceError and log nothing."""
    monkeypatch.setattr("base.modbus.TIMEOUT_S", 0.1)
    async with answering(GARBAGE[what]) as line:
        with pytest.raises((TransientError, NonsenseError)):
            await line.read(5)
    assert not caplog.records


async def test_a_late_answer_is_not_taken_for_a_new_one() -> None:
    """An answer to an abandoned request is ignored."""
    late: list[bytes] = []
    came = asyncio.Event()

    def answer(asked: bytes) -> bytes:
        came.set()
        frame = asked[:2] + b"\0\0\0\5\1\3\2\0" + asked[9:10]  # the value is the register number
        late.append(frame)
        return b"" if len(late) == 1 else b"".join(late[-2:])

    async with answering(answer) as line:
        given_up = asyncio.create_task(line.read(5))
        await came.wait()
        given_up.cancel()
        await asyncio.wait({given_up})
        assert await line.read(6) == [6]


@pytest.mark.parametrize(
    ("code", "error", "words_"),
    [
        (1, RefusedError, "does not support"),
        (2, RefusedError, "no such register"),
        (3, RefusedError, "does not accept"),
        (4, RefusedError, "failed"),
        (6, TransientError, "busy"),
        (11, TransientError, "is it on"),
        (99, RefusedError, "refuses"),
    ],
)
async def test_each_error_in_words(code: int, error: type[DeviceError], words_: str) -> None:
    """Error codes are explained for readers who do not know Modbus."""
    async with answering(lambda asked: asked[:2] + b"\0\0\0\3\1\x83" + bytes([code])) as line:
        with pytest.raises(error, match=words_):
            await line.read(5)


async def test_busy_once_is_asked_again() -> None:
    answers = [b"\0\0\0\3\1\x83\6", b"\0\0\0\5\1\3\2\0\7"]
    async with answering(lambda asked: asked[:2] + answers.pop(0)) as line:
        assert await line.read(5) == [7]


async def test_requests_keep_their_distance() -> None:
    """Requests are at least 50 ms apart for a device that needs this pause."""
    clock = asyncio.get_running_loop().time
    async with served(SimMarstek()) as wire:
        line = Line("127.0.0.1", wire.port, gap_s=0.05)
        await line.read(REMOTE)
        began = clock()
        await line.read(REMOTE)
        await line.read(REMOTE)
        line.close()
    assert clock() - began >= 0.1


async def test_a_control_that_holds_the_number_is_not_written_again() -> None:
    """The value is cached from the last write; an error clears the cache."""
    sim = SimMarstek()
    async with served(sim) as wire:
        line = Line("127.0.0.1", wire.port)
        controls = Controls(line)
        await controls.tell(REMOTE, 0x55AA)
        await controls.tell(CHARGE_W, 700)
        await controls.tell(CHARGE_W, 700)
        assert sim.writes == 2
        with pytest.raises(RefusedError):
            await controls.tell(CHARGE_W, 9000)
        assert controls.holds(CHARGE_W) is None
        assert await controls.read(CHARGE_W) == 700
        line.close()


@pytest.mark.parametrize(("number", "count"), [(0, 1), (-1, 1), (-32768, 1), (-70000, 2)])
def test_numbers_go_and_come_back(number: int, count: int) -> None:
    """Numbers are encoded as two's complement, big-endian."""
    assert signed(*words(number, count)) == number
