"""history/quarters.db: every quarter ever booked, and the registers it was booked from.

One transaction holds the bookings and the baselines they moved, so that after a power cut at any
moment either both are there or neither, and the registers still have it all. Bookings that cannot
be written now (a busy or full disk) wait for the next commit.

Each row of `quarters` has the running total of its register. So the contents of a damaged row
follow from its neighbours and from the baselines, which are written twice: it is booked again, to
the Wh, and its money is settled later.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from pathlib import Path

from base.language import phrase
from base.time import BRUSSELS, local_day
from peak.months import Row as MonthRow
from rates.amounts import ALL_LINES, Booking, Register
from rates.calendar import month_start
from rates.late_fees import FeeSettlement, MonthFee
from rates.ledger import Key, Stand
from rates.settlement import Open, Settled, Settlement, added_up
from rates.stretch import Use
from store import fees, lost_quarters, quarter_rows, settled
from store.database import Row, is_broken, open_or_renew, put, renew, sound, weeded
from store.quarter_rows import (
    BOOKED,
    EVER,
    IN_ORDER,
    booking_of,
    month_row,
    months_of,
    seconds,
    span,
    utc,
)
from store.quarters_form import COPIES, FORM

_FLOWS = """
SELECT start, SUM(CASE WHEN register LIKE 'offtake%' THEN milli END),
    SUM(CASE WHEN register LIKE 'injection%' THEN milli END)
