"""A comparison as a page of text of any width from 80 on. Pure: the same values, the same rows."""

from collections.abc import Iterator
from textwrap import wrap

from rates.compare import Comparison
from screen.primitives import ATTENTION, DIM, STRONG, Block, Glyphs, Size, beside, block, fit, ink
from screen.primitives import Line as Segments
from screen.whatif import words
from screen.whatif.strip import strip
from screen.whatif.tables import (
    EUR,
    LABEL,
    MONTH,
    QUANTITY,
    bills,
    contracts,
    lettered,
    months,
    single,
)

LEAST, MOST = 80, 200
WIDEST_EUR, GAP = 18, 4


def page(told: Comparison, columns: int, glyphs: Glyphs) -> Block:
    """The whole page: the cost under each contract, and the reasons."""
    width = min(max(columns, LEAST), MOST)
    lines: list[Segments] = [
        *_head(told, width, glyphs),
        [],
        *contracts(told, width, glyphs),
    ]
    rows = tuple(fit(line, width) for line in lines)
    for part in _tables(told, width, glyphs):
        rows += (fit([], width), *(fit(row, width) for row in part))
    notes = [
        [ink(text, DIM)]
        for said in words.notes(told)
        for text in _wrapped(glyphs.clean(said), width)
    ]
    return rows + tuple(fit(line, width) for line in ([[], *notes] if notes else []))


def _head(told: Comparison, width: int, glyphs: Glyphs) -> Iterator[Segments]:
    facts = told.facts
    count = words.day_count((facts.end - facts.start).days)
    title = words.title(facts)
    yield [ink(title, STRONG), ink(f"{count:>{width - len(title)}}", DIM)]
    for text in _wrapped(words.used(facts).replace("m3", glyphs.cubic), width):
        yield [ink(text)]
    yield [ink(words.as_of(told), DIM)]
    for text in _wrapped(words.gaps(facts), width):
        yield [ink(text, ATTENTION)]


def _tables(told: Comparison, width: int, glyphs: Glyphs) -> Iterator[Block]:
    """Lines and months of as many contracts as fit beside each other, then of the next."""
    all_months = strip(told, 0).months
    everyone = lettered(told)
    fitting = (width - LABEL - QUANTITY) // EUR
    for first in range(0, len(everyone), fitting):
        some = everyone[first : first + fitting]
        if len(everyone) == 1:
            upper, eur = single(some[0].column, glyphs), 12
        else:
            eur = _eur_width(width, min(fitting, len(everyone)))
            upper = bills(told, some, eur, glyphs)
        lower = months(some, eur, all_months, glyphs)
        yield from _placed(upper, lower, width)


def _eur_width(width: int, count: int) -> int:
    """Cells for each amount: roomy when there is room for the lines and the months beside them."""
    beside_too = (width - LABEL - QUANTITY - GAP - MONTH) // (2 * count)
    alone = (width - LABEL - QUANTITY) // count
    return min(WIDEST_EUR, beside_too if beside_too >= EUR else alone)


def _placed(upper: list[Segments], lower: list[Segments], width: int) -> Iterator[Block]:
    """The two tables beside each other where they fit, else under each other."""
    left, right = _cells(upper), _cells(lower)
    if left + GAP + right > width:
        yield block(upper, Size(width, len(upper)))
        yield block(lower, Size(width, len(lower)))
        return
    rows = max(len(upper), len(lower))
    yield beside(block(upper, Size(left + GAP, rows)), block(lower, Size(right, rows)))


def _cells(lines: list[Segments]) -> int:
    return max(sum(part.cell_length for part in line) for line in lines)


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, width, subsequent_indent="  ")
