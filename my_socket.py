"""The websocket: a server that sends its peers the topics that they watch.

It carries texts without interpreting them; apps/shared/commands.py does that. Nothing waits for a
slow peer: a text is written at once, and a connection whose client reads too slowly is closed.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from socket import AF_INET
from typing import Any, NamedTuple, Protocol, Self, cast

from websockets.asyncio.server import Server as Listener
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from base.language import phrase
from base.messages import Error, encode
from base.wire.access import PATHS, Access, Bucket, Caller, Limits, RateLimit, may_act
from base.wire.connection import QUIET, GuardedLine, text_of
from base.wire.guard import ACCEPTED, Guard, widen
from base.wire.here import listening

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True, kw_only=True)
class Peer:
    """A client connected to us: its address, its name, its commands, the topics it watches.

    A peer without `acts` reads only. `near` is on this machine.
    """

    address: str
    name: str = ""
    acts: bool = True
    near: bool = False
    offers: frozenset[str] = frozenset()
    topics: set[str] = field(default_factory=set)
    bound: str = ""
    """The only name it may take, when its token is bound to one."""


class Page(NamedTuple):
    """Answer to plain HTTP."""

    text: str
    status: HTTPStatus = HTTPStatus.OK
    kind: str = "text/plain; charset=utf-8"
    headers: Sequence[tuple[str, str]] = ()
    packed: bytes = b""
    """The text as gzip, for a client that accepts it."""


class Site(Protocol):
    """Pages for everybody who may connect, with a token or without."""

    def holds(self, path: str) -> bool:
        """True if it has this page."""
        ...

    def page(self, caller: Caller) -> Page | Awaitable[Page]:
        """The page that the caller requests."""
        ...


HERE = "This is a websocket; docs/messages.md tells what it says.\n"
Answer = Callable[[Peer, str], Awaitable[Sequence[str]]]
Table = Callable[[str], Awaitable[Page]]
"""A page that is made on request, from the query of its path ("from=2026-01-01")."""


class _ServerLine(GuardedLine):
    """A caller's connection to us."""

    def __init__(self, home: "Server", *args: Any, **kwargs: Any) -> None:
        super().__init__(home, *args, **kwargs)
        self.bound = ""
        self.acts = False


