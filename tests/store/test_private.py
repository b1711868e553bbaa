"""Files that reveal who is at home are readable by their owner only, with any umask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.process import ended
from store.files import keep_private


@pytest.fixture
def careless() -> Iterator[None]:
    """Set the umask of a cron that makes files readable for everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.stat().st_mode & 0o77
    ]


async def test_dm_writes_for_its_owner_only(tmp_path: Path, careless: None) -> None:
    data = tmp_path / "house"
    told = ("--source", "sim://?speed=600", "--data", str(data), "--port", "0", "--headless")
    code, _ = await ended("dm.py", *told, "--for", "2")
    assert code == 0
    assert {path.name for path in data.iterdir()} >= {"data.pickle", "history", "log"}
    assert open_to_others(tmp_path) == []


def test_what_an_older_version_left_open_is_closed(tmp_path: Path, careless: None) -> None:
    """Files of others, and targets of links, are unchanged."""
    for name in ("data.pickle", "ev.json", "log/ev/log_info.log", "history/01-15_data.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    elsewhere = tmp_path / "config.py"
    elsewhere.write_text("")
    (tmp_path / "history" / "link").symlink_to(elsewhere)
    keep_private(tmp_path)
    assert set(open_to_others(tmp_path)) == {"config.py", "history/link"}
