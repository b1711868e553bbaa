"""Shows frames on a terminal and gives it back as it was. Edge: the tty.

A terminal that stops taking output (Ctrl-S, a stalled ssh) delays the screen, never the house:
it is written to without waiting, and frames it cannot take are skipped.
"""

import asyncio
import logging
import os
import select
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Generic, Self, TextIO, TypeVar

from rich.color import ColorSystem

from screen.kit import Block, Frame, Glyphs, Row, Size, block, ink

log = logging.getLogger(__name__)
V = TypeVar("V")

FRAME_S = 1.0
LINE_S = 60.0
WHOLE_EVERY = 60
PATIENCE_S = 0.02

# Alternate screen, no cursor, no wrapping at the last column; and all of it back.
ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"
LEAVE = "\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
CLEAR = "\x1b[0m\x1b[2J"
TOGETHER, SHOW = "\x1b[?2026h", "\x1b[?2026l"


def ansi(row: Row, *, colour: bool) -> str:
    """The row as a terminal takes it: in the 16 colours every terminal has, or in none."""
    pieces: list[str] = []
    for text, style, _ in row:
        if style is None:
            pieces.append(text)
        else:
            worn = style if colour else style.without_color
            pieces.append(worn.render(text, color_system=ColorSystem.STANDARD))
    return "".join(pieces)


class Terminal:
    """A tty in full-screen mode, written row by row. OSError when it is gone."""

    def __init__(self, fd: int, *, colour: bool) -> None:
        self._fd = _own_door(fd)
        self._colour = colour
        self._size = Size(0, 0)
        self._shown: Block = ()
        self._frames = 0
        self._unsent = b""
        self._before = _silenced(self._fd)
        self._send(ENTER)

    @property
    def size(self) -> Size:
        """The room there is now; 80x24 when the terminal does not say."""
        columns, rows = os.get_terminal_size(self._fd)
        return Size(columns or 80, rows or 24)

    def draw(self, frame: Frame) -> None:
        """Writes the rows that changed; now and then all of them, over what others wrote."""
        if not self._flush(0):
            return
        if frame.size != self._size or self._frames % WHOLE_EVERY == 0:
            self._shown = ()
        parts = [] if self._size == frame.size else [CLEAR]
        for place, row in enumerate(frame.rows):
            if place >= len(self._shown) or row != self._shown[place]:
                parts.append(f"\x1b[{place + 1};1H{ansi(row, colour=self._colour)}")
        self._size, self._shown = frame.size, frame.rows
        self._frames += 1
        if parts:
            self._send(TOGETHER + "".join(parts) + SHOW)

    def close(self) -> None:
        """The terminal is as it was before."""
        with suppress(OSError):
            self._unsent = b""
            self._send(LEAVE)
        if self._before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self._fd, termios.TCSANOW, self._before)
        os.close(self._fd)

    def _send(self, text: str) -> None:
        self._unsent += text.encode()
        self._flush(PATIENCE_S)

    def _flush(self, patience_s: float) -> bool:
        """Whether everything is written; waits `patience_s` when the terminal is full."""
        while self._unsent:
            if not select.select([], [self._fd], [], patience_s)[1]:
                return False
            try:
                self._unsent = self._unsent[os.write(self._fd, self._unsent) :]
            except BlockingIOError:
                return False
        return True


def _own_door(fd: int) -> int:
    """The same terminal opened again, so that not waiting is ours alone and not the shell's."""
    try:
        return os.open(os.ttyname(fd), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return os.dup(fd)


def _silenced(fd: int) -> list[int | list[bytes | int]] | None:
    """What is typed no longer shows; returns how it was. None when the terminal is not ours."""
    with suppress(OSError):
        if os.tcgetpgrp(fd) != os.getpgrp():
            return None
    try:
        before = termios.tcgetattr(fd)
    except termios.error:
        return None
    silent = [*before]
    silent[3] = before[3] & ~termios.ECHO
    termios.tcsetattr(fd, termios.TCSANOW, silent)
    return before


class Live(Generic[V]):
    """Shows a view: full screen on a terminal, one plain line a minute anywhere else.

    `render` and `summary` are pure. What they raise becomes one log line and a one-line screen:
    the screen cannot hurt the house.
    """

    def __init__(
        self,
        render: Callable[[V, Size, Glyphs], Frame],
        summary: Callable[[V], str],
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
        """The view is on the screen, as far as the terminal takes it."""
        if self._gone:
            return
        try:
            if self._terminal is None:
                self._line(view)
            else:
                self._terminal.draw(self._frame(view, self._terminal.size))
        except OSError as error:
            self._gone = True
            log.warning("The terminal is gone (%s); the screen stays off", error)

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
            line = self._summary(view)
        except Exception as error:  # noqa: BLE001 - the screen is supervised here
            line = self._fault(error)
        self._stream.write(line + "\n")
        self._stream.flush()

    def _fault(self, error: Exception) -> str:
        """Logs the first of a row of drawing errors; returns what to show instead."""
        if not self._broken:
            log.error("The screen cannot be drawn: %s: %s", type(error).__name__, error)
        self._broken = True
        return "the screen cannot be drawn, the log says why; the meter goes on"


async def follow(live: Live[V], view: Callable[[], V], news: asyncio.Event) -> None:
    """Shows the view on news, at most once a second, and without news every other second."""
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), FRAME_S)
        news.clear()
        live.show(view())
        await asyncio.sleep(FRAME_S)
