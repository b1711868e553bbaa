"""history/: the day's data and log are complete, and overwrite those of a year ago."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from rates.amounts import Booking, Register
from rates.calendar import day_start
from rates.usage import add
from store.days import write_day
from store.files import write_whole
from store.logs import (
    DAY_BYTES,
    MAX_OF_A_KIND,
    MAX_REPEATS,
    ROOM_BYTES,
    WINDOW_S,
    DayLog,
    Repeats,
    start_log,
)
from tests.rates.factories import NOON, RATES

DAY = date(2026, 1, 15)


def part(register: Register, amount: str) -> Booking:
    value = Decimal(amount)
    return Booking(
        quarter=NOON, register=register, amount=value, eur=RATES.cost(register, value, NOON)
    )


def test_the_days_file_says_use_cost_peak_and_prices(tmp_path: Path) -> None:
    """Every name has its unit; money is per register and per invoice line."""
    days = add({}, [part(Register.OFFTAKE_DAY, "2"), part(Register.GAS, "3")])
    path = write_day(tmp_path, DAY, days[DAY], RATES, RATES.gas_kwh_m3)
    assert path.name == "01-15_data.json"
    assert json.loads(path.read_text()) == {
        "date": "2026-01-15",
        "usage": {"offtake_day_kwh": 2, "gas_m3": 3, "gas_kwh": 34.53},
        "cost_eur": {"offtake_day": 0.8, "gas": 4.728, "electricity": 0.8, "total": 5.528},
        "lines_eur": {"offtake_day": {"energy": 0.8}, "gas": {"gas": 4.728}},
        "peak": {"kw": 8, "at": "2026-01-15T13:15:00+01:00"},
        "prices": {
            "offtake_day": {"lowest": 0.4, "highest": 0.4},
            "gas": {"lowest": 1.576, "highest": 1.576},
        },
    }


def test_a_year_later_the_file_is_overwritten_and_a_day_can_be_closed_again(
    tmp_path: Path,
) -> None:
    """There is one file per date, 29 February too; late gas rewrites yesterday's."""
    days = add({}, [part(Register.OFFTAKE_DAY, "2")])
    for year in (2024, 2025, 2026):
        for month, day in ((1, 15), (2, 29 if year == 2024 else 28)):
            write_day(tmp_path, date(year, month, day), days[DAY], RATES, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "01-15_data.json",
        "02-28_data.json",
        "02-29_data.json",
    ]
    late = add(days, [part(Register.GAS, "1")])
    path = write_day(tmp_path, DAY, late[DAY], RATES, None)
    assert json.loads(path.read_text())["usage"]["gas_m3"] == 1


def test_a_file_is_written_beside_and_renamed(tmp_path: Path) -> None:
    """A failed write leaves the previous file."""
    path = tmp_path / "deep" / "file"
    write_whole(path, b"one")
    path.with_name("file.new").mkdir()
    with pytest.raises(OSError):
        write_whole(path, b"two")
    assert path.read_bytes() == b"one"


@pytest.fixture
def day_log(tmp_path: Path) -> Iterator[DayLog]:
    handler = start_log(tmp_path / "log", tmp_path / "history", DAY)
    level = logging.getLogger().level
    yield handler
    logging.getLogger().removeHandler(handler)
    logging.getLogger().setLevel(level)
    handler.close()


def test_a_line_is_time_level_and_sentence(day_log: DayLog, tmp_path: Path) -> None:
    """The time is local."""
    record = logging.makeLogRecord(
        {"msg": "%s kW", "args": (3,), "levelname": "INFO", "created": NOON.timestamp()}
    )
    day_log.handle(record)
    assert (tmp_path / "log" / "log_info.log").read_text() == "2026-01-15 13:00:00 INFO 3 kW\n"


def test_at_midnight_the_log_moves_to_history(day_log: DayLog, tmp_path: Path) -> None:
    """It gets its date and replaces last year's; the new log starts empty."""
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "01-15_log_info.log").write_text("a year ago")
    logging.getLogger("dm").info("The first day.")
    kept = day_log.close_day(tmp_path / "history", DAY)
    logging.getLogger("dm").info("The second day.")
    assert kept.name == "01-15_log_info.log"
    assert kept.read_text().endswith("INFO The first day.\n")
    assert "ago" not in kept.read_text()
    current = (tmp_path / "log" / "log_info.log").read_text()
    assert current.count("\n") == 1
    assert "second" in current


