"""The serial line on real ptys: every byte, unplugging, a second reader, port detection."""

import asyncio
from pathlib import Path

import pytest

from p1 import source
from p1.errors import LineError
from p1.source import Backoff, Source, Status
from p1.source.auto import connect as find_port
from p1.source.serial_line import SerialLine, lasting_name, ports
from tests.p1.source.made import Heard, Told, open_files, pty, read_in_background, telegram


async def read_until(meter: Source, wanted: bytes) -> bytes:
    """The bytes of the source, up to and including the wanted ones."""
    heard = b""
    async with asyncio.timeout(5):
        async for chunk in meter:
            heard += chunk
            if wanted in heard:
                break
    return heard


async def test_every_byte_arrives_as_it_was_sent() -> None:
    """The line is raw: CR is not converted to LF, and XON and XOFF are data."""
    sent = bytes(range(256)) * 3 + b"end"
    with pty() as port:
        async with source.open(port.path) as meter:
            opened = asyncio.create_task(read_until(meter, b"end"))
            await asyncio.sleep(0)
            port.send(sent)
            assert await opened == sent


async def test_an_unplugged_cable_that_returns_as_another_port_is_found(tmp_path: Path) -> None:
    """The port is reopened by its stable name: ttyUSB0 may return as ttyUSB1."""
    by_id = tmp_path / "serial/by-id"
    by_id.mkdir(parents=True)
    name = by_id / "usb-P1_cable-if00"
    told, heard = Told(), Heard()
    with pty() as first, pty() as second:
        name.symlink_to(first.path)
        line = SerialLine(Path(first.path), dev=tmp_path)
        meter = Source(line.connect, tell=told, backoff=Backoff(0.01, 0.02))
        async with read_in_background(meter, heard), asyncio.timeout(5):
            await told.wait_for(Status.CONNECTED)
            first.send(telegram(1))
            await heard.holds(telegram(1))
            name.unlink()
            first.unplug()
            lost = await told.wait_for(Status.LOST)
            assert lost.retry_s is not None
            gone = await told.wait_for(Status.LOST, 2)
            assert gone.sentence == f"{name} does not exist: is the P1 cable plugged in?"
            name.symlink_to(second.path)
            await told.wait_for(Status.CONNECTED, 2)
            second.send(telegram(2))
            await heard.holds(telegram(2))


async def test_a_second_reader_learns_that_the_port_is_in_use() -> None:
    """Two readers would each get half of the bytes, so the second gets an error sentence."""
    with pty() as port:
        first = await SerialLine(Path(port.path)).connect()
        with pytest.raises(LineError, match="in use by another program"):
            await SerialLine(Path(port.path)).connect()
        await first.close()
        await (await SerialLine(Path(port.path)).connect()).close()


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("/dev/ttyNOTHERE", "does not exist"), ("/dev/null", "serial port")],
)
async def test_a_port_that_cannot_be_opened_says_why(path: str, sentence: str) -> None:
    """Cases are a missing port and a file that is not a port; both sentences include a remedy."""
    with pytest.raises(LineError, match=sentence):
        await SerialLine(Path(path)).connect()


async def test_unplugging_again_and_again_leaves_nothing_open() -> None:
    """An unclosed port would make the cable return under a new number each time."""
    before = open_files()
    for _ in range(10):
        with pty() as port:
            link = await SerialLine(Path(port.path)).connect()
            port.unplug()
            with pytest.raises((LineError, OSError)):
                await link.read()
            await link.close()
    assert open_files() == before


async def test_auto_takes_the_port_on_which_telegrams_arrive() -> None:
    """A silent port, a noisy one and a port in use are skipped; no byte is lost."""
    with pty() as silent, pty() as noisy, pty() as used, pty() as meter:
        holder = await SerialLine(Path(used.path)).connect()
        finding = asyncio.create_task(
            find_port([Path(one.path) for one in (used, silent, noisy, meter)], listen_s=0.4)
        )
        while not finding.done():
            noisy.send(b"OK\r\n")
            meter.send(telegram())
            await asyncio.sleep(0.02)
        link = await finding
        assert link.name == meter.path
        assert telegram() in await link.read()
        await link.close()
        await holder.close()


async def test_auto_says_what_each_port_gives_instead() -> None:
    """Without telegrams on any port, each port is listed with the data received on it."""
    before = open_files()
    with pty() as silent, pytest.raises(LineError) as error:
        await find_port([Path(silent.path), Path("/dev/ttyNOTHERE")], listen_s=0.05)
    assert f"{silent.path}: No data at all" in str(error.value)
    assert "/dev/ttyNOTHERE does not exist" in str(error.value)
    with pytest.raises(LineError, match="no serial port found"):
        await find_port([])
    assert open_files() == before


def test_each_port_is_tried_once_by_its_lasting_name(tmp_path: Path) -> None:
    """by-id comes before ttyUSB and ttyAMA0, and no port is tried twice."""
    by_id = tmp_path / "serial/by-id"
    by_id.mkdir(parents=True)
    for name in ("ttyUSB0", "ttyUSB1", "ttyACM0", "ttyAMA0", "ttyS0"):
        (tmp_path / name).touch()
    (by_id / "usb-cable").symlink_to(tmp_path / "ttyUSB1")
    found = [str(path.relative_to(tmp_path)) for path in ports(tmp_path)]
    assert found == ["serial/by-id/usb-cable", "ttyUSB0", "ttyACM0", "ttyAMA0"]
    assert lasting_name(tmp_path / "ttyUSB1", tmp_path) == by_id / "usb-cable"
    assert lasting_name(tmp_path / "ttyUSB0", tmp_path) == tmp_path / "ttyUSB0"
