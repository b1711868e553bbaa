"""history/quarters.db: every quarter ever booked, and the registers it was booked from.

One transaction holds the bookings and the baselines they moved, so that after a power cut at any
moment both are there or neither: then the registers still hold it all. What cannot be written now
(a busy or full disk) waits and is written with the next.

Each row of `quarters` has the running total of its register. So what a damaged row held is known
from its neighbours and from the baselines, which are written twice: it is booked again, to the Wh,
without money, which comes as late money does.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import attrgetter
from pathlib import Path

from base.time import BRUSSELS, QUARTER, local_day
from peak.clock import Source
from peak.months import Row as MonthRow
from rates.amounts import ALL_LINES, Booking, Register
from rates.calendar import month_start
from rates.late_fees import FeeSettlement, MonthFee
from rates.ledger import Key, Stand
from rates.settlement import Open, Settled, Settlement, added_up
from rates.stretch import Use
from store import fees, settled
from store.database import (
    Form,
    Row,
    is_broken,
    open_or_renew,
    put,
    renew,
    set_rows_aside,
    sound,
    weeded,
)

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
"""`open` is what of a quarter has no final money yet (store/settled). `total` is the sum of `milli`
of a register up to and with its row; in `baselines`, up to the baseline."""
COPIES = (0, 1)
OLD_COLUMNS = 5
LOOK_BACK_S = 86400
FAR = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())
QUARTER_S = int(QUARTER.total_seconds())
EVER = 1 << 62

_FLOWS = """
SELECT start, SUM(CASE WHEN register LIKE 'offtake%' THEN milli END),
    SUM(CASE WHEN register LIKE 'injection%' THEN milli END)
