"""The listener to which charging stations connect: OCPP 1.6J over a websocket.

Only stations that config.py names may connect, from this machine or an address in remote_ips, with
their password where secrets.json has one. A second socket of a station replaces the first.
"""

import asyncio
import binascii
import hmac
import logging
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from base.language import phrase
from base.text import clean
from base.wire.connection import QUIET, GuardedLine
from base.wire.guard import ACCEPTED, Guard, widen
from base.wire.here import listening
from ev.chargers.ocpp.line import StationLine
from ev.chargers.ocpp.state import State

PROTOCOL = Subprotocol("ocpp1.6")
LONGEST_ID = 48
PING_S, PONG_S = 20.0, 20.0
log = logging.getLogger(__name__)


class Station:
    """A station that may connect: its state, and its line while connected.

    `changed` is set with each message and each new line.
    """

    def __init__(self, identity: str, password: str) -> None:
        self.identity = identity
        self.password = password
        self.state = State()
        self.line: StationLine | None = None
        self.changed = asyncio.Event()

    def hear(self, action: str, said: Mapping[str, object]) -> Mapping[str, object] | None:
        """The answer to a message of the station."""
        now_s = asyncio.get_running_loop().time()
        answer = self.state.hear(action, said, datetime.now(UTC), now_s)
        self.notify()
        return answer

    def notify(self) -> None:
        """Wake everyone who waits."""
        self.changed.set()
        self.changed = asyncio.Event()

    async def until(self, holds: Callable[[], bool], limit_s: float) -> bool:
        """Wait until it holds; False after `limit_s`."""
        until_s = asyncio.get_running_loop().time() + limit_s
        while not holds():
            changed = self.changed
            try:
                async with asyncio.timeout_at(until_s):
                    await changed.wait()
            except TimeoutError:
                return holds()
        return True


class Central:
    """One listener for all stations of a port, open while any driver holds it."""

    def __init__(self, port: int, guard: Guard | None = None) -> None:
        self.port = port
        self.guard = guard or Guard()
        self.stations: dict[str, Station] = {}
        self._holders: set[object] = set()
        self._opening = asyncio.Lock()
        self._listener: Server | None = None

    def station(self, identity: str, password: str) -> Station:
        """The station of that name, which may connect from now on."""
        return self.stations.setdefault(identity, Station(identity, password))

    async def hold(self, holder: object) -> None:
        """Listen. OSError if the port is in use."""
        async with self._opening:
            if self._listener is None:
                self._listener = await self._open()
            self._holders.add(holder)

    async def release(self, holder: object) -> None:
        """The last one closes it."""
        async with self._opening:
            self._holders.discard(holder)
            if self._holders or self._listener is None:
                return
            listener, self._listener = self._listener, None
            self.guard.cut_silent(lambda line: isinstance(line, GuardedLine) and line.home is self)
            listener.close()
            await listener.wait_closed()

    async def _open(self) -> Server:
        limits = self.guard.limits
        with listening(self.port):
            listener = await serve(
                self._attend,
                None if self.guard.access.remote_ips else "127.0.0.1",
                self.port,
                process_request=self._receive,
                subprotocols=[PROTOCOL],
                compression=None,
                server_header=None,
                backlog=ACCEPTED,
                open_timeout=limits.open_s,
                close_timeout=limits.close_s,
                ping_interval=PING_S,
                ping_timeout=PONG_S,
                max_size=limits.message_bytes,
                write_limit=limits.backlog_bytes,
                logger=QUIET,
                # Any factory does; the annotation asks for a class.
                create_connection=cast("type[ServerConnection]", self._socket),
            )
        widen(listener.server.sockets)
        log.info(phrase("Chargers can connect to ws://THIS_MACHINE:{port:d}/NAME", port=self.port))
        return listener

    def _socket(self, *args: Any, **kwargs: Any) -> GuardedLine:
        return GuardedLine(self, *args, **kwargs)

    def _receive(self, connection: ServerConnection, request: Request) -> Response | None:
        """Accept a station (None), or refuse it with the right status."""
        socket = cast(GuardedLine, connection)
        self.guard.asked(socket)
        caller = self.guard.caller(socket, request.path, origins=request.headers.get_all("Origin"))
        if refused := self.guard.refusal(caller, own_login=True):
            return socket.respond(refused.status, f"Refused: {refused.why}.\n")
        identity = named(request.path)
        station = self.stations.get(identity)
        if station is None:
            shown = clean(identity, LONGEST_ID)
            why = phrase('config.py has no charging station with the id "{shown}"', shown=shown)
            self.guard.note("refused", socket.address, why)
            return socket.respond(HTTPStatus.NOT_FOUND, "No such charging station.\n")
        if not knows(station, request.headers.get_all("Authorization")):
            why = phrase("the password of {name} is missing or wrong", name=station.identity)
            self.guard.note("refused", socket.address, why)
            answer = socket.respond(HTTPStatus.UNAUTHORIZED, "Its password is missing or wrong.\n")
            answer.headers["WWW-Authenticate"] = 'Basic realm="ocpp"'
            return answer
        return None

    async def _attend(self, connection: ServerConnection) -> None:
        """Serve the station until it disconnects or connects again."""
        socket = cast(GuardedLine, connection)
        assert socket.request is not None
        station = self.stations[named(socket.request.path)]
        before, line = station.line, StationLine(connection, station.hear)
        station.line = line
        station.notify()
        if before is not None:
            await before.close()
        try:
            await line.run()
        finally:
            if station.line is line:
                station.line = None
            if socket.close_code == CloseCode.MESSAGE_TOO_BIG:
                why = f"it sent a message of more than {self.guard.limits.message_bytes} bytes"
                self.guard.note("cut off", socket.address, why)
            station.notify()


def named(target: str) -> str:
    """The station's name: the last part of the path of its request."""
    path = target.partition("?")[0].rstrip("/")
    return unquote(path.rpartition("/")[2])


def knows(station: Station, authorizations: list[str]) -> bool:
    """True if it sends the right password, or needs none (security profile 1)."""
    if not station.password:
        return True
    right = f"{station.identity}:{station.password}".encode()
    return any(hmac.compare_digest(_shown(value), right) for value in authorizations)


def _shown(value: str) -> bytes:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return b64decode(rest.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
