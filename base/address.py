"""Addresses of devices and services as people type them: in any usual form, or refused."""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit, urlunsplit

from base.language import setting

_SCHEME = re.compile(r"https?://", re.I)
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9.])?")
_PORTED = re.compile(r"(\[[^\]]*\]|[^:\[\]]*):(\d{1,5})")
_DIGITS = re.compile(r"[0-9.]+")


def host(typed: str) -> str:
    """A bare name or address: "192.168.1.50", "::1". ValueError for anything else, and a port."""
    found = _SCHEME.sub("", typed.strip(), count=1).rstrip("/")
    if found.startswith("[") and found.endswith("]"):
        found = found[1:-1]
    if ":" in found:
        return _valid(IPv6Address, found)
    if _DIGITS.fullmatch(found):
        return _valid(IPv4Address, found)
    if not _NAME.fullmatch(found):
        raise ValueError(setting("not a name or address"))
    return found


def host_port(typed: str) -> str:
    """The same with an optional port, as written in a URL: "[::1]:8080"."""
    ported = _PORTED.fullmatch(_SCHEME.sub("", typed.strip(), count=1).rstrip("/"))
    if ported is None:
        return in_url(host(typed))
    if not 0 < int(ported[2]) <= 65535:
        raise ValueError(setting("no such port"))
    return f"{in_url(host(ported[1]))}:{int(ported[2])}"


def split(ported: str, usual: int) -> tuple[str, int]:
    """The bare host and the port of a result of `host_port`; `usual` without one."""
    found = _PORTED.fullmatch(ported)
    name, port = (found[1], int(found[2])) if found else (ported, usual)
    return name.strip("[]"), port


def in_url(bare: str) -> str:
    """A bare name or address as written in a URL: IPv6 in brackets."""
    return f"[{bare}]" if ":" in bare else bare


def url(typed: str) -> str:
    """An http(s) URL without blanks around it and without a slash at its end. ValueError."""
    parts = urlsplit(typed.strip())
    if parts.scheme.lower() not in ("http", "https") or any(map(str.isspace, parts.netloc)):
        raise ValueError(setting("not an address with http:// or https://"))
    if not parts.hostname or (parts.port is not None and parts.port == 0):
        raise ValueError(setting("has no host"))
    return urlunsplit(parts._replace(scheme=parts.scheme.lower(), path=parts.path.rstrip("/")))


def origin(typed: str) -> str:
    """The Origin that a browser sends for a page: scheme, host and port, in lower case.
    ValueError."""
    parts = urlsplit(url(typed))
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(setting("must be a page address without a path"))
    usual = {"http": 80, "https": 443}[parts.scheme]
    page = parts.netloc.lower()
    return f"{parts.scheme}://{page.removesuffix(f':{usual}')}"


def _valid(kind: type[IPv4Address | IPv6Address], text: str) -> str:
    return str(kind(text))
