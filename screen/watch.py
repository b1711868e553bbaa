"""The screen of a dm elsewhere, drawn here from its messages alone."""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from base import daemon, messages
from base.language import phrase
from base.wire.client import Client
from screen.live import Live, follow
from screen.meter.layout import render
from screen.meter.view import MeterView, hear, summary
from screen.primitives import Glyphs

FIRST_NEWS_S = 3.0
SILENCE_S = 60.0
_NOTHING = messages.Reply(word="", text="")
log = logging.getLogger(__name__)


async def watch(
    url: str, token: str, topics: Sequence[str], version: str, glyphs: Glyphs, stop: asyncio.Event
) -> None:
    """Show the screen of the dm at `url` until the stop."""
    view = MeterView(now=datetime.now(UTC), title=phrase("digital meter at {address}", address=url))
    news = asyncio.Event()

    def heard(text: str) -> None:
        nonlocal view
        try:
            message = messages.decode(text)
        except ValueError as error:
            log.debug("not understood: %s", error)
            return
        view = hear(view, message, datetime.now(UTC))
        if isinstance(message, messages.House):
            news.set()

    greeting = [
        messages.encode(messages.Hello(name="watch", version=version)),
        messages.encode(messages.Command(word="watch", args=tuple(topics))),
    ]
    client = Client(url, heard, token=token, greeting=greeting, silence_s=SILENCE_S)

    async def show() -> None:
        with suppress(TimeoutError):  # a first line that says nothing helps nobody
            async with asyncio.timeout(FIRST_NEWS_S):
                await news.wait()
        with Live(render, summary, glyphs, sys.stdout, os.environ) as live:
            await follow(live, lambda: hear(view, _NOTHING, datetime.now(UTC)), news)

    await daemon.live({"client": client.run, "screen": show}, stop)