FROM quarters WHERE start >= ? AND start < ? AND register NOT IN ('gas', 'water')
GROUP BY start ORDER BY start
"""
_UNPRICED = f"""open GLOB '{{"{ALL_LINES}":[[]*,0,"0"]}}'"""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Flow:
    """Mean offtake and injection of one quarter in kW. None where nothing was booked."""

    quarter: datetime
    offtake_kw: Decimal | None
    injection_kw: Decimal | None


@dataclass(frozen=True, slots=True)
class Beside:
    """Power of cars and batteries in one quarter (mean kW, None: not known), and the solar forecast
    for it."""

    quarter: datetime
    taken_kw: float | None
    solar_kw: float | None


class Quarters:
    """The open file. Not for use by two threads at once; another process may read at the same time.
    Call `heal` first after a start: the rows are trusted from then on.
    """

    def __init__(self, path: Path) -> None:
        """Open the file; create it when absent, set it aside when it cannot be read.

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
        """Merge all writes into the one file."""
        self._db.close()

    @property
    def waiting(self) -> bool:
        """True if the last commit could not be written."""
        return self._troubled

    def baselines(self) -> dict[Key, Stand]:
        """The registers as last booked, of every meter so far: the start of a Ledger."""
        return {key: base.stand for key, base in lost_quarters.baselines(self._db).items()}

    def heal(self, since: datetime) -> frozenset[date]:
        """Sets the damaged rows of quarters from `since` on aside; the days booked again. Their
        amounts follow from the running totals, without money.
        """
        try:
            return self._heal(seconds(since))
        except sqlite3.DatabaseError as error:
            if not is_broken(error):
                raise
            self._renew(error)
            return self._heal(seconds(since))

    def commit(
        self,
        bookings: Iterable[Booking],
        baselines: Mapping[Key, Stand],
        demand: Mapping[datetime, Decimal] | None = None,
        months: Iterable[MonthRow] = (),
    ) -> bool:
        """Write bookings and baselines together; False when they wait for the next commit. `demand`
        is the meter's own demand of a quarter, kW per start; `months` are month peaks that changed.
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
            log.info(phrase("{name} is written again.", name=self._path.name))
        self._troubled = False
        return True

    def settle(self, made: Iterable[Settlement], baselines: Mapping[Key, Stand]) -> bool:
        """Settle `open` amounts; False when they wait, as in `commit`.

        Only when nothing waits: bookings and open amounts must match.
        """
        self._settlements += made
        return self.commit((), baselines)

    def open(self, registers: Iterable[Register] = tuple(Register)) -> Iterator[Open]:
        """Use of these registers without final money, oldest first.

        A damaged row waits until it is repaired: its sum is unknown.
        """
        names = {register.value for register in registers}
        found = "SELECT * FROM quarters WHERE open != '{}'"
        for row in self._db.execute(f"{found} {IN_ORDER}"):
            start, name, _, _, _, open_, *_ = row
            if name in names and sound(row):
                yield from settled.opened(start, name, open_)

    def awaited_since(self) -> datetime | None:
        """The oldest quarter whose money is pending; None without one. A register without a price
        is never pending.
        """
        found = f"SELECT MIN(start) FROM quarters WHERE open != '{{}}' AND NOT ({_UNPRICED})"
        start = self._db.execute(found).fetchone()[0]
        return None if start is None else utc(start)

    def settled(self, since: datetime) -> tuple[Settled, ...]:
        """Amounts and fees settled from `since` on, oldest first."""
        found = (*added_up(settled.rows(self._db, since)), *fees.settled(self._db, since))
        return tuple(sorted(found, key=attrgetter("at")))

    def open_fees(self) -> tuple[MonthFee, ...]:
        """The fees and capacity of closed months that are not settled yet."""
        return tuple(fees.opened(self._db))

    def close_fees(self, noted: Iterable[MonthFee], made: Iterable[FeeSettlement]) -> bool:
        """Store those of another month, and settlements of earlier ones. False when neither is
        possible, as on a full disk: the caller then retries.
        """
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                fees.note(self._db, noted)
                fees.settle(self._db, made)
        except sqlite3.DatabaseError as error:
            log.warning(
                phrase(
                    "{name} cannot be written now ({text}); fees wait.",
                    name=self._path.name,
                    text=error,
                )
            )
            return False
        return True

    def catch_up(self) -> None:
        """Write the waiting bookings, if possible now."""
        if self._troubled:
            self.commit((), self._asked)

    def bookings(self, since: datetime, until: datetime | None = None) -> Iterator[Booking]:
        """Bookings of quarters from `since` until before `until`, oldest first."""
        return map(booking_of, self._db.execute(f"{BOOKED} {IN_ORDER}", span(since, until)))

    def uses(self, since: datetime) -> Iterator[Use]:
        """Use of quarters from `since` on, without its money, oldest first."""
        rows = self._db.execute(
            "SELECT start, register, milli FROM quarters WHERE start >= ? ORDER BY start, register",
            (seconds(since),),
        )
        for start, name, milli in rows:
            yield utc(start), Register(name), Decimal(milli).scaleb(-3)

    def flows(self, since: datetime, until: datetime | None = None) -> Iterator[Flow]:
        """The electricity of each booked quarter, oldest first; quarters never seen are absent."""
        rows = self._db.execute(_FLOWS, span(since, until))
        for start, offtake, injection in rows:
            yield Flow(utc(start), _mean_kw(offtake), _mean_kw(injection))

    def demand(self, since: datetime, until: datetime | None = None) -> dict[datetime, Decimal]:
        """The meter's own demand of each quarter, kW per start, oldest first."""
        rows = self._db.execute(
            "SELECT start, milli_kw FROM demand WHERE start >= ? AND start < ? ORDER BY start",
            span(since, until),
        )
        return {utc(start): Decimal(milli).scaleb(-3) for start, milli in rows}

    def note(self, beside: Beside) -> None:
        """Store the power of the assets in a quarter; a loss affects only a forecast."""
        row = seconds(beside.quarter), _milli(beside.taken_kw), _milli(beside.solar_kw)
        try:
            put(self._db, "neighbours", [row])
        except sqlite3.DatabaseError as error:
            log.debug("not noted: %s", error)

    def beside(self, since: datetime) -> dict[datetime, Beside]:
        """Power beside the house in each quarter since then, where it was stored."""
        rows = self._db.execute(
            "SELECT start, taken_milli_kw, solar_milli_kw FROM neighbours WHERE start >= ?",
            (seconds(since),),
        )
        found = (Beside(utc(at), _kw(taken), _kw(solar)) for at, taken, solar in rows)
        return {each.quarter: each for each in found}

    def months(self) -> tuple[MonthRow, ...]:
        """The month peaks as last known, oldest first."""
        return months_of(self._db.execute("SELECT * FROM months ORDER BY month").fetchall())

    def month_maxima(self, since: datetime) -> dict[date, tuple[datetime, Decimal]]:
        """Per local month its highest quarter: start and kW, the meter's value before the
        program's."""
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
                quarter_rows.settle(self._db, made)
            for booking in self._waiting:
                quarter_rows.add(self._db, booking)
            demand = ((seconds(start), int(kw.scaleb(3))) for start, kw in self._demand.items())
            put(self._db, "demand", demand)
            put(self._db, "months", map(month_row, self._months.values()))
            for (meter, register), stand in moved.items():
                total = quarter_rows.total_before(self._db, register.value, EVER)
                told = stand.milli, seconds(stand.at), total
                put(self._db, "baselines", ((meter, register, copy, *told) for copy in COPIES))
        self._saved |= moved
        self._waiting.clear()
        self._settlements.clear()
        self._demand.clear()
        self._months.clear()

    def _heal(self, since: int) -> frozenset[date]:
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            for table in ("baselines", "months", "settled", "fees"):
                _exhaust(weeded(self._db, self._path, table))
            for table in ("demand", "neighbours"):
                _exhaust(weeded(self._db, self._path, table, "start >= ?", (since,)))
            lost = list(lost_quarters.lost(self._db, self._path, since))
            put(self._db, "quarters", (row for _, rows in lost for row in rows))
        for missing, rows in lost:
            _, register, *_ = rows[0]
            log.error(
                phrase(
                    "{name}: {amount} {unit} of register {register} from {time} are booked"
                    " again from its totals; the cost follows.",
                    name=self._path.name,
                    amount=Decimal(missing).scaleb(-3),
                    unit="m3" if register in (Register.GAS, Register.WATER) else "kWh",
                    register=register.replace("_", " "),
                    time=f"{utc(rows[0][0]).astimezone(BRUSSELS):%Y-%m-%d %H:%M}",
                ),
            )
        return frozenset(local_day(utc(row[0])) for _, rows in lost for row in rows)

    def _renew(self, error: sqlite3.DatabaseError) -> None:
        self._db.close()
        self._saved.clear()
        self._db = renew(self._path, FORM, error)

    def _failed(self, error: Exception) -> None:
        """After any error the bookings wait, and `waiting` is True."""
        if isinstance(error, sqlite3.DatabaseError) and is_broken(error):
            self._renew(error)
        elif not self._troubled:
            log.warning(
                phrase(
                    "{name} cannot be written now ({text}); it waits.",
                    name=self._path.name,
                    text=error,
                )
            )
        self._troubled = True


def _exhaust(rows: Iterator[Row]) -> None:
    for _ in rows:
        pass


def _milli(kw: float | None) -> int | None:
    return None if kw is None else round(1000 * kw)


def _kw(milli: int | None) -> float | None:
    return None if milli is None else milli / 1000


def _mean_kw(wh: int | None) -> Decimal | None:
    return None if wh is None else Decimal(4 * wh).scaleb(-3)
