"""HTTP endpoint for a car's state: POST of JSON to /car or /car/NAME, on a port of its own.

    curl -d '{"soc": 57}' http://PI-EV:8091/car/q4

Access is that of the websocket: this machine, remote_ips, and the token for those. The
guard of the websocket counts the door's connections too; each carries one request.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from base.language import phrase
from base.wire.connection import QUIET
from base.wire.guard import ACCEPTED, Guard, widen
from base.wire.here import listening

LARGEST_BYTES = 8192
Push = Callable[[str | bytes, str | None], str]
log = logging.getLogger(__name__)


class _Line(RequestHandler):
    """A caller's connection, counted by the guard."""

    __slots__ = ("guard",)

    def __init__(self, guard: Guard, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guard = guard

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        address = (transport.get_extra_info("peername") or [""])[0]
        assert isinstance(transport, asyncio.Transport)
        self.guard.arrived(self, address, transport.abort)

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self.guard.left(self)


async def serve(port: int, guard: Guard, push: Push) -> None:
    """Serve forever: each POST goes to `push`, whose sentence or ValueError is the answer.

    OSError when the port is taken.
    """
    app = web.Application(client_max_size=LARGEST_BYTES)
    answer = partial(_answer, guard, push)
    app.router.add_post("/car", answer)
    app.router.add_post("/car/{name}", answer)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    loop, manager = asyncio.get_running_loop(), runner.server
    assert manager is not None
    lines = partial(_Line, guard, manager, loop=loop, access_log=None, logger=QUIET)
    try:
        host = None if guard.access.remote_ips else "127.0.0.1"
        with listening(port):
            listener = await loop.create_server(lines, host, port, backlog=ACCEPTED)
        widen(listener.sockets)
        log.info(
            phrase(
                "Car states can be pushed to port {port:d}",
                port=listener.sockets[0].getsockname()[1],
            )
        )
        try:
            await asyncio.Event().wait()
        finally:
            listener.close()
    finally:
        await runner.cleanup()  # closes its connections too


async def _answer(guard: Guard, push: Push, request: web.Request) -> web.Response:
    caller = guard.caller(
        request.protocol,
        request.path_qs,
        host=request.headers.get("Host", ""),
        origins=request.headers.getall("Origin", []),
        authorizations=request.headers.getall("Authorization", []),
    )
    if refused := guard.refusal(caller):
        return _said(refused.status, f"Refused: {refused.why}.\n")
    body = await request.read()
    guard.asked(request.protocol)
    try:
        return _said(HTTPStatus.OK, f"{push(body, request.match_info.get('name'))}\n")
    except ValueError as error:
        return _said(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}\n")


def _said(status: HTTPStatus, text: str) -> web.Response:
    """The answer, after which the connection ends."""
    response = web.Response(status=status, text=text)
    response.force_close()
    return response
