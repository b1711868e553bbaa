"""The text of a file as a table whose every cell is known by its line."""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

GZIP = b"\x1f\x8b"
SHOWN = 60
NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
NAMES = {";": "a semicolon", ",": "a comma", "\t": "a tab", "|": "a bar"}


class FileError(ValueError):
    """A file is not what it must be: which file, which line, what stands there, what may."""

    def __init__(self, source: str, line: int, what: str, value: str | None = None) -> None:
        said = "" if value is None else f" (it says {value[:SHOWN]!r})"
        super().__init__(f"{source}, line {line}: {what}{said}")
        self.line = line
        self.value = value


@dataclass(frozen=True, slots=True)
class Table:
    """A file of rows under a header. `columns` are the header's cells in small letters."""

    source: str
    columns: tuple[str, ...]
    separator: str
    lines: tuple[str, ...]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with its line number, as many cells as the header has. FileError."""
        reader = csv.reader(self.lines, delimiter=self.separator)
        wide = len(self.columns)
        try:
            next(reader)
            for cells in reader:
                if len(cells) == wide:
                    yield reader.line_num, cells
                elif any(cells):
                    what = f"{len(cells)} cells where the header has {wide}"
                    raise self.error(reader.line_num, what, self.separator.join(cells))
        except csv.Error as error:
            raise self.error(reader.line_num, f"cannot be read: {error}") from None

    def error(self, line: int, what: str, value: str | None = None) -> FileError:
        """What is wrong on a line, to be raised."""
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


def text_of(data: bytes, source: str) -> str:
    """The file as text, unpacked when it is gzip, without its byte order mark. FileError."""
    if data.startswith(GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise FileError(source, 1, f"the gzip file is damaged: {error}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(source, line, "is not text in UTF-8") from None


def table_of(text: str, source: str) -> Table:
    """The text as a table. FileError when it is empty, a web page or no table at all."""
    lines = tuple(text.splitlines())
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise FileError(source, 1, "the file is empty")
    if first.lstrip().startswith("<"):
        raise FileError(source, 1, "is a web page, no table: download the file again", first)
    if first.lstrip().startswith(("{", "[")):
        raise FileError(source, 1, "is JSON, no table", first)
    separator = max(NAMES, key=lines[0].count)
    if separator not in lines[0]:
        raise FileError(source, 1, "is not a table: no separator in the header", first)
    columns = tuple(cell.strip().strip('"').lower() for cell in lines[0].split(separator))
    return Table(source, columns, separator, lines)


def places(table: Table, names: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """Where each column stands, by our own name; absent when the file has no such column."""
    return {
        own: place
        for own, theirs in names.items()
        for place, column in enumerate(table.columns)
        if column in theirs
    }
