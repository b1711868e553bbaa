"""The client that reconnects: it connects, greets, listens, and reconnects when the connection is
lost."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from typing import cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from base.language import phrase
from base.wire.access import Limits
from base.wire.connection import QUIET, Line, text_of

MESSAGE_BYTES = 2**20
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 5.0
"""Longest pause between two tries, s: a car or battery without dm waits in its safe state."""
LOST = (OSError, InvalidHandshake, ConnectionClosed)
REFUSALS = {
    401: phrase("our token is missing or wrong"),
    403: phrase("our address is not in its remote_ips"),
    404: phrase("it has no such path"),
    429: phrase("we have too many connections to it"),
    503: phrase("it has too many connections"),
}
log = logging.getLogger(__name__)


class _ClientLine(Line, ClientConnection):
    """Our connection to a server."""


class Client:
    """Stays connected to `url` while run() runs, and passes each received text to `on_text`.

    `greeting` is sent on each connect. With `silence_s`, silence of that length counts as a lost
    connection. `pause` gives the back-off in seconds after a number of failures in a row.
    """

    def __init__(
        self,
        url: str,
        on_text: Callable[[str], None],
        *,
        token: str = "",
        greeting: Sequence[str] = (),
        silence_s: float | None = None,
        limits: Limits | None = None,
        pause: Callable[[int], float] | None = None,
    ) -> None:
        self._url = url
        self._on_text = on_text
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._greeting = greeting
        self._silence_s = silence_s
        self._limits = limits or Limits()
        self._pause = pause or _spread_pause_s
        self._line: _ClientLine | None = None
        self._told = ""
        self._failures = 0

    @property
    def connected(self) -> bool:
        """True if what is sent now will be written."""
        return self._line is not None and self._line.writable

    def send(self, text: str) -> bool:
        """Send `text`; True if it was written. Never waits.

        Without a connection it is dropped, not queued: after a reconnect it would be outdated. The
        greeting covers that case.
        """
        if not self.connected:
            return False
        assert self._line is not None
        broadcast([self._line], text)
        return True

    async def run(self) -> None:
        """Connects, listens, and reconnects after a pause, until cancelled."""
        while True:
            self._failures += 1
            try:
                await self._listen()
            except LOST as error:
                told = phrase(
                    "No connection to {url}: {reason}", url=self._place, reason=why_lost(error)
                )
                self._tell(logging.WARNING, told)
            await asyncio.sleep(self._pause(self._failures))

    async def _listen(self) -> None:
        """One connection, from hello to goodbye. Raises one of LOST when it is lost."""
        limits = self._limits
        async with connect(
            self._url,
            additional_headers=self._headers,
            proxy=None,  # a house's own network has none, and the environment's would see the token
            compression=None,
            open_timeout=limits.open_s,
            close_timeout=limits.close_s,
            ping_interval=limits.ping_s,
            ping_timeout=limits.pong_s,
            max_size=MESSAGE_BYTES,
            write_limit=limits.backlog_bytes,
            logger=QUIET,
            create_connection=_ClientLine,
        ) as connection:
            line = self._line = cast(_ClientLine, connection)
            try:
                for text in self._greeting:
                    await line.send(text)
                while True:
                    self._hear(await self._next(line))
            finally:
                self._line = None

    async def _next(self, line: _ClientLine) -> str:
        """The next text. OSError after `silence_s` without a message."""
        try:
            async with asyncio.timeout(self._silence_s):
                return text_of(await line.recv())
        except TimeoutError:
            raise OSError(phrase("nothing was received for {s:g} s", s=self._silence_s)) from None

    def _hear(self, text: str) -> None:
        """Hands over a text. An invalid one is logged only."""
        self._failures = 0
        self._tell(logging.INFO, phrase("Connected to {url}", url=self._place))
        try:
            self._on_text(text)
        except Exception:
            log.exception(phrase("The answer of {url} is invalid", url=self._place))

    def _tell(self, level: int, sentence: str) -> None:
        """Logs a change of state, not its repetition."""
        if sentence != self._told:
            self._told = sentence
            log.log(level, sentence)

    @property
    def _place(self) -> str:
        """The URL without its token, which stays out of the log."""
        return self._url.partition("?")[0]


def pause_s(failures: int, chance: float) -> float:
    """Back-off after `failures` in a row, with jitter from `chance` in [0, 1): 1 s to 5 s, so that
    the clients of a restarted server do not reconnect all at once.
    """
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures + 1, 5))
    return FIRST_PAUSE_S + chance * (longest - FIRST_PAUSE_S)


def _spread_pause_s(failures: int) -> float:
    return pause_s(failures, random.random())


def why_lost(error: Exception) -> str:
    """The reason for a lost connection, in words."""
    match error:
        case InvalidStatus():
            status = error.response.status_code
            why = REFUSALS.get(status) or phrase("it refuses the connection")
            return phrase("{reason} (HTTP {status})", reason=why, status=status)
        case ConnectionClosed(rcvd=None):
            return phrase("the connection broke")
        case ConnectionClosed():
            return phrase("it closed the connection")
        case ConnectionRefusedError():
            return phrase("nothing listens there")
        case TimeoutError():
            return phrase("it does not answer")
    return str(error)
