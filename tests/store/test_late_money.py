"""Prices that arrive after a hundred days, and a row damaged meanwhile: money is counted once."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from base.time import QUARTER
from rates.amounts import Booking, Register
from rates.calendar import day_start
from rates.contract import Contract, Priced
from rates.ledger import Key, Stand
from rates.settlement import settle
from rates.usage import Days, add
from store.books import PICKLE, Books
from store.state import State
from tests.rates.test_settlement import indexed

OFFTAKE = Register.OFFTAKE_DAY
FIRST = date(2026, 9, 20)
DAYS = 100
KWH = Decimal("0.321")
KNOWN = indexed(m10=120, m11=130, m12=140)


def at(day: int) -> date:
    return FIRST + timedelta(days=day)


def lived(folder: Path, contract: Contract) -> None:
    """A hundred days of a house, four quarters a day, and its state as saved by a stop."""
    days: Days = {}
    milli = 1000
    with Books(folder) as books:
        books.load()
        for day in range(DAYS):
            start = day_start(at(day))
            booked = [
                Booking.at(Priced(contract), OFFTAKE, KWH, start + number * QUARTER)
                for number in range(4)
            ]
            milli += int(4 * KWH * 1000)
            base: Mapping[Key, Stand] = {("1SAG", OFFTAKE): Stand(milli, start + 4 * QUARTER)}
            books.commit(booked, base, {})
            days = add(days, booked)
        books.save(State(days, base))


def eur(days: Days) -> Decimal:
    """All the money of a usage table."""
    found = (lines.values() for totals in days.values() for lines in totals.eur.values())
    return sum((eur for each in found for eur in each), Decimal(0))


def restarted(folder: Path) -> Decimal:
    """Start, settle at the currently known prices, and save; gives the money of the usage table."""
    with Books(folder) as books:
        kept = books.load()
        made = list(settle(books.open([OFFTAKE]), Priced(KNOWN), day_start(at(DAYS))))
        days = kept.days
        if made:
            assert books.settle(made, kept.baselines)
            days = add(days, [each.booking() for each in made])
        books.save(State(days, kept.baselines))
        return eur(days)


@pytest.mark.parametrize("column", ["eur", "milli", "open", "total"])
@pytest.mark.parametrize("place", [2, 95])
@pytest.mark.parametrize("months_lost", [False, True])
def test_late_money_meets_a_damaged_row_and_is_counted_once(
    tmp_path: Path, column: str, place: int, months_lost: bool
) -> None:
    """With and without data.pickle, the table equals that with prices in time."""
    lived(tmp_path / "in_time", KNOWN)
    lived(tmp_path / "late", indexed())
    path = tmp_path / "late" / "history" / "quarters.db"
    bad = {"eur": "replace(eur, '1', '2')", "open": "replace(open, '3', '4')"}
    with closing(sqlite3.connect(path)) as db, db:
        start = (day_start(at(place)) + QUARTER).timestamp()
        value = bad.get(column, f"{column} + 64")
        db.execute(f"UPDATE quarters SET {column} = {value} WHERE start = ?", (start,))
        if months_lost:
            db.execute("DELETE FROM months")
    right = restarted(tmp_path / "in_time")
    assert restarted(tmp_path / "late") == right
    assert restarted(tmp_path / "late") == right
    (tmp_path / "late" / PICKLE).unlink()
    assert restarted(tmp_path / "late") == right
