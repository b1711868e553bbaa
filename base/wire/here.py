"""The address of this machine in its network."""

import socket

from base.address import in_url

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
