"""Rows of quarters.db: the values in them, and the changes by one booking or settlement.

Times are seconds since 1970, amounts Wh and litres, EUR text in JSON by line.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from peak.clock import Source
from peak.months import Row as MonthRow
from rates.amounts import Booking, Register
from rates.settlement import Settlement
from store import settled
from store.database import Row, put, sound

EVER = 1 << 62
BOOKING = "SELECT start, register, milli, eur, spread, open FROM quarters"
BOOKED = f"{BOOKING} WHERE start >= ? AND start < ?"
IN_ORDER = "ORDER BY start, register"
_ROW = "SELECT milli, eur, spread, open, total FROM quarters"


def booking_of(row: tuple[int, str, int, str, int, str]) -> Booking:
    """The booking in a row of BOOKING."""
    start, name, milli, eur, spread, open_ = row
    provisional, missing = settled.marks(open_)
    return Booking(
        quarter=utc(start),
        register=Register(name),
        amount=Decimal(milli).scaleb(-3),
        eur=lines_of(eur),
        spread=bool(spread),
        provisional=provisional,
        missing=missing,
    )


def months_of(rows: Iterable[Row]) -> tuple[MonthRow, ...]:
    """The month peaks in the intact rows of `months`."""
    return tuple(
        MonthRow(
            date(month // 12, month % 12 + 1, 1),
            Decimal(milli).scaleb(-3),
            None if at is None else utc(at),
            Source(source),
        )
        for month, milli, at, source, _ in filter(sound, rows)
    )


def month_row(row: MonthRow) -> tuple[int, int, int | None, str]:
    """A month peak as a row of `months`."""
    month = row.month.year * 12 + row.month.month - 1
    at = None if row.at is None else seconds(row.at)
    return month, int(row.kw.scaleb(3)), at, row.source.value


def add(db: sqlite3.Connection, booking: Booking) -> None:
    """Add the increment to its row and to the totals; money is added as decimals, which SQL does
    not have. The part without final money is open."""
    start, register = _where(booking)
    grown = _amount(booking)
    found = db.execute(f"{_ROW} WHERE start = ? AND register = ?", (start, register)).fetchone()
    milli, eur, spread, open_, total = found or (
        0, "{}", 0, settled.NOTHING, total_before(db, register, start)
    )  # fmt: skip
    lines = lines_of(eur)
    for name, money in booking.eur.items():
        lines[name] = lines.get(name, Decimal()) + money
    left = settled.grown(open_, booking)
    row = milli + grown, _text(lines), int(spread or booking.spread), left, total + grown
    put(db, "quarters", [(start, register, *row)])
    if grown:
        later = "SELECT * FROM quarters WHERE start > ? AND register = ?"
        for *values, total, _ in db.execute(later, (start, register)).fetchall():
            put(db, "quarters", [(*values, total + grown)])


def settle(db: sqlite3.Connection, made: Settlement) -> None:
    """Apply the settlement to its row and store it; nothing when that is no longer open."""
    start, register = seconds(made.open.quarter), made.open.register.value
    found = db.execute(f"{_ROW} WHERE start = ? AND register = ?", (start, register)).fetchone()
    if found is None:
        return
    milli, eur, spread, open_, total = found
    after = settled.settle(db, made, lines_of(eur), open_)
    if after is not None:
        row = milli, _text(after[0]), spread, after[1], total
        put(db, "quarters", [(start, register, *row)])


def total_before(db: sqlite3.Connection, register: str, before: int) -> int:
    """Count of the register in all quarters that start before then."""
    found = db.execute(
        "SELECT total FROM quarters WHERE start < ? AND register = ? ORDER BY start DESC LIMIT 1",
        (before, register),
    ).fetchone()
    return int(found[0]) if found else 0


def _amount(booking: Booking) -> int:
    return int(booking.amount.scaleb(3))


def _where(booking: Booking) -> tuple[int, str]:
    return seconds(booking.quarter), booking.register.value


def _text(lines: Mapping[str, Decimal]) -> str:
    return json.dumps({name: str(eur) for name, eur in lines.items()}, separators=(",", ":"))


def lines_of(eur: str) -> dict[str, Decimal]:
    """EUR of each line."""
    return {name: Decimal(money) for name, money in json.loads(eur).items()}


def span(since: datetime, until: datetime | None) -> tuple[int, int]:
    """The parameters of BOOKED: from `since` until before `until`, None: forever."""
    return seconds(since), seconds(until) if until else EVER


def seconds(at: datetime) -> int:
    """Seconds since 1970."""
    return int(at.timestamp())


def utc(seconds: int) -> datetime:
    """The time of these seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
