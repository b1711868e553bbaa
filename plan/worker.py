"""The solver in a separate process: called over a pipe, with a time limit, without blocking.

Edge: at the other end of the pipe is `python -m plan.worker`. It ends when the pipe closes, so it
never outlives its parent. It ends between two quarters: on a small machine a third of a second of
work each quarter costs less than 60 MB all the time.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from base.language import phrase
from plan.asking import Answer, Question, answer_of, answer_text, question_of, question_text

LIMIT_S = 20.0
START_LIMIT_S = 60.0
IDLE_S = 10.0
ROOM_BYTES = 4 << 20
NICE = 5
log = logging.getLogger(__name__)


class Planner:
    """Keeps one solver process; `trouble` is the reason why its last request has no
    answer."""

    def __init__(
        self,
        told: Callable[[Answer], None] = lambda _: None,
        *,
        limit_s: float = LIMIT_S,
        idle_s: float = IDLE_S,
        command: tuple[str, ...] = (sys.executable, "-m", "plan.worker"),
    ) -> None:
        """`told` is called with each answer, in the loop that runs `run`. `limit_s` is the time
        limit of an answer; after `idle_s` without a request the process ends.
        """
        self.trouble = ""
        self._told, self._command = told, command
        self._limit_s, self._idle_s = limit_s, idle_s
        self._waiting: Question | None = None
        self._asked = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None

    def ask(self, question: Question) -> None:
        """Queue the request; it replaces one that is still waiting."""
        self._waiting = question
        self._asked.set()

    async def run(self) -> None:
        """Answers requests until cancelled; then the process ends too."""
        try:
            while True:
                await self._question()
                question, self._waiting = self._waiting, None
                if question is not None:
                    await self._answer(question)
        finally:
            await self._end()

    async def _question(self) -> None:
        """Wait for a request; an idle process is ended meanwhile."""
        try:
            async with asyncio.timeout(self._idle_s if self._process else None):
                await self._asked.wait()
        except TimeoutError:
            await self._end()
            await self._asked.wait()
        self._asked.clear()

    async def _answer(self, question: Question) -> None:
        """Ask one request; a failure is logged once, and the last plan stays."""
        await self._answer_within(question, self._limit_s if self._process else START_LIMIT_S)

    async def _answer_within(self, question: Question, limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s):
                line = await self._exchange(question_text(question))
            given = answer_of(line)
        except TimeoutError:
            self._failed(phrase("the solver took more than {s:.0f} s", s=limit_s))
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._failed(
                phrase("the solver's process ended or sent an invalid answer ({text})", text=error)
            )
        else:
            if self.trouble:
                log.info(phrase("Planning works again."))
            self.trouble = ""
            self._told(given)
            return
        await self._end()

    def _failed(self, sentence: str) -> None:
        if not self.trouble:
            log.warning(
                phrase("No new plan: {text}. The previous one stays in use.", text=sentence)
            )
        self.trouble = sentence

    async def _exchange(self, text: str) -> bytes:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,  # it would write across the screen
                cwd=Path(__file__).parent.parent,
                limit=ROOM_BYTES,
            )
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        pipe_in.write(text.encode() + b"\n")
        await pipe_in.drain()
        return await pipe_out.readline()

    async def _end(self) -> None:
        """End the process and close its pipes."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await asyncio.shield(process.wait())


def main() -> None:
    """Answers each line of standard input on standard output, until it closes."""
    from plan.answer import answer  # who asks does without NumPy and the solver

    os.nice(NICE)
    # What a library prints must not come between the answers.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin.buffer:
        out.write(answer_text(answer(question_of(line))) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
