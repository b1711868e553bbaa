"""Access and rate limits of connections: decided from values alone, time passed in.

my_socket.py asks; nothing here opens, waits or logs.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import parse_qs, urlsplit

from base.language import phrase

PATHS = ("/", "/ws")
COOKIE = "dm_phone"
LOCAL_NAMES = (".local", ".localhost", ".lan", ".home.arpa", ".internal")
"""Suffixes of names that no public name server resolves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits for the messages of one peer, and of all together."""

    message_bytes: int = 64 * 1024
    backlog_bytes: int = 512 * 1024
    """Send buffer of one peer that reads slowly. More than the longest answer."""
    messages_per_s: float = 20.0
    messages_burst: int = 60
    messages_ignored: int = 100
    """Above the rate a message is not answered; after this many the connection is closed."""
    peers: int = 512
    peers_per_address: int = 32
    """This machine's own programs may use all connections."""
    silent: int = 128
    """Connections whose request has not arrived; beyond this number the oldest is closed."""
    open_s: float = 5.0
    """Time limit for the arrival of a request."""
    close_s: float = 2.0
    ping_s: float = 10.0
    pong_s: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Access rules. A token is required from other machines. `tokens` are each bound to a name: a
    peer with one may use that name only.
    """

    remote_ips: Sequence[IPv4Network | IPv6Network] = ()
    token: str = field(default="", repr=False)
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    web_origins: Sequence[str] = ()
    trust_loopback: bool = True
    admits: Callable[[str], bool] = field(default=lambda _: False, repr=False)
    """True if this is the cookie of a browser that signed in; it replaces the token."""
    read_only: bool = False
    """Clients without a token may read, and change nothing."""

    def trusts(self, address: str) -> bool:
        """True if it is this machine itself."""
        return self.trust_loopback and _parsed(address).is_loopback

    def knows(self, address: str) -> bool:
        """True if it is this machine, or an address in `remote_ips`."""
        parsed = _parsed(address)
        return self.trusts(address) or any(parsed in network for network in self.remote_ips)

    def bound(self, caller: "Caller") -> str:
        """The name that the caller's token is bound to; "" when it is not."""
        return next((name for name, token in self.tokens.items() if _shows(caller, token)), "")

    def misnamed(self, name: str, address: str, bound: str) -> str:
        """Reason why a peer may not use this name, in a sentence; "" when it may."""
        if bound and name != bound:
            return f"Your token is for the name {bound}, not for {name}."
        if name in self.tokens and name != bound and not self.trusts(address):
            return f"The name {name} has a token of its own: show that one."
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Origin and credentials of a request for a connection.

    `lines` are the address's own connections, `lines_in_all` those that have sent a request;
    both count this one too.
    """

    address: str
    target: str
    host: str = ""
    upgrades: bool = False
    """True for a websocket request: its Origin is checked, for a page the Host."""
    origins: Sequence[str] = ()
    authorizations: Sequence[str] = ()
    cookies: Sequence[str] = ()
    languages: str = ""
    """The browser's Accept-Language."""
    lines: int = 1
    lines_in_all: int = 1

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Reason for refusing a connection."""

    status: HTTPStatus
    why: str


def refusal(
    caller: Caller, access: Access, limits: Limits, *, public: bool = False
) -> Refusal | None:
    """Reason for refusing this caller; None when it may connect. `public` needs no token."""
    if not access.knows(caller.address):
        return Refusal(HTTPStatus.FORBIDDEN, phrase("its address is not in remote_ips"))
    if caller.lines_in_all > limits.peers:
        return Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            phrase("there are {count:d} connections", count=limits.peers),
        )
    if caller.lines > limits.peers_per_address and not access.trusts(caller.address):
        return Refusal(
            HTTPStatus.TOO_MANY_REQUESTS,
            phrase("it has {count:d} already", count=limits.peers_per_address),
        )
    if not caller.upgrades and not is_own(caller.host, access.web_origins):
        return Refusal(
            HTTPStatus.MISDIRECTED_REQUEST, phrase("its Host is not a name of this machine")
        )
    if not all(_welcome(origin, caller, access) for origin in caller.origins):
        return Refusal(HTTPStatus.FORBIDDEN, phrase("its web page is not in web_origins"))
    if not (public or access.read_only or may_act(caller, access)):
        return Refusal(HTTPStatus.UNAUTHORIZED, phrase("its token is missing or wrong"))
    return None


def may_act(caller: Caller, access: Access) -> bool:
    """True if the caller is this machine, or sends the token or a cookie that replaces it."""
    tokens = [token for token in (access.token, *access.tokens.values()) if token]
    if not tokens or access.trusts(caller.address):
        return True
    shown = any(_shows(caller, token) for token in tokens)
    return shown or any(map(access.admits, _cookies(caller)))


def crowds(caller: Caller, access: Access, limits: Limits) -> bool:
    """True if there are so many connections that not even a refusal is worth its cost.

    Silent sockets of a stranger fill only the few places of that stranger.
    """
    slack = 8
    if caller.lines_in_all > limits.peers + slack:
        return True
    own = limits.peers_per_address if access.knows(caller.address) else 0
    return caller.lines > own + slack and not access.trusts(caller.address)


def is_own(host: str, web_origins: Sequence[str] = ()) -> bool:
    """True if this Host header names a machine of this house.

    A page of a stranger's name that resolves to our address (DNS rebinding) sends that name. An
    address, a name without a dot, or one of LOCAL_NAMES cannot be a stranger's; other names are in
    `web_origins`.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        own = {urlsplit(origin).hostname for origin in web_origins}
    except ValueError:
        return False
    if "." not in name.rstrip(".") or name.endswith(LOCAL_NAMES) or name in own:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _welcome(origin: str, caller: Caller, access: Access) -> bool:
    """True if a page of this origin may connect: one of ours, or one that the owner named.

    A page is ours when its origin is the Host of the request, and that is a name of ours.
    """
    if origin in access.web_origins:
        return True
    scheme, _, host = origin.lower().partition("://")
    ours = scheme in ("http", "https") and host != "" and host == caller.host.lower()
    return ours and is_own(caller.host, access.web_origins)


