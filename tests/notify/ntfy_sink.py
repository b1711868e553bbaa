"""A local stand-in for ntfy that refuses messages as its published API does.

Sources: docs.ntfy.sh/publish ("Publish as JSON", "Action buttons"), and the types and checks of
messages and actions in ntfy's server (server/types.go, server/actions.go).
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

FIELDS = {
    "topic", "title", "message", "priority", "tags", "click", "icon", "actions", "attach",
    "filename", "email", "call", "delay", "markdown", "cache", "firebase",
}  # fmt: skip
ACTION = {"id", "action", "label", "clear", "url", "method", "headers", "body", "intent", "extras"}
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")
MESSAGE_BYTES, ACTIONS_MOST = 4096, 3
SOON_S = 30.0


@dataclass(kw_only=True)
class Sink:
    """Published messages, in order; status and retry_after set the response."""

    url: str = ""
    token: str = ""
    published: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    retry_after: str = ""
    hangs: bool = False
    asked: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, true: Callable[["Sink"], object]) -> None:
        """Wait until the received messages satisfy this condition."""
        try:
            async with asyncio.timeout(SOON_S):
                while not true(self):
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            raise AssertionError(f"published: {self.published}, asked {self.asked}") from None

    async def press(self, published: dict[str, Any], label: str) -> tuple[int, str]:
        """Press a button as ntfy's app does; return status and text of the response."""
        (action,) = [each for each in published["actions"] if each["label"] == label]
        method = action.get("method", "POST").upper()
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method, action["url"], headers=action.get("headers"), data=action.get("body")
            ) as answer,
        ):
            return answer.status, await answer.text()

    async def _publish(self, request: web.Request) -> web.Response:
        self.asked += 1
        self.news.set()
        if self.hangs:
            await asyncio.sleep(3600)
        if self.status != 200:
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.Response(status=self.status, text="not now", headers=headers)
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"code": 40301, "http": 403, "error": "forbidden"}, status=403)
        try:
            message = checked(await request.json())
        except (ValueError, KeyError) as error:
            return web.json_response({"code": 40024, "http": 400, "error": str(error)}, status=400)
        self.published.append(message)
        return web.json_response(
            {"id": f"m{len(self.published)}", "time": 1, "event": "message", **message}
        )

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"healthy": True})


def checked(message: dict[str, Any]) -> dict[str, Any]:
    """Return the message if ntfy accepts it; otherwise ValueError gives the reason."""
    if unknown := message.keys() - FIELDS:
        raise ValueError(f"unknown fields {unknown}")
    if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", message["topic"]):
        raise ValueError("topic invalid")
    if message.get("priority", 3) not in range(1, 6):
        raise ValueError("priority invalid")
    if len(message["message"].encode()) > MESSAGE_BYTES:
        raise ValueError("it would become an attachment")
    actions = message.get("actions", [])
    if len(actions) > ACTIONS_MOST:
        raise ValueError("only 3 actions allowed")
    for action in actions:
        _check_action(action)
    json.dumps(message)
    return message


def _check_action(action: dict[str, Any]) -> None:
    if unknown := action.keys() - ACTION:
        raise ValueError(f"unknown keys {unknown} of an action")
    if action["action"] not in ("view", "broadcast", "http") or not action["label"]:
        raise ValueError("action unknown, or without a label")
    if action["action"] != "broadcast" and not action.get("url"):
        raise ValueError("parameter 'url' is required")
    method = action.get("method", "POST").upper()
    if method not in METHODS or (method in ("GET", "HEAD") and action.get("body")):
        raise ValueError("parameter 'body' cannot be set if method is GET")
    if not isinstance(action.get("clear", False), bool):
        raise ValueError("'clear' not allowed")
    if not all(isinstance(value, str) for value in action.get("headers", {}).values()):
        raise ValueError("a header is a text")


@asynccontextmanager
async def ntfy() -> AsyncIterator[Sink]:
    """Inside the context, the sink listens on loopback."""
    sink = Sink()
    app = web.Application()
    app.router.add_post("/", sink._publish)
    app.router.add_get("/v1/health", sink._health)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sink.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield sink
    finally:
        await runner.cleanup()
