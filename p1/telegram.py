"""A telegram's lines, in order, as sent: nothing is understood yet and nothing is lost."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Loose and fast, for looking values up each second; `lines` applies the strict form.
# A line without code, as gas had before DSMR 4, belongs to the line before it.
_VALUES = re.compile(r"\n([0-9:.*-]*)\(([^\r]*)\)\r")
_CONTINUED = re.compile(rb"(?<![\r\n])[\r\n]+\(")
_LINE = re.compile(r"(\d+-\d+:\d+\.\d+\.\d+(?:[.*]\d+)?)\((.*)\)")


@dataclass(frozen=True, slots=True)
class Line:
    """One object: its OBIS code and what stands between its brackets, as sent."""

    obis: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Telegram:
    """One telegram as text (latin-1, `/` to CRC, a value on a line of its own joined to its code).

    `values` gives what a code was sent with, "a)(b" for two groups; the first of equal codes.
    """

    text: str
    values: Mapping[str, str]

    @property
    def header(self) -> str:
        """The first line: `/`, three letters of the maker, the model."""
        return self.text.partition("\r\n")[0]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every object in the order sent, the unknown and the repeated too."""
        matches = (_LINE.fullmatch(line) for line in self._body)
        return tuple(Line(match[1], tuple(match[2].split(")("))) for match in matches if match)

    @property
    def unparsed(self) -> tuple[str, ...]:
        """The lines that are no object."""
        return tuple(line for line in self._body if line and not _LINE.fullmatch(line))

    @property
    def _body(self) -> list[str]:
        """The lines between the header and the `!`."""
        ends = self.text.rpartition("!")[0] or self.text
        return ends.split("\r\n")[1:]

    @property
    def dutch(self) -> bool:
        """Whether a Dutch meter sent this: it names a DSMR version and no eMUCS version."""
        return "1-3:0.2.8" in self.values and "0-0:96.1.4" not in self.values


def parse(raw: bytes) -> Telegram:
    """The telegram in `raw`, whatever bytes it holds. The CRC is the framer's business."""
    text = raw.decode("latin-1")
    pairs = _VALUES.findall(text)
    pairs.reverse()
    values = dict(pairs)
    if "" in values:
        return parse(_CONTINUED.sub(b"(", raw))
    return Telegram(text, values)
