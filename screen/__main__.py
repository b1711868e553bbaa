"""Draws the example house: `python -m screen [--size 120x40] [--glyphs console] [--svg FILE]`."""

import argparse
import os
import sys
from pathlib import Path

from screen.kit import GLYPHS, Size
from screen.meter import render
from screen.picture import to_svg
from screen.sample import example
from screen.terminal import ansi


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m screen", description=__doc__)
    parser.add_argument("--size", type=_size, default=Size(120, 40), help="columns x rows")
    parser.add_argument("--glyphs", choices=sorted(GLYPHS), default="unicode")
    parser.add_argument("--svg", type=Path, help="write a picture instead of drawing")
    given = parser.parse_args()
    frame = render(example(), given.size, GLYPHS[given.glyphs])
    if given.svg:
        given.svg.write_text(to_svg(frame, "digital meter"), encoding="utf-8")
        return
    if not sys.stdout.isatty():
        print(frame.text)
        return
    for row in frame.rows:
        print(ansi(row, colour=not os.environ.get("NO_COLOR")))


def _size(text: str) -> Size:
    columns, _, rows = text.partition("x")
    return Size(int(columns), int(rows))


if __name__ == "__main__":
    main()
