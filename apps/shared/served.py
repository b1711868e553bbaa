"""The websocket of a program: its port, and a server with its commands and its health."""

import argparse
from collections.abc import Callable, Mapping

from apps.shared.commands import Words
from apps.shared.health import PATH, page
from apps.shared.settings import Settings
from base import messages
from base.wire.guard import Guard
from my_socket import Server, Site, Table


def port_of(name: str, options: argparse.Namespace, settings: Settings) -> int | None:
    """The port to listen on; None when the program's websocket is off."""
    if options.port is not None:
        return int(options.port)
    address = settings.socket_info.get(name)
    return address.port if address else None


def server(
    words: Words,
    port: int,
    guard: Guard,
    vitals: Callable[[], messages.Vitals],
    *,
    tables: Mapping[str, Table] | None = None,
    site: Site | None = None,
) -> Server:
    """The server of the program, not listening yet."""
    return Server(
        words.answer,
        port,
        guard=guard,
        greeting=[messages.encode(words.hello())],
        pages={PATH: lambda: page(vitals())},
        tables=tables,
        site=site,
    )
