"""One question to an NRGkick: its JSON object, or an error that says who must act.

Two kept connections at most: the second opens only when something must be told while it reads.
"""

import asyncio
import json
from typing import TYPE_CHECKING, Any

from base import http_client
from ev.chargers.charger import LineError, RefusedError
from ev.chargers.nrgkick import words
from ev.title_parser import plain

if TYPE_CHECKING:
    import aiohttp

LARGEST_BYTES = 65536
KEEP_S = 60.0


class Wire:
    """The HTTP side of one NRGkick at `host` (with :port when it is not 80)."""

    def __init__(self, name: str, host: str, user: str, password: str, timeout_s: float) -> None:
        self.name = name
        self._host = host
        self._login = (user, password) if user and password else None
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, path: str) -> dict[str, Any]:
        """The object it answers to GET `path`. RefusedError, LineError."""
        status, body = await self._get(path)
        if status in (401, 403):
            raise RefusedError(self.name, words.UNAUTHORISED)
        if status >= 500:
            raise LineError(self.name, f"is out of order (HTTP {status}).")
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            why = f"answers with a page, not with values: is {self._host} the charger?"
            raise LineError(self.name, why)
        if "Response" in answer:
            raise RefusedError(self.name, words.refusal(plain(str(answer["Response"])), path))
        if status >= 400:
            raise LineError(self.name, f"does not know {path} (HTTP {status}).")
        return answer

    async def _get(self, path: str) -> tuple[int, bytes]:
        """Status and body. LineError when they do not come, in time or at all."""
        import aiohttp
        import yarl

        url = yarl.URL(f"http://{self._host}{path}", encoded=True)  # `raw` keeps having no value
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._opened().get(url, allow_redirects=False) as answer,
            ):
                return answer.status, await self._body(answer)
        except TimeoutError:
            why = f"does not answer within {self._timeout_s:.0f} s"
        except (aiohttp.ClientError, OSError) as error:
            why = f"cannot be reached at {self._host}{http_client.cause(error)}"
        raise LineError(self.name, why if why.endswith("?") else f"{why}.")

    async def _body(self, answer: "aiohttp.ClientResponse") -> bytes:
        body = bytearray()
        async for part in answer.content.iter_any():
            body += part
            if len(body) > LARGEST_BYTES:
                raise LineError(self.name, f"answers with more than {LARGEST_BYTES // 1024} kB.")
        return bytes(body)

    def _opened(self) -> "aiohttp.ClientSession":
        """The session, made at the first question: a house without this charger pays nothing."""
        import aiohttp

        if self._session is None:
            login = self._login
            basic = {"Authorization": aiohttp.encode_basic_auth(*login)} if login else None
            self._session = aiohttp.ClientSession(
                headers=basic,
                connector=aiohttp.TCPConnector(limit=2, keepalive_timeout=KEEP_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session

    async def aclose(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
