"""The serial line: the P1 cable, 115200 8N1 raw, held alone. See docs/decisions/0002-serial.md."""

import errno
import termios
from collections.abc import Iterator
from pathlib import Path

import serial_asyncio

from base.language import phrase
from p1.errors import LineError
from p1.source.link import StreamLink

BAUD = 115200
DEV = Path("/dev")


class SerialLine:
    """The port by its fixed name, so that it is found again when it returns as ttyUSB1."""

    def __init__(self, path: Path, dev: Path = DEV) -> None:
        self._path = path
        self._dev = dev

    async def connect(self) -> StreamLink:
        """The open line. LineError with the obstacle."""
        try:
            link = await open_line(self._path)
        except (OSError, termios.error) as error:
            raise LineError(why_not(self._path, error)) from error
        self._path = lasting_name(self._path, self._dev)
        return link


async def open_line(path: Path) -> StreamLink:
    """The port open and locked, every byte as it was sent: no flow control, no CR to LF."""
    reader, writer = await serial_asyncio.open_serial_connection(
        url=str(path), baudrate=BAUD, xonxoff=False, rtscts=False, exclusive=True
    )
    return StreamLink(str(path), reader, writer, lambda _: phrase("{path} was closed", path=path))


def why_not(path: Path, error: Exception) -> str:
    """Reason why the port could not be opened, and its remedy."""
    match getattr(error, "errno", None):
        case errno.ENOENT:
            return phrase("{path} does not exist: is the P1 cable plugged in?", path=path)
        case errno.EACCES:
            return phrase(
                "no permission to read {path}: sudo adduser $USER dialout, then sudo reboot",
                path=path,
            )
        case errno.EBUSY | errno.EAGAIN:
            return phrase(
                "{path} is in use by another program: only one can read the meter", path=path
            )
    return phrase("{path} cannot be used as a serial port: {text}", path=path, text=error)


def lasting_name(path: Path, dev: Path = DEV) -> Path:
    """The name in /dev/serial/by-id that means the same port, or the path itself."""
    port = path.resolve()
    return next((name for name in named(dev) if name.resolve() == port), path)


def named(dev: Path = DEV) -> list[Path]:
    """The ports that have a lasting name, by that name."""
    return sorted((dev / "serial/by-id").glob("*"))


def ports(dev: Path = DEV) -> Iterator[Path]:
    """Each serial port that may have a P1 cable, once, by its fixed name if it has one."""
    seen = set[Path]()
    for path in [
        *named(dev),
        *sorted(dev.glob("ttyUSB*")),
        *sorted(dev.glob("ttyACM*")),
        *dev.glob("ttyAMA0"),
    ]:
        port = path.resolve()
        if port not in seen:
            seen.add(port)
            yield path
