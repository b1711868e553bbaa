"""A frame as a picture, for the README: rich draws the SVG."""

import io
import re

from rich.console import Console
from rich.segment import Segment, Segments

from screen.primitives import Frame, Row

WORDS = re.compile(r" +|[^ ]+(?: [^ ]+)*")


def to_svg(frame: Frame, title: str) -> str:
    """The frame as a terminal window in SVG; the same frame gives the same text."""
    console = Console(
        record=True,
        width=frame.size.columns,
        height=frame.size.rows,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        _environ={},
    )
    for row in frame.rows:
        console.print(Segments([*_apart(row), Segment.line()]), end="")
    return console.export_svg(title=title, unique_id="screen")


def _apart(row: Row) -> list[Segment]:
    """The row with each word and gap in its own segment, so that each word gets its position."""
    return [Segment(piece, style) for text, style, _ in row for piece in WORDS.findall(text)]
