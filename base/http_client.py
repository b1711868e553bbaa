"""One request to a web service: its bytes, or an error by who must act.

An address may contain a key, so no error here contains an address, and no redirect is followed.
"""

import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from base.language import clause, phrase

if TYPE_CHECKING:
    import aiohttp

TIMEOUT_S = 20.0
LARGEST_BYTES = 4_000_000
LONGEST_TEXT = 200
LEAST_REST_S, USUAL_REST_S, LONGEST_REST_S = 30.0, 600.0, 3600.0
AGENT = "digital_meter (a household's own meter)"

Query = tuple[str, Mapping[str, str]]
"""An address and its query."""
Get = Callable[[str, Mapping[str, str]], Awaitable[bytes]]
_M = TypeVar("_M", bound=BaseModel)
_CAUSES = {
    errno.ECONNREFUSED: phrase("nothing listens there"),
    errno.ECONNRESET: phrase("it closed the connection"),
    errno.EHOSTUNREACH: phrase("is it on, and on the network?"),
    errno.ENETUNREACH: phrase("there is no network"),
}


class WebError(Exception):
    """No usable answer. Its text follows the service's name: "does not answer"."""

    def __init__(self, text: str) -> None:
        super().__init__(text[:LONGEST_TEXT])  # some of it may be the service's own words


class AbsentError(WebError):
    """The service has no such data (now)."""


class UnreachableError(WebError):
    """No connection, no answer in time, or the service is out of order."""


class RefusedError(WebError):
    """The key is missing or wrong: the householder must act."""


class BusyError(WebError):
    """Rate limit exceeded: no request before `rest_s` seconds have passed."""

    def __init__(self, rest_s: float = USUAL_REST_S, body: bytes = b"") -> None:
        self.rest_s = min(max(rest_s, LEAST_REST_S), LONGEST_REST_S)
        self.body = body
        super().__init__(clause("asks us to wait {s:.0f} s", s=self.rest_s))


class NonsenseError(WebError):
    """A wrong answer: an HTML page, half a file, another unit."""


class Answer(BaseModel):
    """Answer of a service: typed, and tolerant of unknown fields."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


def decoded(model: type[_M], body: bytes) -> _M:
    """The JSON of `body` as `model`. NonsenseError naming the first thing that is wrong."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        why = f"{where}: {first['msg']}" if where else "it is no JSON of the right form"
    raise NonsenseError(clause("sent something that cannot be used ({text})", text=why))


@asynccontextmanager
async def opened(timeout_s: float = TIMEOUT_S) -> AsyncIterator[Get]:
    """A function that asks; its connections are closed at the end."""
    import aiohttp  # 130 ms to import, and only a house that asks needs it

    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout_s), headers={"User-Agent": AGENT}
    ) as session:

        async def get(url: str, params: Mapping[str, str]) -> bytes:
            return await _get(session, url, params)

        yield get


async def _get(session: "aiohttp.ClientSession", url: str, params: Mapping[str, str]) -> bytes:
    return await _asked(session, "GET", url, params=params)


async def post(
    url: str, payload: object, headers: Mapping[str, str], timeout_s: float = TIMEOUT_S
) -> bytes:
    """The body of a good answer to `payload`, which is sent as JSON; a WebError for any other."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=timeout, headers={"User-Agent": AGENT}) as session:
        return await _asked(session, "POST", url, json=payload, headers=headers)


async def _asked(session: "aiohttp.ClientSession", method: str, url: str, **more: Any) -> bytes:
    """The body of a good answer; a WebError for any other."""
    import aiohttp

    try:
        async with session.request(method, url, allow_redirects=False, **more) as answer:
            body = await read_body(answer)
            status, rest = answer.status, answer.headers.get("Retry-After")
    except TimeoutError:
        why = clause("does not answer in time")
    except (aiohttp.ClientError, OSError) as error:
        why = clause("cannot be reached") + cause(error)
    else:
        if status == 200:
            return body
        raise _refusal(status, rest, body)
    raise UnreachableError(why)  # out of the except: aiohttp's own error holds the address


def cause(error: Exception) -> str:
    """The cause of a failed connection, as the end of a sentence; "" when it is not known."""
    code = error.errno if isinstance(error, OSError) else None
    if code is None:
        return ""
    if code < 0:  # of the name service
        return ": " + phrase("its name is not known here, or there is no network")
    return f": {_CAUSES[code]}" if code in _CAUSES else ""


async def read_body(answer: "aiohttp.ClientResponse") -> bytes:
    """All of an answer's bytes. NonsenseError when there are too many."""
    body = bytearray()
    async for part in answer.content.iter_chunked(65536):
        body += part
        if len(body) > LARGEST_BYTES:
            raise NonsenseError(clause("sent more than {mb:d} MB", mb=LARGEST_BYTES // 1_000_000))
    return bytes(body)


def _refusal(status: int, rest: str | None, body: bytes) -> WebError:
    match status:
        case 204 | 404:
            return AbsentError(clause("has no such data (HTTP {status})", status=status))
        case 401 | 403:
            return RefusedError(clause("refuses our key (HTTP {status})", status=status))
        case 429:
            return BusyError(rest_s(rest, datetime.now(UTC)), body)
        case _:
            return UnreachableError(clause("is out of order (HTTP {status})", status=status))


def rest_s(header: str | None, now: datetime) -> float:
    """Seconds to wait, from a Retry-After: a number or a date; ten minutes without one."""
    if header is None:
        return USUAL_REST_S
    if header.strip().isdecimal():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
        if until.tzinfo is None:  # "-0000": in UTC, from an unknown place
            until = until.replace(tzinfo=UTC)
        return (until - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):  # as the parser is seen to raise
        return USUAL_REST_S
