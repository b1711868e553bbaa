"""The terminal at the other end of a command: progress, then the page. Edge."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator

from screen.primitives import CONSOLE, UNICODE, Block, Glyphs
from screen.terminal import ansi

Page = Callable[[int, Glyphs], Block]


class Work:
    """Progress on one line of a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def progress(self, text: str) -> None:
        if self._shown:
            print(f"\r{text[:79]}\x1b[K", end="", file=sys.stderr, flush=True)


def shown(page: Page) -> Iterator[str]:
    """The page, made for this terminal's width and glyphs."""
    utf = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    glyphs = UNICODE if utf and os.environ.get("TERM") != "linux" else CONSOLE
    for row in page(shutil.get_terminal_size((80, 24)).columns, glyphs):
        if sys.stdout.isatty():
            yield ansi(row, colour=not os.environ.get("NO_COLOR"))
        else:
            yield "".join(part.text for part in row).rstrip()
