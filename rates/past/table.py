"""The text of a file as a table whose cells know their line."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

SHOWN = 60
NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
BOM = "\ufeff"
NAMES = {";": "a semicolon", ",": "a comma", "\t": "a tab", "|": "a bar"}


class FileError(ValueError):
    """A file with wrong contents: the file, the line, its content, and what is allowed."""

    def __init__(self, source: str, line: int, what: str, value: str | None = None) -> None:
        said = "" if value is None else f" (it says {value[:SHOWN]!r})"
        super().__init__(f"{source}, line {line}: {what}{said}")
        self.line = line
        self.value = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a header, which is on line `first` of the file. `columns` are the header's
    cells in small letters."""

    source: str
    columns: tuple[str, ...]
    separator: str
    lines: tuple[str, ...]
    first: int = 1

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with its line number, as many cells as the header has. FileError."""
        reader = csv.reader(self.lines, delimiter=self.separator)
        wide = len(self.columns)
        try:
            next(reader)
            for cells in reader:
                if len(cells) == wide:
                    yield self.first - 1 + reader.line_num, cells
                elif any(cells):
                    what = f"{len(cells)} cells where the header has {wide}"
                    raise self.error(
                        self.first - 1 + reader.line_num, what, self.separator.join(cells)
                    )
        except csv.Error as error:
            raise self.error(self.first - 1 + reader.line_num, f"cannot be read: {error}") from None

    def error(self, line: int, what: str, value: str | None = None) -> FileError:
        """The error of a line, to be raised."""
        return FileError(self.source, line, what, value)

    def number(
        self, line: int, name: str, text: str, least: Decimal | int, most: Decimal | int
    ) -> Decimal:
        """The number in a cell, with a decimal comma or point, within its bounds. FileError."""
        if not NUMBER.fullmatch(text):
            raise self.error(line, f"{name} is not a number", text)
        number = Decimal(text.replace(",", "."))
        if not least <= number <= most:
            raise self.error(line, f"{name} must be from {least} to {most}", text)
        return number


def tables_of(text: str, source: str) -> tuple[Table, ...]:
    """The tables of the text: another begins at each repeated header, as in joined files."""
    whole = table_of(text, source)
    head = whole.lines[0].lstrip(BOM)
    starts = [place for place, line in enumerate(whole.lines) if line.lstrip(BOM) == head]
    ends = [*starts[1:], len(whole.lines)]
    return tuple(
        replace(whole, lines=whole.lines[start:end], first=start + 1)
        for start, end in zip(starts, ends, strict=True)
    )


def table_of(text: str, source: str) -> Table:
    """The text as a table. FileError when it is empty, a web page or no table at all."""
    lines = tuple(text.splitlines())
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise FileError(source, 1, "the file is empty")
    if first.lstrip().startswith("<"):
        raise FileError(source, 1, "is a web page, not a table: download the file again", first)
    if first.lstrip().startswith(("{", "[")):
        raise FileError(source, 1, "is JSON, not a table", first)
    separator = max(NAMES, key=lines[0].count)
    if separator not in lines[0]:
        raise FileError(source, 1, "is not a table: no separator in the header", first)
    columns = tuple(cell.strip().strip('"').lower() for cell in lines[0].split(separator))
    return Table(source=source, columns=columns, separator=separator, lines=lines)


def places(table: Table, names: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """Position of each column, by our own name; absent when the file has no such column."""
    return {
        own: place
        for own, theirs in names.items()
        for place, column in enumerate(table.columns)
        if column in theirs
    }
