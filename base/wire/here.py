"""The address of this machine in its network, and its ports."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from base.address import in_url
from base.language import phrase

LOOPBACK = "127.0.0.1"
ELSEWHERE = ("192.0.2.1", 9)  # an address of no machine: nothing is sent there


def own_address() -> str:
    """The address of this machine in its network: the one that leads to others."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect(ELSEWHERE)
        except OSError:
            return f"{socket.gethostname()}.local"
        return str(line.getsockname()[0])


def page_address(port: int, host: str = "") -> str:
    """Address of a page of this machine for a telephone in the network."""
    return f"http://{in_url(host or own_address())}:{port}"


@contextmanager
def listening(port: int) -> Iterator[None]:
    """While a port is opened: OSError with a sentence when another program has it, or when only
    root may."""
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                why = phrase("port {port:d} is used by another program", port=port)
            case errno.EACCES:
                why = phrase("port {port:d} is reserved for root: choose one from 1024", port=port)
            case _:
                raise
        raise OSError(error.errno, why) from None
