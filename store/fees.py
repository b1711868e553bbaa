"""Provisional fees and capacity of closed months, and their settlements, in quarters.db.

A row has the billed amount of a line of the month; a settlement adds its time and the new amount.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

from rates.late_fees import FeeSettlement, MonthFee
from rates.settlement import Settled
from store.database import put, sound

SCHEMA = """
CREATE TABLE fees (first TEXT, energy TEXT, line TEXT, amount TEXT NOT NULL, unit TEXT NOT NULL,
    was TEXT NOT NULL, at INTEGER, eur TEXT, crc INTEGER NOT NULL,
    PRIMARY KEY (first, energy, line)) WITHOUT ROWID;
"""


def note(db: sqlite3.Connection, fees: Iterable[MonthFee]) -> None:
    """Store the lines as open, unless they are there already."""
    there = set(db.execute("SELECT first, energy, line FROM fees"))
    rows = ((*_row(fee), None, None) for fee in fees)
    put(db, "fees", (row for row in rows if row[:3] not in there))


def settle(db: sqlite3.Connection, made: Iterable[FeeSettlement]) -> None:
    """Store the settlements of the lines."""
    put(
        db,
        "fees",
        ((*_row(each.was), int(each.at.timestamp()), str(each.now)) for each in made),
    )


def opened(db: sqlite3.Connection) -> Iterator[MonthFee]:
    """The lines that are not settled, oldest month first."""
    for row in db.execute("SELECT * FROM fees WHERE at IS NULL ORDER BY first, energy, line"):
        if sound(row):
            yield _fee(row)


def settled(db: sqlite3.Connection, since: datetime) -> Iterator[Settled]:
    """Settlements from `since` on, without unchanged lines."""
    found = db.execute(
        "SELECT * FROM fees WHERE at >= ? ORDER BY at, first", (int(since.timestamp()),)
    )
    for row in filter(sound, found):
        fee, at, eur = _fee(row), datetime.fromtimestamp(row[6], UTC), Decimal(row[7])
        if eur != fee.eur:
            yield FeeSettlement(at, fee, eur).told()


def _row(fee: MonthFee) -> tuple[str, ...]:
    amount = str(fee.amount)
    return fee.first.isoformat(), fee.energy, fee.line, amount, fee.unit, str(fee.eur)


def _fee(row: tuple[str, ...]) -> MonthFee:
    first, energy, line, amount, unit, was = row[:6]
    return MonthFee(
        first=date.fromisoformat(first),
        energy=energy,  # type: ignore[arg-type]  # its checksum holds
        line=line,
        amount=Decimal(amount),
        unit=unit,
        eur=Decimal(was),
    )
