"""One websocket of a charging station: calls with their answers, and its own messages.

Tolerant on receipt: anything that is not a message is dropped. Strict on sending: each call is
checked against the standard's schema.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ocpp.exceptions import NotSupportedError, OCPPError
from ocpp.messages import Call, CallError, CallResult, unpack, validate_payload
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from base.wire.connection import text_of

PATIENCE_S = 0.1
"""A decrease waits this long for the answer to another call, as the standard requires, and is then
sent."""
VERSION = "1.6"
Payload = Mapping[str, object]
Hear = Callable[[str, Payload], Payload | None]


class SilentError(Exception):
    """No answer, or no connection."""


class DeclinedError(Exception):
    """The station answers with an error of the standard, such as NotImplemented."""


class StationLine:
    """The current line; `hear` answers the station's own messages."""

    def __init__(self, socket: ServerConnection, hear: Hear) -> None:
        self._socket = socket
        self._hear = hear
        self._waiting: dict[str, asyncio.Future[Payload]] = {}
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Serve until the station disconnects."""
        try:
            async for data in self._socket:
                await self._take(text_of(data))
        except ConnectionClosed:
            pass
        finally:
            for future in self._waiting.values():
                future.cancel()

    async def ask(
        self, action: str, payload: dict[str, Any], limit_s: float, *, urgent: bool = False
    ) -> Payload:
        """Its answer. SilentError, DeclinedError. An urgent call does not wait for its turn."""
        call = Call(str(uuid.uuid4()), action, payload)
        await validate_payload(call, VERSION)
        async with self._turns(urgent):
            future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
            self._waiting[call.unique_id] = future
            try:
                async with asyncio.timeout(limit_s):
                    await self._socket.send(call.to_json())
                    await asyncio.wait((future,))
            except (TimeoutError, ConnectionClosed):
                raise SilentError from None
            finally:
                del self._waiting[call.unique_id]
        if future.cancelled():
            raise SilentError
        return future.result()

    async def close(self) -> None:
        """Close it, as for a newer line of the same station."""
        await self._socket.close()

    @asynccontextmanager
    async def _turns(self, urgent: bool) -> AsyncIterator[None]:
        """One call at a time."""
        try:
            async with asyncio.timeout(PATIENCE_S if urgent else None):
                await self._turn.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            self._turn.release()

    async def _take(self, text: str) -> None:
        try:
            message = unpack(text)
        except (OCPPError, ValueError, RecursionError):
            return
        match message:
            case CallResult(unique_id=str(key), payload=payload) if key in self._waiting:
                self._settle(key, payload if isinstance(payload, Mapping) else {})
            case CallError(unique_id=str(key)) if key in self._waiting:
                future = self._waiting[key]
                if not future.done():
                    future.set_exception(DeclinedError(str(message.error_code)[:40]))
            case Call(unique_id=str(), action=str(action)):
                payload = message.payload if isinstance(message.payload, Mapping) else {}
                answer = self._hear(action, payload)
                said = (
                    message.create_call_error(NotSupportedError(details={}))
                    if answer is None
                    else message.create_call_result(dict(answer))
                )
                await self._socket.send(said.to_json())

    def _settle(self, key: str, payload: Payload) -> None:
        if not self._waiting[key].done():
            self._waiting[key].set_result(payload)
