"""history/ as another program reads it: quarters and prices, while dm writes, never changed."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from rates.amounts import OFFTAKE, Register
from rates.bill import own_peaks
from rates.past.quarters import Past, known_quarters
from rates.stretch import Use
from store.database import VERSION

MAGIC = b"SQLite format 3\0"
ELECTRIC = frozenset(Register) - {Register.GAS, Register.WATER}


class UnreadableError(ValueError):
    """The file holds no quarters that this program can read."""


def read_past(path: Path, since: datetime) -> Past:
    """Every quarter booked from `since` on. UnreadableError with a sentence when there are none."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                raise UnreadableError(f"{path} has form {version}; this program reads {VERSION}")
            rows = db.execute(
                "SELECT start, register, milli, spread FROM quarters WHERE start >= ?"
                " ORDER BY start",
                (since.timestamp(),),
            ).fetchall()
            demand = db.execute(
                "SELECT start, milli_kw FROM demand WHERE start >= ?", (since.timestamp(),)
            ).fetchall()
    except sqlite3.Error as error:
        raise UnreadableError(f"{path} cannot be read: {error}") from None
    if not rows:
        raise UnreadableError(f"{path} holds no quarters yet; dm books them, or name a FILE")
    return _past(rows, demand)


def kept_prices(path: Path, since: datetime, until: datetime) -> dict[datetime, Decimal]:
    """EUR/MWh by quarter start, as dm kept them in history/prices.db; none where there is none."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute(
                "SELECT start, eur_mwh FROM prices WHERE start >= ? AND start < ?",
                (since.timestamp(), until.timestamp()),
            ).fetchall()
    except sqlite3.Error:
        return {}
    return {datetime.fromtimestamp(seconds, UTC): Decimal(eur_mwh) for seconds, eur_mwh in rows}


def _past(rows: list[tuple[int, str, int, int]], demand: list[tuple[int, int]]) -> Past:
    names = {register.value: register for register in Register}
    uses: list[Use] = []
    told: dict[datetime, list[Register]] = {}
    spread = 0
    for seconds, name, milli, guessed in rows:
        quarter, register = datetime.fromtimestamp(seconds, UTC), names[name]
        uses.append((quarter, register, Decimal(milli).scaleb(-3)))
        if register in ELECTRIC:
            told.setdefault(quarter, []).append(register)
            spread += guessed and register is Register.OFFTAKE_DAY
    registers = {register for _, register, _ in uses} & ELECTRIC
    note = f"{spread} quarters without telegrams: their total is known, spread evenly over them"
    return Past(
        tuple(uses),
        known_quarters(told, registers),
        uses[0][0],
        uses[-1][0],
        (note,) if spread else (),
        _month_peaks(uses, demand),
    )


def _month_peaks(uses: list[Use], demand: list[tuple[int, int]]) -> dict[date, Decimal]:
    """kW per month: the highest quarter, the meter's word before our own."""
    kwh: dict[datetime, Decimal] = {}
    for quarter, register, amount in uses:
        if register in OFFTAKE:
            kwh[quarter] = kwh.get(quarter, Decimal(0)) + amount
    for seconds, milli_kw in demand:
        kwh[datetime.fromtimestamp(seconds, UTC)] = Decimal(milli_kw).scaleb(-3) / 4
    return own_peaks({Register.OFFTAKE_DAY: list(kwh.items())})
