"""The price of offtake today and tomorrow: a strip over the hours, its scale in words, numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import ceil
from statistics import fmean

from base.time import BRUSSELS, HOUR, QUARTER
from screen.meter.chart import STEPS_MIN, by_step
from screen.meter.view import MeterView
from screen.primitives import (
    ACTIVE,
    DIM,
    INACTIVE,
    PROVISIONAL,
    Block,
    Glyphs,
    Line,
    Size,
    clock,
    ink,
    midnight,
    panel,
    runs,
)

MARGIN = 8
FEW_CHANGES = 6
BELOW = "="
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Price = float | None
GAP = "  "


@dataclass(frozen=True, slots=True)
class Curve:
    """EUR per kWh by quarter from `start` (UTC) to the end of tomorrow; None where not known."""

    start: datetime
    eur_kwh: tuple[Price, ...]

    @property
    def known(self) -> list[tuple[datetime, float]]:
        """The quarters whose price is known."""
        told = ((self.start + place * QUARTER, eur) for place, eur in enumerate(self.eur_kwh))
        return [(at, eur) for at, eur in told if eur is not None]

    def mean(self, start: datetime, length: timedelta) -> Price:
        """The mean price of the known quarters in a time; None without one."""
        first = (start - self.start) // QUARTER
        quarters = self.eur_kwh[max(0, first) : max(0, first + length // QUARTER)]
        known = [eur for eur in quarters if eur is not None]
        return fmean(known) if known else None

    def steps(self, step: timedelta) -> list[tuple[datetime, Price]]:
        """The mean price of each step of the clock."""
        first, end = floor(self.start, step), self.start + len(self.eur_kwh) * QUARTER
        starts = [first + place * step for place in range(ceil((end - first) / step))]
        return [(start, self.mean(start, step)) for start in starts]


def floor(at: datetime, step: timedelta) -> datetime:
    """The start of the step of the clock in which `at` is; Brussels is whole hours from UTC."""
    return at - (at - EPOCH) % step


def curve(start: datetime, eur_kwh: tuple[Price, ...], now: datetime) -> Curve:
    """Known prices of today and tomorrow from `start`; earlier hours are left out."""
    first, end = max(start.astimezone(UTC), midnight(now)), midnight(now, 2)
    count = max(0, (end - first) // QUARTER)
    skip = (first - start) // QUARTER
    told = eur_kwh[skip : skip + count]
    return Curve(first, (*told, *[None] * (count - len(told))))


def prices(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """Price of a kWh of offtake from now, or from the known part of today, to tomorrow's end."""
    told = view.outlook
    if told is None:
        return panel(
            glyphs.say("Price of offtake"),
            [[ink(glyphs.say("no price known yet"), DIM)]],
            size,
            glyphs,
        )
    quarter = floor(view.at, QUARTER)
    marks = any(told.provisional)
    return _drawn(told.start, told.buy_eur_kwh, told.note, quarter, size, glyphs, marks=marks)


