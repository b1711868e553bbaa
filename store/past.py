"""history/ for other programs: read-only quarters and prices, also while dm writes."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from base.time import QUARTER, QUARTER_S, local_day
from peak.clock import Source
from rates.amounts import OFFTAKE, Booking, Register
from rates.bill import own_peaks
from rates.calendar import day_start, month_start, months_after
from rates.past.quarters import Past, known_quarters
from rates.stretch import Use
from store.database import Row, sound, text_of
from store.quarter_rows import BOOKED, BOOKING, EVER, IN_ORDER, booking_of, months_of
from store.quarters_form import FORM

MAGIC = b"SQLite format 3\0"
CHECKED_FORM = 3
"""The first form with checksums and month peaks."""
ELECTRIC = frozenset(Register) - {Register.GAS, Register.WATER}
_CHANGED = f"""
SELECT start, changed FROM (
    SELECT start, MAX(at) AS changed FROM (
        SELECT start, start + {QUARTER_S:.0f} AS at FROM quarters
            WHERE start >= :since - {QUARTER_S:.0f} AND start < :until
        UNION ALL SELECT start, at FROM settled WHERE at >= :since AND start < :until
    ) GROUP BY start
) WHERE (changed, start) > (:since, :start) ORDER BY changed, start LIMIT :most
"""
_MEANS = """
SELECT start, 4 * SUM(milli), NULL FROM quarters
    WHERE start >= :since AND start < :until AND register LIKE 'offtake%' GROUP BY start
