"""One guard for every listener of a program: limits the number of connections and the time until
each one's request.

A connection is silent until its request has arrived. The silent ones have a few places of their
own and a limited time, and the oldest makes room for the newest: silent sockets delay no request.
"""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from base.language import phrase
from base.wire.access import Access, Caller, Limits, RateLimit, Refusal, crowds, refusal

ACCEPTED = 16
"""The `backlog` of a listener: the most connections that are accepted in one iteration of the loop.
A request is read some iterations later; fewer than `Limits.silent` others may have arrived by
then."""
WAITING = 1024
log = logging.getLogger(__name__)


def widen(sockets: Iterable[socket.socket]) -> None:
    """Lets WAITING connections wait in the kernel, where asyncio makes both numbers one.

    A connection that finds no place there tries again after a second.
    """
    for each in sockets:
        with each.dup() as listening:
            listening.listen(WAITING)


@dataclass(eq=False, slots=True)
class _Held:
    """State of one connection. `late` cuts it, unless its request arrives before."""

    address: str
    cut: Callable[[], None]
    late: asyncio.TimerHandle | None = None


class Guard:
    """The connections of all listeners that share it, each from its first byte to its last.

    A connection is any object; its listener reports `arrived`, `asked` and `left`. `counts` are the
    numbers refused and cut off.
    """

    def __init__(self, access: Access | None = None, limits: Limits | None = None) -> None:
        self.access = access or Access()
        self.limits = limits or Limits()
        self.counts: Counter[str] = Counter()
        self._lines: dict[object, _Held] = {}
        self._silent: dict[object, None] = {}  # oldest first
        self._rate_limit = RateLimit()

    def arrived(self, line: object, address: str, cut: Callable[[], None]) -> None:
        """Counts a new connection; `cut` closes it when there are too many or it stays silent."""
        held = self._lines[line] = _Held(address, cut)
        self._silent[line] = None
        if not address or crowds(self.caller(line), self.access, self.limits):
            return self._cut(line, phrase("there are far too many connections"))
        held.late = asyncio.get_running_loop().call_later(self.limits.open_s, self._late, line)
        if len(self._silent) > self.limits.silent:
            self._cut(next(iter(self._silent)), phrase("too many connections without a request"))
        return None

    def asked(self, line: object) -> None:
        """Its request has arrived: the connection is no longer limited in time."""
        self._silent.pop(line, None)
        if (held := self._lines.get(line)) is not None and held.late is not None:
            held.late.cancel()

    def left(self, line: object) -> None:
        """Forgets a closed connection."""
        self.asked(line)
        self._lines.pop(line, None)

    def caller(
        self,
        line: object,
        target: str = "/",
        *,
        host: str = "",
        upgrades: bool = False,
        origins: Sequence[str] = (),
        authorizations: Sequence[str] = (),
        cookies: Sequence[str] = (),
        languages: str = "",
    ) -> Caller:
        """The caller on this connection."""
        address = self._lines[line].address
        own = sum(held.address == address for held in self._lines.values())
        others = len(self._lines) - len(self._silent) - (line not in self._silent)
        return Caller(
            address=address,
            target=target,
            host=host,
            upgrades=upgrades,
            origins=origins,
            authorizations=authorizations,
            cookies=cookies,
            languages=languages,
            lines=own,
            lines_in_all=others + 1,
        )

    def refusal(
        self, caller: Caller, *, own_login: bool = False, public: bool = False
    ) -> Refusal | None:
        """The reason for refusing this caller, counted and logged; None when it may connect.

        `own_login`: the listener has its own passwords instead of the token. `public`: the request
        needs no token.
        """
        access = replace(self.access, token="") if own_login else self.access
        if refused := refusal(caller, access, self.limits, public=public):
            self.note("refused", caller.address, refused.why)
        return refused

    def note(self, what: str, address: str, why: str) -> None:
        """Counts it, and logs it at most once a minute for each address."""
        self.counts[what] += 1
        if self._rate_limit.allows(f"{what} {address}", asyncio.get_running_loop().time()):
            log.warning(_noted(what, address, why))

    def cut_silent(self, lines: Callable[[object], bool]) -> None:
        """Cuts those of the silent connections that `lines` is true of."""
        for line in [line for line in self._silent if lines(line)]:
            self._silent.pop(line)
            self._lines[line].cut()

    def _late(self, line: object) -> None:
        self._cut(line, phrase("it sent no whole request within {s:g} s", s=self.limits.open_s))

    def _cut(self, line: object, why: str) -> None:
        held = self._lines[line]
        self.asked(line)
        self.note("cut off", held.address, why)
        held.cut()


def _noted(what: str, address: str, why: str) -> str:
    if what == "refused":
        return phrase(
            "A connection from {address} was refused: {reason}", address=address, reason=why
        )
    return phrase("A connection from {address} was closed: {reason}", address=address, reason=why)