class Server:
    """Listens while its `async with` lasts. OSError on entry when the port is taken.

    Port 0 is a free one, which is in `port`. `answer` gives the texts that answer
    a peer's text; `greeting` is sent to each who connects; `pages` answers plain HTTP, path to
    Page, and `site` holds those that need no token. On this machine only, unless `access` names
    others. Listeners of one program share a `guard`; without one it has its own, of `access` and
    `limits`.
    """

    def __init__(
        self,
        answer: Answer,
        port: int,
        *,
        access: Access | None = None,
        limits: Limits | None = None,
        guard: Guard | None = None,
        greeting: Sequence[str] = (),
        pages: Mapping[str, Callable[[], Page]] | None = None,
        tables: Mapping[str, Table] | None = None,
        site: Site | None = None,
    ) -> None:
        self.port = port
        self._answer = answer
        self.guard = guard or Guard(access, limits)
        self._limits = self.guard.limits
        self._greeting = greeting
        self._pages = pages or {}
        self._tables = tables or {}
        self._site = site
        self._peers: dict[_ServerLine, Peer] = {}
        self._failures = RateLimit()
        self._listener: Listener | None = None

    async def __aenter__(self) -> Self:
        limits = self._limits
        with listening(self.port):
            self._listener = await serve(
                self._attend,
                None if self.guard.access.remote_ips else "127.0.0.1",
                self.port,
                process_request=self._receive,
                compression=None,  # would double the work for each peer; a house network has room
                server_header=None,
                backlog=ACCEPTED,
                open_timeout=limits.open_s,
                close_timeout=limits.close_s,
                ping_interval=limits.ping_s,
                ping_timeout=limits.pong_s,
                max_size=limits.message_bytes,
                write_limit=limits.backlog_bytes,
                logger=QUIET,
                # Any factory does; the annotation asks for a class.
                create_connection=cast("type[ServerConnection]", self._line),
            )
        widen(self._listener.server.sockets)
        names = {sock.family: sock.getsockname() for sock in self._listener.sockets}
        self.port = names[AF_INET][1]
        hosts = " and ".join(sorted(name[0] for name in names.values()))
        log.info(phrase("Listening on {hosts}, port {port:d}", hosts=hosts, port=self.port))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._listener is not None
        self.guard.cut_silent(lambda line: isinstance(line, _ServerLine) and line.home is self)
        self._listener.close()
        await self._listener.wait_closed()

    @property
    def counts(self) -> Counter[str]:
        """Counts of refused and closed connections, and of failed answers."""
        return self.guard.counts

    @property
    def peers(self) -> list[Peer]:
        """Connected peers."""
        return list(self._peers.values())

    def has(self, peer: object) -> bool:
        """True if this peer is still connected."""
        return any(peer is each for each in self._peers.values())

    def wants(self, topic: str) -> bool:
        """True if a client watches it: otherwise the message need not be made."""
        return any(topic in peer.topics for peer in self._peers.values())

    def publish(self, topic: str, text: str) -> None:
        """Send `text` to everyone who watches `topic`. Never waits."""
        watching = [
            line for line, peer in self._peers.items() if topic in peer.topics and line.writable
        ]
        broadcast(watching, text)

    def send(self, peer: object, text: str) -> bool:
        """Send `text`; True if this peer is still connected. Never waits."""
        lines = [line for line, each in self._peers.items() if each is peer and line.writable]
        broadcast(lines, text)
        return bool(lines)

    def _line(self, *args: Any, **kwargs: Any) -> _ServerLine:
        return _ServerLine(self, *args, **kwargs)

    def _receive(
        self, connection: ServerConnection, request: Request
    ) -> Response | Awaitable[Response] | None:
        """Accepts a caller (None), answers a plain page, or refuses with the right status."""
        line = cast(_ServerLine, connection)
        self.guard.asked(line)
        upgrades = "Upgrade" in request.headers
        caller = self.guard.caller(
            line,
            request.path,
            host=",".join(request.headers.get_all("Host")),
            upgrades=upgrades,
            origins=request.headers.get_all("Origin"),
            authorizations=request.headers.get_all("Authorization"),
            cookies=request.headers.get_all("Cookie"),
            languages=",".join(request.headers.get_all("Accept-Language")),
        )
        site = self._site
        if upgrades or site is None or not site.holds(caller.path):
            site = None
        if refused := self.guard.refusal(caller, public=site is not None):
            return line.respond(refused.status, f"Refused: {refused.why}.\n")
        line.bound = self.guard.access.bound(caller)
        line.acts = may_act(caller, self.guard.access)
        if site is not None:
            told, packed = site.page(caller), _accepts_gzip(request)
            if not isinstance(told, Page):
                return _made(line, told, packed=packed)
            return _page(line, told, packed=packed)
        if page := self._pages.get(caller.path):
            return _page(line, page())
        if table := self._tables.get(caller.path):
            return _made(line, table(caller.target.partition("?")[2]))
        if caller.path not in PATHS:
            self.guard.note("refused", line.address, phrase("it requested an unknown path"))
            return line.respond(HTTPStatus.NOT_FOUND, f"There is {', '.join(self._paths)}.\n")
        if not upgrades and caller.path == "/":
            return line.respond(HTTPStatus.OK, HERE)
        return None

    @property
    def _paths(self) -> list[str]:
        """The known paths."""
        return sorted({*PATHS, *self._pages, *self._tables})

    async def _attend(self, connection: ServerConnection) -> None:
        """Greets a peer, answers its messages, and forgets it when it disconnects."""
        line = cast(_ServerLine, connection)
        near = self.guard.access.trusts(line.address)
        peer = Peer(address=line.address, bound=line.bound, acts=line.acts, near=near)
        self._peers[line] = peer
        try:
            for text in self._greeting:
                await line.send(text)
            await self._converse(line, peer)
        except ConnectionClosed as closed:
            if closed.sent is not None and closed.sent.code == CloseCode.MESSAGE_TOO_BIG:
                why = phrase(
                    "it sent a message of more than {count} bytes", count=self._limits.message_bytes
                )
                self.guard.note("cut off", line.address, why)
        finally:
            del self._peers[line]
            if line.choked:
                self.guard.note("cut off", line.address, phrase("the client reads too slowly"))

    async def _converse(self, line: _ServerLine, peer: Peer) -> None:
        """Answers each text; above the rate warns once, then closes the connection."""
        limits, now_s = self._limits, asyncio.get_running_loop().time
        allowance = Bucket(limits.messages_per_s, limits.messages_burst)
        patience = Bucket(1, limits.messages_ignored)
        hurried = False
        async for data in line:
            if allowance.takes(now_s()):
                hurried = False
                for text in await self._reply(peer, text_of(data)):
                    await line.send(text)
            elif not patience.takes(now_s()):
                self.guard.note("cut off", line.address, phrase("it sent far too many messages"))
                return await line.close(CloseCode.POLICY_VIOLATION, "too many messages")
            elif not hurried:
                hurried = True
                text = phrase(
                    "At most {rate:g} messages per second; further messages are not answered.",
                    rate=limits.messages_per_s,
                )
                await line.send(encode(Error(text=text)))
        return None

    async def _reply(self, peer: Peer, text: str) -> Sequence[str]:
        """The answers; a failure is logged, and the peer gets an error."""
        try:
            return await self._answer(peer, text)
        except Exception as error:
            self.counts["failed"] += 1
            if self._failures.allows(repr(error), asyncio.get_running_loop().time()):
                log.exception(
                    phrase("What {address} sent could not be answered", address=peer.address)
                )
            return [
                encode(
                    Error(
                        text=phrase("The command failed; the log on the meter's machine says why.")
                    )
                )
            ]


async def _made(line: _ServerLine, page: Awaitable[Page], *, packed: bool = False) -> Response:
    return _page(line, await page, packed=packed)


def _accepts_gzip(request: Request) -> bool:
    """True if the client names gzip and does not refuse it with q=0 (RFC 9110, 12.5.3)."""
    accepted = ",".join(request.headers.get_all("Accept-Encoding")).lower().replace(" ", "")
    return re.search(r"(?:^|,)gzip(?!;q=0(?:\.0*)?(?:,|$))(?:;|,|$)", accepted) is not None


def _page(line: _ServerLine, page: Page, *, packed: bool = False) -> Response:
    response = line.respond(page.status, page.text)
    del response.headers["Content-Type"]
    if page.packed:
        response.headers["Vary"] = "Accept-Encoding"
    if page.packed and packed:
        response.body = page.packed
        del response.headers["Content-Length"]
        response.headers["Content-Length"] = str(len(page.packed))
        response.headers["Content-Encoding"] = "gzip"
    for name, value in (("Content-Type", page.kind), *page.headers):
        response.headers[name] = value
    return response
