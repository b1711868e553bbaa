"""The simulated NRGkick on a loopback port, as its JSON API: GET only, odd days included."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import web

from sim.charger import SimNrgKick, Trouble
from sim.charger_json import DISABLED, Json, RefusedError
from sim.http_server import on_http

PAGE = "<!DOCTYPE html><html><body><h1>Router login</h1></body></html>"
Clock = Callable[[], datetime]


def clock(speed: float = 1.0, start: datetime | None = None) -> Clock:
    """A clock that runs `speed` times as fast as ours, from `start` (UTC) or now."""
    loop = asyncio.get_running_loop()
    began, first = loop.time(), start or datetime.now(UTC)
    return lambda: first + timedelta(seconds=(loop.time() - began) * speed)


@asynccontextmanager
async def simulated_charger(
    device: SimNrgKick,
    *,
    now: Clock | None = None,
    speed: float = 1.0,
    user: str = "",
    password: str = "",
    seen: Callable[[str], None] = lambda path: None,
) -> AsyncIterator[str]:
    """The device answers on the address that is given, "http://127.0.0.1:port", until the end.

    Its clock is `now`, or runs at `speed` from the present. `seen` gets each path asked for.
    """
    server = _Server(device, now or clock(speed), user, password, seen)
    app = web.Application()
    app.router.add_get("/{endpoint}", server.answer)
    async with on_http(app) as url:
        yield url


class _Server:
    def __init__(
        self, device: SimNrgKick, now: Clock, user: str, password: str, seen: Callable[[str], None]
    ) -> None:
        self._device = device
        self._now = now
        self._login = b64encode(f"{user}:{password}".encode()).decode() if user else None
        self._seen = seen
        device.step(now())

    async def answer(self, request: web.Request) -> web.Response:
        """One request answered, or not, as the device's day is."""
        self._seen(request.path_qs)
        self._device.step(self._now())
        trouble = self._device.trouble
        slow = Trouble.SLOW in trouble and request.path == "/values"
        if slow or Trouble.HANG in trouble:
            await asyncio.Event().wait()
        if self._device.booting:
            return _cut(request)
        if Trouble.HTML in trouble:
            return web.Response(text=PAGE, content_type="text/html")
        if Trouble.SERVER_ERROR in trouble:
            return web.Response(status=503, text="Service Unavailable")
        if self._login and request.headers.get("Authorization") != f"Basic {self._login}":
            return web.json_response({"Response": "401 Unauthorized"}, status=401)
        return self._json(request)

    def _json(self, request: web.Request) -> web.Response:
        if Trouble.DISABLED in self._device.trouble:
            return web.json_response({"Response": DISABLED})
        try:
            answer = self._endpoint(request)
        except RefusedError as refused:
            return web.json_response({"Response": refused.text}, status=refused.status)
        if self._device.booting:  # since just now
            return _cut(request)
        return web.json_response(answer)

    def _endpoint(self, request: web.Request) -> Json:
        raw = request.query.get("raw", "0") != "0"
        match request.match_info["endpoint"]:
            case "api":
                return {"json": 1, "modbus": 0}
            case "info":
                return _sections(self._device.info(raw), request)
            case "values":
                return _sections(self._device.values(raw), request)
            case "control" if request.query:
                return self._device.tell(request.query)
            case "control":
                return self._device.control()
        raise RefusedError("Not found", 404)


def _sections(answer: Json, request: web.Request) -> Json:
    """The sections asked for; all when none is."""
    asked = [key for key in answer if key in request.query]
    return {key: answer[key] for key in asked or answer}


def _cut(request: web.Request) -> web.Response:
    """Close the connection without an answer, like a device without power."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
