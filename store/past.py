"""history/ as another program reads it: quarters and prices, while dm writes, never changed."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from peak.clock import Source
from rates.amounts import OFFTAKE, Booking, Register
from rates.bill import own_peaks
from rates.past.quarters import Past, known_quarters
from rates.stretch import Use
from store.database import Row, sound, text_of
from store.quarters import BOOKED, EVER, FORM, IN_ORDER, booking_of

MAGIC = b"SQLite format 3\0"
ELECTRIC = frozenset(Register) - {Register.GAS, Register.WATER}


class UnreadableError(ValueError):
    """The file holds no quarters that this program can read."""


def read_past(path: Path, since: datetime) -> Past:
    """Every quarter booked from `since` on. UnreadableError with a sentence when there are none."""
    try:
        with closing(_opened(path)) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if not 1 <= version <= FORM.version:
                raise UnreadableError(
                    f"{path} has form {version}; this program reads {FORM.version}"
                )
            rows, damaged = _sound_rows(db, "quarters", version, since, None)
            demand, _ = _sound_rows(db, "demand", version, since, None)
            months = _meter_peaks(db) if version == FORM.version else {}
    except sqlite3.Error as error:
        raise UnreadableError(f"{path} cannot be read: {error}") from None
    if not rows:
        raise UnreadableError(f"{path} holds no quarters yet; dm books them, or name a FILE")
    return _past(rows, demand, months, damaged)


def read_bookings(
    path: Path, since: datetime, until: datetime
) -> tuple[list[Booking], dict[datetime, Decimal]]:
    """What was booked in quarters from `since` until before `until`, oldest first, and what the
    meter said of their demand, kW. UnreadableError when there is no such file, or it is locked."""
    try:
        with closing(_opened(path)) as db:
            rows = db.execute(f"{BOOKED} {IN_ORDER}", (since.timestamp(), until.timestamp()))
            bookings = [booking_of(row) for row in rows]
            demand, _ = _sound_rows(db, "demand", FORM.version, since, until)
    except sqlite3.Error as error:
        raise UnreadableError(f"{path} cannot be read: {error}") from None
    return bookings, {
        datetime.fromtimestamp(at, UTC): Decimal(kw).scaleb(-3) for at, kw, *_ in demand
    }


def kept_prices(path: Path, since: datetime, until: datetime) -> dict[datetime, Decimal]:
    """EUR/MWh by quarter start, as dm kept them in history/prices.db; none where there is none."""
    try:
        with closing(_opened(path)) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            rows, _ = _sound_rows(db, "prices", version, since, until)
    except sqlite3.Error:
        return {}
    return {datetime.fromtimestamp(row[0], UTC): Decimal(row[1]) for row in rows}


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    db.text_factory = text_of
    return db


def _sound_rows(
    db: sqlite3.Connection, table: str, version: int, since: datetime, until: datetime | None
) -> tuple[list[Row], int]:
    """The rows as they were written, and how many are not. Form 1 had no checksums."""
    end = until.timestamp() if until else EVER
    found = db.execute(
        f"SELECT * FROM {table} WHERE start >= ? AND start < ? ORDER BY start",
        (since.timestamp(), end),
    ).fetchall()
    rows = [row for row in found if version < FORM.version or sound(row)]
    return rows, len(found) - len(rows)


def _past(rows: list[Row], demand: list[Row], months: Mapping[date, Decimal], damaged: int) -> Past:
    names = {register.value: register for register in Register}
    uses: list[Use] = []
    told: dict[datetime, list[Register]] = {}
    spread = 0
    for seconds, name, milli, _, guessed, *_ in rows:
        quarter, register = datetime.fromtimestamp(seconds, UTC), names[name]
        uses.append((quarter, register, Decimal(milli).scaleb(-3)))
        if register in ELECTRIC:
            told.setdefault(quarter, []).append(register)
            spread += guessed and register is Register.OFFTAKE_DAY
    registers = {register for _, register, _ in uses} & ELECTRIC
    notes = []
    if spread:
        notes.append(
            f"{spread} quarters without telegrams: their total is known, spread evenly over them"
        )
    if damaged:
        notes.append(f"{damaged} damaged rows are left out; the meter program restores them")
    return Past(
        tuple(uses),
        known_quarters(told, registers),
        uses[0][0],
        uses[-1][0],
        tuple(notes),
        {**_month_peaks(uses, demand), **months},
        frozenset(months),
    )


def _meter_peaks(db: sqlite3.Connection) -> dict[date, Decimal]:
    """kW per month, of the months whose peak the meter itself told."""
    rows = db.execute("SELECT * FROM months WHERE source = ?", (Source.METER.value,))
    return {
        date(month // 12, month % 12 + 1, 1): Decimal(milli).scaleb(-3)
        for month, milli, *rest in rows
        if sound((month, milli, *rest))
    }


def _month_peaks(uses: list[Use], demand: list[Row]) -> dict[date, Decimal]:
    """kW per month: the highest quarter, the meter's word before our own."""
    kwh: dict[datetime, Decimal] = {}
    for quarter, register, amount in uses:
        if register in OFFTAKE:
            kwh[quarter] = kwh.get(quarter, Decimal(0)) + amount
    for seconds, milli_kw, *_ in demand:
        kwh[datetime.fromtimestamp(seconds, UTC)] = Decimal(milli_kw).scaleb(-3) / 4
    return own_peaks({Register.OFFTAKE_DAY: list(kwh.items())})