FROM quarters WHERE start >= ? AND start < ? AND register NOT IN ('gas', 'water')
GROUP BY start ORDER BY start
"""
BOOKING = "SELECT start, register, milli, eur, spread, open FROM quarters"
BOOKED = f"{BOOKING} WHERE start >= ? AND start < ?"
IN_ORDER = "ORDER BY start, register"
_UNPRICED = f"""open GLOB '{{"{ALL_LINES}":[[]*,0,"0"]}}'"""
_ROW = "SELECT milli, eur, spread, open, total FROM quarters"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Flow:
    """Mean offtake and injection of one quarter in kW. None where nothing was booked."""

    quarter: datetime
    offtake_kw: Decimal | None
    injection_kw: Decimal | None


@dataclass(frozen=True, slots=True)
class Beside:
    """Power of cars and batteries in one quarter (mean kW, None: not known), and what the roof
    was forecast to give then."""

    quarter: datetime
    taken_kw: float | None
    solar_kw: float | None


@dataclass(frozen=True, slots=True)
class _Base:
    """A baseline, and the total of its register up to it."""

    stand: Stand
    total: int


class Quarters:
    """The open file. Not for two threads at once; another process may read meanwhile.

    After a start `heal` comes first: the rows are believed from then on.
    """

    def __init__(self, path: Path) -> None:
        """The file is open, made when it was absent, and set aside when it could not be read.

        NewerStoreError when a newer version of the program wrote it.
        """
        self._path = path
        self._saved: dict[Key, Stand] = {}
        self._waiting: list[Booking] = []
        self._settlements: list[Settlement] = []
        self._demand: dict[datetime, Decimal] = {}
        self._months: dict[date, MonthRow] = {}
        self._troubled = False
        self._asked: Mapping[Key, Stand] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = open_or_renew(path, FORM)

    def close(self) -> None:
        """Everything written is in the one file."""
        self._db.close()

    @property
    def waiting(self) -> bool:
        """True if the last commit could not be written."""
        return self._troubled

    def baselines(self) -> dict[Key, Stand]:
        """The registers as last booked, of every meter ever seen: what a Ledger starts from."""
        return {key: base.stand for key, base in self._baselines().items()}

    def heal(self, since: datetime) -> frozenset[date]:
        """Sets the damaged rows of quarters from `since` on aside; the days booked again.

        What their registers counted follows from the running totals. It has no money then.
        """
        try:
            return self._heal(_seconds(since))
        except sqlite3.DatabaseError as error:
            if not is_broken(error):
                raise
            self._renew(error)
            return self._heal(_seconds(since))

    def commit(
        self,
        bookings: Iterable[Booking],
        baselines: Mapping[Key, Stand],
        demand: Mapping[datetime, Decimal] | None = None,
        months: Iterable[MonthRow] = (),
    ) -> bool:
        """Bookings and baselines are both on disk; False when they wait for the next commit.

        `demand` is what the meter itself said of a quarter, kW per start; `months` are month peaks
        that changed.
        """
        self._months |= {row.month: row for row in months}
        self._waiting += bookings
        self._demand |= demand or {}
        self._asked = baselines
        try:
            self._write(baselines)
        except Exception as error:  # noqa: BLE001 - whatever it is, what is booked waits
            self._failed(error)
            return False
        if self._troubled:
            log.info("%s is written again.", self._path.name)
        self._troubled = False
        return True

    def settle(self, made: Iterable[Settlement], baselines: Mapping[Key, Stand]) -> bool:
        """Settle `open` amounts; False when they wait, as in `commit`.

        Only when nothing waits: what is written and what is missing belong together.
        """
        self._settlements += made
        return self.commit((), baselines)

    def open(self, registers: Iterable[Register] = tuple(Register)) -> Iterator[Open]:
        """Use of these registers without final money, oldest first.

        A damaged row waits until it is repaired: what would be added to it is not known.
        """
        names = {register.value for register in registers}
        found = "SELECT * FROM quarters WHERE open != '{}'"
        for row in self._db.execute(f"{found} {IN_ORDER}"):
            start, name, _, _, _, open_, *_ = row
            if name in names and sound(row):
                yield from settled.opened(start, name, open_)

    def awaited_since(self) -> datetime | None:
        """The oldest quarter whose money is awaited; None when none is.

        What a register without a price counts waits for nothing.
        """
        found = f"SELECT MIN(start) FROM quarters WHERE open != '{{}}' AND NOT ({_UNPRICED})"
        start = self._db.execute(found).fetchone()[0]
        return None if start is None else _utc(start)

    def settled(self, since: datetime) -> tuple[Settled, ...]:
        """Amounts and fees settled from `since` on, oldest first."""
        found = (*added_up(settled.rows(self._db, since)), *fees.settled(self._db, since))
        return tuple(sorted(found, key=attrgetter("at")))

    def open_fees(self) -> tuple[MonthFee, ...]:
        """The fees and capacity of closed months that are not settled yet."""
        return tuple(fees.opened(self._db))

    def close_fees(self, noted: Iterable[MonthFee], made: Iterable[FeeSettlement]) -> bool:
        """Those of another month are written down, and settlements of earlier ones.

        False when neither is, as on a full disk: then the caller tries again some time.
        """
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                fees.note(self._db, noted)
                fees.settle(self._db, made)
        except sqlite3.DatabaseError as error:
            log.warning("%s cannot be written now (%s); fees wait.", self._path.name, error)
            return False
        return True

    def catch_up(self) -> None:
        """Write what waits, if that is possible by now."""
        if self._troubled:
            self.commit((), self._asked)

    def bookings(self, since: datetime, until: datetime | None = None) -> Iterator[Booking]:
        """Bookings of quarters from `since` until before `until`, oldest first."""
        return map(booking_of, self._db.execute(f"{BOOKED} {IN_ORDER}", _span(since, until)))

    def uses(self, since: datetime) -> Iterator[Use]:
        """Use of quarters from `since` on, without its money, oldest first."""
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
        """The meter's own demand of each quarter, kW per start, oldest first."""
        rows = self._db.execute(
            "SELECT start, milli_kw FROM demand WHERE start >= ? AND start < ? ORDER BY start",
            _span(since, until),
        )
        return {_utc(start): Decimal(milli).scaleb(-3) for start, milli in rows}

    def note(self, beside: Beside) -> None:
        """Store the power beside the house in a quarter; it may be lost: only a forecast
        is the worse for it."""
        row = _seconds(beside.quarter), _milli(beside.taken_kw), _milli(beside.solar_kw)
        try:
            put(self._db, "neighbours", [row])
        except sqlite3.DatabaseError as error:
            log.debug("not noted: %s", error)

    def beside(self, since: datetime) -> dict[datetime, Beside]:
        """Power beside the house in each quarter since then, where it was stored."""
        rows = self._db.execute(
            "SELECT start, taken_milli_kw, solar_milli_kw FROM neighbours WHERE start >= ?",
            (_seconds(since),),
        )
        found = (Beside(_utc(at), _kw(taken), _kw(solar)) for at, taken, solar in rows)
        return {each.quarter: each for each in found}

    def months(self) -> tuple[MonthRow, ...]:
        """The month peaks as last known, oldest first."""
        return months_of(self._db.execute("SELECT * FROM months ORDER BY month").fetchall())

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
        # No register can make a settlement again: it is on disk before data.pickle counts on it.
        self._db.execute(f"PRAGMA synchronous = {'FULL' if self._settlements else 'NORMAL'}")
        with self._db:  # commits, or rolls back when anything fails
            self._db.execute("BEGIN IMMEDIATE")
            for made in self._settlements:
                _settle(self._db, made)
            for booking in self._waiting:
                _add(self._db, booking)
            demand = ((_seconds(start), int(kw.scaleb(3))) for start, kw in self._demand.items())
            put(self._db, "demand", demand)
            put(self._db, "months", map(_month_row, self._months.values()))
            for (meter, register), stand in moved.items():
                total = _total(self._db, register.value, EVER)
                told = stand.milli, _seconds(stand.at), total
                put(self._db, "baselines", ((meter, register, copy, *told) for copy in COPIES))
        self._saved |= moved
        self._waiting.clear()
        self._settlements.clear()
        self._demand.clear()
        self._months.clear()

    def _baselines(self) -> dict[Key, _Base]:
        """The newest sound copy of each."""
        found: dict[Key, _Base] = {}
        for row in self._db.execute("SELECT * FROM baselines"):
            if sound(row):
                meter, name, _, milli, at, total, _ = row
                key = meter, Register(name)
                if key not in found or found[key].stand.at < _utc(at):
                    found[key] = _Base(Stand(milli, _utc(at)), total)
        return found

    def _heal(self, since: int) -> frozenset[date]:
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            for table in ("baselines", "months", "settled", "fees"):
                _exhaust(weeded(self._db, self._path, table))
            for table in ("demand", "neighbours"):
                _exhaust(weeded(self._db, self._path, table, "start >= ?", (since,)))
            lost = list(self._lost(since))
            put(self._db, "quarters", (row for _, rows in lost for row in rows))
        for missing, rows in lost:
            _, register, *_ = rows[0]
            log.error(
                "%s: %s %s of the %s register from %s on are booked again from its totals; their"
                " money follows.",
                self._path.name,
                Decimal(missing).scaleb(-3),
                "m3" if register in (Register.GAS, Register.WATER) else "kWh",
                register.replace("_", " "),
                f"{_utc(rows[0][0]).astimezone(BRUSSELS):%Y-%m-%d %H:%M}",
            )
        return frozenset(local_day(_utc(row[0])) for _, rows in lost for row in rows)

    def _lost(self, since: int) -> Iterator[tuple[int, list[Row]]]:
        """Each run of quarters that the totals count and no row has: how much, and its rows."""
        bases = self._baselines()
        last: dict[str, tuple[int, int | None]] = {}
        earlier = "SELECT * FROM quarters WHERE start < ? AND start >= ? ORDER BY start"
        for row in self._db.execute(earlier, (since, since - LOOK_BACK_S)):
            if sound(row):
                last[row[1]] = row[0], row[6]
        first = None if last else 0
        for row in weeded(self._db, self._path, "quarters", "start >= ?", (since,)):
            start, register, milli, *_, total, _ = row
            before, counted = last.get(register, (start - 2 * QUARTER_S, first))
            yield from _run(register, before, counted, start, total - milli)
            last[register] = start, total
        ends: dict[str, tuple[int, int]] = {}
        for (_, register), base in bases.items():
            end = base.total, -_seconds(base.stand.at)
            ends[register] = max(end, ends.get(register, end))
        for name, (total, at) in ends.items():
            if name in last:
                yield from _run(name, *last[name], -at, total)

    def _renew(self, error: sqlite3.DatabaseError) -> None:
        self._db.close()
        self._saved.clear()
        self._db = renew(self._path, FORM, error)

    def _failed(self, error: Exception) -> None:
        """Whatever it was: what was booked waits, and `waiting` says so."""
        if isinstance(error, sqlite3.DatabaseError) and is_broken(error):
            self._renew(error)
        elif not self._troubled:
            log.warning("%s cannot be written now (%s); it waits.", self._path.name, error)
        self._troubled = True


