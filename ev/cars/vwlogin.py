"""The login of VW's EU Data Act portal: two forms on the identity site, then cookies.

Passwords go to the identity site and nowhere else. The site has two kinds of pages: e-mail first
and password next, or both at once.
"""

import json
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from base.http_client import NonsenseError, RefusedError, WebError
from base.language import clause, phrase
from ev.cars.asking import Asker, Page

PORTAL = "https://eu-data-act.drivesomethinggreater.com"
IDENTITY = "https://identity.vwgroup.io"
SCOPE = "openid cars profile"
CLIENT = "{}@apps_vw-dilab_com"
_CSRF = re.compile(r"csrf_token\s*[:=]\s*['\"]([^'\"]+)['\"]")


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand by the number its portal has at the identity site, and its name there."""

    client: str
    state: str


BRANDS = {
    "vw": Brand("9b58543e-1c15-4193-91d5-8a14145bebb0", "VOLKSWAGEN_PASSENGER_CARS"),
    "audi": Brand("cc29b87a-5e9a-4362-aecf-5adea6b01bbb", "AUDI"),
    "skoda": Brand("3ea88bf9-1d4e-4a68-b3ad-4098c1f1d246", "SKODA"),
    "seat": Brand("f85e5b69-e3b2-43aa-9c0d-1b7d0e0b576f", "SEAT"),
    "cupra": Brand("f85e5b69-e3b2-43aa-9c0d-1b7d0e0b576f", "CUPRA"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose portal it is. Not shown: it holds a password."""

    brand: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    portal_url: str = PORTAL
    identity_url: str = IDENTITY


async def log_in(asker: Asker, account: Account) -> None:
    """The asker's cookies open the portal. RefusedError tells the owner what to do."""
    asker.forget()
    with suppress(WebError):  # only for the portal's cookies; whether it works shows below
        await asker.ask("GET", account.portal_url + "/", follow=True)
    page = await _authorize(asker, account)
    fields, action = form(page.text)
    if "state" in fields and "hmac" not in fields:
        page = await _both_at_once(asker, account, page, fields)
    else:
        page = await _one_by_one(asker, account, page, fields, action)
    _judge(await _past_marketing(asker, account, page), account)


async def _authorize(asker: Asker, account: Account) -> Page:
    brand = BRANDS[account.brand]
    params = {
        "client_id": CLIENT.format(brand.client),
        "response_type": "code",
        "scope": SCOPE,
        "state": f"de__en__{brand.state}",
        "redirect_uri": account.portal_url + "/login",
        "prompt": "login",
        "nonce": secrets.token_urlsafe(32),
    }
    url = account.identity_url + "/oidc/v1/authorize"
    return await asker.ask("GET", url, follow=True, params=params)


async def _both_at_once(asker: Asker, account: Account, page: Page, fields: dict[str, str]) -> Page:
    url = account.identity_url + "/u/login"
    data = {**fields, "username": account.user, "password": account.password}
    return await asker.ask("POST", url, follow=True, data=data, params={"state": fields["state"]})


async def _one_by_one(
    asker: Asker, account: Account, page: Page, fields: dict[str, str], action: str
) -> Page:
    """The page after the e-mail is posted, and then the password with what that page gave."""
    if "hmac" not in fields:
        raise NonsenseError(clause("shows an unknown login page; it has changed"))
    first = _own(urljoin(page.url, action), account)
    page = await asker.ask("POST", first, follow=True, data={**fields, "email": account.user})
    model = template(page.text)
    if "hmac" not in model:
        raise RefusedError(clause("does not know the e-mail address in secrets.json"))
    data = {
        "_csrf": csrf(page.text) or fields.get("_csrf", ""),
        "relayState": str(model.get("relayState", "")),
        "hmac": str(model["hmac"]),
        "email": account.user,
        "password": account.password,
    }
    return await asker.ask("POST", _second(first, model, account), follow=True, data=data)


def _second(first: str, model: dict[str, Any], account: Account) -> str:
    """Address of the password form: a whole path, or the end that replaces the first one's."""
    post = str(model.get("postAction", "login/authenticate"))
    if "/" in post[:1] or "://" in post:
        return _own(urljoin(first, post), account)
    return _own(first.replace(str(model.get("identifierUrl", "login/identifier")), post), account)


def _own(url: str, account: Account) -> str:
    """The address, when it is the identity site's: a password goes nowhere else."""
    wanted, found = urlsplit(account.identity_url), urlsplit(url)
    if (wanted.scheme, wanted.netloc) != (found.scheme, found.netloc):
        raise NonsenseError(clause("asks for the password on another site; it was not sent"))
    return url


async def _past_marketing(asker: Asker, account: Account, page: Page) -> Page:
    """The page behind an offer of advertising, which need not be answered."""
    if "/consent/marketing" not in urlsplit(page.url).path:
        return page
    onward = parse_qs(urlsplit(page.url).query).get("callback", [""])[0]
    return await asker.ask("GET", _own(onward, account), follow=True)


def _judge(page: Page, account: Account) -> None:
    """Nothing, when the browser is on the portal. RefusedError with the reason."""
    here = urlsplit(page.url)
    asks = phrase("log in once at {url} in a browser", url=account.portal_url)
    if "/consent" in here.path or "terms" in here.path:
        raise RefusedError(clause("asks for your consent first: {text}", text=asks))
    if here.netloc != urlsplit(account.portal_url).netloc or "error" in here.path:
        said = f"{here.query} {template(page.text).get('error', '')}"
        if "throttle" in said:
            raise RefusedError(
                clause("received too many logins and locked the account for a while")
            )
        if "password" in said or "u/login" in here.path:
            raise RefusedError(clause("refuses the e-mail address or password in secrets.json"))
        raise RefusedError(
            clause("did not finish the login: {text} and see what it asks", text=asks)
        )


class _Forms(HTMLParser):
    """Every form of a page: its id, where it goes and its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.forms.append((has.get("id", ""), has.get("action", ""), {}))
        elif tag == "input" and self.forms and has.get("name"):
            self.forms[-1][2][has["name"]] = has.get("value", "")


def form(html: str) -> tuple[dict[str, str], str]:
    """The hidden fields of the login form and where it goes; empty without one."""
    parser = _Forms()
    parser.feed(html)
    for name, action, fields in parser.forms:
        if name == "emailPasswordForm" or {"hmac", "state"} & set(fields):
            return fields, action
    return {}, ""


def template(html: str) -> dict[str, Any]:
    """The fields the password page keeps in its script; empty without any."""
    start = html.find("{", html.find("templateModel") + 1) if "templateModel" in html else -1
    if start < 0:
        return {}
    try:
        model, _ = json.JSONDecoder().raw_decode(html, start)
    except ValueError:
        return {}
    return model if isinstance(model, dict) else {}


def csrf(html: str) -> str:
    """The token of the password page's script, or ""."""
    found = _CSRF.search(html)
    return found[1] if found else ""
