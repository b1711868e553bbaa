"""Commands that are passed on to a neighbour of the meter, and its answers back.

A telephone reaches the meter only: its commands for a car or a battery are passed on here.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from base import messages
from base.language import phrase
from base.text import spoken

PATIENCE_S = 3.0
WAITING_MOST = 32


@dataclass(slots=True)
class _Waiting:
    """A pending act, with the connection on which its answer must arrive."""

    line: object
    answer: "asyncio.Future[messages.Acted]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Acts:
    """The acts under way. `line_of` finds a neighbour's connection by name; `send` writes to it."""

    def __init__(
        self, line_of: Callable[[str], object | None], send: Callable[[object, str], bool]
    ) -> None:
        self._line_of, self._send = line_of, send
        self._waiting: dict[int, _Waiting] = {}
        self._numbers = count(1)

    async def pass_on(self, act: messages.Act) -> messages.Acted:
        """The answer to a command that was passed on: the neighbour's own, or the reason without
        one."""
        line = self._line_of(act.to)
        if line is None:
            return _failed(act, phrase("{peer} is not connected", peer=spoken(act.to)))
        if len(self._waiting) >= WAITING_MOST:
            return _failed(act, phrase("too many commands at once: try again"))
        number = next(self._numbers)
        waiting = self._waiting[number] = _Waiting(line)
        try:
            if not self._send(line, messages.encode(act.model_copy(update={"number": number}))):
                return _failed(act, phrase("{peer} is not connected", peer=spoken(act.to)))
            async with asyncio.timeout(PATIENCE_S):
                answer = await waiting.answer
        except TimeoutError:
            return _failed(
                act,
                phrase(
                    "{peer} did not answer within {s:.0f} s",
                    peer=spoken(act.to),
                    s=PATIENCE_S,
                ),
            )
        finally:
            del self._waiting[number]
        return answer.model_copy(update={"number": act.number})

    def answered(self, line: object, answer: messages.Acted) -> None:
        """A neighbour answered. An answer over another line than the request's is ignored."""
        waiting = self._waiting.get(answer.number)
        if waiting is not None and waiting.line is line and not waiting.answer.done():
            waiting.answer.set_result(answer)


def _failed(act: messages.Act, why: str) -> messages.Acted:
    return messages.Acted(number=act.number, done=False, text=why)
