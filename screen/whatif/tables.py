"""The tables of a comparison: the contracts, the lines of their bills, their months."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from string import ascii_uppercase
from textwrap import wrap

from rates.bill import Line
from rates.compare import Column, Comparison
from screen.primitives import DIM, IN_FORCE, STRONG, Glyphs, ink
from screen.primitives import Line as Segments
from screen.whatif import words
from screen.whatif.groups import place_of
from screen.whatif.strip import strip

LABEL, QUANTITY, EUR, ROOMY = 20, 15, 11, 14
MONTH = 10
TOTAL, DIFFERENCE, LOWEST = 11, 11, 8
NAME = 36
Key = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Lettered:
    """A column under its letter."""

    letter: str
    column: Column

    def line(self, key: Key) -> Line | None:
        """The line of that energy and name; None when the bill has none."""
        return next((ln for ln in self.column.bill.lines if (ln.energy, ln.name) == key), None)


def lettered(told: Comparison) -> tuple[Lettered, ...]:
    """The columns as A, B, C and on; after Z comes AA."""
    letters = [*ascii_uppercase, *(a + b for a in ascii_uppercase for b in ascii_uppercase)]
    return tuple(map(Lettered, letters, told.columns))


def contracts(told: Comparison, width: int, glyphs: Glyphs) -> list[Segments]:
    """A row per contract: its months as a strip, its total, the difference with the first."""
    room = width - TOTAL - DIFFERENCE - LOWEST - 6
    name = max(len(each.name) for each in told.columns) + 2
    months = strip(told, room - min(name, NAME))
    name = min(name, room - months.width)
    heads = f"{'':{6 + name}}{months.head()}{'total ' + glyphs.unit('EUR'):>{TOTAL}}"
    if len(told.columns) > 1:
        heads += f"{'difference':>{DIFFERENCE}}"
    lines = [[ink(heads, DIM)]]
    for each in lettered(told):
        first, best = each.column is told.columns[0], each.column is told.lowest
        style = IN_FORCE if best else None
        other = "" if first else f"{told.difference(each.column):+.2f}"
        label = f"{glyphs.here if first else ' '} {each.letter:<4}"
        lines.append(
            [
                ink(f"{label}{glyphs.short(each.column.name, name - 1):<{name}}", style),
                ink(months.bars(each.column.bill, glyphs)),
                ink(f"{each.column.bill.total_eur:{TOTAL}.2f}", STRONG),
                ink(f"{other:>{DIFFERENCE}}{'  lowest' if best else ''}", style),
            ]
        )
    legend = f"months: full height {months.full_eur:.2f} {glyphs.unit('EUR')}"
    return [*lines, [ink(f"{'':6}{legend}", DIM)]]


def single(column: Column, glyphs: Glyphs) -> list[Segments]:
    """The one bill, line by line: quantity, price, VAT."""
    euro = glyphs.unit("EUR")
    rows = [_single_row("", " " * QUANTITY, f"{euro} each", "ex VAT", "VAT", euro)]
    for line in sorted(column.bill.lines, key=place_of):
        price = line.unit_price_eur if line.unit else None
        rows.append(
            _single_row(
                line.name,
                _quantity([line], glyphs),
                "" if price is None else f"{price:.4f}",
                "" if column.all_in else f"{line.eur_ex:.2f}",
                "" if column.all_in or not line.unit else f"{line.vat * 100:.0f} %",
                f"{line.eur_incl:.2f}",
            )
        )
    bill = column.bill
    ex, vat = ("", "") if column.all_in else (f"{bill.ex_eur:.2f}", f"{bill.vat_eur:.2f}")
    total = _single_row("total", " " * QUANTITY, "", ex, vat, f"{bill.total_eur:.2f}")
    head, *lines = [[ink(row)] for row in rows]
    return [[ink(head[0].text, DIM)], *lines, _rule(glyphs, len(total)), [ink(total, STRONG)]]


def _single_row(name: str, quantity: str, each: str, ex: str, vat: str, eur: str) -> str:
    return f"{name:<{LABEL}}{quantity}{each:>11}{ex:>11}{vat:>9}{eur:>11}"


def _rule(glyphs: Glyphs, width: int) -> Segments:
    return [ink(glyphs.box[1] * width, DIM)]


def bills(
    told: Comparison, columns: Sequence[Lettered], eur: int, glyphs: Glyphs
) -> list[Segments]:
    """The lines of some contracts side by side, `eur` cells each, then their totals."""
    rows = heads(columns, LABEL + QUANTITY, eur, f"{glyphs.unit('EUR')} incl VAT")
    energies = {line.energy for column in told.columns for line in column.bill.lines} - {None}
    before: str | None = None
    for key in _keys(told.columns):
        if len(energies) > 1 and key[0] != before and key[0]:
            rows.append([ink(key[0], DIM)])
        before = key[0]
        found = [each.line(key) for each in columns]
        known = [line for line in found if line]
        if not any(line.eur_incl or line.unit for line in known):
            continue  # a rounding of nothing
        values = "".join(f"{line.eur_incl:{eur}.2f}" if line else " " * eur for line in found)
        rows.append([ink(f"{key[1]:<{LABEL}}{_quantity(known, glyphs)}{values}")])
    rule = _rule(glyphs, LABEL + QUANTITY + eur * len(columns))
    return [*rows, rule, *_totals(told, columns, eur)]


def months(
    columns: Sequence[Lettered], eur: int, all_months: Iterable[date], glyphs: Glyphs
) -> list[Segments]:
    """The months of some contracts side by side; they add up to the total below."""
    told = [each.column.bill.months() for each in columns]
    rows = heads(columns, MONTH, eur, "by month")
    for month in all_months:
        values = (_money(each.get(month), eur) for each in told)
        rows.append([ink(f"{month:%b %Y}".ljust(MONTH) + "".join(values))])
    totals = "".join(f"{each.column.bill.total_eur:{eur}.2f}" for each in columns)
    rule = _rule(glyphs, MONTH + eur * len(columns))
    return [*rows, rule, [ink(f"{'total':<{MONTH}}{totals}", STRONG)]]


def heads(columns: Sequence[Lettered], label: int, eur: int, corner: str) -> list[Segments]:
    """The columns' letters, and their names where there is room."""
    rows: list[Segments] = [
        [ink(f"{corner:<{label}}" + "".join(f"{each.letter:>{eur}}" for each in columns), DIM)]
    ]
    if eur >= ROOMY:
        names = [wrap(each.column.name.split(",")[0], eur - 2)[:2] for each in columns]
        for row in range(max(map(len, names))):
            words = (name[row] if row < len(name) else "" for name in names)
            rows.append([ink(" " * label + "".join(f"{word:>{eur}}" for word in words), DIM)])
    return rows


