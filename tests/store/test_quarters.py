"""history/quarters.db: bookings and baselines stay consistent through kills, damage and locks."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.time import QUARTER
from p1.reading import Reading
from rates.amounts import Booking, Register
from rates.ledger import Key, Ledger, Stand, advance
from rates.settlement import Settlement
from rates.usage import Days, add
from store.database import NewerStoreError
from store.quarters import Flow, Quarters
from tests.rates.factories import NOON, RATES, gas, reading, water

DAY = Register.OFFTAKE_DAY
BASE: dict[Key, Stand] = {("1SAG", DAY): Stand(1_000_000, NOON)}
STEP_S = 7
COUNT = 13_000


def booked(
    quarter: datetime, amount: str, register: Register = DAY, *, spread: bool = False
) -> Booking:
    kwh = Decimal(amount)
    return Booking(
        quarter=quarter,
        register=register,
        amount=kwh,
        eur=RATES.cost(register, kwh, quarter),
        spread=spread,
    )


def telegram(number: int) -> Reading:
    """A house with varying load around midnight: the same number always gives the same telegram."""
    at = datetime(2026, 1, 15, 21, 0, 3, tzinfo=UTC) + timedelta(seconds=STEP_S * number)
    taken = at - timedelta(seconds=at.timestamp() % 300 + 40)
    seen = int(taken.timestamp()) // 300 - 5_890_000
    return reading(
        at,
        f"{10**6 + number * number % 9 + 9 * number:d}e-3",
        f"{2 * 10**6 + 5 * number:d}e-3",
        f"{number // 3:d}e-3",
        submeters=[gas(taken, f"{7 * seen:d}e-3"), water(taken, f"{3 * seen:d}e-3")],
    )


def live(
    path: Path, first: int = 0, count: int = COUNT, said: Callable[[], None] = lambda: None
) -> None:
    """A run of the daemon: load from disk, process the telegrams, commit."""
    quarters = Quarters(path)
    ledger = Ledger(baselines=quarters.baselines())
    for number in range(first, count):
        told = telegram(number)
        assert told.time is not None
        before = ledger
        ledger, bookings = advance(ledger, told, told.time, RATES)
        if ledger.baselines is not before.baselines:
            assert quarters.commit(bookings, ledger.baselines)
            said()
    quarters.close()


def contents(path: Path) -> tuple[list[Booking], dict[Key, Stand], Days]:
    quarters = Quarters(path)
    everything = list(quarters.bookings(NOON - timedelta(days=9)))
    baselines = quarters.baselines()
    quarters.close()
    return everything, baselines, add({}, everything)


def test_what_is_committed_is_read_back_exactly(tmp_path: Path) -> None:
    """Amounts, money per line and baselines, after closing and opening again."""
    first = [booked(NOON, "0.333"), booked(NOON + QUARTER, "0.100", spread=True)]
    with_lines = Booking(
        quarter=NOON,
        register=Register.GAS,
        amount=Decimal("0.5"),
        eur={"a": Decimal("1E-15"), "b": Decimal(2)},
    )
    quarters = Quarters(tmp_path / "history" / "quarters.db")
    assert quarters.commit([*first, with_lines], BASE)
    quarters.close()
    again = Quarters(tmp_path / "history" / "quarters.db")
    assert list(again.bookings(NOON)) == [with_lines, *first]
    assert list(again.bookings(NOON, NOON + QUARTER)) == [with_lines, first[0]]
    assert again.baselines() == BASE
    again.close()


def test_late_increments_add_up_in_decimals(tmp_path: Path) -> None:
    """Ten times 0.1 is 1, in money too; one spread part marks the whole quarter."""
    quarters = Quarters(tmp_path / "quarters.db")
    for _ in range(9):
        quarters.commit([booked(NOON, "0.1")], BASE)
    quarters.commit([booked(NOON, "0.1", spread=True)], BASE)
    assert list(quarters.bookings(NOON)) == [booked(NOON, "1.0", spread=True)]
    quarters.close()


def test_flows_demand_and_month_maxima(tmp_path: Path) -> None:
    """kW per quarter; per month the highest value, the meter's before ours."""
    quarters = Quarters(tmp_path / "quarters.db")
    february = datetime(2026, 1, 31, 23, 0, tzinfo=UTC)
    quarters.commit(
        [
            booked(NOON, "0.5"),
            booked(NOON, "0.25", Register.OFFTAKE_NIGHT),
            booked(NOON, "0.1", Register.INJECTION_DAY),
            booked(NOON + QUARTER, "9", Register.GAS),
            booked(february, "1"),
        ],
        BASE,
        {NOON: Decimal("3.021"), february - QUARTER: Decimal("2.5")},
    )
    assert list(quarters.flows(NOON)) == [
        Flow(NOON, Decimal(3), Decimal("0.4")),
        Flow(february, Decimal(4), None),
    ]
    assert quarters.demand(NOON, february) == {
        NOON: Decimal("3.021"),
        february - QUARTER: Decimal("2.5"),
    }
    assert quarters.month_maxima(NOON) == {
        date(2026, 1, 1): (NOON, Decimal("3.021")),
        date(2026, 2, 1): (february, Decimal(4)),
    }
    quarters.close()


def test_another_program_may_read_meanwhile(tmp_path: Path) -> None:
    """A reader sees the committed rows while the file is open."""
    quarters = Quarters(tmp_path / "quarters.db")
    quarters.commit([booked(NOON, "0.5")], BASE)
    reader = Quarters(tmp_path / "quarters.db")
    quarters.commit([booked(NOON + QUARTER, "0.7")], BASE)
    assert [booking.amount for booking in reader.bookings(NOON)] == [Decimal("0.5"), Decimal("0.7")]
    reader.close()
    quarters.close()


