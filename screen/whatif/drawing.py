"""A comparison as an SVG: per contract the receivers, the total, and the months."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from textwrap import shorten, wrap
from xml.sax.saxutils import escape

from rates.bill import Bill
from rates.compare import Column, Comparison
from screen.whatif import words
from screen.whatif.groups import group_of
from screen.whatif.strip import Strip, strip
from screen.whatif.tables import Lettered, lettered

WIDTH, MARGIN, TOP, ROW = 960, 32, 142, 62
BAR_X, BAR_WIDTH, BAR_HEIGHT = 250, 320, 26
TOTAL_X, MONTHS_X, MONTHS_WIDTH, MONTHS_HEIGHT = 674, 712, 216, 40
NAME_CHARS, NOTE_CHARS, LABEL_LEAST = 28, 140, 26
ALL_IN = "all in one price"
COLOURS = {
    ALL_IN: "#44536a",
    "supplier": "#2f5d8c",
    "grid": "#5b8fb9",
    "peak": "#c96a2b",
    "levies": "#8c8577",
    "gas": "#a5842c",
    "water": "#2f8f8b",
    "other": "#b5b5b5",
    "injection": "#4d8f57",
}
CENTS = Decimal("0.10")
STYLE = """
text { font-family: Inter, "Helvetica Neue", Arial, sans-serif; font-size: 12px; fill: #222 }
.title { font-size: 20px; font-weight: 600 } .dim { fill: #6b6b6b } .total { font-size: 16px }
.total, .letter, .lowest { font-weight: 600 } .lowest { fill: #2f7a3b } .gap { fill: #9a5b00 }
.on { fill: #fff; font-size: 11px } .axis { stroke: #bbb } .row { stroke: #eee }
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """EUR to pixels: position of 0, and width of a euro."""

    zero_x: float
    px_eur: float


def drawing(told: Comparison) -> str:
    """The SVG's text; the same comparison gives the same text."""
    rows, scale = lettered(told), _scale(told)
    months = strip(told, 0)
    height = TOP + ROW * len(rows) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        f' viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(words.title(told.facts))}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#fff"/>',
        *_head(told),
        *_legend(told),
    ]
    for place, each in enumerate(rows):
        parts += _contract(told, each, TOP + ROW * place, scale, months)
    foot = TOP + ROW * len(rows)
    parts += _axis(foot, scale, months)
    return "\n".join([*parts, "</svg>\n"])


def shares(column: Column) -> dict[str, Decimal]:
    """EUR incl VAT of each receiver, in the order of the colours, without cents."""
    eur: dict[str, Decimal] = dict.fromkeys(COLOURS, Decimal(0))
    for line in column.bill.lines:
        group = group_of(line)
        eur[ALL_IN if column.all_in and group == "supplier" else group] += line.eur_incl
    return {group: amount for group, amount in eur.items() if abs(amount) > CENTS}


def _scale(told: Comparison) -> Scale:
    bills = [shares(column).values() for column in told.columns]
    most = float(max((sum(eur for eur in bill if eur > 0) for bill in bills), default=0)) or 1.0
    least = float(min((sum(eur for eur in bill if eur < 0) for bill in bills), default=0))
    px_eur = BAR_WIDTH / (most - least)
    return Scale(BAR_X - least * px_eur, px_eur)


def _head(told: Comparison) -> Iterator[str]:
    yield _text(MARGIN, 44, words.title(told.facts), "title")
    facts = words.used(told.facts).replace("m3", "m³")
    yield _text(MARGIN, 66, facts)
    yield _text(MARGIN, 84, words.as_of(told), "dim")
    gaps = words.gaps(told.facts)
    if gaps:
        yield _text(MARGIN, 102, shorten(gaps, NOTE_CHARS, placeholder=" …"), "gap")


def _legend(told: Comparison) -> Iterator[str]:
    found = {group for column in told.columns for group in shares(column)} - {"other"}
    x = float(MARGIN)
    for group, colour in COLOURS.items():
        if group in found:
            yield _box(x, TOP - 24, 11, 11, colour)
            yield _text(x + 16, TOP - 14, group, "dim")
            x += 30 + 6.6 * len(group)
    yield _text(TOTAL_X, TOP - 14, "€ incl VAT", "dim", "end")
    yield _text(MONTHS_X, TOP - 14, "by month", "dim")


def _contract(
    told: Comparison, each: Lettered, y: float, scale: Scale, months: Strip
) -> Iterator[str]:
    column, middle = each.column, y + ROW / 2
    yield f'<path class="row" d="M{MARGIN} {y}H{WIDTH - MARGIN}"/>'
    yield _text(MARGIN, middle + 4, each.letter, "letter")
    names = wrap(column.name, NAME_CHARS)[:2]
    for count, name in enumerate(names):
        yield _text(MARGIN + 22, middle + 4 + 16 * (count - (len(names) - 1) / 2), name)
    yield from _bar(shares(column), middle - BAR_HEIGHT / 2, scale)
    first, best = column is told.columns[0], column is told.lowest
    alone = first and not best
    yield _text(
        TOTAL_X, middle + (5 if alone else -2), f"{column.bill.total_eur:.2f}", "total", "end"
    )
    if not alone:
        other = "" if first else f"{told.difference(column):+.2f}"
        said = f"{'lowest' if best else ''}  {other}".strip()
        yield _text(TOTAL_X, middle + 15, said, "lowest" if best else "dim", "end")
    yield from _months(column.bill, middle + MONTHS_HEIGHT / 2, months)


def _bar(eur: Mapping[str, Decimal], y: float, scale: Scale) -> Iterator[str]:
    """Costs to the right of 0, income to the left."""
    right = left = scale.zero_x
    for group, amount in eur.items():
        width = abs(float(amount)) * scale.px_eur
        x = right if amount > 0 else left - width
        right, left = (right + width, left) if amount > 0 else (right, x)
        yield _box(x, y, max(0.5, width - 1), BAR_HEIGHT, COLOURS[group])
        if width >= LABEL_LEAST:
            yield _text(x + (width - 1) / 2, y + 17, f"{amount:.0f}", "on", "middle")


def _months(bill: Bill, y: float, months: Strip) -> Iterator[str]:
    """The months as bars standing on `y`, all contracts on one scale; income hangs."""
    eur = bill.months()
    step = MONTHS_WIDTH / max(12, len(months.months))
    for place, month in enumerate(months.months):
        height = float(eur.get(month, 0) / (months.full_eur or 1)) * MONTHS_HEIGHT
        colour = COLOURS["supplier"] if height > 0 else COLOURS["injection"]
        top = y - height if height > 0 else y
        yield _box(MONTHS_X + place * step, top, step - 3, min(abs(height), ROW), colour)


def _axis(y: float, scale: Scale, months: Strip) -> Iterator[str]:
    yield f'<path class="axis" d="M{scale.zero_x:.1f} {TOP}V{y}"/>'
    step = MONTHS_WIDTH / max(12, len(months.months))
    for place, month in enumerate(months.months):
        x = MONTHS_X + place * step + (step - 3) / 2
        yield _text(x, y + 10, f"{month:%b}"[0], "dim", "middle")
    yield _text(MONTHS_X, y + 27, f"full height {months.full_eur:.2f} €", "dim")


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
    )


def _text(x: float, y: float, text: str, look: str = "", anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{look}" text-anchor="{anchor}">{escape(text)}</text>'
    )
