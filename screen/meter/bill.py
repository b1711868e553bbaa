"""The bill of the month so far: its lines, its total, and the expected one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from base import messages
from screen.primitives import (
    DIM,
    PROVISIONAL,
    STRONG,
    Block,
    Glyphs,
    Line,
    Size,
    ink,
    marked,
    panel,
)

NARROW, WIDE, ROOMY, WIDEST = (7, 5), (8, 8), 44, 60
EUR = 8
ENERGIES = ("electricity", "gas", "water")
ORDER = (
    "energy", "energy day", "energy night", "certificates", "distribution", "transport",
    "capacity", "maximum tariff", "excise", "energy contribution", "data management",
    "grid fixed", "fixed fee",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line as it is shown; `amount` None where lines of several units are together."""

    name: str
    amount: float | None
    unit: str
    eur: float
    provisional: bool = False


@lru_cache(maxsize=4)
def bill(told: messages.Bill | None, size: Size, glyphs: Glyphs) -> Block:
    """Each line and the total, EUR with VAT; the smallest lines together where there are too many.

    Cached, because it changes once a quarter.
    """
    if told is None or not told.lines:
        return panel(glyphs.say("Bill"), [[ink(glyphs.say("no bill yet"), DIM)]], size, glyphs)
    width, rows = min(WIDEST, size.columns - 4), size.rows - 2
    lines = [_line(item, width, glyphs) for item in items(told.lines, rows - 1)]
    total_eur = marked(glyphs.number(told.total_eur, EUR), _mark(any(map(_open, told.lines))))
    total = glyphs.say("total {euro}", euro=glyphs.euro).ljust(width - EUR) + total_eur
    return panel(heading(told, glyphs), [*lines, [ink(total, STRONG)]], size, glyphs)


def _open(line: messages.BillLine) -> bool:
    return line.provisional


def _mark(provisional: bool) -> str:
    return PROVISIONAL if provisional else ""


def heading(told: messages.Bill, glyphs: Glyphs) -> str:
    """Start of the bill, and expected cost of the whole month."""
    start, eur = glyphs.day(told.start), told.expected_eur
    provisional = any(map(_open, told.lines))
    if eur is None:
        head = glyphs.say("Bill from {day}", day=start)
    else:
        head = glyphs.say(
            "Bill from {day}, {eur:.2f} {euro} expected", day=start, eur=eur, euro=glyphs.euro
        )
    mark = glyphs.say("{mark} provisional", mark=PROVISIONAL)
    return f"{head}, {mark}" if provisional else head


def short(told: messages.Bill, glyphs: Glyphs) -> str:
    """The title of the small usage panel: the bill's total, and the expected one."""
    total = marked(glyphs.number(told.total_eur), _mark(any(map(_open, told.lines))))
    start, euro = glyphs.day(told.start), glyphs.euro
    if told.expected_eur is None:
        return glyphs.say(
            "Use and cost, bill from {day} {total} {euro}", day=start, total=total, euro=euro
        )
    return glyphs.say(
        "Use and cost, bill from {day} {total} {euro}, {eur:.2f} {euro} expected",
        day=start,
        total=total,
        euro=euro,
        eur=told.expected_eur,
    )


def items(lines: Sequence[messages.BillLine], most: int) -> list[Item]:
    """At most `most` lines: water and gas are drawn together before electricity is."""
    ordered = sorted(lines, key=_place)
    groups = [[line for line in ordered if line.energy == energy] for energy in ENERGIES]
    room = [len(group) for group in groups]
    while sum(room) > most and max(room) > 1:
        place = max((1, 2), key=room.__getitem__)
        room[place if room[place] > 1 else 0] -= 1
    return [
        item
        for energy, group, rows in zip(ENERGIES, groups, room, strict=True)
        for item in _group(energy, group, rows)
    ]


def _place(line: messages.BillLine) -> tuple[bool, int]:
    """The place of a line on its bill: supplier, grid, levies, fees, others, and income last."""
    return line.eur < 0, ORDER.index(line.name) if line.name in ORDER else len(ORDER)


def _group(energy: str, lines: Sequence[messages.BillLine], rows: int) -> list[Item]:
    """The largest lines of an energy in their order and the others as one; income is kept apart."""
    by_weight = sorted(lines, key=lambda line: (line.eur >= 0, -abs(line.eur)))
    if rows == 1 and len(lines) > 1:
        main = max(lines, key=lambda line: abs(line.eur))
        eur = sum(line.eur for line in lines)
        return [
            Item(
                name=energy,
                amount=main.amount,
                unit=main.unit,
                eur=eur,
                provisional=any(map(_open, lines)),
            )
        ]
    kept = by_weight if rows >= len(lines) else by_weight[: rows - 1]
    shown = [
        Item(
            name=_name(energy, line.name),
            amount=line.amount,
            unit=line.unit,
            eur=line.eur,
            provisional=line.provisional,
        )
        for line in lines
        if line in kept
    ]
    rest = [line for line in lines if line not in kept]
    if not rest:
        return shown
    eur = sum(line.eur for line in rest)
    return [
        *shown,
        Item(
            name=_name(energy, "other"),
            amount=None,
            unit="",
            eur=eur,
            provisional=any(map(_open, rest)),
        ),
    ]


def _name(energy: str, name: str) -> str:
    """The line's name, with its energy where that is not electricity."""
    return name if energy == "electricity" or name.startswith(energy) else f"{energy} {name}"


def _named(name: str, glyphs: Glyphs) -> str:
    """The name of a line in the reader's language; `gas distribution` is made of two."""
    energy, _, line = name.partition(" ")
    if energy in ("gas", "water") and line and glyphs.read(name) == name:
        return f"{glyphs.read(energy)} {glyphs.read(line)}"
    return glyphs.read(name)


def _line(item: Item, width: int, glyphs: Glyphs) -> Line:
    """Name, amount and EUR; an amount only where its unit fits."""
    amount_width, unit_width = WIDE if width >= ROOMY else NARROW
    measure = _measure(item, amount_width, glyphs)
    room = amount_width + unit_width
    name_width = width - room - EUR
    name = f"{glyphs.short(_named(item.name, glyphs), name_width - 1):<{name_width}}"
    eur = marked(glyphs.number(item.eur, EUR), _mark(item.provisional))
    spare = len(measure) - len(measure.lstrip())
    measure = measure[min(spare, max(0, len(measure) - room)) :]
    fits = measure if len(measure) <= room else ""
    return [ink(name), ink(f"{fits:<{room}}", DIM), ink(eur)]


def _measure(item: Item, width: int, glyphs: Glyphs) -> str:
    """`238.90 kWh`, `15 days`; empty for merged lines."""
    if item.amount is None:
        return ""
    if item.unit == "day":
        days = glyphs.many("{count} day", "{count} days", round(item.amount))
        return f"{days:>{width + len(days.partition(' ')[2]) + 1}}"
    return f"{glyphs.number(item.amount, width)} {glyphs.clean(glyphs.unit(item.unit))}"
