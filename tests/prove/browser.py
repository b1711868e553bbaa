"""What the checks of the page in a browser share."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

PATIENCE_MS = 20_000
Check = Callable[[bool, str], None]
Value = Callable[[str], Awaitable[Any]]
"""What an expression gives in a page."""


async def until(value: Value, true: str) -> None:
    """Wait until the expression is true on the page. TimeoutError otherwise.

    Playwright's own wait evaluates a string in the page, which our headers forbid.
    """
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await value(true):  # noqa: ASYNC110 - the event is in the browser
            await asyncio.sleep(0.02)
