"""rates.json is read again after a change; an error is reported once and changes nothing."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from base.checked import ConfigError
from base.time import local_day
from rates.amounts import Register
from rates.calendar import day_start
from rates.prices.known import Known
from store.rates_file import RatesFile
from tests.rates.factories import NOON, SEED


def write(path: Path, content: bytes, at_s: int) -> None:
    """Write `content`, with a Unix time as modification time."""
    path.write_bytes(content)
    os.utime(path, (at_s, at_s))


@pytest.mark.parametrize("content", [b"\xff\xfe{}", b"[" * 100_000, b"", b"[1]", b"{", b"9" * 5000])
def test_an_invalid_file_is_explained(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rates.json"
    write(path, content, 1)
    with pytest.raises(ConfigError, match=r"rates\.json"):
        RatesFile(path, Known()).read()


def test_a_file_as_an_editor_on_windows_saves_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rates.json"
    write(path, b"\xef\xbb\xbf" + SEED.replace("\n", "\r\n").encode(), 1)
    assert RatesFile(path, Known()).read().gas_kwh_m3 == Decimal("11.510")


def test_a_mistake_while_running_is_logged_once_and_prices_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "rates.json"
    write(path, SEED.encode(), 1)
    rates = RatesFile(path, Known())
    rates.read()
    assert rates.changed() is None
    write(path, b"\xff\xfe{}", 2)
    assert [rates.changed(), rates.changed()] == [None, None]
    assert sum("stay as they were" in said for said in caplog.messages) == 1
    write(path, SEED.replace("0.4", "0.5").encode(), 3)
    changed = rates.changed()
    assert changed is not None
    price = changed.pricing.price(Register.OFFTAKE_DAY, day_start(local_day(NOON)))
    assert str(price) == "0.5"