def _totals(told: Comparison, columns: Sequence[Lettered], eur: int) -> list[Segments]:
    label = LABEL + QUANTITY
    total = "".join(f"{each.column.bill.total_eur:{eur}.2f}" for each in columns)
    vat = "".join(
        _money(None if each.column.all_in else each.column.bill.vat_eur, eur) for each in columns
    )
    rows: list[Segments] = [
        [ink(f"{'total':<{label}}{total}", STRONG)],
        [ink(f"{'of which VAT':<{label}}{vat}", DIM)],
    ]
    others = [
        " " * eur if each.column is told.columns[0] else f"{told.difference(each.column):+{eur}.2f}"
        for each in columns
    ]
    if any(map(str.strip, others)):
        rows.append([ink(f"{'difference with A':<{label}}{''.join(others)}")])
    return rows


def _keys(columns: Sequence[Column]) -> list[Key]:
    """Every line of any bill, in reading order."""
    lines = sorted((line for column in columns for line in column.bill.lines), key=place_of)
    return list(dict.fromkeys((line.energy, line.name) for line in lines))


def _quantity(lines: Sequence[Line], glyphs: Glyphs) -> str:
    """`1461.93 kWh`, when the lines agree on it; blank when they do not."""
    told = {(round(line.quantity, 2), line.unit) for line in lines if line.unit}
    if len(told) != 1:
        return " " * QUANTITY
    quantity, unit = told.pop()
    if unit == "day":
        return f"{words.day_count(round(quantity)):>{QUANTITY}}"
    return f"{f'{quantity:.2f} {glyphs.unit(unit)}':>{QUANTITY}}"


def _money(eur: Decimal | None, width: int) -> str:
    return f"{'-':>{width}}" if eur is None else f"{eur:{width}.2f}"
