"""A log that cannot be written stops nothing, and is reported once elsewhere."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from store.logs import DayLog, start_log

HOUSE = logging.getLogger("dm")


@pytest.fixture
def full(tmp_path: Path) -> Iterator[DayLog]:
    """The log on a full disk."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "log_info.log").symlink_to("/dev/full")
    level = logging.getLogger().level
    handler = start_log(tmp_path / "log", tmp_path / "history", date(2026, 1, 15))
    yield handler
    logging.getLogger().removeHandler(handler)
    logging.getLogger().setLevel(level)
    handler.close()


def test_it_is_logged_once_for_any_number_of_lines(
    full: DayLog, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in ("one", "two", "three"):
        HOUSE.warning(line)
    said = [record.getMessage() for record in caplog.records]
    assert said.count("The log cannot be written now (No space left on device).") == 1
    assert "three" in said
    assert "Traceback" not in capsys.readouterr().err


def test_it_closes_without_a_word(full: DayLog) -> None:
    HOUSE.warning("one")
    full.close()


def test_a_later_successful_write_is_logged(
    full: DayLog, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    HOUSE.warning("one")
    assert full.stream is not None
    with suppress(OSError):
        full.stream.close()
    full.stream = (tmp_path / "log" / "room").open("a", encoding="utf-8")
    HOUSE.warning("two")
    HOUSE.warning("three")
    said = [record.getMessage() for record in caplog.records]
    assert said.count("The log is written again.") == 1
    assert "again" in (tmp_path / "log" / "room").read_text(encoding="utf-8")
