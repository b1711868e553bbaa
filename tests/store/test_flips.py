"""Damaged files and rows are set aside and reported, and their amounts rebooked from registers."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from base.time import QUARTER, local_day
from rates.amounts import Booking, Register
from rates.calendar import day_start
from rates.ledger import Key, Stand
from store.database import crc_of
from store.kept import KeptFile
from store.prices import Prices
from store.quarters import Quarters
from store.state import Outcome, load
from tests.rates.factories import NOON
from tests.rates.prices.factories import DAY as PRICED
from tests.rates.prices.factories import day_prices
from tests.store.flips import FILES, wrong

OFFTAKE = Register.OFFTAKE_DAY
AMOUNTS = [Decimal(n) / 1000 for n in (250, 310, 470, 5, 990)]


@pytest.mark.parametrize("name", FILES)
def test_one_wrong_bit_stops_no_start_and_changes_nothing_in_silence(name: str) -> None:
    """A few of the two thousand cases of `./do_py.sh prove bits`."""
    for number in range(6):
        assert list(wrong(Random(number), name)) == []


def booked(path: Path) -> None:
    """Book five quarters, each with its money."""
    quarters, milli = Quarters(path), 0
    for number, amount in enumerate(AMOUNTS):
        at = NOON + number * QUARTER
        milli += int(amount * 1000)
        base: dict[Key, Stand] = {("1SAG", OFFTAKE): Stand(milli, at + QUARTER)}
        quarters.commit(
            [Booking(quarter=at, register=OFFTAKE, amount=amount, eur={"energy": amount / 4})],
            base,
            {at: amount},
        )
    quarters.close()


@pytest.mark.parametrize("place", range(5))
def test_a_damaged_row_is_booked_again_to_the_wh(
    tmp_path: Path, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    """For any row, the amount is restored from the totals; its money follows later."""
    path = tmp_path / "quarters.db"
    booked(path)
    at = NOON + place * QUARTER
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE quarters SET eur = 'x' || eur WHERE start = ?", (at.timestamp(),))
    quarters = Quarters(path)
    assert quarters.heal(day_start(local_day(NOON))) == {local_day(NOON)}
    assert [booking.amount for booking in quarters.bookings(NOON)] == AMOUNTS
    lost = [(each.quarter, each.amount, each.missing) for each in quarters.open()]
    assert lost == [(at, AMOUNTS[place], AMOUNTS[place])]
    assert quarters.heal(NOON) == frozenset()
    quarters.close()
    assert "set aside in quarters.db.bad-rows" in caplog.text
    assert "are booked again from its totals" in caplog.text
    assert "x{" in (tmp_path / "quarters.db.bad-rows").read_text()


def test_a_damaged_baseline_has_a_twin(tmp_path: Path) -> None:
    """The second copy is used, and counting continues."""
    path = tmp_path / "quarters.db"
    booked(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE baselines SET milli = milli + 1 WHERE copy = 0")
    quarters = Quarters(path)
    quarters.heal(NOON)
    assert quarters.baselines() == {("1SAG", OFFTAKE): Stand(2025, NOON + 5 * QUARTER)}
    quarters.close()


def test_a_late_increment_moves_the_totals_after_it(tmp_path: Path) -> None:
    """Otherwise a later start would find Wh that nobody used."""
    path = tmp_path / "quarters.db"
    booked(path)
    quarters = Quarters(path)
    quarters.commit(
        [Booking(quarter=NOON, register=OFFTAKE, amount=Decimal("0.1"), eur={})],
        quarters.baselines(),
    )
    with closing(sqlite3.connect(path)) as db:
        totals = [row[0] for row in db.execute("SELECT total FROM quarters ORDER BY start")]
    assert totals == [350, 660, 1130, 1135, 2125]
    assert quarters.heal(NOON) == frozenset()
    quarters.close()


OLD = """
CREATE TABLE quarters (start INTEGER, register TEXT, milli INTEGER NOT NULL,
    eur TEXT NOT NULL, spread INTEGER NOT NULL, PRIMARY KEY (start, register)) WITHOUT ROWID;
