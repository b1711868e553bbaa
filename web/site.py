"""The page's files, access to it, and the sign-in with a phone's one-time code.

It loads everything from this server: the security headers allow nothing else, and no inline script.
"""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache
from html import escape
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from base import catalogue
from base.language import CODES, DAYS, ENGLISH, MONTHS, SENTENCES, Language
from base.messages import Acted, House
from base.version import VERSION
from base.wire.access import COOKIE, Access, Caller, bearers, may_act
from my_socket import Page

STATIC = Path(__file__).parent / "static"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
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
FIGURE = "\u2007"
"""A space as wide as a digit: 9.9 and 10.0 start at the same position, as in now.js."""
EMPTY = '<main id="main" tabindex="-1"></main>'
CARD = EMPTY.replace(
    "><",
    '><section class="card"><h2><span>{title}</span></h2>'
    '<div class="first"><p class="big"><span>{number}</span><small> kW</small></p></div>'
    "</section><",
)
REASONS = {f"/reasons-{code}.json": code for code in CODES if code != "en"}
"""Loaded when a browser first asks for them, in a thread: a house without a page needs none."""
COOKIE_S = 400 * 86400
"""The longest that browsers keep a cookie."""


def _unknown() -> House | None:
    """A meter without any data yet."""
    return None


async def _unanswered(_: str) -> Acted | None:
    """For a meter without notifications: there is no code."""
    return None


class Site:
    """The pages of one meter. `enter` exchanges a one-time code for a cookie, or None; `answer`
    carries out the button of a notification by its code, None for an unknown or expired one.
    `house` is the current one, None when it is old."""

    def __init__(
        self,
        access: Access,
        enter: Callable[[str], str | None],
        language: Language = ENGLISH,
        answer: Callable[[str], Awaitable[Acted | None]] = _unanswered,
        house: Callable[[], House | None] = _unknown,
    ) -> None:
        self._access, self._enter, self._language = access, enter, language
        self._answer, self._house = answer, house
        self._files = {
            f"/{file.name}": _file(file) for file in STATIC.iterdir() if file.suffix in KINDS
        }
        front = self._files.pop("/index.html").text
        self._front = front.replace("<html ", f'<html data-version="{VERSION}" ')

    def holds(self, path: str) -> bool:
        """True if the path is one of the page's."""
        return path in (*self._files, *REASONS, "/", "/access", "/enter", "/answer")

    def page(self, caller: Caller) -> Page | Awaitable[Page]:
        """The file, or the answer of one of the three endpoints."""
        match caller.path:
            case "/":
                return self._first(caller)
            case "/access":
                return self._rights(caller)
            case "/enter":
                return self._entered(caller)
            case "/answer":
                return self._answered(caller)
        if code := REASONS.get(caller.path):
            return asyncio.to_thread(_reasons, code)
        return self._files[caller.path]

    async def _first(self, caller: Caller) -> Page:
        """The page with the current headroom in it: a slow telephone shows it before its scripts
        run. Only for clients with access, and only a fresh number."""
        text, house = self._front, self._house()
        if self._may(caller) != "nothing" and house is not None and house.headroom_kw is not None:
            reader = await asyncio.to_thread(_reader, preferred(caller.languages))
            text = _with_headroom(text, house, house.headroom_kw, reader)
        return Page(text, kind=KINDS[".html"], headers=_kept(NEVER_KEPT))

    def _may(self, caller: Caller) -> str:
        if may_act(caller, self._access):
            return "act"
        return "read" if self._access.read_only else "nothing"

    def _rights(self, caller: Caller) -> Page:
        """The rights of this browser, so that the page can name missing ones."""
        text = json.dumps({"may": self._may(caller)})
        return Page(text, kind="application/json", headers=_kept(NEVER_KEPT))

    async def _answered(self, caller: Caller) -> Page:
        """The result of a notification's button: the code is in the Authorization header, which no
        other page can send from a browser."""
        kept = _kept(NEVER_KEPT)
        for code in bearers(caller):
            if (done := await self._answer(code)) is not None:
                status = HTTPStatus.OK if done.done else HTTPStatus.CONFLICT
                return Page(f"{self._language.read(done.text)}\n", status, headers=kept)
        late = self._language.say(
            "This button has expired. The meter's page shows the current state."
        )
        return Page(f"{late}\n", HTTPStatus.FORBIDDEN, headers=kept)

    def _entered(self, caller: Caller) -> Page:
        code = parse_qs(caller.target.partition("?")[2]).get("code", [""])[0]
        cookie = self._enter(code)
        if cookie is None:
            used = self._language.say(
                "This code was already used or is older than ten minutes. Run ./do_py.sh phone"
                " again and scan the new code."
            )
            return Page(f"{used}\n", HTTPStatus.FORBIDDEN, headers=_kept(NEVER_KEPT))
        kept = f"{COOKIE}={cookie}; Path=/; Max-Age={COOKIE_S}; HttpOnly; SameSite=Strict"
        headers = (*_kept(NEVER_KEPT), ("Set-Cookie", kept), ("Location", "/"))
        return Page("", HTTPStatus.SEE_OTHER, headers=headers)


def preferred(languages: str) -> str:
    """The first of our languages that an Accept-Language names, as the page chooses it."""
    codes = (each.strip()[:2].lower() for each in languages.split(","))
    return next((code for code in codes if code in CODES), "en")


def _with_headroom(text: str, house: House, room_kw: float, language: Language) -> str:
    """The front page with the card that answers the first question, as now.js draws it."""
    title = language.say("You can switch on")
    if room_kw < 0:
        eased = (house.yields_kw or 0.0) >= -room_kw
        off = language.say("Too much power: switch off")
        title = language.say("Car or battery reduces power") if eased else off
    number = language.number(abs(room_kw), decimals=1).rjust(4, FIGURE)
    values = {"title": title, "number": number}
    card = CARD.format_map({name: escape(value) for name, value in values.items()})
    text = text.replace('lang="en"', f'lang="{language.code}"')
    text = text.replace("<time>–</time>", f"<time>{language.time(house.time)}</time>")
    return text.replace(EMPTY, card)


def reasons_told(language: Language) -> dict[str, object]:
    """Sentences that are sent in English, in the order in which they are tried, for read.js."""
    days, months = DAYS[language.code], MONTHS[language.code]
    return {
        "language": language.code,
        "reasons": [
            (each.message, language.catalogue.gettext(each.message)) for each in language.reasons
        ],
        "days": dict(zip(DAYS["en"], days, strict=True)),
        "months": dict(zip(MONTHS["en"], months, strict=True)),
        "sentences": sorted(SENTENCES),
    }


@cache
def _reader(code: str) -> Language:
    """The language of a reader of the front page; the browser itself reads reasons back."""
    return replace(catalogue.language(code), reasons=())


@cache
def _reasons(code: str) -> Page:
    told = reasons_told(catalogue.language(code))
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return _packed(text, KINDS[".json"])


def _file(file: Path) -> Page:
    return _packed(file.read_text(encoding="utf-8"), KINDS[file.suffix])


def _packed(text: str, kind: str) -> Page:
    """A page that is the same for everyone, compressed once."""
    return Page(text, kind=kind, headers=_kept(FRESH), packed=gzip.compress(text.encode(), mtime=0))


def _kept(cache: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (*HEADERS, cache)
