"""Open money of a quarter, and its settlement, in quarters.db.

A row of `quarters` has in `open` each line whose money is not final: {line: [Wh or litres, the part
without any money, EUR booked for the rest]}. A settlement changes the money of the row and writes
the old and new amount to `settled`, in one transaction.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from rates.amounts import ALL_LINES, Booking, Lines, Register
from rates.settlement import Open, Settlement
from store.database import put

SCHEMA = """
CREATE TABLE settled (at INTEGER, start INTEGER, register TEXT, line TEXT, milli INTEGER NOT NULL,
    was TEXT NOT NULL, eur TEXT NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (at, start, register, line)) WITHOUT ROWID;
"""
NOTHING = "{}"
Parts = dict[str, list[int | str]]
Row = tuple[datetime, datetime, Register, str, Decimal, Decimal, Decimal]


def without_money(milli: int, *, told: bool) -> str:
    """A whole quarter is open. `told`: sums show it; False for a register that never had a
    price."""
    return _text({ALL_LINES: [milli, milli if told else 0, "0"]}) if milli else NOTHING


def grown(before: str, booking: Booking) -> str:
    """Open amounts of a quarter after one more booking."""
    parts: Parts = json.loads(before)
    if not booking.eur:
        _add(parts, ALL_LINES, booking.amount, booking.missing.get(ALL_LINES, Decimal(0)))
        return _text(parts)
    for line in sorted({*booking.provisional, *booking.missing}):
        missing = booking.missing.get(line, Decimal(0))
        provisional = booking.provisional.get(line, Decimal(0))
        eur = booking.eur[line] if provisional else Decimal(0)
        _add(parts, line, provisional + missing, missing, eur)
    return _text(parts)


def opened(start: int, register: str, open_: str) -> Iterator[Open]:
    """The open parts of a quarter."""
    parts: Parts = json.loads(open_)
    for line, (milli, missing, eur) in parts.items():
        yield Open(
            quarter=datetime.fromtimestamp(start, UTC),
            register=Register(register),
            line=line,
            amount=_whole(milli),
            missing=_whole(missing),
            eur=Decimal(eur),
        )


def marks(open_: str) -> tuple[Lines, Lines]:
    """The amounts by line whose money is provisional, and those that have none."""
    parts: Parts = json.loads(open_)
    provisional = {
        line: _whole(milli) - _whole(missing)
        for line, (milli, missing, _) in parts.items()
        if line != ALL_LINES and milli != missing
    }
    missing = {line: _whole(part[1]) for line, part in parts.items() if part[1]}
    return provisional, missing


def settle(
    db: sqlite3.Connection, made: Settlement, eur: Mapping[str, Decimal], open_: str
) -> tuple[dict[str, Decimal], str] | None:
    """The money of a quarter and its open part after a settlement, which is stored. None when it is
    no longer open as in the settlement.
    """
    was, parts = made.open, dict(json.loads(open_))
    if parts.pop(was.line, None) != _part(was):
        return None
    lines = dict(eur)
    for line, now in made.eur.items():
        before = was.eur if line == was.line else Decimal(0)
        lines[line] = lines.get(line, Decimal(0)) + now - before
        start = int(was.quarter.timestamp())
        where = int(made.at.timestamp()), start, was.register.value, line
        put(db, "settled", [(*where, _milli(was.amount), str(before), str(now))])
    for left in made.left:
        _add(parts, left.line, left.amount, left.missing, left.eur)
    return lines, _text(parts)


def rows(db: sqlite3.Connection, since: datetime) -> Iterator[Row]:
    """Settlements from `since` on: (at, quarter, register, line, amount, was EUR, EUR)."""
    found = db.execute(
        "SELECT at, start, register, line, milli, was, eur FROM settled WHERE at >= ? ORDER BY at",
        (int(since.timestamp()),),
    )
    for at, start, register, line, milli, was, eur in found:
        when, quarter = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(start, UTC)
        yield when, quarter, Register(register), line, _whole(milli), Decimal(was), Decimal(eur)


def _add(
    parts: Parts, line: str, amount: Decimal, missing: Decimal, eur: Decimal = Decimal(0)
) -> None:
    milli, lacking, money = parts.get(line, [0, 0, "0"])
    whole = int(milli) + _milli(amount)
    if whole:
        parts[line] = [whole, int(lacking) + _milli(missing), str(Decimal(money) + eur)]


def _part(each: Open) -> list[int | str]:
    return [_milli(each.amount), _milli(each.missing), str(each.eur)]


def _text(parts: Parts) -> str:
    return json.dumps(parts, separators=(",", ":"))


def _milli(amount: Decimal) -> int:
    return int(amount.scaleb(3))


def _whole(milli: int | str) -> Decimal:
    return Decimal(milli).scaleb(-3)
