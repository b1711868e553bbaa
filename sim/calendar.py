"""Calendar services on loopback: Google's REST shape with its login, and a secret iCal address."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from sim.calendar_entries import Entry, ical, item

if TYPE_CHECKING:
    from aiohttp import web

SECRET = "private-0123456789abcdef"
SCOPE = "https://www.googleapis.com/auth/calendar.events.readonly"


class Trouble(Enum):
    """Faults of a calendar service."""

    NONE = "none"
    REVOKED = "the login is not renewed"
    REFUSED = "each login is refused"
    BUSY = "asked too often"
    API_OFF = "the project has not enabled the API"
    BROKEN = "out of order"
    HTML = "a web page instead of data"
    HALF = "an answer that is cut"
    GONE = "no such calendar"


@dataclass(kw_only=True)
class SimCalendar:
    """A calendar that is served at `base`, and can be changed and broken meanwhile."""

    entries: list[Entry] = field(default_factory=list)
    trouble: Trouble = Trouble.NONE
    page_size: int = 2500
    base: str = ""
    ics: str | None = None
    questions: list[str] = field(default_factory=list)
    issued: int = 0

    @property
    def address(self) -> str:
        """The secret iCal address."""
        return f"{self.base}/calendar/ical/jan%40example.com/{SECRET}/basic.ics"

    @property
    def api(self) -> str:
        """Address for Google's client, instead of Google's own."""
        return f"{self.base}/calendar/v3/"

    def login_file(self, expiry: datetime) -> dict[str, object]:
        """Contents of the token file after a login at this service."""
        return {
            "token": self.token, "refresh_token": "refresh-0", "client_id": "client-0",
            "client_secret": "none", "token_uri": f"{self.base}/token", "scopes": [SCOPE],
            "expiry": f"{expiry.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }  # fmt: skip

    def client_file(self) -> dict[str, object]:
        """Contents of a desktop client's file of this service."""
        return {
            "installed": {
                "client_id": "client-0", "client_secret": "none",
                "auth_uri": f"{self.base}/auth", "token_uri": f"{self.base}/token",
                "redirect_uris": ["http://localhost"],
            }
        }  # fmt: skip

    @property
    def token(self) -> str:
        """The one access token that is good now."""
        return f"access-{self.issued}"


@asynccontextmanager
async def serving(entries: Iterable[Entry] = ()) -> AsyncIterator[SimCalendar]:
    """A calendar that answers on loopback until the end of the block."""
    from aiohttp import web

    from sim.http_server import on_http

    calendar = SimCalendar(entries=list(entries))
    service = _Service(calendar)
    app = web.Application()
    app.router.add_get("/calendar/v3/calendars/{calendar}/events", service.events)
    app.router.add_get("/calendar/ical/{who}/{secret}/basic.ics", service.ical)
    app.router.add_get("/auth", service.auth)
    app.router.add_post("/token", service.token)
    async with on_http(app) as calendar.base:
        yield calendar


class _Service:
    """The answers, as Google gives them."""

    def __init__(self, calendar: SimCalendar) -> None:
        self._calendar = calendar

    async def events(self, request: "web.Request") -> "web.Response":
        """events.list with singleEvents: one page of the entries that overlap the window."""
        self._calendar.questions.append(str(request.rel_url))
        good = request.headers.get("Authorization") == f"Bearer {self._calendar.token}"
        trouble = self._calendar.trouble if good else Trouble.REFUSED
        if refusal := _refusal(trouble):
            return refusal
        asked = request.query
        since, until = (datetime.fromisoformat(asked[key]) for key in ("timeMin", "timeMax"))
        found = [
            item(entry)
            for entry in sorted(self._calendar.entries, key=lambda entry: entry.start)
            if (entry.end or entry.start) > since and entry.start < until
        ]
        first = int(asked.get("pageToken", 0))
        last = first + self._calendar.page_size
        page: dict[str, object] = {"kind": "calendar#events", "items": found[first:last]}
        return _json(page | ({"nextPageToken": str(last)} if last < len(found) else {}))

    async def ical(self, request: "web.Request") -> "web.Response":
        """The complete calendar, for anyone with the secret."""
        from aiohttp import web

        self._calendar.questions.append(request.path)
        known = request.match_info["secret"] == SECRET
        if refusal := _refusal(self._calendar.trouble if known else Trouble.GONE):
            return refusal
        text = self._calendar.ics
        text = ical(self._calendar.entries) if text is None else text
        if self._calendar.trouble is Trouble.HALF:
            text = text[: len(text) // 2]
        return web.Response(text=text, content_type="text/calendar")

    async def auth(self, request: "web.Request") -> "web.Response":
        """The owner presses Allow: the browser is sent back with a code."""
        from aiohttp import web
        from yarl import URL

        back = {"code": "code-0", "state": request.query["state"], "scope": SCOPE}
        raise web.HTTPFound(URL(request.query["redirect_uri"]).with_query(back))

    async def token(self, request: "web.Request") -> "web.Response":
        """A new access token for a code, a refresh token or a signed assertion."""
        form = await request.post()
        self._calendar.questions.append(f"token {form.getone('grant_type')!s}")
        if self._calendar.trouble is Trouble.REVOKED:
            why = "Token has been expired or revoked."
            return _json({"error": "invalid_grant", "error_description": why}, 400)
        self._calendar.issued += 1
        answer = {"access_token": self._calendar.token, "expires_in": 3599, "token_type": "Bearer"}
        if form.get("grant_type") == "authorization_code":
            answer["refresh_token"] = "refresh-0"
        return _json(answer | {"scope": SCOPE})


def _refusal(trouble: Trouble) -> "web.Response | None":
    """The answer of a failing service."""
    from aiohttp import web

    match trouble:
        case Trouble.REFUSED:
            return _error(401, "Invalid Credentials", "authError")
        case Trouble.BUSY:
            return _error(403, "Rate Limit Exceeded", "rateLimitExceeded")
        case Trouble.API_OFF:
            return _error(403, "Calendar API has not been used in project", "accessNotConfigured")
        case Trouble.BROKEN:
            return _error(503, "Backend Error", "backendError")
        case Trouble.GONE:
            return _error(404, "Not Found", "notFound")
        case Trouble.HTML:
            return web.Response(text="<!doctype html><p>Sign in", content_type="text/html")
        case _:
            return None


def _error(status: int, message: str, reason: str) -> "web.Response":
    said = {"message": message, "domain": "global", "reason": reason}
    return _json({"error": {"code": status, "message": message, "errors": [said]}}, status)


def _json(answer: object, status: int = 200) -> "web.Response":
    from aiohttp import web

    return web.json_response(answer, status=status)
