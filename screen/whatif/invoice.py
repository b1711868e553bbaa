"""An invoice beside the program's bill of the same days, as a page of text. Pure."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from base.time import DAY
from rates.compare import Facts
from rates.invoice import TOTAL
from rates.invoice_check import Check, Row
from screen.primitives import ATTENTION, DIM, STRONG, Block, Glyphs, fit, ink
from screen.primitives import Line as Segments
from screen.whatif import words
from screen.whatif.page import LEAST, MOST

LABEL, EUR, GAP = 14, 11, 2
FIGURES = LABEL + 3 * EUR + GAP


def invoice_page(
    told: Check, facts: Facts, name: str, notes: Sequence[str], columns: int, glyphs: Glyphs
) -> Block:
    """The whole page: each line of the invoice, ours, the difference and its likely cause."""
    width = min(max(columns, LEAST), MOST)
    lines: list[Segments] = [*_head(told, facts, name, width, glyphs), []]
    euro = f"{glyphs.unit('EUR')} {'incl' if told.invoice.incl_vat else 'ex'} VAT"
    heads = f"{euro:<{LABEL}}{'invoice':>{EUR}}{'here':>{EUR}}{'difference':>{EUR}}"
    lines.append([ink(heads, DIM)])
    for row in told.rows:
        if row.name == TOTAL:
            lines.append([ink(glyphs.box[1] * (FIGURES - GAP), DIM)])
        lines += _row(row, width, glyphs)
    lines += [[], [ink(_result(told))]]
    lines += [[ink(note, DIM)] for note in _said([*_notes(told), *notes], width, glyphs)]
    return tuple(fit(line, width) for line in lines)


def _head(told: Check, facts: Facts, name: str, width: int, glyphs: Glyphs) -> Iterator[Segments]:
    invoice = told.invoice
    title = f"The invoice of {words.days(invoice.start, invoice.end - DAY)}"
    count = words.day_count(invoice.days)
    yield [ink(title, STRONG), ink(f"{count:>{width - len(title)}}", DIM)]
    yield [ink(glyphs.short(name, width))]
    for text in wrap(words.used(facts).replace("m3", glyphs.cubic), width):
        yield [ink(text)]
    for text in wrap(words.gaps(facts), width):
        yield [ink(text, ATTENTION)]


def _row(row: Row, width: int, glyphs: Glyphs) -> Iterator[Segments]:
    """The figures, and the cause beside them in as many rows as it needs."""
    difference = row.difference
    shown = "" if difference is None else "-" if not row.differs else f"{difference:+.2f}"
    figures = f"{row.name:<{LABEL}}{_eur(row.invoice)}{_eur(row.ours)}"
    style = STRONG if row.name == TOTAL else None
    cause = wrap(glyphs.clean(row.cause), width - FIGURES) or [""]
    yield [
        ink(figures, style),
        ink(f"{shown:>{EUR}}{'':{GAP}}", ATTENTION if row.differs else style),
        ink(cause[0]),
    ]
    for more in cause[1:]:
        yield [ink(" " * FIGURES + more)]


def _eur(eur: object) -> str:
    return f"{'-':>{EUR}}" if eur is None else f"{eur:{EUR}.2f}"


def _result(told: Check) -> str:
    """The number of lines that differ, in a sentence."""
    lines = [row for row in told.rows if row.name != TOTAL]
    compared = [row for row in lines if row.difference is not None]
    count = sum(row.differs for row in compared)
    if not count:
        return f"All {len(compared)} lines agree."
    return f"{count} of {len(compared)} lines {'differs' if count == 1 else 'differ'}."


def _said(notes: Sequence[str], width: int, glyphs: Glyphs) -> Iterator[str]:
    for note in notes:
        yield from wrap(
            glyphs.clean(f"{note[0].upper()}{note[1:]}."), width, subsequent_indent="  "
        )


def _notes(told: Check) -> Iterator[str]:
    """Notes for reading the figures."""
    invoice = told.invoice
    way = "with VAT in them" if invoice.incl_vat else "without VAT"
    yield f"the lines of the invoice are read {way}: so they add up to its total, or nearest to it"
    if invoice.untold:
        yield (
            f"the lines of the invoice miss {invoice.untold:+.2f} EUR of its total: a line is not"
            " given, or mistyped"
        )
    alone = [row.name for row in told.rows if row.invoice is None and row.ours]
    if alone:
        yield f"not given of the invoice: {', '.join(alone)}"
    strange = [row.name for row in told.rows if row.ours is None]
    if strange:
        yield f"not in the contract here: {', '.join(strange)}"
    yield from told.bill.notes
