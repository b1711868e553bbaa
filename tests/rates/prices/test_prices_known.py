"""Known prices are available by quarter, and are kept across a restart."""

import logging
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from rates.curve import Spots
from rates.prices.known import Known
from store.prices import Prices
from tests.rates.prices.factories import AUTUMN, DAY, NEXT, SPRING, at, day_prices, wave


def test_a_contract_can_ask_them() -> None:
    """`spot` gives a price per quarter, and through Spots one per hour."""
    known = Known([day_prices(DAY)])
    spots = Spots.of(known.spot)
    assert spots.quarter(at("00:15")) == Decimal("40.37")
    assert spots.hour(at("00:45")) == sum(wave(4), Decimal(0)) / 4
    assert spots.quarter(at("00:00", NEXT)) is None


def test_old_days_are_forgotten() -> None:
    """The memory of a program that runs for years does not grow."""
    known = Known(day_prices(DAY + timedelta(days=place)) for place in range(200))
    assert len(known.days) == 63
    assert known.spot(at("12:00")) is None
    assert known.last is not None
    assert known.last.day == DAY + timedelta(days=199)


@pytest.mark.parametrize("day", [DAY, SPRING, AUTUMN])
def test_a_day_is_kept_to_the_digit(tmp_path: Path, day: date) -> None:
    """Source, step and time are kept, also for 92 and 100 quarters."""
    path = tmp_path / "history" / "prices.db"
    store = Prices(path)
    assert store.save(day_prices(day))
    store.close()
    again = Prices(path)
    assert again.days(DAY) == [day_prices(day)]
    again.close()


def test_a_day_fetched_again_replaces_the_old(tmp_path: Path) -> None:
    store = Prices(tmp_path / "prices.db")
    store.save(day_prices(DAY))
    store.save(day_prices(NEXT))
    store.save(day_prices(DAY))
    assert [prices.day for prices in store.days(DAY)] == [DAY, NEXT]
    assert [prices.day for prices in store.days(NEXT)] == [NEXT]
    store.close()


def test_a_damaged_file_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is reported once; prices can be fetched again."""
    path = tmp_path / "prices.db"
    path.write_bytes(b"no database at all, and long enough to look at" * 100)
    store = Prices(path)
    assert store.days(DAY) == []
    assert store.save(day_prices(DAY))
    store.close()
    assert len(list(tmp_path.glob("prices.db.bad-*"))) == 1
    assert len([1 for record in caplog.records if record.levelno >= logging.ERROR]) == 1


def test_a_full_or_busy_disk_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The prices remain known in memory; only the next start fetches them again."""
    store = Prices(tmp_path / "prices.db")
    other = Prices(tmp_path / "prices.db")
    other._db.execute("BEGIN EXCLUSIVE")
    assert not store.save(day_prices(DAY))
    other._db.rollback()
    assert store.save(day_prices(DAY))
    assert "2026-01-15 could not be saved" in caplog.text
    store.close()
    other.close()