@dataclass(slots=True)
class Bucket:
    """A peer's allowance of messages: `burst` at once, `per_s` in the long run."""

    per_s: float
    burst: int
    _left: float = field(init=False)
    _at_s: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._left = self.burst

    def takes(self, now_s: float) -> bool:
        """Count one more message; False when it exceeds the limit."""
        if self._at_s is not None:
            self._left = min(self.burst, self._left + (now_s - self._at_s) * self.per_s)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RateLimit:
    """Rate limit of log lines: one each `every_s` about each subject, `most` subjects at a time."""

    def __init__(self, every_s: float = 60.0, most: int = 20) -> None:
        self._every_s = every_s
        self._most = most
        self._said: dict[str, float] = {}

    def allows(self, about: str, now_s: float) -> bool:
        """Count a line about this subject; False where it exceeds the limit."""
        self._said = {key: at for key, at in self._said.items() if now_s - at < self._every_s}
        if about in self._said or len(self._said) >= self._most:
            return False
        self._said[about] = now_s
        return True


def _parsed(address: str) -> IPv4Address | IPv6Address:
    """The address as a value; an IPv4-mapped IPv6 address (::ffff:...) as IPv4."""
    parsed = ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def bearers(caller: Caller) -> list[str]:
    """The tokens in the caller's Authorization headers."""
    scheme = "bearer "
    sent = caller.authorizations
    return [value[len(scheme) :] for value in sent if value.lower().startswith(scheme)]


def _shows(caller: Caller, token: str) -> bool:
    """True if one of the caller's tokens is the right one, compared in constant time."""
    shown = bearers(caller) + parse_qs(caller.target.partition("?")[2]).get("token", [])
    return any(hmac.compare_digest(_octets(value), _octets(token)) for value in shown)


def _cookies(caller: Caller) -> list[str]:
    """Values of the caller's cookies of our name."""
    pairs = (pair.strip().partition("=") for line in caller.cookies for pair in line.split(";"))
    return [value for name, _, value in pairs if name == COOKIE]


def _octets(text: str) -> bytes:
    """The original bytes: a header that is not ASCII arrives as surrogates."""
    return text.encode(errors="surrogateescape")
