"""A reader on the network that passes the telegrams on over TCP: ser2net (raw), SlimmeLezer.

Telnet negotiation and banners are left in: the framer skips anything between telegrams,
and a telegram contains no 0xFF, which telnet would double.
"""

import asyncio
import socket
from collections.abc import Callable

from base.language import phrase
from p1.errors import LineError
from p1.source.link import StreamLink

CONNECT_S = 5.0
KEEP_ALIVE_S = 10


async def connect(host: str, port: int) -> StreamLink:
    """The open connection, with TCP keep-alive. LineError with the reason."""
    name = f"socket://{host}:{port}"
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        raise LineError(why_not(host, port, error)) from error
    keep_alive(writer)
    return StreamLink(name, reader, writer, why_ended(name))


def keep_alive(writer: asyncio.StreamWriter) -> None:
    """Let the kernel detect a peer that vanished, even when nothing is sent."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEP_ALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEP_ALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


def why_not(host: str, port: int, error: OSError) -> str:
    """The reason for a failed connection."""
    match error:
        case ConnectionRefusedError():
            return phrase(
                "nothing listens on {host} port {port}: is ser2net or the reader running?",
                host=host,
                port=port,
            )
        case socket.gaierror():
            return phrase("no machine is called {host} on this network", host=host)
        case TimeoutError():
            return phrase(
                "{host} port {port} does not answer: is it switched on and on this network?",
                host=host,
                port=port,
            )
    return phrase(
        "no connection to {host} port {port}: {reason}",
        host=host,
        port=port,
        reason=error.strerror or error,
    )


def why_ended(name: str) -> Callable[[bytes], str]:
    """The sentence for a connection that was closed by the other end."""

    def sentence(first: bytes) -> str:
        if first.count(b"/"):
            return phrase("{name} closed the connection", name=name)
        said = first.decode("ascii", "ignore").strip()
        if said.isprintable() and said:
            told = phrase(
                '{name} closed the connection before any telegram and said "{text}"',
                name=name,
                text=said,
            )
        else:
            told = phrase("{name} closed the connection before any telegram", name=name)
        busy = phrase("most readers serve one program at a time, is another one connected?")
        return f"{told}: {busy}"

    return sentence