def test_a_busy_file_waits_for_the_next_commit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost; the lock is reported once, and its end too."""
    monkeypatch.setattr("store.database.BUSY_S", 0.01)
    caplog.set_level("INFO")
    quarters = Quarters(tmp_path / "quarters.db")
    other = sqlite3.connect(tmp_path / "quarters.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not quarters.commit([booked(NOON, "0.5")], BASE)
    assert not quarters.commit([booked(NOON + QUARTER, "0.6")], BASE)
    other.execute("ROLLBACK")
    other.close()
    assert quarters.commit([], BASE)
    assert [str(booking.amount) for booking in quarters.bookings(NOON)] == ["0.500", "0.600"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    quarters.close()


@pytest.mark.parametrize("where", [0, 1500])
def test_a_damaged_file_is_set_aside_and_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, where: int
) -> None:
    """After a broken header or page the file is renamed, and a new one created."""
    path = tmp_path / "quarters.db"
    live(path, count=300)
    content = bytearray(path.read_bytes())
    content[where : where + 3000] = b"\xa5" * 3000
    path.write_bytes(content)
    quarters = Quarters(path)
    assert quarters.baselines() == {}
    assert quarters.commit([booked(NOON, "0.5")], BASE)
    quarters.close()
    assert len(list(tmp_path.glob("quarters.db.bad-*"))) == 1
    assert len(caplog.records) == 1
    assert "set aside" in caplog.text


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """One sentence is logged, and no byte is changed."""
    path = tmp_path / "quarters.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.execute("CREATE TABLE quarters (other)")
    db.close()
    with pytest.raises(NewerStoreError, match="newer version"):
        Quarters(path)
    assert not list(tmp_path.glob("*.bad-*"))


def test_a_commit_cut_anywhere_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Any error in it rolls back both; the bookings are kept in memory and the error is
    reported.
    """
    quarters = Quarters(tmp_path / "quarters.db")
    quarters.commit([booked(NOON, "0.5")], BASE)
    wrong: Key = ("1SAG", Register.GAS)
    assert not quarters.commit([booked(NOON, "0.1")], {**BASE, wrong: Stand(1 << 70, NOON)})
    assert quarters.waiting
    reader = Quarters(tmp_path / "quarters.db")
    assert list(reader.bookings(NOON)) == [booked(NOON, "0.500")]
    assert reader.baselines() == BASE
    assert quarters.commit([], BASE)
    assert not quarters.waiting
    assert list(reader.bookings(NOON)) == [booked(NOON, "0.600")]
    reader.close()
    quarters.close()


@settings(max_examples=8, deadline=None)
@given(st.sets(st.integers(1, 699), max_size=6))
def test_restarts_anywhere_keep_the_books_to_the_last_digit(stops: set[int]) -> None:
    """Restarted processes that share the telegrams give the same books as one run."""
    with tempfile.TemporaryDirectory() as folder:
        whole, pieces = Path(folder) / "whole.db", Path(folder) / "pieces.db"
        live(whole, count=700)
        first = 0
        for stop in [*sorted(stops), 700]:
            live(pieces, first, stop)
            first = stop
        assert contents(pieces) == contents(whole)


LIFE = """
import sys
from pathlib import Path
from tests.store.test_quarters import live
live(Path(sys.argv[1]), int(sys.argv[2]), said=lambda: print("committed", flush=True))
"""


def test_kill_9_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """A process killed repeatedly has the same books as an undisturbed one."""
    whole, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    live(whole)
    root = Path(__file__).parents[2]
    chance = random.Random(20260115)
    for _ in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", LIFE, str(killed), str(resume_at(killed))],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            for _ in range(chance.randint(1, 6)):  # it continues while we read
                process.stdout.readline()
            process.kill()
        assert process.returncode == -signal.SIGKILL
    assert contents(killed)[0] != contents(whole)[0]
    live(killed, resume_at(killed))
    assert contents(killed) == contents(whole)


def resume_at(path: Path) -> int:
    """The first telegram after a restart: the meter continued since the last booking."""
    quarters = Quarters(path)
    last = min((stand.at for stand in quarters.baselines().values()), default=None)
    quarters.close()
    begin = telegram(0).time
    assert begin is not None
    return 0 if last is None else max(0, int((last - begin).total_seconds()) // STEP_S)


def test_what_waits_is_written_when_it_can_be(tmp_path: Path) -> None:
    """A stop before the next quarter would leave the amount to be split by time."""
    path = tmp_path / "quarters.db"
    books = Quarters(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert not books.commit([], BASE)
    assert books.waiting
    other.close()
    books.catch_up()
    assert not books.waiting
    assert books.baselines() == BASE
    books.close()


def test_unpriced_parts_of_a_quarter_are_settled_once(tmp_path: Path) -> None:
    """The parts have a price, no price, or no amount, and are booked in any order."""
    price = Decimal("0.123456789")
    for number, parts in enumerate(permutations([("0.7", True), ("0.3", False), ("0", True)])):
        books = Quarters(tmp_path / f"{number}.db")
        for amount, priced in parts:
            kwh = Decimal(amount)
            lines = {"energy": kwh * price} if priced else {}
            books.commit([Booking(quarter=NOON, register=DAY, amount=kwh, eur=lines)], BASE)
        missing = list(books.open())
        assert [each.amount for each in missing] == [Decimal("0.300")]
        made = [Settlement(NOON, each, {"energy": each.amount * price}) for each in missing]
        for _ in range(2):  # the second time nothing is open
            books.settle(made, BASE)
            assert list(books.open()) == []
        assert sum(each.eur.get("energy", 0) for each in books.bookings(NOON)) == price
        books.close()
