"""The tested sizes, and checks for each frame."""

import os
from pathlib import Path

from rich.cells import cell_len

from screen.primitives import LARGE, MEDIUM, SMALL, Frame, Size

GOLDEN = Path(__file__).parent / "golden"
SHOWN = {"S": SMALL, "M": MEDIUM, "L": LARGE}


def compare(frame: Frame, path: Path) -> None:
    """Check that the frame equals its golden text."""
    text = frame.text + "\n"
    if os.environ.get("DM_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def tiles(frame: Frame, size: Size) -> bool:
    """True if the frame has exactly the rows and columns of the terminal."""
    widths = {cell_len("".join(part.text for part in row)) for row in frame.rows}
    closed = frame.text[-1] in "╯┘"
    return closed and len(frame.rows) == size.rows and widths == {size.columns}
