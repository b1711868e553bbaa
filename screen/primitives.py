"""The parts of every screen: sizes, glyphs, inks, rows of segments, panels that tile.

A row is a tuple of rich segments of one exact width; a block is rows under each other; a frame
is the block that fills the terminal. Everything here is pure: the same values give the same rows.
"""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, groupby
from operator import itemgetter

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from base.language import ENGLISH, Language
from base.time import BRUSSELS

Line = list[Segment]
Row = tuple[Segment, ...]
Block = tuple[Row, ...]


# Colour means something, and is never the only one to say it: each ink goes with words or a mark.
DIM = Style(dim=True)
STRONG = Style(bold=True)
ALARM = Style(color="red", bold=True)
ATTENTION = Style(color="yellow")
ACTIVE = Style(color="magenta")
INACTIVE = Style(color="cyan")
IN_FORCE = Style(color="green")
PROGRESS = Style(color="red")


@dataclass(frozen=True, slots=True)
class Size:
    """Room on the terminal, in character cells."""

    columns: int
    rows: int

    def holds(self, other: "Size") -> bool:
        """True if `other` fits in here."""
        return self.columns >= other.columns and self.rows >= other.rows


SMALL, MEDIUM, LARGE = Size(80, 24), Size(120, 40), Size(200, 50)
"""The sizes from which a screen has each of its layouts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The characters a terminal can draw, and the reader's language.

    `rising` and `hanging` go from empty to full.
    """

    box: str
    rising: str
    hanging: str
    part: str
    free: str
    limit: str
    here: str
    more: str
    euro: str
    cubic: str
    plain: bool
    language: Language = ENGLISH

    @property
    def full(self) -> str:
        return self.rising[-1]

    def unit(self, unit: str) -> str:
        """A unit as this terminal can write it, from the plain `EUR/kWh` or `m3`."""
        return unit.replace("EUR", self.euro).replace("m3", self.cubic)

    def clean(self, text: str) -> str:
        """Text from outside made safe: no control characters, only glyphs of the terminal."""
        if not text.isprintable():
            text = "".join(char if char.isprintable() else "?" for char in text)
        if self.plain and not text.isascii():
            text = text.replace("€", "EUR").replace("…", "..").replace("³", "3").replace("°", "")
            text = "".join(char if char in PLAIN else "?" for char in text)
        return text

    def short(self, text: str, width: int) -> str:
        """`text`, cleaned, ending in an ellipsis where it is wider than `width` cells."""
        text = self.clean(text)
        if cell_len(text) <= width:
            return text
        return set_cell_size(text, max(0, width - len(self.more))).rstrip() + self.more

    def say(self, message: str, /, **values: object) -> str:
        """The sentence in the reader's language, as this terminal can write it."""
        return self.clean(self.language.say(message, **values))

    def many(self, one: str, more: str, /, count: int, **values: object) -> str:
        """The sentence for this `count`, which is also a placeholder."""
        return self.clean(self.language.many(one, more, count, **values))

    def read(self, sentence: str) -> str:
        """A program's sentence in the reader's language, cleaned."""
        return self.clean(self.language.read(sentence))

    def number(self, value: float | None, width: int = 0, decimals: int = 2) -> str:
        """The number right-aligned with fixed decimals, `-` when unknown."""
        return self.language.number(value, width, decimals)

    def clock(self, at: datetime | date | None, pattern: str = "%H:%M") -> str:
        """A moment on the wall clock in Brussels, `-` when unknown."""
        return self.clean(self.language.time(at, pattern))

    def day(self, at: datetime | date | None) -> str:
        """`6 Jan`, in Brussels; nothing when unknown."""
        return "" if at is None else self.clock(at, "%-d %b")

    def moment(self, at: datetime | None) -> str:
        """`6 Jan 17:15`, in Brussels; nothing when unknown."""
        return "" if at is None else self.clock(at, "%-d %b %H:%M")

    def soon(self, at: datetime | None, now: datetime) -> str:
        """`18:15` today, `Fri 03:00` on another day, `-` when unknown."""
        same = at is not None and midnight(at) == midnight(now)
        return self.clock(at, "%H:%M" if same else "%a %H:%M")

    def span(self, seconds: float) -> str:
        """A length of time in its one useful unit: `12 s`, `14 min`, `3 h`, `2 days`."""
        return self.clean(self.language.span(seconds))


