"""history/prices.db: the market price of every quarter, with its source and when it came in.

A file of its own: prices can be fetched again, so that their damage never touches the booked money.
A damaged row is set aside: its day is then incomplete and fetched again.
"""

import logging
import sqlite3
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from base.http_client import NonsenseError
from base.language import phrase
from base.time import local_day
from rates.calendar import day_start, quarters_of_day
from rates.prices.series import DayPrices, sane
from store.database import Form, Row, open_or_renew, put, set_rows_aside, weeded

_SCHEMA = """
CREATE TABLE prices (start INTEGER PRIMARY KEY, eur_mwh TEXT NOT NULL, step_s INTEGER NOT NULL,
    source TEXT NOT NULL, fetched INTEGER NOT NULL, crc INTEGER NOT NULL);
"""
log = logging.getLogger(__name__)


class Prices:
    """The open file. Not for use by two threads at once; another process may read at the same
    time."""

    def __init__(self, path: Path) -> None:
        """Open the file; create it when absent, set it aside when it cannot be read."""
        self._path = path
        self.cut: list[date] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = open_or_renew(path, FORM)

    def close(self) -> None:
        self._db.close()

    def save(self, prices: DayPrices) -> bool:
        """Write the day to disk, replacing an earlier one; False, with a warning, on failure."""
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
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:
                put(self._db, "prices", rows)
        except sqlite3.DatabaseError as error:
            log.warning(
                phrase(
                    "The prices of {day} could not be saved: {text}.", day=prices.day, text=error
                )
            )
            return False
        return True

    def days(self, since: date) -> list[DayPrices]:
        """The whole days from `since` on, oldest first; `cut` are the incomplete ones."""
        first = (int(day_start(since).timestamp()),)
        found = weeded(self._db, self._path, "prices", "start >= ?", first)
        rows: dict[date, list[Row]] = defaultdict(list)
        for row in found:
            rows[local_day(_utc(row[0]))].append(row)
        self.cut = [day for day, kept in rows.items() if len(kept) != len(quarters_of_day(day))]
        return [
            DayPrices(
                day=day,
                source=kept[0][3],
                fetched=_utc(max(row[4] for row in kept)),
                step=timedelta(seconds=max(row[2] for row in kept)),
                eur_mwh=tuple(Decimal(row[1]) for row in kept),
            )
            for day, kept in rows.items()
            if day not in self.cut
        ]


def _upgrade(db: sqlite3.Connection, path: Path, old: frozenset[str]) -> None:
    """The table of the first form, which had no checksums."""
    good, bad = [], []
    for row in db.execute("SELECT * FROM old_prices"):
        try:
            sane(Decimal(row[1]))
            _utc(row[0]), _utc(row[4]), timedelta(seconds=row[2])
            good.append(row)
        except (ArithmeticError, OSError, TypeError, ValueError, NonsenseError):
            bad.append(row)
    put(db, "prices", good)
    set_rows_aside(path, "prices", bad)


FORM = Form(2, _SCHEMA, _upgrade)


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