@lru_cache(maxsize=4)
def _drawn(
    start: datetime,
    told: tuple[Price, ...],
    note: str,
    now: datetime,
    size: Size,
    glyphs: Glyphs,
    *,
    marks: bool,
) -> Block:
    """Cached, because it changes once a quarter."""
    ahead, width, rows = curve(start, told, now), size.columns - 4, size.rows - 2
    notes = [[ink(glyphs.short(glyphs.read(note), width), DIM)]] if note else []
    if not ahead.known:
        unknown = ink(glyphs.say("no price known yet"), DIM)
        return panel(glyphs.say("Price of offtake"), [[unknown], *notes], size, glyphs)
    cells = width - MARGIN
    step_min = next((step for step in STEPS_MIN if len(ahead.eur_kwh) * 15 / step <= cells), 60)
    steps = ahead.steps(timedelta(minutes=step_min))[:cells]
    numbers = _numbers(_coming(ahead, now, glyphs), width, max(1, rows // 3), glyphs)
    high = max(1, rows - 2 - len(notes) - len(numbers))
    title = glyphs.say(
        "Price of offtake, {unit} {by}",
        unit=glyphs.unit("EUR/kWh"),
        by=by_step(step_min, glyphs),
    )
    if marks:
        title += ", " + glyphs.say("{mark} provisional", mark=PROVISIONAL)
    if any((eur or 0) < 0 for _, eur in steps):
        title += ", " + glyphs.say("{mark} below 0", mark=BELOW)
    lines = [
        *_strip(ahead, steps, high, now, glyphs),
        _axis(steps, now, glyphs),
        [ink(_words(ahead, now, glyphs), DIM)],
        *numbers,
        *notes,
    ]
    return panel(title, lines, size, glyphs)


def _strip(
    ahead: Curve, steps: Sequence[tuple[datetime, Price]], rows: int, now: datetime, glyphs: Glyphs
) -> list[Line]:
    """A bar for each step, from the lowest price to the highest; empty where unknown."""
    low, high = _range(ahead)
    full = len(glyphs.rising) - 1
    levels = [0 if eur is None else _level(eur, low, high, rows * full) for _, eur in steps]
    here = _place(steps, now)
    inks = [DIM if place < here else INACTIVE for place in range(len(steps))]
    inks[here] = ACTIVE
    edges = {rows - 1: glyphs.number(high, MARGIN - 1, 4), 0: glyphs.number(low, MARGIN - 1, 4)}
    lines: list[Line] = []
    for row in reversed(range(rows)):
        bars = "".join(glyphs.rising[min(full, max(0, level - row * full))] for level in levels)
        edge = edges.get(row, "") if low < high and rows > 1 else ""
        lines.append([ink(f"{edge:<{MARGIN}}", DIM), *runs(bars, inks)])
    return lines


def _range(ahead: Curve) -> tuple[float, float]:
    known = [eur for _, eur in ahead.known]
    return min(known), max(known)


def _level(eur: float, low: float, high: float, most: int) -> int:
    """Height of a bar: 1 at the lowest price, `most` at the highest, half when all are equal."""
    return 1 + round((eur - low) / (high - low) * (most - 1)) if low < high else most // 2


def _place(steps: Sequence[tuple[datetime, Price]], now: datetime) -> int:
    """The step in which `now` is."""
    return max((place for place, (start, _) in enumerate(steps) if start <= now), default=0)


def _axis(steps: Sequence[tuple[datetime, Price]], now: datetime, glyphs: Glyphs) -> Line:
    """The hours, with now, midnight by the day's name, and a mark under prices below zero."""
    below = {place for place, (_, eur) in enumerate(steps) if (eur or 0) < 0}
    chars = [BELOW if place in below else glyphs.box[1] for place in range(len(steps))]
    here = _place(steps, now)
    taken = {here}
    chars[here] = glyphs.here
    for place, word in _labels(steps, glyphs):
        cells = range(place, place + len(word))
        hidden = taken | below if word.isdigit() else taken
        if cells.stop <= len(chars) and hidden.isdisjoint(cells):
            chars[place : cells.stop] = word
            taken.update(cells)
    inks = [ACTIVE if place == here else DIM for place in range(len(chars))]
    return [ink(" " * MARGIN), *runs("".join(chars), inks)]


def _labels(steps: Sequence[tuple[datetime, Price]], glyphs: Glyphs) -> Iterator[tuple[int, str]]:
    """Marks by step, the most important first: midnight, the day's name, hours."""
    local = [start.astimezone(BRUSSELS) for start, _ in steps]
    each = 6 if len(local) > 1 and local[1] - local[0] >= HOUR else 3
    full = [place for place, at in enumerate(local) if at.minute == 0 and at.hour % each == 0]
    for place in full:
        if local[place].hour == 0:
            yield from ((place, glyphs.limit), (place + 1, glyphs.clock(local[place], "%a")))
    yield from ((place, f"{local[place]:%H}") for place in full if local[place].hour)


def _words(ahead: Curve, now: datetime, glyphs: Glyphs) -> str:
    """The scale: the lowest and the highest price with their time, or the end of the known
    prices."""
    low, high = _range(ahead)
    if low == high:
        end = ahead.known[-1][0] + QUARTER
        return glyphs.say("no change before {time}", time=glyphs.soon(end, now))
    when = {eur: glyphs.soon(at, now) for at, eur in reversed(ahead.known)}
    return glyphs.say(
        "lowest {low:.4f} {low_at}, highest {high:.4f} {high_at}",
        low=low,
        low_at=when[low],
        high=high,
        high_at=when[high],
    )


def _coming(ahead: Curve, now: datetime, glyphs: Glyphs) -> list[tuple[str, Price]]:
    """The price now and the next changes when few, else now and the next hours."""
    known = [(at, eur) for at, eur in ahead.known if at >= now]
    changes = [
        (at, eur)
        for place, (at, eur) in enumerate(known)
        if not place or eur != known[place - 1][1]
    ]
    if len(changes) <= FEW_CHANGES:
        said = glyphs.say("now")
        return [(said if at == now else glyphs.soon(at, now), eur) for at, eur in changes]
    hours = [floor(now, HOUR) + count * HOUR for count in range(1, 48)]
    priced = [(clock(at, "%Hh"), ahead.mean(at, HOUR)) for at in hours if at <= known[-1][0]]
    return [(glyphs.say("now"), ahead.mean(now, QUARTER)), *priced]


def _numbers(
    coming: Sequence[tuple[str, Price]], width: int, rows: int, glyphs: Glyphs
) -> list[Line]:
    """The coming prices as numbers in columns, as many as fit; the current one is marked."""
    label = max((len(word) for word, _ in coming), default=0)
    digits = 7 if any((eur or 0) < 0 for _, eur in coming) else 6
    entries = [f"{word:<{label}} {glyphs.number(eur, digits, 4)}" for word, eur in coming]
    each = width // (len(GAP) + label + 1 + digits)
    lines: list[Line] = [
        [ink(GAP + entry, INACTIVE) for entry in entries[row * each : (row + 1) * each]]
        for row in range(min(rows, ceil(len(entries) / each)))
    ]
    if entries:
        lines[0][0] = ink(f"{glyphs.here} {entries[0]}", ACTIVE)
    return lines
