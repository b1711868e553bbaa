"""history/quarters.db: every quarter ever booked, and the registers it was booked from.

One transaction holds the bookings and the baselines they moved, so that after a power cut at any
moment both are there or neither: then the registers still tell it all. What cannot be written now
(a busy or full disk) waits and is written with the next.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from rates.amounts import Booking, Register
from rates.calendar import local_day, month_start
from rates.ledger import Key, Stand

VERSION = 1
BUSY_S = 1.0
_SCHEMA = """
CREATE TABLE quarters (start INTEGER, register TEXT, milli INTEGER NOT NULL,
    eur TEXT NOT NULL, spread INTEGER NOT NULL, PRIMARY KEY (start, register)) WITHOUT ROWID;
CREATE TABLE demand (start INTEGER PRIMARY KEY, milli_kw INTEGER NOT NULL);
CREATE TABLE baselines (meter_id TEXT, register TEXT, milli INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (meter_id, register)) WITHOUT ROWID;
"""
_FLOWS = """
SELECT start, SUM(CASE WHEN register LIKE 'offtake%' THEN milli END),
    SUM(CASE WHEN register LIKE 'injection%' THEN milli END)
FROM quarters WHERE start >= ? AND start < ? AND register NOT IN ('gas', 'water')
GROUP BY start ORDER BY start
"""
_BROKEN = ("malformed", "not a database", "corrupt")
log = logging.getLogger(__name__)


class NewerStoreError(Exception):
    """The file was written by a newer version of this program: it is left as it is."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Mean offtake and injection of one quarter in kW. None where nothing was booked."""

    quarter: datetime
    offtake_kw: Decimal | None
    injection_kw: Decimal | None


class Quarters:
    """The open file. Not for two threads at once; another process may read meanwhile."""

    def __init__(self, path: Path) -> None:
        """The file is open, made when it was absent, and set aside when it could not be read.

        NewerStoreError when a newer version of the program wrote it.
        """
        self._path = path
        self._saved: dict[Key, Stand] = {}
        self._waiting: list[Booking] = []
        self._demand: dict[datetime, Decimal] = {}
        self._troubled = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = self._opened()

    def close(self) -> None:
        """Everything written is in the one file."""
        self._db.close()

    def baselines(self) -> dict[Key, Stand]:
        """The registers as last booked, of every meter ever seen: what a Ledger starts from."""
        rows = self._db.execute("SELECT meter_id, register, milli, at FROM baselines")
        return {(meter, Register(name)): Stand(milli, _utc(at)) for meter, name, milli, at in rows}

    def commit(
        self,
        bookings: Iterable[Booking],
        baselines: Mapping[Key, Stand],
        demand: Mapping[datetime, Decimal] | None = None,
    ) -> bool:
        """Bookings and baselines are both on disk; False when they wait for the next commit.

        `demand` is what the meter itself said of a quarter, kW per start.
        """
        self._waiting += bookings
        self._demand |= demand or {}
        try:
            self._write(baselines)
        except sqlite3.DatabaseError as error:
            self._failed(error)
            return False
        if self._troubled:
            log.info("%s is written again.", self._path.name)
        self._troubled = False
        return True

    def bookings(self, since: datetime, until: datetime | None = None) -> Iterator[Booking]:
        """What was booked in quarters from `since` until before `until`, oldest first."""
        rows = self._db.execute(
            "SELECT start, register, milli, eur, spread FROM quarters"
            " WHERE start >= ? AND start < ? ORDER BY start, register",
            _span(since, until),
        )
        for start, name, milli, eur, spread in rows:
            amount = Decimal(milli).scaleb(-3)
            yield Booking(_utc(start), Register(name), amount, _lines(eur), bool(spread))

    def flows(self, since: datetime, until: datetime | None = None) -> Iterator[Flow]:
        """The electricity of each booked quarter, oldest first; quarters never seen are absent."""
        rows = self._db.execute(_FLOWS, _span(since, until))
        for start, offtake, injection in rows:
            yield Flow(_utc(start), _mean_kw(offtake), _mean_kw(injection))

    def demand(self, since: datetime, until: datetime | None = None) -> dict[datetime, Decimal]:
        """What the meter itself said of each quarter, kW per start, oldest first."""
        rows = self._db.execute(
            "SELECT start, milli_kw FROM demand WHERE start >= ? AND start < ? ORDER BY start",
            _span(since, until),
        )
        return {_utc(start): Decimal(milli).scaleb(-3) for start, milli in rows}

    def month_maxima(self, since: datetime) -> dict[date, tuple[datetime, Decimal]]:
        """Per local month its highest quarter: start and kW, the meter's word before our own."""
        own = {flow.quarter: flow.offtake_kw for flow in self.flows(since) if flow.offtake_kw}
        highest: dict[date, tuple[datetime, Decimal]] = {}
        for quarter, kw in sorted((own | self.demand(since)).items()):
            month = month_start(local_day(quarter))
            if month not in highest or kw > highest[month][1]:
                highest[month] = quarter, kw
        return highest

    def _write(self, baselines: Mapping[Key, Stand]) -> None:
        moved = {key: at for key, at in baselines.items() if self._saved.get(key) != at}
        with self._db:  # commits, or rolls back when anything fails
            self._db.execute("BEGIN IMMEDIATE")
            for booking in self._waiting:
                _add(self._db, booking)
            self._db.executemany(
                "INSERT OR REPLACE INTO demand VALUES (?, ?)",
                [(_seconds(start), int(kw.scaleb(3))) for start, kw in self._demand.items()],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO baselines VALUES (?, ?, ?, ?)",
                [(*key, stand.milli, _seconds(stand.at)) for key, stand in moved.items()],
            )
        self._saved |= moved
        self._waiting.clear()
        self._demand.clear()

    def _failed(self, error: sqlite3.DatabaseError) -> None:
        if _is_broken(error):
            self._db.close()
            self._set_aside(error)
            self._saved.clear()
            self._db = self._opened()
        elif not self._troubled:
            log.warning("%s cannot be written now (%s); it waits.", self._path.name, error)
        self._troubled = True

    def _opened(self) -> sqlite3.Connection:
        try:
            return _connect(self._path)
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
            self._set_aside(error)
            return _connect(self._path)

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = self._path.with_name(f"{self._path.name}.bad-{stamp}")
        for suffix in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        log.error("%s is damaged (%s): set aside as %s.", self._path.name, error, aside.name)


