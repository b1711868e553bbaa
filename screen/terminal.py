"""A terminal in full-screen mode, written without blocking. Edge: the tty.

A terminal that stops taking output (Ctrl-S, a stalled ssh) delays the screen, never the house:
frames it cannot take are skipped.
"""

import os
import select
import termios
from contextlib import suppress

from rich.color import ColorSystem

from screen.primitives import Block, Frame, Row, Size

WHOLE_EVERY = 60
PATIENCE_S = 0.02

# Alternate screen, no cursor, no wrapping at the last column; and all of it back.
ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"
LEAVE = "\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
CLEAR = "\x1b[0m\x1b[2J"
TOGETHER, SHOW = "\x1b[?2026h", "\x1b[?2026l"


def ansi(row: Row, *, colour: bool) -> str:
    """The row as terminal output: in the 16 standard colours, or in none."""
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
        """The current size; 80x24 when unknown."""
        columns, rows = os.get_terminal_size(self._fd)
        return Size(columns or 80, rows or 24)

    def draw(self, frame: Frame) -> None:
        """Writes the rows that changed; at times all of them, over the output of others."""
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
        """Restore the terminal."""
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
        """True if everything is written; waits `patience_s` when the terminal is full."""
        while self._unsent:
            if not select.select([], [self._fd], [], patience_s)[1]:
                return False
            try:
                self._unsent = self._unsent[os.write(self._fd, self._unsent) :]
            except BlockingIOError:
                return False
        return True


def _own_door(fd: int) -> int:
    """The same terminal opened again, so that non-blocking mode does not affect the shell."""
    try:
        return os.open(os.ttyname(fd), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return os.dup(fd)


def _silenced(fd: int) -> list[int | list[bytes | int]] | None:
    """Turn echo off; returns the old mode. None when the terminal is not ours."""
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
