"""The page's files, who may do what on it, and the door for a phone's one-time code.

Everything it loads comes from here: the security headers allow nothing else, no script in the
page itself either.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from base.wire.access import COOKIE, Access, Caller, may_act
from my_socket import Page

STATIC = Path(__file__).parent / "static"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
FRESH = ("Cache-Control", "no-cache")
NEVER_KEPT = ("Cache-Control", "no-store")
COOKIE_S = 400 * 86400
"""The longest that browsers keep a cookie."""
USED = """This code was used already, or is older than ten minutes.
Type ./do_py.sh phone again and scan the new one.
"""


class Site:
    """The pages of one meter. `enter` makes a one-time code a cookie, or None."""

    def __init__(self, access: Access, enter: Callable[[str], str | None], language: str) -> None:
        self._access, self._enter, self._language = access, enter, language
        self._files = {
            f"/{file.name}": _file(file) for file in STATIC.iterdir() if file.suffix in KINDS
        }
        self._files["/"] = self._files.pop("/index.html")

    def holds(self, path: str) -> bool:
        """Whether the path is one of the page's."""
        return path in self._files or path in ("/access", "/enter")

    def page(self, caller: Caller) -> Page:
        """The file, or the answer of one of the two doors."""
        match caller.path:
            case "/access":
                return self._rights(caller)
            case "/enter":
                return self._entered(caller)
        return self._files[caller.path]

    def _rights(self, caller: Caller) -> Page:
        """What this browser may do, so that the page can say what is missing."""
        may = "act" if may_act(caller, self._access) else "read"
        if may == "read" and not self._access.read_only:
            may = "nothing"
        text = json.dumps({"may": may, "language": self._language})
        return Page(text, kind="application/json", headers=_kept(NEVER_KEPT))

    def _entered(self, caller: Caller) -> Page:
        code = parse_qs(caller.target.partition("?")[2]).get("code", [""])[0]
        cookie = self._enter(code)
        if cookie is None:
            return Page(USED, HTTPStatus.FORBIDDEN, headers=_kept(NEVER_KEPT))
        kept = f"{COOKIE}={cookie}; Path=/; Max-Age={COOKIE_S}; HttpOnly; SameSite=Strict"
        headers = (*_kept(NEVER_KEPT), ("Set-Cookie", kept), ("Location", "/"))
        return Page("", HTTPStatus.SEE_OTHER, headers=headers)


def _file(file: Path) -> Page:
    text = file.read_text(encoding="utf-8")
    return Page(text, kind=KINDS[file.suffix], headers=_kept(FRESH))


def _kept(cache: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (*HEADERS, cache)
