"""Detection of serial ports during install."""

import os
from pathlib import Path

import pytest

from p1.source.serial_line import SerialLine
from setup.listen import HEARD, listen, port_in


async def test_a_port_that_dm_reads_is_no_port_found() -> None:
    """A second install while the programs run keeps the port in config.py."""
    meter, theirs = os.openpty()
    path = Path(os.ttyname(theirs))
    reader = await SerialLine(path).connect()
    try:
        said = await listen([path])
        assert said.startswith(f"{path} is in use")
        assert port_in(said) is None
    finally:
        await reader.close()
        os.close(meter)
        os.close(theirs)


@pytest.mark.parametrize("port", ["/dev/p1", "/dev/serial/by-id/usb-FTDI_P1-if00-port0"])
def test_a_port_with_telegrams_is_the_one(port: str) -> None:
    assert port_in(f"{HEARD}{port}") == Path(port)
