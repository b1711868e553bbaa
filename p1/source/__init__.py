"""Sources of telegrams: a stream of bytes from one setting, with automatic reconnection.

async with source.open("/dev/ttyUSB0", tell=log) as meter:
    async for chunk in meter:
        for frame in framer.feed(chunk): ...; meter.valid()
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from base.language import setting
from base.limits import STALE_S
from p1.errors import SettingError
from p1.source import auto, homewizard, network, replay
from p1.source.healing import Backoff, Event, Source, Status
from p1.source.link import Connect, Link
from p1.source.serial_line import SerialLine

__all__ = ["Backoff", "Event", "Link", "Source", "Status", "open"]

FORMS = (
    '"/dev/ttyUSB0", "auto", "socket://host:port", "homewizard://ip", '
    '"file:///path?speed=60" or "sim://"'
)


def open(  # noqa: A001 - as in gzip.open: always used with its module's name
    serial_port: str,
    *,
    tell: Callable[[Event], None] = lambda event: None,
    silence_s: float = STALE_S,
    backoff: Backoff | None = None,
) -> Source:
    """The source that the setting `serial_port` names; nothing is opened yet.

    SettingError names the setting, its value and what is allowed.
    """
    try:
        connect = _connect(serial_port)
    except ValueError as error:
        text = setting(
            'serial_port = "{port}": {reason}. Allowed: {text}',
            port=serial_port,
            reason=error,
            text=FORMS,
        )
        raise SettingError(text) from None
    ends = serial_port.startswith("file:")
    return Source(connect, ends=ends, tell=tell, silence_s=silence_s, backoff=backoff)


def _connect(serial_port: str) -> Connect:
    """Function that opens a link for this setting. ValueError with the fault."""
    if serial_port == "auto":
        return auto.connect
    if serial_port.startswith("/"):
        return SerialLine(Path(serial_port)).connect
    url = urlsplit(serial_port)
    match url.scheme:
        case "socket":
            return partial(network.connect, *_place(url, None))
        case "homewizard":
            return partial(homewizard.connect, *_place(url, 80))
        case "file":
            return partial(replay.connect, _file(url), _speed(url))
        case "sim":
            raise ValueError(setting("only dm.py can use sim://"))
    raise ValueError(setting("not a source of telegrams"))


def _place(url: SplitResult, usual_port: int | None) -> tuple[str, int]:
    """Host and port of a network address."""
    try:
        port = url.port or usual_port
    except ValueError:
        raise ValueError(setting("the port is a whole number from 1 to 65535")) from None
    if not url.hostname:
        raise ValueError(setting("the host is missing"))
    if port is None:
        raise ValueError(setting("the port is missing"))
    if url.path.strip("/") or url.query:
        raise ValueError(setting("nothing may follow the address"))
    return url.hostname, port


def _file(url: SplitResult) -> Path:
    """The path of an existing recording."""
    path = Path(unquote(url.netloc + url.path))
    if not path.is_file():
        raise ValueError(setting("there is no file {path}", path=path))
    return path


def _speed(url: SplitResult) -> float | None:
    """Replay speed as a factor; None, for 0, "max" or nothing: without waiting."""
    typed = parse_qs(url.query, keep_blank_values=True)
    if unknown := [key for key in typed if key != "speed"]:
        raise ValueError(setting('a recording has no "{name}", only speed', name=unknown[0]))
    text = typed.get("speed", ["max"])[-1]
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed < float("inf"):
        raise ValueError(
            setting('the speed "{text}" is neither a number from 0 nor "max"', text=text)
        )
    return speed or None
