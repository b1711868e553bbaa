"""history/prices.db: the market price of every quarter, with its source and when it came in.

A file of its own: prices can be fetched again, so that whatever happens to them never touches the
booked money. One transaction a day, so that nothing more than SQLite's plain journal is needed.
"""

import logging
import sqlite3
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from rates.calendar import day_start, local_day, quarters_of_day
from rates.prices.series import DayPrices
from store.database import is_broken, set_aside

BUSY_S = 1.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS prices (start INTEGER PRIMARY KEY, eur_mwh TEXT NOT NULL,
    step_s INTEGER NOT NULL, source TEXT NOT NULL, fetched INTEGER NOT NULL)
"""
log = logging.getLogger(__name__)


class Prices:
    """The open file. Not for two threads at once; another process may read meanwhile."""

    def __init__(self, path: Path) -> None:
        """The file is open, made when it was absent, and set aside when it could not be read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = _connect(path)
        except sqlite3.DatabaseError as error:
            if not is_broken(error):
                raise
            set_aside(path, error)
            self._db = _connect(path)

    def close(self) -> None:
        self._db.close()

    def save(self, prices: DayPrices) -> bool:
        """The day is on disk, over what was there before; False, with a warning, when not."""
        rows = [
            (
                int(quarter.timestamp()),
                str(price),
                int(prices.step.total_seconds()),
                prices.source,
                int(prices.fetched.timestamp()),
            )
            for quarter, price in prices.quarters().items()
        ]
        try:
            with self._db:
                self._db.executemany("INSERT OR REPLACE INTO prices VALUES (?, ?, ?, ?, ?)", rows)
        except sqlite3.DatabaseError as error:
            log.warning("The prices of %s could not be kept: %s.", prices.day, error)
            return False
        return True

    def days(self, since: date) -> list[DayPrices]:
        """The whole days from `since` on, oldest first."""
        found = self._db.execute(
            "SELECT start, eur_mwh, step_s, source, fetched FROM prices WHERE start >= ?"
            " ORDER BY start",
            (int(day_start(since).timestamp()),),
        )
        rows: dict[date, list[tuple[int, str, int, str, int]]] = defaultdict(list)
        for row in found:
            rows[local_day(_utc(row[0]))].append(row)
        return [
            DayPrices(
                day,
                kept[0][3],
                _utc(max(row[4] for row in kept)),
                timedelta(seconds=max(row[2] for row in kept)),
                tuple(Decimal(row[1]) for row in kept),
            )
            for day, kept in rows.items()
            if len(kept) == len(quarters_of_day(day))
        ]


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    try:
        db.execute(_SCHEMA)
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("malformed")
    except BaseException:
        db.close()
        raise
    return db


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