def test_a_log_that_turns_puts_a_day_away_with_the_first_line_of_the_next(tmp_path: Path) -> None:
    """ev and bs detect local midnight without a message."""
    turning, midnight_s = DayLog(tmp_path / "log", tmp_path / "history"), day_start(DAY).timestamp()
    for after_s in (-7200.0, -1.0, 0.0, 3600.0):
        record = {"msg": f"{after_s:g}", "levelname": "INFO", "created": midnight_s + after_s}
        turning.handle(logging.makeLogRecord(record))
    turning.close()
    (kept,) = (tmp_path / "history").iterdir()
    assert kept.name == "01-14_log_info.log"
    assert [line.split()[-1] for line in kept.read_text().splitlines()] == ["-7200", "-1"]
    current = (tmp_path / "log" / "log_info.log").read_text()
    assert [line.split()[-1] for line in current.splitlines()] == ["0", "3600"]


def test_a_log_left_by_an_earlier_day_is_put_away_at_the_start(tmp_path: Path) -> None:
    """dm was off at midnight: the old log gets its own date."""
    old = DayLog(tmp_path / "log")
    old.handle(logging.makeLogRecord({"msg": "Before.", "levelname": "INFO"}))
    old.close()
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    start = start_log(tmp_path / "log", tmp_path / "history", tomorrow)
    logging.getLogger().removeHandler(start)
    start.close()
    (kept,) = (tmp_path / "history").iterdir()
    assert kept.read_text().endswith("Before.\n")
    assert (tmp_path / "log" / "log_info.log").read_text() == ""


def test_a_storm_of_one_fault_is_counted_not_written() -> None:
    """Sentences that differ only in numbers are equal; the next window reports the count."""
    calm, begin = Repeats(), day_start(DAY).timestamp()
    passed = []
    for second in range(int(WINDOW_S) + 1):
        record = logging.makeLogRecord(
            {"msg": "Telegram %d had a wrong CRC.", "args": (second,), "created": begin + second}
        )
        if calm.filter(record):
            passed.append(record.getMessage())
    assert len(passed) == MAX_REPEATS + 1
    assert passed[-1] == (
        "Telegram 600 had a wrong CRC. (and 595 times more since it was last said)"
    )


def test_names_do_not_make_a_storm_of_one_fault_another(day_log: DayLog, tmp_path: Path) -> None:
    """A thousand peers, each refused once, are one fault; other sentences are still written."""
    for number in range(1000):
        word = "".join(chr(97 + int(digit)) for digit in str(number))
        logging.getLogger("dm").warning("A connection from %s was refused.", word)
    logging.getLogger("dm").warning("The charger does not answer.")
    lines = (tmp_path / "log" / "log_info.log").read_text().splitlines()
    assert len(lines) == MAX_OF_A_KIND + 1
    assert "charger" in lines[-1]


def test_no_day_writes_more_than_its_size(day_log: DayLog, tmp_path: Path) -> None:
    """Two parts are stored as one day; the last line reports the limit, and the next day is
    written again.
    """

    def storm(lines: int) -> None:
        for number in range(lines):
            word = "".join(chr(97 + int(digit)) for digit in str(number))
            said = {"msg": f"The {word} fault is one of very many.", "lineno": number}
            day_log.handle(logging.makeLogRecord(said | {"levelname": "ERROR"}))

    storm(25_000)
    sizes = [path.stat().st_size for path in (tmp_path / "log").iterdir()]
    assert len(sizes) == 2
    assert DAY_BYTES - 2 * ROOM_BYTES < sum(sizes) <= DAY_BYTES
    again = DayLog(tmp_path / "log")  # a restart does not reset the limit
    again.handle(logging.makeLogRecord({"msg": "x" * 2 * ROOM_BYTES}))
    again.close()
    assert sum(path.stat().st_size for path in (tmp_path / "log").iterdir()) <= DAY_BYTES
    kept = day_log.close_day(tmp_path / "history", DAY)
    assert "Today's log is full" in kept.read_text().splitlines()[-1]
    storm(1)
    assert "The a fault" in (tmp_path / "log" / "log_info.log").read_text()