def _connect(path: Path) -> sqlite3.Connection:
    """A connection to a file known to be whole. In WAL, NORMAL never tears: at worst the last
    transactions before a power cut are not there, and the registers make them again."""
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA page_size = 1024")
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


def _check(db: sqlite3.Connection) -> None:
    with closing(db.execute("PRAGMA quick_check(1)")) as found:
        said = found.fetchone()[0]
    if said != "ok":
        raise sqlite3.DatabaseError(f"malformed: {said}")


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    return any(word in str(error) for word in _BROKEN)


def _add(db: sqlite3.Connection, booking: Booking) -> None:
    """The increment is in its row; money is added in decimals, which SQL does not have."""
    where = _seconds(booking.quarter), booking.register.value
    found = db.execute(
        "SELECT milli, eur, spread FROM quarters WHERE start = ? AND register = ?", where
    ).fetchone()
    milli, eur, spread = found or (0, "{}", 0)
    lines = _lines(eur)
    for name, money in booking.eur.items():
        lines[name] = lines.get(name, Decimal()) + money
    db.execute(
        "INSERT OR REPLACE INTO quarters VALUES (?, ?, ?, ?, ?)",
        (
            *where,
            milli + int(booking.amount.scaleb(3)),
            json.dumps({name: str(money) for name, money in lines.items()}, separators=(",", ":")),
            int(spread or booking.spread),
        ),
    )


def _lines(eur: str) -> dict[str, Decimal]:
    return {name: Decimal(money) for name, money in json.loads(eur).items()}


def _mean_kw(wh: int | None) -> Decimal | None:
    return None if wh is None else Decimal(4 * wh).scaleb(-3)


def _span(since: datetime, until: datetime | None) -> tuple[int, int]:
    return _seconds(since), _seconds(until) if until else 1 << 62


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