PLAIN = frozenset("àâäçèéêëîïôöùûüÀÂÇÈÉÊËÎÏÔÖÙÛÜ" + "".join(map(chr, range(32, 127))))
"""The letters of the Pi's own console font that Dutch and French need, and ASCII."""
UNICODE = Glyphs(
    box="╭─╮│╰╯",
    rising=" ▁▂▃▄▅▆▇█",
    hanging=" ▀█",
    part="▒",
    free="░",
    limit="│",
    here="▸",
    more="…",
    euro="€",
    cubic="m³",
    plain=False,
)
CONSOLE = Glyphs(
    box="┌─┐│└┘",
    rising=" ░▒█",
    hanging=" ░▒█",
    part="▒",
    free="░",
    limit="│",
    here=">",
    more="..",
    euro="EUR",
    cubic="m3",
    plain=True,
)
GLYPHS = {"unicode": UNICODE, "console": CONSOLE}


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole screen: exactly `size.rows` rows of exactly `size.columns` cells."""

    size: Size
    rows: Block

    @property
    def text(self) -> str:
        """The frame without its colours, a line for each row."""
        return "\n".join("".join(part.text for part in row) for row in self.rows)


def ink(text: str, style: Style | None = None) -> Segment:
    """A piece of text in one ink."""
    return Segment(text, style)


def runs(text: str, inks: Iterable[Style | None]) -> Line:
    """The text with an ink for each character; neighbours of the same ink in one piece."""
    pieces = groupby(zip(text, inks, strict=True), key=itemgetter(1))
    return [ink("".join(char for char, _ in piece), style) for style, piece in pieces]


def fit(line: Sequence[Segment], width: int) -> Row:
    """The line cropped or padded to exactly `width` cells."""
    return tuple(Segment.adjust_line_length(list(line), max(0, width)))


def block(lines: Iterable[Sequence[Segment]], size: Size) -> Block:
    """The lines as a block of exactly `size`: the last ones cut, or blanks added."""
    rows = [fit(line, size.columns) for line in lines][: size.rows]
    blank = fit([], size.columns)
    return (*rows, *[blank] * (size.rows - len(rows)))


def restyled(rows: Block, style: Style) -> Block:
    """The same rows all in one ink."""
    return tuple(tuple(Segment(part.text, style) for part in row) for row in rows)


def panel(
    title: str,
    lines: Iterable[Sequence[Segment]],
    size: Size,
    glyphs: Glyphs,
    *,
    alarm: bool = False,
) -> Block:
    """A bordered block of exactly `size` with its title in the border; all red when `alarm`."""
    left_top, across, right_top, side, left_foot, right_foot = tuple(glyphs.box)
    width = size.columns - 2
    head = f" {glyphs.short(title, width - 3)} "
    rest = across * (width - 1 - cell_len(head))
    edge, last = ink(side + " ", DIM), ink(" " + side, DIM)
    inner = block(lines, Size(size.columns - 4, size.rows - 2))
    rows = (
        (ink(left_top + across, DIM), ink(head, STRONG), ink(rest + right_top, DIM)),
        *((edge, *row, last) for row in inner),
        (ink(left_foot + across * width + right_foot, DIM),),
    )
    return restyled(rows, ALARM) if alarm else rows


def beside(*blocks: Block) -> Block:
    """Blocks of the same height, next to each other."""
    return tuple(tuple(chain.from_iterable(rows)) for rows in zip(*blocks, strict=True))


def stacked(*blocks: Block) -> Block:
    """Blocks of the same width, under each other."""
    return tuple(chain.from_iterable(blocks))


def too_small(sentence: str, size: Size, least: Size, glyphs: Glyphs) -> Frame:
    """The sentence, wrapped, then the size that the screen needs; the sentence is cut last."""
    needed = glyphs.say(
        "The screen needs {needs}, this terminal has {has}.",
        needs=f"{least.columns}x{least.rows}",
        has=f"{size.columns}x{size.rows}",
    )
    text = glyphs.clean(sentence)
    rows = textwrap.wrap(text, size.columns, max_lines=size.rows, placeholder=glyphs.more)
    needs = textwrap.wrap(needed, size.columns)
    left = needs if len(rows) + len(needs) <= size.rows else []
    lines = [*([ink(row)] for row in rows), *([ink(row, DIM)] for row in left)]
    return Frame(size, block(lines, size))


PROVISIONAL, INCOMPLETE = "~", "?"


def marked(shown: str, mark: str) -> str:
    """A right-aligned number with a mark before it; the width stays the same if there is room."""
    return f"{mark}{shown.lstrip()}".rjust(len(shown)) if mark else shown


def clock(at: datetime | None, pattern: str = "%H:%M") -> str:
    """A moment on the wall clock in Brussels, in digits; `-` when unknown."""
    return "-" if at is None else at.astimezone(BRUSSELS).strftime(pattern)


def midnight(at: datetime, days: int = 0) -> datetime:
    """Start of the day of `at` in Brussels, or `days` later, UTC."""
    local = at.astimezone(BRUSSELS).date() + timedelta(days=days)
    return datetime.combine(local, time(), BRUSSELS).astimezone(UTC)
