"""A door for a car's state: an HTTP POST of JSON to /car or /car/NAME, on a port of its own.

    curl -d '{"soc": 57}' http://PI-EV:8091/car/q4

Who may come in is who may on the websocket: this machine, remote_ips, and the token for those.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from aiohttp import web

from base.wire.access import Access, Caller, Limits, Seldom, refusal

LARGEST_BYTES = 8192
Push = Callable[[str | bytes, str | None], str]
log = logging.getLogger(__name__)


async def serve(port: int, access: Access, push: Push) -> None:
    """Never returns: each POST goes to `push`, whose sentence, or ValueError, is the answer.

    OSError when the port is taken.
    """
    app = web.Application(client_max_size=LARGEST_BYTES)
    answer = partial(_answer, access, push, Seldom())
    app.router.add_post("/car", answer)
    app.router.add_post("/car/{name}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        host = None if access.remote_ips else "127.0.0.1"
        await web.TCPSite(runner, host, port).start()
        log.info("Cars may be pushed to port %d", runner.addresses[0][1])
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def _answer(access: Access, push: Push, seldom: Seldom, request: web.Request) -> web.Response:
    caller = Caller(
        request.remote or "",
        request.path_qs,
        origins=request.headers.getall("Origin", []),
        authorizations=request.headers.getall("Authorization", []),
    )
    if refused := refusal(caller, access, Limits()):
        if seldom.allows(caller.address, asyncio.get_running_loop().time()):
            log.warning("A car pushed from %s was refused: %s", caller.address, refused.why)
        return web.Response(status=refused.status, text=f"Refused: {refused.why}.\n")
    try:
        said = push(await request.read(), request.match_info.get("name"))
    except ValueError as error:
        return web.Response(status=HTTPStatus.UNPROCESSABLE_ENTITY, text=f"{error}\n")
    return web.Response(text=f"{said}\n")
