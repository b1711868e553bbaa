"""Simulated car clouds on one loopback port: EU Data Act portal, Smartcar v3, Home Assistant.

All show the same car, as `look` gives it. `trouble` makes them fail in the ways clouds fail.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from aiohttp import web

from tests.ev.cars.sim_portal import Portal, Shown

__all__ = ["Clouds", "Shown", "Trouble", "clouds"]
Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]
CLIENT_ID, CLIENT_SECRET, USER_ID, VEHICLE_ID = "client_1", "smart-secret", "user-1", "vehicle-1"
HOME_TOKEN = "long-lived-token"
ENTITIES = {
    "sensor.q4_soc": "soc_pct",
    "sensor.q4_range": "range_km",
    "binary_sensor.q4_plugged": "plugged",
    "binary_sensor.q4_charging": "charging",
    "number.q4_target": "target_pct",
}
SIGNALS = {
    "tractionbattery-stateofcharge": "soc_pct",
    "tractionbattery-range": "range_km",
    "charge-ischargingcableconnected": "plugged",
    "charge-ischarging": "charging",
}


class Trouble(Enum):
    """Faults of a cloud."""

    HTML = "a page for people, with status 200"
    HALF = "half of the answer"
    SILENT = "no answer at all"
    OUT_OF_ORDER = "HTTP 503"
    BUSY = "HTTP 429, not again for two minutes"


class Clouds:
    """All clouds of one car. `asked` holds the path of each question, in order."""

    def __init__(self, look: Callable[[], Shown], clock: Callable[[], datetime]) -> None:
        self.portal = Portal(look, clock)
        self.trouble: Trouble | None = None
        self.asked: list[str] = []
        self.tokens = 0
        self.home_url = self.api_url = self.token_url = ""
        self.states: dict[str, str] = {}
        self._look = look
        self._over = asyncio.Event()

    def expire(self) -> None:
        """All sessions and tokens expire."""
        self.portal.expire()
        self.tokens += 1

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._fails])
        app.add_routes(
            [
                *self.portal.routes(),
                web.post("/oauth2/token", self._token),
                web.get("/v3/connections", self._connections),
                web.get(f"/v3/vehicles/{VEHICLE_ID}/signals", self._signals),
                web.get("/api/states/{entity}", self._state),
            ]
        )
        return app

    def served(self, port: int) -> None:
        """The addresses are known: the portal and the identity site are two hosts."""
        here = f"http://localhost:{port}"
        self.portal.url, self.portal.identity_url = here, f"http://127.0.0.1:{port}"
        self.home_url, self.api_url, self.token_url = here, f"{here}/v3", f"{here}/oauth2/token"

    def close(self) -> None:
        """Anyone who waits for an answer in vain waits no longer."""
        self._over.set()

    @web.middleware
    async def _fails(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        self.asked.append(request.path)
        match self.trouble:
            case Trouble.HTML:
                return web.Response(text="<!DOCTYPE html><html></html>", content_type="text/html")
            case Trouble.SILENT:
                await self._over.wait()
            case Trouble.OUT_OF_ORDER:
                return web.Response(status=503)
            case Trouble.BUSY:
                return web.Response(status=429, headers={"Retry-After": "120"})
        answer = await handler(request)
        if self.trouble is Trouble.HALF and isinstance(answer, web.Response):
            body = answer.body if isinstance(answer.body, bytes) else b""
            return web.Response(body=body[: len(body) // 2])
        return answer

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return web.Response(status=401)
        self.tokens += 1
        token = {"access_token": f"token-{self.tokens}", "token_type": "bearer", "expires_in": 3600}
        return web.json_response(token)

    def _allowed(self, request: web.Request) -> bool:
        bearer = request.headers.get("Authorization") == f"Bearer token-{self.tokens}"
        return bearer and request.headers.get("sc-user-id") == USER_ID

    async def _connections(self, request: web.Request) -> web.Response:
        if not self._allowed(request):
            return web.Response(status=401)
        vehicle = {"vehicle": {"data": {"id": VEHICLE_ID, "type": "vehicle"}}}
        return web.json_response({"data": [{"id": "1", "relationships": vehicle}]})

    async def _signals(self, request: web.Request) -> web.Response:
        if not self._allowed(request):
            return web.Response(status=401)
        shown = self._look()
        data = [_signal(code, {"value": getattr(shown, f)}, shown) for code, f in SIGNALS.items()]
        limits = {"values": [{"type": "global", "limit": shown.target_pct}]}
        data.append(_signal("charge-chargelimits", limits, shown))
        data.append(_signal("internalcombustionengine-fuellevel", None, shown))
        return web.json_response({"data": data, "meta": {"totalCount": len(data)}})

    async def _state(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {HOME_TOKEN}":
            return web.Response(status=401)
        entity, shown = request.match_info["entity"], self._look()
        field = ENTITIES.get(entity)
        if field is None and entity not in self.states:
            return web.json_response({"message": "Entity not found."}, status=404)
        value = getattr(shown, field) if field else None
        state = self.states.get(entity, _as_state(value))
        return web.json_response(
            {
                "entity_id": entity,
                "state": state,
                "attributes": {"friendly_name": entity},
                "last_changed": shown.at.isoformat(),
                "last_updated": shown.at.isoformat(),
            }
        )


def _signal(code: str, body: dict[str, Any] | None, shown: Shown) -> dict[str, Any]:
    """One signal as v3 shows it; without a body it is one that failed."""
    said: dict[str, Any] = {"code": code, "status": {"value": "SUCCESS" if body else "ERROR"}}
    if body:
        said["body"] = body
    return {
        "id": code,
        "type": "signal",
        "attributes": said,
        "meta": {"oemUpdatedAt": shown.at.isoformat()} if body else {},
    }


def _as_state(value: object) -> str:
    """A value as Home Assistant writes it."""
    if value is None:
        return "unavailable"
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


@asynccontextmanager
async def clouds(
    look: Callable[[], Shown], clock: Callable[[], datetime] | None = None
) -> AsyncIterator[Clouds]:
    """The clouds are on a loopback port until the end."""
    them = Clouds(look, clock or (lambda: datetime.now(UTC)))
    runner = web.AppRunner(them.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        them.served(runner.addresses[0][1])
        yield them
    finally:
        them.close()
        await runner.cleanup()
