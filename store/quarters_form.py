"""Form of quarters.db: its tables, and the upgrade from older forms."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from rates.amounts import Register
from store import fees, settled
from store.database import Form, put, set_rows_aside
from store.quarter_rows import lines_of

SCHEMA = """
CREATE TABLE quarters (start INTEGER, register TEXT, milli INTEGER NOT NULL, eur TEXT NOT NULL,
    spread INTEGER NOT NULL, open TEXT NOT NULL, total INTEGER NOT NULL,
    crc INTEGER NOT NULL, PRIMARY KEY (start, register)) WITHOUT ROWID;
CREATE TABLE demand (start INTEGER PRIMARY KEY, milli_kw INTEGER NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE baselines (meter_id TEXT, register TEXT, copy INTEGER, milli INTEGER NOT NULL,
    at INTEGER NOT NULL, total INTEGER NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (meter_id, register, copy)) WITHOUT ROWID;
CREATE TABLE neighbours (start INTEGER PRIMARY KEY, taken_milli_kw INTEGER,
    solar_milli_kw INTEGER, crc INTEGER NOT NULL);
CREATE TABLE months (month INTEGER PRIMARY KEY, milli_kw INTEGER NOT NULL, at INTEGER,
    source TEXT NOT NULL, crc INTEGER NOT NULL);
"""
SCHEMA += settled.SCHEMA + fees.SCHEMA
"""`open` is the part of a quarter without final money (store/settled). `total` is the sum of
`milli` of a register up to and with its row; in `baselines`, up to the baseline."""
COPIES = (0, 1)
OLD_COLUMNS = 5
FAR = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())


def _upgrade(db: sqlite3.Connection, path: Path, old: frozenset[str]) -> None:
    """The tables of form 1 and 2. The first had no checksums, and `gaps` instead of `open`."""
    gaps = {}
    if "gaps" in old:
        gaps = {row[:2]: row[2] for row in db.execute("SELECT * FROM old_gaps")}
    totals: dict[str, int] = {}
    if "quarters" in old:
        bad = []
        for row in db.execute("SELECT * FROM old_quarters ORDER BY start, register"):
            start, register, milli, eur, spread = row[:5]
            if not _possible(start, register, milli):
                bad.append(row)
                continue
            try:
                lines_of(eur)
            except (ArithmeticError, AttributeError, TypeError, ValueError):
                bad.append(row)
                eur = "{}"
            gap = milli if eur == "{}" else gaps.get((start, register), 0)
            if len(row) > OLD_COLUMNS:  # form 2: checksums, and a column `unpriced`
                gap = row[5]
            open_ = settled.without_money(gap, told=eur != "{}")
            totals[register] = totals.get(register, 0) + milli
            whole = start, register, milli, eur, int(bool(spread)), open_, totals[register]
            put(db, "quarters", [whole])
        set_rows_aside(path, "quarters", bad)
    for table in {"demand", "neighbours"} & old:
        rows = db.execute(f"SELECT * FROM old_{table}")
        put(db, table, (row for row in rows if _whole(row[0])))
    if "baselines" in old:
        for meter, register, milli, at in db.execute("SELECT * FROM old_baselines"):
            if _possible(at, register, milli):
                row = milli, at, totals.get(register, 0)
                put(db, "baselines", ((meter, register, copy, *row) for copy in COPIES))


def _possible(at: object, register: object, milli: object) -> bool:
    """True if a row of form 1 is plausible."""
    return _whole(at) and register in set(Register) and isinstance(milli, int)


def _whole(at: object) -> bool:
    return isinstance(at, int) and 0 <= at < FAR


FORM = Form(4, SCHEMA, _upgrade)
