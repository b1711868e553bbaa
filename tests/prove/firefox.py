"""Firefox driven over WebDriver BiDi, which it implements itself: no separate driver is needed.

Source: w3.org/TR/webdriver-bidi; `firefox --remote-debugging-port`.
"""

import asyncio
import base64
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from bench.process import free_port

START_S, ANSWER_S = 60.0, 60.0
DARK, LIGHT = 0, 1


class Firefox:
    """One page of a browser. `said` is its console output, `asked` the loaded addresses."""

    def __init__(self, line: ClientConnection) -> None:
        self._line, self._numbers = line, count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._context = ""
        self.said: list[str] = []
        self.asked: list[str] = []

    async def begin(self) -> None:
        """Open a page and subscribe to its console and its requests."""
        await self._do("session.new", capabilities={})
        tree = await self._do("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]
        events = ["log.entryAdded", "network.beforeRequestSent"]
        await self._do("session.subscribe", events=events)

    async def resize(self, width: int, height: int) -> None:
        """Set the size of the page, CSS pixels."""
        viewport = {"width": width, "height": height}
        await self._do("browsingContext.setViewport", context=self._context, viewport=viewport)

    async def open(self, url: str) -> None:
        """Load the address."""
        await self._do("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def value(self, expression: str) -> Any:
        """The awaited value of a JavaScript expression, as JSON carries it."""
        text = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        done = await self._do(
            "script.evaluate",
            expression=text,
            target={"context": self._context},
            awaitPromise=True,
        )
        if done["type"] != "success":
            raise RuntimeError(done["exceptionDetails"]["text"])
        return json.loads(done["result"]["value"])

    async def run(self, script: str) -> None:
        """Run the script in the page."""
        target = {"context": self._context}
        await self._do("script.evaluate", expression=script, target=target, awaitPromise=False)

    async def picture(self) -> bytes:
        """A screenshot, as PNG."""
        done = await self._do("browsingContext.captureScreenshot", context=self._context)
        return base64.b64decode(done["data"])

    async def listen(self) -> None:
        """Receive answers and events, forever."""
        async for text in self._line:
            message = json.loads(text)
            waiting = self._waiting.pop(message.get("id") or 0, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
            elif message.get("method") == "log.entryAdded":
                self.said.append(str(message["params"].get("text")))
            elif message.get("method") == "network.beforeRequestSent":
                self.asked.append(message["params"]["request"]["url"])

    async def _do(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._line.send(json.dumps({"id": number, "method": method, "params": params}))
        answer = await asyncio.wait_for(waiting, ANSWER_S)
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]


@asynccontextmanager
async def firefox(
    program: str, folder: Path, *, dark: bool, language: str
) -> AsyncIterator[Firefox]:
    """Run a browser with a profile of its own inside the context."""
    port = free_port()
    profile = folder / f"firefox-{port}"
    profile.mkdir()
    prefs = {
        "layout.css.prefers-color-scheme.content-override": DARK if dark else LIGHT,
        "intl.accept_languages": language,
        "remote.active-protocols": 1,
        "datareporting.policy.dataSubmissionEnabled": False,
        "browser.shell.checkDefaultBrowser": False,
        "app.update.enabled": False,
        "widget.gtk.overlay-scrollbars.enabled": True,  # as on a phone
    }
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in prefs.items()
    ]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    options = ("--headless", "--no-remote", "--profile", str(profile))
    process = await asyncio.create_subprocess_exec(
        *(program, *options, "--remote-debugging-port", str(port), "about:blank"),
        env={"HOME": str(profile), "PATH": "/usr/bin:/bin", "MOZ_HEADLESS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with await _line(port) as line:
            browser = Firefox(line)
            listening = asyncio.create_task(browser.listen())
            try:
                await browser.begin()
                yield browser
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _line(port: int) -> ClientConnection:
    """The connection, once the browser listens."""
    url = f"ws://127.0.0.1:{port}/session"
    async with asyncio.timeout(START_S):
        while True:
            with suppress(OSError):
                return await connect(url, proxy=None, max_size=None)
            await asyncio.sleep(0.2)
