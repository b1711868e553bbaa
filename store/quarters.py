"""history/quarters.db: every quarter ever booked, and the registers it was booked from.

One transaction holds the bookings and the baselines they moved, so that after a power cut at any
moment both are there or neither: then the registers still tell it all. What cannot be written now
(a busy or full disk) waits and is written with the next.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from rates.amounts import Booking, Register
from rates.calendar import local_day, month_start
from rates.ledger import Key, Stand
from rates.stretch import Use
from store.database import is_broken, open_or_renew, set_aside

_FLOWS = """
SELECT start, SUM(CASE WHEN register LIKE 'offtake%' THEN milli END),
    SUM(CASE WHEN register LIKE 'injection%' THEN milli END)
FROM quarters WHERE start >= ? AND start < ? AND register NOT IN ('gas', 'water')
GROUP BY start ORDER BY start
"""
_BOOKED = "SELECT start, register, milli, eur, spread FROM quarters WHERE start >= ? AND start < ?"
_IN_ORDER = "ORDER BY start, register"
_UNPRICED = """
SELECT start, register, COALESCE(gaps.milli, quarters.milli), '{}', spread
FROM quarters LEFT JOIN gaps USING (start, register)
WHERE start >= ? AND (gaps.milli IS NOT NULL OR (eur = '{}' AND quarters.milli != 0))
ORDER BY start, register
"""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Flow:
    """Mean offtake and injection of one quarter in kW. None where nothing was booked."""

    quarter: datetime
    offtake_kw: Decimal | None
    injection_kw: Decimal | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What cars and batteries took in one quarter (mean kW, None: not known), and what the roof
    was forecast to give then."""

    quarter: datetime
    taken_kw: float | None
    solar_kw: float | None


class Quarters:
    """The open file. Not for two threads at once; another process may read meanwhile."""

    def __init__(self, path: Path) -> None:
        """The file is open, made when it was absent, and set aside when it could not be read.

        NewerStoreError when a newer version of the program wrote it.
        """
        self._path = path
        self._saved: dict[Key, Stand] = {}
        self._waiting: list[Booking] = []
        self._late: list[Booking] = []
        self._demand: dict[datetime, Decimal] = {}
        self._troubled = False
        self._asked: Mapping[Key, Stand] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = open_or_renew(path)

    def close(self) -> None:
        """Everything written is in the one file."""
        self._db.close()

    @property
    def waiting(self) -> bool:
        """Whether the last commit could not be written."""
        return self._troubled

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
        self._asked = baselines
        try:
            self._write(baselines)
        except sqlite3.DatabaseError as error:
            self._failed(error)
            return False
        if self._troubled:
            log.info("%s is written again.", self._path.name)
        self._troubled = False
        return True

    def add_money(self, late: Iterable[Booking], baselines: Mapping[Key, Stand]) -> bool:
        """The rows have the money of what `unpriced` told; False when it waits, as in `commit`.

        Only when nothing waits: what is written and what it lacks belong together.
        """
        self._late += late
        return self.commit((), baselines)

    def catch_up(self) -> None:
        """What waits is on disk, if it can be by now."""
        if self._troubled:
            self.commit((), self._asked)

    def bookings(self, since: datetime, until: datetime | None = None) -> Iterator[Booking]:
        """What was booked in quarters from `since` until before `until`, oldest first."""
        return map(_booking, self._db.execute(f"{_BOOKED} {_IN_ORDER}", _span(since, until)))

    def unpriced(self, since: datetime) -> Iterator[Booking]:
        """What was used in quarters from `since` on and has no money yet, oldest first.

        Of a quarter booked in parts that is what was booked without a price.
        """
        return map(_booking, self._db.execute(_UNPRICED, (_seconds(since),)))

    def uses(self, since: datetime) -> Iterator[Use]:
        """What was used in quarters from `since` on, without its money, oldest first."""
        rows = self._db.execute(
            "SELECT start, register, milli FROM quarters WHERE start >= ? ORDER BY start, register",
            (_seconds(since),),
        )
        for start, name, milli in rows:
            yield _utc(start), Register(name), Decimal(milli).scaleb(-3)

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

    def note(self, beside: Beside) -> None:
        """What stood beside the house in a quarter is on disk; or it is lost, and only a forecast
        is the worse for it."""
        row = _seconds(beside.quarter), _milli(beside.taken_kw), _milli(beside.solar_kw)
        try:
            self._db.execute("INSERT OR REPLACE INTO neighbours VALUES (?, ?, ?)", row)
        except sqlite3.DatabaseError as error:
            log.debug("not noted: %s", error)

    def beside(self, since: datetime) -> dict[datetime, Beside]:
        """What stood beside the house in each quarter since then, where it was noted."""
        rows = self._db.execute(
            "SELECT start, taken_milli_kw, solar_milli_kw FROM neighbours WHERE start >= ?",
            (_seconds(since),),
        )
        found = (Beside(_utc(at), _kw(taken), _kw(solar)) for at, taken, solar in rows)
        return {each.quarter: each for each in found}

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
        # No register can make late money again: it is on the disk before data.pickle counts on it.
        self._db.execute(f"PRAGMA synchronous = {'FULL' if self._late else 'NORMAL'}")
        with self._db:  # commits, or rolls back when anything fails
            self._db.execute("BEGIN IMMEDIATE")
            for late in self._late:
                _pay(self._db, late)
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
        self._late.clear()
        self._demand.clear()

    def _failed(self, error: sqlite3.DatabaseError) -> None:
        if is_broken(error):
            self._db.close()
            set_aside(self._path, error)
            self._saved.clear()
            self._db = open_or_renew(self._path)
        elif not self._troubled:
            log.warning("%s cannot be written now (%s); it waits.", self._path.name, error)
        self._troubled = True


