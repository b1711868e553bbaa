"""Shows a view: full screen on a terminal, one plain line a minute anywhere else."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Generic, Self, TextIO, TypeVar

from base.language import phrase
from screen.primitives import Frame, Glyphs, Size, block, ink
from screen.terminal import Terminal

log = logging.getLogger(__name__)
V = TypeVar("V")

FRAME_S = 1.0
LINE_S = 60.0


class Live(Generic[V]):
    """Draws a view with `render`, or prints its `summary`; both are pure. Their exceptions become
    one log line and a one-line screen: the screen cannot harm the house. The context takes the
    terminal and restores it at the end.
    """

    def __init__(
        self,
        render: Callable[[V, Size, Glyphs], Frame],
        summary: Callable[[V, Glyphs], str],
        glyphs: Glyphs,
        stream: TextIO,
        environ: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._render, self._summary, self._glyphs = render, summary, glyphs
        self._stream, self._environ, self._clock = stream, environ, clock
        self._terminal: Terminal | None = None
        self._line_at: float | None = None
        self._broken = False
        self._gone = False

    def __enter__(self) -> Self:
        if self._stream.isatty() and self._environ.get("TERM", "dumb") != "dumb":
            colour = not self._environ.get("NO_COLOR")
            self._terminal = Terminal(self._stream.fileno(), colour=colour)
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal is not None:
            self._terminal.close()
            self._terminal = None

    def show(self, view: V) -> None:
        """Draw the view, as far as the terminal accepts output."""
        if self._gone:
            return
        try:
            if self._terminal is None:
                self._line(view)
            else:
                self._terminal.draw(self._frame(view, self._terminal.size))
        except OSError as error:
            self._gone = True
            log.warning(
                phrase("The terminal was closed ({text}); the screen stays off", text=error)
            )

    def _frame(self, view: V, size: Size) -> Frame:
        try:
            frame = self._render(view, size, self._glyphs)
        except Exception as error:  # noqa: BLE001 - the screen is supervised here
            return Frame(size, block([[ink(self._fault(error))]], size))
        self._broken = False
        return frame

    def _line(self, view: V) -> None:
        """One line, when the last one is a minute old."""
        now = self._clock()
        if self._line_at is not None and now - self._line_at < LINE_S:
            return
        self._line_at = now
        try:
            line = self._summary(view, self._glyphs)
        except Exception as error:  # noqa: BLE001 - the screen is supervised here
            line = self._fault(error)
        self._stream.write(line + "\n")
        self._stream.flush()

    def _fault(self, error: Exception) -> str:
        """Logs the first of a row of drawing errors; returns what to show instead."""
        if not self._broken:
            log.error(
                phrase(
                    "The screen cannot be drawn: {name}: {text}",
                    name=type(error).__name__,
                    text=error,
                )
            )
        self._broken = True
        return self._glyphs.say("screen error, see the log; everything else keeps running")


async def follow(
    live: Live[V], view: Callable[[], V], news: asyncio.Event, every_s: float = FRAME_S
) -> None:
    """Shows the view on news, at most once in `every_s`; without news half as often."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await news.wait()
        news.clear()
        live.show(view())
        await asyncio.sleep(every_s)
