"""The SQLite file under the quarters: opened whole, in the form this program knows, or renewed."""

import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

VERSION = 1
BUSY_S = 1.0
_SCHEMA = """
CREATE TABLE quarters (start INTEGER, register TEXT, milli INTEGER NOT NULL,
    eur TEXT NOT NULL, spread INTEGER NOT NULL, PRIMARY KEY (start, register)) WITHOUT ROWID;
CREATE TABLE demand (start INTEGER PRIMARY KEY, milli_kw INTEGER NOT NULL);
CREATE TABLE baselines (meter_id TEXT, register TEXT, milli INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (meter_id, register)) WITHOUT ROWID;
"""
_ADDED = """
CREATE TABLE IF NOT EXISTS neighbours (start INTEGER PRIMARY KEY, taken_milli_kw INTEGER,
    solar_milli_kw INTEGER);
CREATE TABLE IF NOT EXISTS gaps (start INTEGER, register TEXT, milli INTEGER NOT NULL,
    PRIMARY KEY (start, register)) WITHOUT ROWID;
"""
"""Tables that an older version of the program does not need: the form stays the same. `gaps` is
how much of a quarter with money has none: booked in parts, one of them without a price."""
_BROKEN = ("malformed", "not a database", "corrupt")
log = logging.getLogger(__name__)


class NewerStoreError(Exception):
    """The file was written by a newer version of this program: it is left as it is."""


def open_or_renew(path: Path) -> sqlite3.Connection:
    """An open file that is whole; a damaged one is set aside, and said, and a new one made.

    NewerStoreError when a newer version of the program wrote it.
    """
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if not is_broken(error):
            raise
        set_aside(path, error)
        return _connect(path)


def set_aside(path: Path, error: sqlite3.DatabaseError) -> None:
    """The damaged file has another name, for whoever can still read something of it."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.bad-{stamp}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    log.error("%s is damaged (%s): set aside as %s.", path.name, error, aside.name)


def is_broken(error: sqlite3.DatabaseError) -> bool:
    """Whether the file itself is damaged; a busy or full disk is not."""
    return any(word in str(error) for word in _BROKEN)


def _connect(path: Path) -> sqlite3.Connection:
    """A connection to a file known to be whole. In WAL, NORMAL never tears: at worst the last
    transactions before a power cut are not there, and the registers make them again."""
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA page_size = 1024")
        db.execute("PRAGMA cache_size = -256")  # kB: what a week takes, not the whole year
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        _migrate(db, path)
        _check(db)
    except BaseException:
        db.close()
        raise
    return db


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise NewerStoreError(
            f"{path} was written by a newer version of this program (its form is {version},"
            f" this one knows {VERSION}): update the program, or move the file away."
        )
    if version == 0:
        db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
    db.executescript(_ADDED)


def _check(db: sqlite3.Connection) -> None:
    with closing(db.execute("PRAGMA quick_check(1)")) as found:
        said = found.fetchone()[0]
    if said != "ok":
        raise sqlite3.DatabaseError(f"malformed: {said}")