def _settle(db: sqlite3.Connection, made: Settlement) -> None:
    """The settlement is in its row, and written down; nothing where it is not open as it was."""
    start, register = _seconds(made.open.quarter), made.open.register.value
    found = db.execute(f"{_ROW} WHERE start = ? AND register = ?", (start, register)).fetchone()
    if found is None:
        return
    milli, eur, spread, open_, total = found
    after = settled.settle(db, made, _lines(eur), open_)
    if after is not None:
        row = milli, _text(after[0]), spread, after[1], total
        put(db, "quarters", [(start, register, *row)])


def _add(db: sqlite3.Connection, booking: Booking) -> None:
    """The increment is in its row and in the totals; money is added in decimals, which SQL does
    not have. What of it has no final money is open."""
    start, register = _where(booking)
    grown = _amount(booking)
    found = db.execute(f"{_ROW} WHERE start = ? AND register = ?", (start, register)).fetchone()
    milli, eur, spread, open_, total = found or (
        0, "{}", 0, settled.NOTHING, _total(db, register, start)
    )  # fmt: skip
    lines = _lines(eur)
    for name, money in booking.eur.items():
        lines[name] = lines.get(name, Decimal()) + money
    left = settled.grown(open_, booking)
    row = milli + grown, _text(lines), int(spread or booking.spread), left, total + grown
    put(db, "quarters", [(start, register, *row)])
    if grown:
        later = "SELECT * FROM quarters WHERE start > ? AND register = ?"
        for *values, total, _ in db.execute(later, (start, register)).fetchall():
            put(db, "quarters", [(*values, total + grown)])


