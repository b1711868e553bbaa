"""The HomeWizard P1 meter: its latest telegram, requested each second over its local API."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from base.language import clause
from p1.errors import LineError
from p1.source.link import Resumed

if TYPE_CHECKING:
    import aiohttp

POLL_S = 1.0
ANSWER_S = 5.0

WHY_NOT = {
    401: clause("refuses without a token: this needs the local API version 1"),
    403: clause(
        "refuses: switch on Local API in the HomeWizard Energy app (Settings, Meters, your meter)"
    ),
    404: clause("has no telegram: it is not a P1 meter, or its firmware is too old"),
    429: clause("is polled too often: does another program poll it too?"),
}


async def connect(host: str, port: int) -> Resumed:
    """The meter, which has answered once. LineError with the reason."""
    import aiohttp  # 130 ms to import, and only this source needs it

    session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S))
    link = HomeWizard(host, port, session)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(link.close)
        await link.ask()
        stack.pop_all()
    return Resumed(link, link.last)


class HomeWizard:
    """A link that polls. A repeated telegram is returned once."""

    def __init__(self, host: str, port: int, session: "aiohttp.ClientSession") -> None:
        self.name = f"homewizard://{host}" + (f":{port}" if port != 80 else "")
        place = f"[{host}]" if ":" in host else host
        self._url = f"http://{place}:{port}/api/v1/telegram"
        self._session = session
        self.last = b""
        self._next_at = asyncio.get_running_loop().time() + POLL_S

    async def read(self) -> bytes:
        while True:
            await self._until_next()
            known = self.last
            await self.ask()
            if self.last != known:
                return self.last

    async def close(self) -> None:
        await self._session.close()

    async def _until_next(self) -> None:
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(self._next_at - now)
        self._next_at = max(self._next_at, now) + POLL_S

    async def ask(self) -> None:
        """`last` is the latest telegram, with a complete last line. LineError when there is no
        answer."""
        import aiohttp

        try:
            async with self._session.get(self._url, allow_redirects=False) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise LineError(
                f"{self.name} " + clause("does not answer: is it on this network?")
            ) from error
        if answer.status != 200:
            reason = WHY_NOT.get(
                answer.status, clause("answers with HTTP status {status}", status=answer.status)
            )
            raise LineError(f"{self.name} {reason}")
        if body.strip():
            self.last = body.rstrip() + b"\r\n"