UNION ALL SELECT start, NULL, milli_kw FROM demand WHERE start >= :since AND start < :until
ORDER BY start
"""


class UnreadableError(ValueError):
    """The file holds no quarters that this program can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A booked quarter, and the time at which it closed or was last settled. `mean_kw` is its
    closing demand, the meter's value before the program's; `peak_kw` the highest of its month up to
    it.
    """

    start: datetime
    changed: datetime
    bookings: tuple[Booking, ...]
    mean_kw: Decimal | None
    peak_kw: Decimal | None


def read_past(path: Path, since: datetime) -> Past:
    """Every quarter booked from `since` on. UnreadableError with a sentence when there are none."""
    try:
        with closing(_opened(path)) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if not 1 <= version <= FORM.version:
                raise UnreadableError(
                    f"{path} has form {version}; this program reads {FORM.version}"
                )
            rows, damaged = _sound_rows(db, "quarters", version, since, None)
            demand, _ = _sound_rows(db, "demand", version, since, None)
            months = _meter_peaks(db) if version >= CHECKED_FORM else {}
    except sqlite3.Error as error:
        raise UnreadableError(f"{path} cannot be read: {error}") from None
    if not rows:
        raise UnreadableError(f"{path} has no quarters yet; dm books them, or name a FILE")
    return _past(rows, demand, months, damaged)


def read_bookings(
    path: Path, since: datetime, until: datetime
) -> tuple[list[Booking], dict[datetime, Decimal]]:
    """Bookings of quarters from `since` until before `until`, oldest first, and their demand as
    sent by the meter, kW. UnreadableError when the file is missing or locked."""
    try:
        with closing(_opened(path)) as db:
            rows = db.execute(f"{BOOKED} {IN_ORDER}", (since.timestamp(), until.timestamp()))
            bookings = [booking_of(row) for row in rows]
            demand, _ = _sound_rows(db, "demand", FORM.version, since, until)
    except sqlite3.Error as error:
        raise UnreadableError(f"{path} cannot be read: {error}") from None
    return bookings, {
        datetime.fromtimestamp(at, UTC): Decimal(kw).scaleb(-3) for at, kw, *_ in demand
    }


def read_closed(
    path: Path, changed: datetime, start: datetime, until: datetime, most: int
) -> list[Closed]:
    """The quarters before `until` that closed or were settled after `changed` (at that instant:
    those after `start`), in the order of that. UnreadableError as for `read_bookings`."""
    asked = {"since": int(changed.timestamp()), "start": int(start.timestamp()), "most": most}
    try:
        with closing(_opened(path)) as db:
            found = dict(db.execute(_CHANGED, {**asked, "until": int(until.timestamp())}))
            places = ", ".join("?" * len(found))
            rows = db.execute(f"{BOOKING} WHERE start IN ({places}) {IN_ORDER}", [*found])
            bookings = {
                at: tuple(group)
                for at, group in groupby(map(booking_of, rows), lambda each: each.quarter)
            }
            demand = _demand(db, [*bookings])
    except sqlite3.Error as error:
        raise UnreadableError(f"{path} cannot be read: {error}") from None
    times = {datetime.fromtimestamp(at, UTC): datetime.fromtimestamp(then, UTC)
             for at, then in found.items()}  # fmt: skip
    return [
        Closed(
            start=at,
            changed=then,
            bookings=bookings[at],
            mean_kw=demand.get(at, (None, None))[0],
            peak_kw=demand.get(at, (None, None))[1],
        )
        for at, then in times.items()
        if at in bookings
    ]


def _demand(
    db: sqlite3.Connection, quarters: Sequence[datetime]
) -> dict[datetime, tuple[Decimal, Decimal]]:
    """Of each quarter in the months of these: its kW, and the highest of its month up to it."""
    found: dict[datetime, tuple[Decimal, Decimal]] = {}
    rows = months_of(db.execute("SELECT * FROM months"))
    told = {row.month: row for row in rows if row.source is Source.METER}
    for month in sorted({month_start(local_day(each)) for each in quarters}):
        span = day_start(month), day_start(months_after(month, 1))
        peak, highest = told.get(month), Decimal(0)
        for at, kw in _means(db, *span):
            if peak is not None and (peak.at is None or peak.at <= at + QUARTER):
                highest = max(highest, peak.kw)
            highest = max(highest, kw)
            found[at] = kw, highest
    return found


def _means(
    db: sqlite3.Connection, since: datetime, until: datetime
) -> Iterator[tuple[datetime, Decimal]]:
    """Each quarter and its kW, oldest first: the meter's value before the program's."""
    span = {"since": int(since.timestamp()), "until": int(until.timestamp())}
    for seconds, rows in groupby(db.execute(_MEANS, span), lambda row: row[0]):
        milli = [value for _, own, told in rows for value in (told, own) if value is not None]
        if milli:
            yield datetime.fromtimestamp(seconds, UTC), Decimal(milli[-1]).scaleb(-3)


def kept_prices(path: Path, since: datetime, until: datetime) -> dict[datetime, Decimal]:
    """EUR/MWh by quarter start, from history/prices.db of dm; empty without it."""
    try:
        with closing(_opened(path)) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            rows, _ = _sound_rows(db, "prices", version, since, until)
    except sqlite3.Error:
        return {}
    return {datetime.fromtimestamp(row[0], UTC): Decimal(row[1]) for row in rows}


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    db.text_factory = text_of
    return db


def _sound_rows(
    db: sqlite3.Connection, table: str, version: int, since: datetime, until: datetime | None
) -> tuple[list[Row], int]:
    """The intact rows, and the number of damaged ones, which is unknown in older forms."""
    end = until.timestamp() if until else EVER
    found = db.execute(
        f"SELECT * FROM {table} WHERE start >= ? AND start < ? ORDER BY start",
        (since.timestamp(), end),
    ).fetchall()
    rows = [row for row in found if version < CHECKED_FORM or sound(row)]
    return rows, len(found) - len(rows)


def _past(rows: list[Row], demand: list[Row], months: Mapping[date, Decimal], damaged: int) -> Past:
    names = {register.value: register for register in Register}
    uses: list[Use] = []
    told: dict[datetime, list[Register]] = {}
    spread = 0
    for seconds, name, milli, _, guessed, *_ in rows:
        quarter, register = datetime.fromtimestamp(seconds, UTC), names[name]
        uses.append((quarter, register, Decimal(milli).scaleb(-3)))
        if register in ELECTRIC:
            told.setdefault(quarter, []).append(register)
            spread += guessed and register is Register.OFFTAKE_DAY
    registers = {register for _, register, _ in uses} & ELECTRIC
    notes = []
    if spread:
        notes.append(
            f"{spread} quarters without telegrams: their total is known, spread evenly over them"
        )
    if damaged:
        notes.append(f"{damaged} damaged rows are left out; the meter program restores them")
    return Past(
        uses=tuple(uses),
        known=known_quarters(told, registers),
        first=uses[0][0],
        last=uses[-1][0],
        notes=tuple(notes),
        month_peaks={**_month_peaks(uses, demand), **months},
        told=frozenset(months),
    )


def _meter_peaks(db: sqlite3.Connection) -> dict[date, Decimal]:
    """kW per month, of the months whose peak the meter itself sent."""
    rows = db.execute("SELECT * FROM months WHERE source = ?", (Source.METER.value,))
    return {
        date(month // 12, month % 12 + 1, 1): Decimal(milli).scaleb(-3)
        for month, milli, *rest in rows
        if sound((month, milli, *rest))
    }


def _month_peaks(uses: list[Use], demand: list[Row]) -> dict[date, Decimal]:
    """kW per month: the highest quarter, the meter's value before the program's."""
    kwh: dict[datetime, Decimal] = {}
    for quarter, register, amount in uses:
        if register in OFFTAKE:
            kwh[quarter] = kwh.get(quarter, Decimal(0)) + amount
    for seconds, milli_kw, *_ in demand:
        kwh[datetime.fromtimestamp(seconds, UTC)] = Decimal(milli_kw).scaleb(-3) / 4
    return own_peaks({Register.OFFTAKE_DAY: list(kwh.items())})
