"""A recording is replayed once, at the pace of the meter's clock."""

import asyncio
import gzip
from pathlib import Path

import pytest

from p1 import source
from p1.source import Status
from tests.p1.source.made import Told, open_files, telegram

RECORDING = b"half a line\r\n!0000\r\n" + b"".join(telegram(second) for second in range(6))


async def replay(setting: str) -> tuple[list[bytes], float, Told]:
    """The chunks, the duration and the reports of a replay."""
    told, loop = Told(), asyncio.get_running_loop()
    began = loop.time()
    async with source.open(setting, tell=told) as meter:
        chunks = [chunk async for chunk in meter]
    return chunks, loop.time() - began, told


@pytest.mark.parametrize("options", ["", "?speed=max", "?speed=0", "?speed=1000"])
async def test_every_byte_once_and_then_the_end(options: str, tmp_path: Path) -> None:
    """At any speed the bytes equal the file; the replay then ends and does not restart."""
    (tmp_path / "a day.txt").write_bytes(RECORDING)
    before = open_files()
    chunks, _, told = await replay(f"file://{tmp_path}/a%20day.txt{options}")
    assert b"".join(chunks) == RECORDING
    assert [event.status for event in told.events] == [Status.CONNECTED, Status.ENDED]
    assert open_files() == before


async def test_the_pace_is_the_meters_clock(tmp_path: Path) -> None:
    """Six telegrams, 5 s apart in all, at speed 20 take 0.25 s, one telegram at a time."""
    (tmp_path / "six.txt").write_bytes(RECORDING)
    chunks, took_s, _ = await replay(f"file://{tmp_path}/six.txt?speed=20")
    assert chunks[1:] == [telegram(second) for second in range(6)]
    assert 0.25 <= took_s < 3


async def test_a_clock_that_goes_back_costs_no_time(tmp_path: Path) -> None:
    """A clock that moves back, and an invalid one, do not delay the replay."""
    no_clock = telegram().replace(b"(260115120000W)", b"(000000000000W)")
    recording = telegram(3600) + telegram(0) + no_clock + telegram(1)
    (tmp_path / "odd.txt").write_bytes(recording)
    chunks, took_s, _ = await replay(f"file://{tmp_path}/odd.txt?speed=100")
    assert b"".join(chunks) == recording
    assert took_s < 10


async def test_gzip_is_read_too(tmp_path: Path) -> None:
    """A gzip file gives the same bytes as the plain recording."""
    (tmp_path / "day.gz").write_bytes(gzip.compress(RECORDING))
    chunks, _, _ = await replay(f"file://{tmp_path}/day.gz")
    assert b"".join(chunks) == RECORDING


async def test_a_damaged_recording_ends_with_an_error(tmp_path: Path) -> None:
    """A truncated gzip gives its contents, is reported as damaged, and is not restarted."""
    (tmp_path / "cut.gz").write_bytes(gzip.compress(RECORDING)[:-12])
    _, _, told = await replay(f"file://{tmp_path}/cut.gz")
    assert told.events[-1].status is Status.ENDED
    assert "damaged" in told.events[-1].sentence


async def test_a_recording_of_noise_is_passed_on_in_bounded_pieces(tmp_path: Path) -> None:
    """Without any end of a telegram the memory stays bounded and no byte is lost."""
    (tmp_path / "noise").write_bytes(b"x" * 400_000)
    chunks, _, _ = await replay(f"file://{tmp_path}/noise?speed=1")
    assert b"".join(chunks) == b"x" * 400_000
    assert max(map(len, chunks)) <= 131072
