"""The page's files, who may do what on it, and the door for a phone's one-time code.

Everything it loads comes from here: the security headers allow nothing else, no script in the
page itself either.
"""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from base.language import ENGLISH, Language
from base.messages import Acted
from base.wire.access import COOKIE, Access, Caller, bearers, may_act
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


async def _unanswered(_: str) -> Acted | None:
    """Answers no code: a meter without notifications."""
    return None


class Site:
    """The pages of one meter. `enter` makes a one-time code a cookie, or None; `answer` does what
    the button of a notification with a code says, None: it has no such button (any more)."""

    def __init__(
        self,
        access: Access,
        enter: Callable[[str], str | None],
        language: Language = ENGLISH,
        answer: Callable[[str], Awaitable[Acted | None]] = _unanswered,
    ) -> None:
        self._access, self._enter, self._language = access, enter, language
        self._answer = answer
        self._files = {
            f"/{file.name}": _file(file) for file in STATIC.iterdir() if file.suffix in KINDS
        }
        self._files["/"] = self._files.pop("/index.html")

    def holds(self, path: str) -> bool:
        """True if the path is one of the page's."""
        return path in self._files or path in ("/access", "/enter", "/answer")

    def page(self, caller: Caller) -> Page | Awaitable[Page]:
        """The file, or the answer of one of the three doors."""
        match caller.path:
            case "/access":
                return self._rights(caller)
            case "/enter":
                return self._entered(caller)
            case "/answer":
                return self._answered(caller)
        return self._files[caller.path]

    def _rights(self, caller: Caller) -> Page:
        """What this browser may do, so that the page can say what is missing."""
        may = "act" if may_act(caller, self._access) else "read"
        if may == "read" and not self._access.read_only:
            may = "nothing"
        text = json.dumps({"may": may})
        return Page(text, kind="application/json", headers=_kept(NEVER_KEPT))

    async def _answered(self, caller: Caller) -> Page:
        """What came of a notification's button: the code is in the Authorization header, which no
        other page can send from a browser."""
        kept = _kept(NEVER_KEPT)
        for code in bearers(caller):
            if (done := await self._answer(code)) is not None:
                status = HTTPStatus.OK if done.done else HTTPStatus.CONFLICT
                return Page(f"{self._language.read(done.text)}\n", status, headers=kept)
        late = self._language.say(
            "This button can no longer be pressed. The page of the meter says what holds now."
        )
        return Page(f"{late}\n", HTTPStatus.FORBIDDEN, headers=kept)

    def _entered(self, caller: Caller) -> Page:
        code = parse_qs(caller.target.partition("?")[2]).get("code", [""])[0]
        cookie = self._enter(code)
        if cookie is None:
            used = self._language.say(
                "This code was used already, or is older than ten minutes. Type ./do_py.sh phone"
                " again and scan the new one."
            )
            return Page(f"{used}\n", HTTPStatus.FORBIDDEN, headers=_kept(NEVER_KEPT))
        kept = f"{COOKIE}={cookie}; Path=/; Max-Age={COOKIE_S}; HttpOnly; SameSite=Strict"
        headers = (*_kept(NEVER_KEPT), ("Set-Cookie", kept), ("Location", "/"))
        return Page("", HTTPStatus.SEE_OTHER, headers=headers)


def _file(file: Path) -> Page:
    text = file.read_text(encoding="utf-8")
    return Page(text, kind=KINDS[file.suffix], headers=_kept(FRESH))


def _kept(cache: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (*HEADERS, cache)
