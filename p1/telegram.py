"""A telegram's lines, in order, as sent: uninterpreted and complete."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

# Loose and fast, for looking values up each second; `lines` applies the strict form.
_VALUES = re.compile(r"\n([0-9:.*-]*)\(([^\r]*)\)\r")
_CONTINUED = re.compile(r"(?<![\r\n])[\r\n]+\(")
_LINE = re.compile(r"(\d+-\d+:\d+\.\d+\.\d+(?:[.*]\d+)?)\((.*)\)")


@dataclass(frozen=True, slots=True)
class Line:
    """One object: its OBIS code and the text between its brackets, as sent."""

    obis: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Telegram:
    """One telegram as text: latin-1, from `/` to the CRC."""

    text: str

    @cached_property
    def values(self) -> Mapping[str, str]:
        """Value of each code as sent, "a)(b" for two groups; the first of equal codes."""
        values = _first_values(self.text)
        return _first_values(self._joined) if "" in values else values

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
        """The lines that are not objects."""
        return tuple(line for line in self._body if line and not _LINE.fullmatch(line))

    @property
    def dutch(self) -> bool:
        """True if a Dutch meter sent this: it names a DSMR version and no eMUCS version."""
        return "1-3:0.2.8" in self.values and "0-0:96.1.4" not in self.values

    @property
    def _joined(self) -> str:
        """The text with a value on a line of its own (gas before DSMR 4) behind its code."""
        return _CONTINUED.sub("(", self.text)

    @property
    def _body(self) -> list[str]:
        """The lines between the header and the `!`."""
        text = self._joined
        return (text.rpartition("!")[0] or text).split("\r\n")[1:]


def parse(raw: bytes) -> Telegram:
    """The telegram in `raw`, whatever bytes it holds. The framer has checked the CRC."""
    return Telegram(raw.decode("latin-1"))


def _first_values(text: str) -> dict[str, str]:
    pairs = _VALUES.findall(text)
    pairs.reverse()
    return dict(pairs)


def places_of(text: str) -> dict[str, slice]:
    """Position of each code's value in the text; the first of equal codes."""
    places: dict[str, slice] = {}
    for match in _VALUES.finditer(text):
        places.setdefault(match[1], slice(*match.span(2)))
    return places
