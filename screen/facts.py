"""Lines of facts: label, number, unit, note; aligned among each other in any language."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style

from screen.primitives import DIM, STRONG, Glyphs, Line, ink, marked

LABEL, NUMBER, NUMBER_LEAST = 10, 7, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line: label, value with fixed decimals, unit, and a note that explains it.

    `text` replaces the number and its unit; `right`: aligned with the numbers.
    """

    label: str
    value: float | None = None
    unit: str = ""
    note: str = ""
    decimals: int = 2
    value_ink: Style = STRONG
    mark: str = ""
    text: str | None = None
    text_ink: Style | None = None
    right: bool = False


def widening(glyphs: Glyphs) -> int:
    """Columns that facts of the house need beyond those of English, for their labels."""
    return max(0, cell_len(glyphs.say("headroom")) - LABEL)


def laid(rows: Sequence[Fact | Line], width: int, glyphs: Glyphs) -> list[Line]:
    """The rows as lines of at most `width`: the numbers of all facts end in one column."""
    facts = [row for row in rows if isinstance(row, Fact)]
    label = max([LABEL, *(cell_len(row.label) for row in facts)])
    digits = [cell_len(_number(row, 0, glyphs)) for row in facts if row.text is None]
    gap = 1 if label > LABEL else 0
    number = max([NUMBER_LEAST, NUMBER - (label - LABEL), *(each + gap for each in digits)])
    return [
        _line(row, label, number, width, glyphs) if isinstance(row, Fact) else row for row in rows
    ]


def _line(row: Fact, label: int, number: int, width: int, glyphs: Glyphs) -> Line:
    head = ink(row.label + " " * (label - cell_len(row.label)))
    if row.text is not None:
        text = row.text.rjust(number - 1) if row.right else row.text
        said = glyphs.short(text, width - label - 1)
        return [head, ink(" "), ink(said, row.text_ink), *_noted(row, width - label - 1, said)]
    shown = _number(row, number, glyphs)
    unit = f" {row.unit}"
    room = width - label - cell_len(shown) - cell_len(unit) - 1
    return [
        head,
        ink(shown, row.value_ink),
        ink(unit, DIM),
        ink(f" {glyphs.short(row.note, max(0, room))}"),
    ]


def _number(row: Fact, width: int, glyphs: Glyphs) -> str:
    return marked(glyphs.number(row.value, width, row.decimals), row.mark)


def _noted(row: Fact, room: int, said: str) -> Line:
    """The note beside a text, where both fit."""
    fits = row.note and cell_len(said) + 1 + cell_len(row.note) <= room
    return [ink(f" {row.note}", DIM)] if fits else []