def _add(db: sqlite3.Connection, booking: Booking) -> None:
    """The increment is in its row, and what of the row has no money is known."""
    where = _where(booking)
    found = db.execute(
        "SELECT quarters.milli, eur, gaps.milli"
        " FROM quarters LEFT JOIN gaps USING (start, register) WHERE start = ? AND register = ?",
        where,
    ).fetchone()
    before, eur, gap = found or (0, "{}", 0)
    gap = before if eur == "{}" else gap or 0
    milli = _grow(db, booking)
    if not booking.eur:
        gap += milli
    if gap and (booking.eur or eur != "{}"):
        db.execute("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?)", (*where, gap))


def _pay(db: sqlite3.Connection, late: Booking) -> None:
    """The row has the money it lacked."""
    _grow(db, late)
    db.execute("DELETE FROM gaps WHERE start = ? AND register = ?", _where(late))


def _grow(db: sqlite3.Connection, booking: Booking) -> int:
    """The increment is in its row; money is added in decimals, which SQL does not have. The Wh or
    litres it grew by."""
    where, grown = _where(booking), int(booking.amount.scaleb(3))
    found = db.execute(
        "SELECT milli, eur, spread FROM quarters WHERE start = ? AND register = ?", where
    ).fetchone()
    milli, eur, spread = found or (0, "{}", 0)
    lines = _lines(eur)
    for name, money in booking.eur.items():
        lines[name] = lines.get(name, Decimal()) + money
    told = json.dumps({name: str(money) for name, money in lines.items()}, separators=(",", ":"))
    db.execute(
        "INSERT OR REPLACE INTO quarters VALUES (?, ?, ?, ?, ?)",
        (*where, milli + grown, told, int(spread or booking.spread)),
    )
    return grown


def _where(booking: Booking) -> tuple[int, str]:
    return _seconds(booking.quarter), booking.register.value


def _booking(row: tuple[int, str, int, str, int]) -> Booking:
    start, name, milli, eur, spread = row
    amount = Decimal(milli).scaleb(-3)
    return Booking(_utc(start), Register(name), amount, _lines(eur), bool(spread))


def _lines(eur: str) -> dict[str, Decimal]:
    return {name: Decimal(money) for name, money in json.loads(eur).items()}


def _milli(kw: float | None) -> int | None:
    return None if kw is None else round(1000 * kw)


def _kw(milli: int | None) -> float | None:
    return None if milli is None else milli / 1000


def _mean_kw(wh: int | None) -> Decimal | None:
    return None if wh is None else Decimal(4 * wh).scaleb(-3)


def _span(since: datetime, until: datetime | None) -> tuple[int, int]:
    return _seconds(since), _seconds(until) if until else 1 << 62


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
