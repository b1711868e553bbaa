"""The edge to the web services of cars: one session that asks, keeps cookies and can be closed.

Addresses and bodies can contain passwords, so no error made here contains either.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from base.http_client import (
    AGENT,
    TIMEOUT_S,
    AbsentError,
    BusyError,
    RefusedError,
    UnreachableError,
    WebError,
    cause,
    read_body,
    rest_s,
)
from base.language import clause, phrase

if TYPE_CHECKING:
    import aiohttp

REFUSED = {
    400: clause("does not accept the request"),
    401: clause("refuses our key or password"),
    403: clause("does not allow it"),
    430: clause("does not include this in your plan there"),
    501: clause("cannot do this for this car"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A good answer: where it came from in the end, and its bytes."""

    url: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Asker:
    """Asks the web service of one source. aiohttp is loaded with the first request."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, method: str, url: str, *, follow: bool = False, **options: Any) -> Page:
        """The answer to one request. WebError if it failed.

        `follow`: from page to page, as a browser does. `options` are aiohttp's: headers, params,
        data, json.
        """
        import aiohttp

        session = self._opened()
        try:
            async with session.request(method, url, allow_redirects=follow, **options) as answer:
                body = await read_body(answer)
                status, rest = answer.status, answer.headers.get("Retry-After")
                where = str(answer.url)
        except TimeoutError:
            why = clause("does not answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            why = clause("cannot be reached") + cause(error)
        else:
            if status in (200, 201, 202):
                return Page(where, body)
            raise _refusal(status, rest, body)
        raise UnreachableError(why)  # out of the except: aiohttp's own error holds the address

    def forget(self) -> None:
        """Delete all cookies: the next request is unauthenticated."""
        self._opened().cookie_jar.clear()

    async def close(self) -> None:
        """Close all connections; it may be used again."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> "aiohttp.ClientSession":
        import aiohttp  # 130 ms to import, and only a house that asks needs it

        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout_s), headers={"User-Agent": AGENT}
            )
        return self._session


def _refusal(status: int, rest: str | None, body: bytes) -> WebError:
    if status in (204, 404, 409):
        return AbsentError(clause("has no data of this car now (HTTP {status})", status=status))
    if status == 429:
        return BusyError(rest_s(rest, datetime.now(UTC)), body)
    if 300 <= status < 400:
        return RefusedError(clause("needs a login first (HTTP {status})", status=status))
    if status in REFUSED:
        return RefusedError(
            phrase("{reason} (HTTP {status})", reason=REFUSED[status], status=status)
        )
    return UnreachableError(clause("is out of order (HTTP {status})", status=status))
