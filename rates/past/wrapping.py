"""The text of a file in whatever people keep an export: gzip, ZIP, an Excel workbook, any encoding.

A workbook's first sheet becomes the text of a table; its dates and times are numbers there (days
since 1899-12-30, of a day), which the reader of an export understands. Only the standard library:
docs/decisions/xlsx.md.
"""

import gzip
import io
import re
import zipfile
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from xml.etree import ElementTree

from rates.past.table import FileError

GZIP, ZIP, OLD_EXCEL, PDF = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
MOST_BYTES = 200_000_000
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
_NAMES = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL = re.compile(r"([A-Z]{1,3})[0-9]+")
_SAVE = "open it and save it as CSV"


def text_of(data: bytes, source: str) -> str:
    """The file as text, without its byte order mark. FileError names its real type."""
    if data.startswith(GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise FileError(source, 1, f"the gzip file is damaged: {error}") from None
    if data.startswith(ZIP):
        return _unzipped(data, source)
    if data.startswith(OLD_EXCEL):
        raise FileError(source, 1, f"is a workbook of an old Excel: {_SAVE}")
    if data.startswith(PDF):
        raise FileError(source, 1, "is a PDF, not a table: download the export as CSV")
    return _decoded(data, source)


def _decoded(data: bytes, source: str) -> str:
    """UTF-8, UTF-16 as Excel's "Unicode text" has it, else the Windows code page of the west."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            raise FileError(source, 1, "is UTF-16, cut off or damaged") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = "\0"
    if not all(char.isprintable() or char in "\r\n\t" for char in text):
        raise FileError(source, line, "is not text in UTF-8, UTF-16 or Windows-1252")
    return text


def _unzipped(data: bytes, source: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
            if sum(each.file_size for each in packed.infolist()) > MOST_BYTES:
                raise FileError(source, 1, f"holds more than {MOST_BYTES // 10**6} MB")
            if SHEET in names:
                return _sheet(packed, source)
            tables = [name for name in names if name.lower().endswith((".csv", ".txt", ".xlsx"))]
            if len(tables) != 1:
                said = ", ".join(tables) or "none"
                raise FileError(source, 1, "a ZIP must hold one table; unpack it", said)
            return text_of(packed.read(tables[0]), f"{source}, {tables[0]}")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
        raise FileError(source, 1, f"the ZIP file cannot be read: {error}") from None


def _sheet(packed: zipfile.ZipFile, source: str) -> str:
    """The first sheet of a workbook as lines with semicolons."""
    try:
        strings = []
        if STRINGS in packed.namelist():
            for item in ElementTree.fromstring(packed.read(STRINGS)).iter(f"{_NAMES}si"):
                strings.append("".join(part.text or "" for part in item.iter(f"{_NAMES}t")))
        rows = ElementTree.fromstring(packed.read(SHEET)).iter(f"{_NAMES}row")
        table = [list(_cells(row, strings)) for row in rows]
    except (ElementTree.ParseError, LookupError, ValueError):
        raise FileError(source, 1, f"is an Excel workbook that cannot be read: {_SAVE}") from None
    if not table:
        raise FileError(source, 1, f"is an Excel workbook with an empty first sheet: {_SAVE}")
    wide = len(table[0])
    rows_whole = (row + [""] * (wide - len(row)) for row in table)
    return "\n".join(";".join(map(_quoted, row)) for row in rows_whole)


def _cells(row: ElementTree.Element, strings: list[str]) -> Iterator[str]:
    """The cells from the first column on; those that are not there are empty."""
    place = 0
    for cell in row.iter(f"{_NAMES}c"):
        at = _CELL.fullmatch(cell.get("r", ""))
        wanted = _column(at[1]) if at else place
        yield from [""] * (wanted - place)
        place = wanted + 1
        value = cell.findtext(f"{_NAMES}v") or ""
        if cell.get("t") == "s":
            yield strings[int(value)]
        elif cell.get("t") == "inlineStr":
            yield "".join(part.text or "" for part in cell.iter(f"{_NAMES}t"))
        else:
            yield value


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = 26 * place + ord(letter) - ord("A") + 1
    return place - 1


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if set(text) & set(';"\n') else text
