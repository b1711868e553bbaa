"""Requests to a charger's own web server: status and bytes, or an error with the reason.

At most two persistent connections: the second opens only for a write during a read.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from base import http_client
from base.language import clause
from ev.chargers.charger import LineError

if TYPE_CHECKING:
    import aiohttp

LARGEST_BYTES = 65536
KEEP_S = 60.0
_NONSENSE = 1e12  # no W, Wh or code is that large; NaN and infinity are not below it either


class HttpWire:
    """The HTTP side of the charger called `name` at `host` (with :port when it is not 80).

    `headers` are sent with each request, and `login` (user and password) as Basic auth.
    """

    def __init__(
        self,
        name: str,
        host: str,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.name, self.host = name, host
        self._timeout_s = timeout_s
        self._headers, self._login = dict(headers or {}), login
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self, path: str, method: str = "GET", body: Mapping[str, object] | None = None
    ) -> tuple[int, bytes]:
        """Status and body. LineError without an answer in time."""
        import aiohttp
        import yarl

        url = yarl.URL(f"http://{self.host}{path}", encoded=True)  # `raw` keeps having no value
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._opened().request(method, url, json=body, allow_redirects=False) as answer,
            ):
                return answer.status, await self._body(answer)
        except TimeoutError:
            why = clause("does not answer within {s:.0f} s", s=self._timeout_s)
        except (aiohttp.ClientError, OSError) as error:
            why = clause("cannot be reached at {place}", place=self.host)
            why += http_client.cause(error)
        raise LineError(self.name, why if why.endswith("?") else f"{why}.")

    async def _body(self, answer: "aiohttp.ClientResponse") -> bytes:
        body = bytearray()
        async for part in answer.content.iter_any():
            body += part
            if len(body) > LARGEST_BYTES:
                raise LineError(
                    self.name,
                    clause(
                        "answers with more than {kb} kB.",
                        kb=LARGEST_BYTES // 1024,
                    ),
                )
        return bytes(body)

    def object_of(self, body: bytes) -> dict[str, object]:
        """The JSON object in an answer. LineError when it is not one."""
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            why = clause(
                "answers with a page, not with values: is {host} the charger?", host=self.host
            )
            raise LineError(self.name, why)
        return answer

    def _opened(self) -> "aiohttp.ClientSession":
        """The session, opened at the first request: a house without this charger pays nothing."""
        import aiohttp

        if self._session is None:
            if self._login is not None:
                self._headers["Authorization"] = aiohttp.encode_basic_auth(*self._login)
            self._session = aiohttp.ClientSession(
                headers=self._headers,
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


class HttpDriver:
    """The part of a Driver that chargers on HTTP share: without a watchdog, the last set-point
    stays."""

    keep_s: float | None = None

    def __init__(self, wire: HttpWire) -> None:
        self._wire = wire

    async def keep(self) -> None:
        """Nothing to do: the charger keeps its settings."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()


def number(answer: object, *path: str | int) -> float | None:
    """The number at that path; None when a part of the path is missing or it is not a number."""
    for key in path:
        if isinstance(key, int):
            answer = answer[key] if isinstance(answer, list) and key < len(answer) else None
        else:
            answer = answer.get(key) if isinstance(answer, Mapping) else None
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return None
    return float(answer) if abs(answer) < _NONSENSE else None


def whole(answer: object, *path: str | int) -> int | None:
    """The same as a whole number."""
    found = number(answer, *path)
    return None if found is None else int(found)
