"""Follows the log on a terminal: `python -m screen.log log/log_info.log`.

Lines are coloured by level and wrapped under their sentence. The file may appear later, be renamed,
truncated or replaced at midnight: the view continues with the current file of that name.
"""

import argparse
import os
import re
import shutil
import sys
import textwrap
import time
from pathlib import Path
from typing import BinaryIO

from rich.style import Style

from screen.primitives import ALARM, ATTENTION, DIM, UNICODE, Line, ink
from screen.terminal import ansi

POLL_S = 0.5
SEED_BYTES = 64 * 1024
ENTRY = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ([A-Z]+) (.*)")
INKS: dict[str, Style] = {"DEBUG": DIM, "WARNING": ATTENTION, "ERROR": ALARM, "CRITICAL": ALARM}


class Tail:
    """The lines that are added to a file that may be replaced under its name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._cut = b""

    def last(self, count: int) -> list[str]:
        """At most the last `count` lines there are now; `more` continues from there."""
        if not self._open():
            return []
        assert self._file is not None
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, size - SEED_BYTES))
        lines = self._read()
        return (lines[1:] if size > SEED_BYTES else lines)[-count:]

    def more(self) -> list[str]:
        """The whole lines written since the last call, the end of a replaced file included."""
        lines = self._read() if self._file else []
        if self._file is None or self._replaced():
            self.close()
            if self._open():
                lines += self._read()
        return lines

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file, self._cut = None, b""

    def _open(self) -> bool:
        try:
            self._file = self._path.open("rb")
        except OSError:
            return False
        return True

    def _replaced(self) -> bool:
        """True if the name now refers to another file, or this one was truncated."""
        assert self._file is not None
        try:
            named = self._path.stat()
        except OSError:
            return False
        held = os.fstat(self._file.fileno())
        return (named.st_dev, named.st_ino) != (held.st_dev, held.st_ino) or (
            named.st_size < self._file.tell()
        )

    def _read(self) -> list[str]:
        assert self._file is not None
        *whole, self._cut = (self._cut + self._file.read()).split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole]


def rows(entry: str, columns: int) -> list[Line]:
    """One line of the log as rows of at most `columns` cells, wrapped under its sentence."""
    clean = UNICODE.clean(entry.expandtabs(4))
    parts = ENTRY.fullmatch(clean)
    if parts is None:
        return [[ink(piece, DIM)] for piece in textwrap.wrap(clean, columns) or [""]]
    when, level, sentence = parts.groups()
    head = f"{when} {level:<7} "
    indent = " " * (len(head) if columns >= 60 else 2)
    first, *rest = textwrap.wrap(
        sentence or "-",
        max(columns, len(head) + 1),
        initial_indent=" " * len(head),
        subsequent_indent=indent,
    )
    style = INKS.get(level)
    start = [ink(f"{when} ", DIM), ink(f"{level:<7} {first.strip()}", style)]
    return [start, *([ink(piece, style)] for piece in rest)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m screen.log", description="Follow the log.")
    parser.add_argument("path", type=Path, help="log/log_info.log")
    tail = Tail(parser.parse_args().path)
    try:
        _show(tail.last(shutil.get_terminal_size().lines - 1))
        while True:
            time.sleep(POLL_S)
            _show(tail.more())
    except (KeyboardInterrupt, BrokenPipeError):
        tail.close()


def _show(entries: list[str]) -> None:
    if not sys.stdout.isatty():
        print(*entries, sep="\n", end="\n" if entries else "", flush=True)
        return
    columns = shutil.get_terminal_size().columns
    colour = not os.environ.get("NO_COLOR")
    shown = (ansi(tuple(row), colour=colour) for entry in entries for row in rows(entry, columns))
    for row in shown:
        print(row)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