def _total(db: sqlite3.Connection, register: str, before: int) -> int:
    """Count of the register in all quarters that start before then."""
    found = db.execute(
        "SELECT total FROM quarters WHERE start < ? AND register = ? ORDER BY start DESC LIMIT 1",
        (before, register),
    ).fetchone()
    return int(found[0]) if found else 0


def _amount(booking: Booking) -> int:
    return int(booking.amount.scaleb(3))


def _run(
    register: str, start: int, total: int | None, until: int, total_then: int
) -> Iterator[tuple[int, list[Row]]]:
    """The rows between one that starts at `start` and `until`, when the totals tell that there
    were some: what is missing, spread evenly."""
    places = range(start + QUARTER_S, until, QUARTER_S)
    if total is None or total_then <= total or not places:
        return
    missing, rows = total_then - total, []
    for place, at in enumerate(places):
        milli = missing * (place + 1) // len(places) - missing * place // len(places)
        total += milli
        open_ = settled.without_money(milli, told=True)
        rows.append((at, register, milli, "{}", 1, open_, total))
    yield missing, rows


def _month_row(row: MonthRow) -> tuple[int, int, int | None, str]:
    month = row.month.year * 12 + row.month.month - 1
    at = None if row.at is None else _seconds(row.at)
    return month, int(row.kw.scaleb(3)), at, row.source.value


def _exhaust(rows: Iterator[Row]) -> None:
    for _ in rows:
        pass


def _upgrade(db: sqlite3.Connection, path: Path, old: frozenset[str]) -> None:
    """The tables of form 1 and 2. The first had no checksums, and `gaps` in place of `open`."""
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
                _lines(eur)
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
    """True if a row of form 1 can be what was written."""
    return _whole(at) and register in set(Register) and isinstance(milli, int)


def _whole(at: object) -> bool:
    return isinstance(at, int) and 0 <= at < FAR


FORM = Form(4, SCHEMA, _upgrade)


def _where(booking: Booking) -> tuple[int, str]:
    return _seconds(booking.quarter), booking.register.value


def booking_of(row: tuple[int, str, int, str, int, str]) -> Booking:
    """The booking in a row of BOOKING."""
    start, name, milli, eur, spread, open_ = row
    provisional, missing = settled.marks(open_)
    return Booking(
        quarter=_utc(start),
        register=Register(name),
        amount=Decimal(milli).scaleb(-3),
        eur=_lines(eur),
        spread=bool(spread),
        provisional=provisional,
        missing=missing,
    )


def months_of(rows: Iterable[Row]) -> tuple[MonthRow, ...]:
    """The month peaks in the sound ones of these rows of `months`."""
    return tuple(
        MonthRow(
            date(month // 12, month % 12 + 1, 1),
            Decimal(milli).scaleb(-3),
            None if at is None else _utc(at),
            Source(source),
        )
        for month, milli, at, source, _ in filter(sound, rows)
    )


def _text(lines: Mapping[str, Decimal]) -> str:
    return json.dumps({name: str(eur) for name, eur in lines.items()}, separators=(",", ":"))


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