CREATE TABLE demand (start INTEGER PRIMARY KEY, milli_kw INTEGER NOT NULL);
CREATE TABLE baselines (meter_id TEXT, register TEXT, milli INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (meter_id, register)) WITHOUT ROWID;
CREATE TABLE gaps (start INTEGER, register TEXT, milli INTEGER NOT NULL,
    PRIMARY KEY (start, register)) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


def test_a_file_of_the_version_before_is_upgraded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Money, gaps and baselines are kept; impossible rows are set aside."""
    path, at = tmp_path / "quarters.db", int(NOON.timestamp())
    rows = [
        (at, "offtake_day", 500, '{"energy":"0.125"}', 0),
        (at + 900, "offtake_day", 300, '{"energy":"o.1"}', 0),
        (at + 1800, "offtake_day", 100, '{"energy":"0.05"}', 1),
        (at + 1800, "offtake_dax", 100, "{}", 0),
        (1 << 50, "offtake_day", 100, "{}", 0),
    ]
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(OLD)
        db.executemany("INSERT INTO quarters VALUES (?, ?, ?, ?, ?)", rows)
        db.execute("INSERT INTO gaps VALUES (?, 'offtake_day', 40)", (at + 1800,))
        db.execute("INSERT INTO demand VALUES (?, 2000)", (at,))
        db.execute("INSERT INTO baselines VALUES ('1SAG', 'offtake_day', 9000, ?)", (at + 2700,))
    quarters = Quarters(path)
    assert quarters.heal(NOON) == frozenset()
    assert [booking.amount for booking in quarters.bookings(NOON)] == [
        Decimal("0.500"),
        Decimal("0.300"),
        Decimal("0.100"),
    ]
    assert [booking.amount for booking in quarters.open()] == [
        Decimal("0.300"),
        Decimal("0.040"),
    ]
    assert quarters.baselines() == {("1SAG", OFFTAKE): Stand(9000, NOON + 3 * QUARTER)}
    assert quarters.demand(NOON) == {NOON: Decimal(2)}
    quarters.close()
    assert "3 rows of quarters damaged" in caplog.text


def test_a_missing_table_is_created_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The other tables are unchanged."""
    path = tmp_path / "quarters.db"
    booked(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE demand")
    quarters = Quarters(path)
    assert len(list(quarters.bookings(NOON))) == len(AMOUNTS)
    assert quarters.demand(NOON) == {}
    quarters.close()
    assert "has no table demand: an empty one was created" in caplog.text


def test_a_damaged_price_leaves_its_day_to_be_fetched_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The day is incomplete, and recorded as damaged."""
    path = tmp_path / "prices.db"
    with closing(Prices(path)) as prices:
        prices.save(day_prices(PRICED))
        prices.save(day_prices(PRICED + timedelta(days=1)))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "UPDATE prices SET eur_mwh = '5o.12' WHERE start = (SELECT MIN(start) FROM prices)"
        )
    with closing(Prices(path)) as prices:
        assert [day.day for day in prices.days(PRICED)] == [PRICED + timedelta(days=1)]
        assert prices.cut == [PRICED]
    assert "1 row of prices damaged" in caplog.text


def test_whatever_has_the_name_of_a_file_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """This includes a folder."""
    for name in ("data.pickle", "ev.json", "quarters.db"):
        (tmp_path / name).mkdir()
    assert load(tmp_path / "data.pickle") == (Outcome.CORRUPT, None)
    assert KeptFile(tmp_path / "ev.json", dict).load() is None
    Quarters(tmp_path / "quarters.db").close()
    assert len(list(tmp_path.glob("*.bad-*"))) == 3
    assert caplog.text.count("set aside as") == 3


def test_a_checksum_knows_every_value() -> None:
    """It depends on value, position and type."""
    rows = [(1, "a"), (1, "b"), ("a", 1), (11, "a"), (1, None), (1, "\udcff")]
    assert len({crc_of(row) for row in rows}) == len(rows)
