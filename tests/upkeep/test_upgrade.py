"""upgrade over a real git remote: the householder's files stay byte for byte."""

import sqlite3
from pathlib import Path

import pytest

from tests.upkeep.house import House
from upkeep.upgrade import new_settings, news

UP_TO_DATE = "Asking for the newest version ...\nThis is the newest version.\n"
MINE = '"""My house."""\nserial_port = "auto"  # mine\n'


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A clone with the householder's own config.py, and a remote that went on since."""
    made = House(tmp_path)
    made.copy()
    (made.project / "CHANGELOG.md").write_text("# Changelog\n", encoding="utf-8")
    made.git("init", "-q", "-b", "main")
    made.git("add", "-A")
    made.git("commit", "-qm", "old")
    made.git("clone", "-q", str(made.project), str(made.folder / "remote"))
    made.git("remote", "add", "origin", str(made.folder / "remote"))
    made.git("fetch", "-q", "origin")
    made.git("branch", "-q", "--set-upstream-to=origin/main")
    made.furnish()
    (made.project / "config.py").write_text(MINE, encoding="utf-8")
    (made.project / "history").mkdir()
    with sqlite3.connect(made.project / "history" / "quarters.db") as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    return made


def publish(house: House, **files: str) -> None:
    """The remote has a new version with these files."""
    remote = house.folder / "remote"
    for name, text in files.items():
        (remote / name.replace("__", ".")).write_text(text, encoding="utf-8")
    house.git("commit", "-qam", "new", at=remote)


def test_the_new_version_comes_and_his_files_stay(house: House) -> None:
    publish(
        house,
        CHANGELOG__md="# Changelog\n- The screen is better.\n",
        config__py='serial_port = "/dev/ttyUSB0"\nglyphs = "console"\n',
    )
    history = (house.project / "history" / "quarters.db").read_bytes()
    code, said = house.upkeep("upgrade")
    assert code == 0, said
    assert "- The screen is better." in said
    assert "config.py may also say glyphs now" in said
    assert (house.project / "config.py").read_text(encoding="utf-8") == MINE
    assert (house.project / "history" / "quarters.db").read_bytes() == history
    assert house.git("rev-parse", "HEAD") == house.git("rev-parse", "origin/main")
    assert house.upkeep("upgrade") == (0, UP_TO_DATE)


def test_a_version_that_does_not_start_is_taken_back(house: House) -> None:
    before = house.git("rev-parse", "HEAD")
    publish(house, settings__py="raise SystemExit(1)\n")
    code, said = house.upkeep("upgrade")
    assert code == 1
    assert "the one before is back" in said
    assert house.git("rev-parse", "HEAD") == before
    assert (house.project / "config.py").read_text(encoding="utf-8") == MINE


def test_a_change_of_his_in_the_program_is_not_overwritten(house: House) -> None:
    publish(house, CHANGELOG__md="new\n")
    (house.project / "dm.py").write_text("mine\n", encoding="utf-8")
    code, said = house.upkeep("upgrade")
    assert code == 1
    assert "You have changed dm.py" in said
    assert (house.project / "dm.py").read_text(encoding="utf-8") == "mine\n"


def test_an_upgrade_that_was_cut_off_gives_his_files_back(house: House) -> None:
    """The plug was pulled while config.py was put aside."""
    aside = house.project / ".upgrade"
    aside.mkdir()
    (aside / "config.py").write_text("glyphs = 'console'\n", encoding="utf-8")
    assert house.upkeep("upgrade")[0] == 0
    assert (house.project / "config.py").read_text(encoding="utf-8") == "glyphs = 'console'\n"
    assert not aside.exists()


def test_the_news_are_the_lines_that_are_new() -> None:
    assert news("+++ b/x\n@@\n+- one\n-two\n three\n") == ["- one"]


def test_settings_that_he_does_not_have_are_named(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text("a = 1\n", encoding="utf-8")
    assert new_settings("# b = 2\na = 1\nc: int = 3\n", tmp_path / "config.py") == ["c"]
