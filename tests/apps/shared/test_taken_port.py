"""A port that another program has is named, by each listener of the programs."""

import socket
from collections.abc import Awaitable, Callable

import pytest

from apps.ev import car_door
from base.wire.guard import Guard
from ev.chargers.ocpp.central import Central
from my_socket import Peer, Server


async def nothing(*_: object) -> str:
    return ""


async def silent(_: Peer, __: str) -> list[str]:
    return []


LISTENERS: dict[str, Callable[[int], Awaitable[object]]] = {
    "websocket": lambda port: Server(silent, port).__aenter__(),
    "ocpp": lambda port: Central(port).hold("main"),
    "car door": lambda port: car_door.serve(port, Guard(), nothing),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", LISTENERS)
async def test_a_taken_port_is_named(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match="is used by another program") as caught:
            await LISTENERS[name](port)
    assert caught.value.strerror == f"port {port} is used by another program"
