"""A simulated EU Data Act portal with its identity site: forms, cookies, zipped files.

It behaves as the real one: a file each quarter of an hour with the changes, an empty one while
the car sleeps, times that are often missing, sessions that end.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from zipfile import ZIP_DEFLATED, ZipFile

from aiohttp import web

SLOT = timedelta(minutes=15)
KEPT = 96
IDENTIFIER = "request-1"
COOKIE = "portal_session"
Handler = Callable[[web.Request], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A car as its cloud has it: the state the car sent at `at` (UTC), before it fell asleep."""

    at: datetime
    soc_pct: float
    plugged: bool = False
    charging: bool = False
    range_km: float | None = None
    target_pct: float = 80.0
    asleep: bool = False


class Landing(Enum):
    """Page of the identity site after the password."""

    PORTAL = "the portal"
    CONSENT = "a page that asks for consent"
    MARKETING = "an offer of advertising, which can be skipped"


class Portal:
    """One account with one car. `url` and `identity_url` are set when it is served.

    `one_form`: e-mail and password on one page. `form_host`: where the form leads, if elsewhere.
    `dated`: values carry their time.
    """

    def __init__(self, look: Callable[[], Shown], clock: Callable[[], datetime]) -> None:
        self.vin, self.user, self.password = "WAUZZZF00NA012345", "owner@example.com", "Br0mf1ets"
        self.url = self.identity_url = ""
        self.one_form = False
        self.form_host = ""
        self.dated = True
        self.requested = True
        self.landing = Landing.PORTAL
        self.logins = 0
        self.downloads: list[str] = []
        self._look, self._clock = look, clock
        self._files: dict[str, tuple[datetime, bytes]] = {}
        self._session = ""
        self._began = clock()

    def expire(self) -> None:
        """Every session has ended."""
        self._session = ""

    def deliver(self, at: datetime, archive: bytes | None = None) -> None:
        """One more file is listed as created `at`: `archive`, or the car's current state."""
        shown = self._look()
        empty = "_no_content_found" if shown.asleep and archive is None else ""
        name = f"{at:%Y%m%d%H%M%S}_{self.vin}{empty}.zip"
        body = archive if archive is not None else zipped(self.document(shown))
        self._files[name] = (at, body)
        for old in list(self._files)[:-KEPT]:
            del self._files[old]

    def document(self, shown: Shown) -> dict[str, Any]:
        """The JSON of a file, with the values of `shown`."""
        values = {
            "battery_level_HV.value": f"{shown.soc_pct:.1f}",
            "battery_level_HV.state": "VALID",
            "plug_state": "connected" if shown.plugged else "disconnected",
            "charging_state": "charging" if shown.charging else "readyForCharging",
            "settings.target_soc": f"{shown.target_pct:.0f}",
            "remaining_charging_time": "65535",
        }
        if shown.range_km is not None:
            values["cruising_range_primary_engine"] = f"{shown.range_km:.0f}"
        time = f"{shown.at:%Y-%m-%dT%H:%M:%SZ}" if self.dated else "0001-01-01T00:00:00Z"
        data = [
            {"key": f"key-{name}", "dataFieldName": name, "value": value, "timestampUtc": time}
            for name, value in values.items()
        ]
        return {"vin": self.vin, "Data": data}

    def routes(self) -> list[web.RouteDef]:
        delivery = f"/proxy_api/euda-apim/datadelivery/vehicles/{self.vin}/{IDENTIFIER}"
        return [
            web.get("/", self._plain),
            web.get("/login", self._login),
            web.get("/oidc/v1/authorize", self._authorize),
            web.post("/u/login", self._both),
            web.post("/signin-service/v1/client/login/identifier", self._email),
            web.post("/signin-service/v1/client/login/authenticate", self._password),
            web.get("/signin-service/v1/callback", self._callback),
            web.get("/signin-service/v1/{rest:.*}", self._plain),
            web.get("/proxy_api/consent/me/vehicles", self._guarded(self._vehicles)),
            web.get(
                f"/proxy_api/euda-apim/datarequest/vehicles/{self.vin}/metadata/partial",
                self._guarded(self._metadata),
            ),
            web.get(f"{delivery}/list", self._guarded(self._list)),
            web.get(f"{delivery}/download", self._guarded(self._download)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        """Without the cookie of a living session the answer is 401."""

        async def guarded(request: web.Request) -> web.Response:
            if not self._session or request.cookies.get(COOKIE) != self._session:
                return web.Response(status=401)
            answer: web.Response = handler(request)
            return answer

        return guarded

    async def _plain(self, request: web.Request) -> web.Response:
        return web.Response(text="<html><body>A page</body></html>", content_type="text/html")

    async def _authorize(self, request: web.Request) -> web.Response:
        if not request.query["client_id"].endswith("@apps_vw-dilab_com"):
            return web.Response(status=400)
        fields = {"state": "state-1"} if self.one_form else _first_fields()
        inputs = "".join(f'<input type="hidden" name="{k}" value="{v}">' for k, v in fields.items())
        where = "/u/login" if self.one_form else "/signin-service/v1/client/login/identifier"
        name = "login" if self.one_form else "emailPasswordForm"
        text = f'<html><form id="{name}" action="{self.form_host}{where}">{inputs}</form></html>'
        return web.Response(text=text, content_type="text/html")

    async def _email(self, request: web.Request) -> web.Response:
        form = await request.post()
        known = form["hmac"] == "hmac-1" and form["email"] == self.user
        model = {"hmac": "hmac-2", "relayState": "relay-1"} if known else {"error": "unknown"}
        return web.Response(text=_script(model), content_type="text/html")

    async def _password(self, request: web.Request) -> web.Response:
        form = await request.post()
        sound = (form["hmac"], form["_csrf"], form["relayState"]) == ("hmac-2", "csrf-2", "relay-1")
        if not sound:
            return web.Response(status=400)
        return self._after(form["email"] == self.user and form["password"] == self.password)

    async def _both(self, request: web.Request) -> web.Response:
        form = await request.post()
        sound = form["state"] == request.query["state"] == "state-1"
        right = form["username"] == self.user and form["password"] == self.password
        return self._after(right) if sound else web.Response(status=400)

    def _after(self, right: bool) -> web.Response:
        """Onward to the portal with a code, or to the page in between."""
        self.logins += 1
        if not right:
            where = "/signin-service/v1/client/login?error=login.errors.password_invalid"
        elif self.landing is Landing.CONSENT:
            where = "/signin-service/v1/consent/users/1"
        elif self.landing is Landing.MARKETING:
            back = urlencode({"callback": f"{self.identity_url}/signin-service/v1/callback"})
            where = f"/signin-service/v1/consent/marketing/1?{back}"
        else:
            where = "/signin-service/v1/callback"
        raise web.HTTPFound(where)

    async def _callback(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(f"{self.url}/login?code=code-{self.logins}")

    async def _login(self, request: web.Request) -> web.Response:
        self._session = request.query.get("code", "")
        answer = web.Response(text="<html>Welcome</html>", content_type="text/html")
        answer.set_cookie(COOKIE, self._session)
        return answer

    def _vehicles(self, request: web.Request) -> web.Response:
        return web.json_response([{"vin": self.vin, "nickName": "Q4"}])

    def _metadata(self, request: web.Request) -> web.Response:
        if not self.requested:
            return web.Response(status=404)
        return web.json_response({"Identifier": IDENTIFIER})

    def _list(self, request: web.Request) -> web.Response:
        self._catch_up()
        if not self._files:
            return web.Response(status=404)
        files = [
            {"name": name, "createdOn": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
            for name, (at, _) in self._files.items()
        ]
        return web.json_response({"files": files})

    def _download(self, request: web.Request) -> web.Response:
        name = request.headers.get("filename", "")
        if request.headers.get("type") != "partial" or name not in self._files:
            return web.Response(status=404)
        self.downloads.append(name)
        return web.Response(body=self._files[name][1], content_type="application/zip")

    def _catch_up(self) -> None:
        """A file for each quarter of an hour that has ended since the last look."""
        while self._began + SLOT <= self._clock():
            self._began += SLOT
            self.deliver(self._began)


def zipped(document: object) -> bytes:
    """The document as the portal delivers it: one JSON file in a zip."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as files:
        files.writestr("data.json", json.dumps(document))
    return buffer.getvalue()


def _first_fields() -> dict[str, str]:
    return {"_csrf": "csrf-1", "relayState": "relay-1", "hmac": "hmac-1"}


def _script(model: dict[str, str]) -> str:
    """The password page: its form is made by a script from these fields."""
    fields = {
        "postAction": "login/authenticate",
        "identifierUrl": "login/identifier",
        **model,
    }
    return (
        "<html><script>window._IDK = { templateModel: "
        f"{json.dumps(fields)}, csrf_token: 'csrf-2' }};</script></html>"
    )
