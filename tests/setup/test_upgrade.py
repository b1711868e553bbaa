"""upgrade from a real git remote: the householder's files stay unchanged in every byte."""

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.shared.secrets import Secrets
from apps.shared.settings import load_settings
from bench.process import free_port
from setup import health, trial, upgrade
from setup.upgrade import new_settings, news
from tests.setup.house import House

pytestmark = pytest.mark.long

UP_TO_DATE = "Asking for the newest version ...\nThis is the newest version.\n"
# As an editor on Windows saves it: with a mark of its encoding, and its own line ends.
MINE = '\ufeff"""My house."""\r\nserial_port = "auto"  # mine\r\n'.encode()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A clone with the householder's config.py, and a remote with newer commits."""
    monkeypatch.setattr(trial, "RUN_S", 6)
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
    (made.project / "config.py").write_bytes(MINE)
    (made.project / "history").mkdir()
    with sqlite3.connect(made.project / "history" / "quarters.db") as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    return made


def publish(house: House, **files: str) -> None:
    """Publish a new version with these files on the remote."""
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
    assert "config.py can now also have glyphs" in said
    assert (house.project / "config.py").read_bytes() == MINE
    assert (house.project / "history" / "quarters.db").read_bytes() == history
    assert house.git("rev-parse", "HEAD") == house.git("rev-parse", "origin/main")
    assert house.upkeep("upgrade") == (0, UP_TO_DATE)


DYING = "import os, threading\nthreading.Timer(3.0, os._exit, (1,)).start()\n"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("dm.py", "def broken(:\n", "SyntaxError"),
        ("dm.py", DYING, "dm.py ended"),
        ("apps/shared/settings.py", "raise SystemExit(1)\n", "does not run"),
    ],
    ids=["does not compile", "starts and dies", "refuses config.py"],
)
def test_a_version_that_does_not_run_is_not_taken(
    house: House, name: str, text: str, why: str
) -> None:
    before = house.git("rev-parse", "HEAD")
    old = (house.folder / "remote" / name).read_text(encoding="utf-8")
    publish(house, **{name.replace(".", "__"): text + old if text == DYING else text})
    code, said = house.upkeep("upgrade")
    assert code == 1
    assert why in said
    assert "the previous one is back" in said
    assert house.git("rev-parse", "HEAD") == before
    assert (house.project / "config.py").read_bytes() == MINE
    assert not (house.project / trial.FOLDER).exists()


@pytest.fixture
def trusted(house: House, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Keys of a trusted signer and of another one. The trial run is skipped to save time."""
    monkeypatch.setattr(trial, "failure", lambda *_: "")
    keys = {name: house.folder / name for name in ("mine", "foreign")}
    for path in keys.values():
        make = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path))
        subprocess.run(make, check=True)
    signers = house.home / "signers"
    public = keys["mine"].with_suffix(".pub").read_text(encoding="utf-8")
    signers.write_text(f"owner@example.org {public}", encoding="utf-8")
    house.git("config", "gpg.ssh.allowedSignersFile", "~/signers")
    return keys


@pytest.mark.parametrize(("signer", "taken"), [(None, False), ("foreign", False), ("mine", True)])
def test_where_signers_are_named_only_their_release_is_taken(
    house: House, trusted: dict[str, Path], signer: str | None, taken: bool
) -> None:
    before = house.git("rev-parse", "HEAD")
    publish(house, CHANGELOG__md="# Changelog\n- better\n")
    if signer is not None:
        key = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={trusted[signer]}")
        amend = (*key, "commit", "-q", "--amend", "--no-edit", "-S")
        house.git(*amend, at=house.folder / "remote")
    code, said = house.upkeep("upgrade")
    assert (code == 0) == taken, said
    assert (house.git("rev-parse", "HEAD") != before) == taken
    assert ("signed by owner@example.org" if taken else "is refused") in said


def test_an_unsigned_release_is_reported_with_its_remote(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "failure", lambda *_: "")
    publish(house, CHANGELOG__md="# Changelog\n- bet\x1b[2Jter\u202e\n")
    code, said = house.upkeep("upgrade")
    assert code == 0
    assert f"It comes from {house.folder / 'remote'}. It is not signed" in said
    assert "- bet?[2Jter?\n" in said


AT_HOME = """
import sqlite3, sys
if "--source" not in sys.argv:
    with sqlite3.connect(".replayed/history/quarters.db") as db:
        db.executescript("PRAGMA user_version = 99; CREATE TABLE IF NOT EXISTS alien (x)")
    raise SystemExit(1)
"""


@pytest.fixture
def running(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Run the meter in its tmux session, on a simulated meter."""
    monkeypatch.setattr(trial, "failure", lambda *_: "")
    monkeypatch.setattr(upgrade, "STEADY_S", 2.0)
    monkeypatch.setattr(upgrade, "HEALTHY_S", 15.0)
    address = f'{{"dm": {{"host": "127.0.0.1", "port": {free_port()}}}}}'
    text = f'serial_port = "sim://"\nsocket_info = {address}\n'
    (house.project / "config.py").write_text(text, encoding="utf-8")
    subprocess.run([house.project / "startup_cron.sh"], env=house.env, check=True)
    yield house
    subprocess.run(["tmux", "kill-server"], env=house.env, check=False)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")
def test_a_version_that_is_not_well_at_home_is_taken_back(running: House) -> None:
    """The version runs on its simulated house but not on this one, after a good version was
    installed and started.
    """
    settings = load_settings(running.project / "config.py")
    while not health.all_vitals(settings, Secrets()):
        time.sleep(0.2)
    publish(running, CHANGELOG__md="# Changelog\n- good\n")
    code, said = running.upkeep("upgrade")
    assert (code, "restarted: dm" in said) == (0, True), said
    good = running.git("rev-parse", "HEAD")
    dm = (running.folder / "remote" / "dm.py").read_text(encoding="utf-8")
    publish(running, dm__py=AT_HOME + dm)
    code, said = running.upkeep("upgrade")
    assert (code, "(it does not answer): the previous one is back" in said) == (1, True), said
    assert running.git("rev-parse", "HEAD") == good
    while not health.all_vitals(settings, Secrets()):
        time.sleep(0.2)


def test_a_change_of_his_in_the_program_is_not_overwritten(house: House) -> None:
    publish(house, CHANGELOG__md="new\n")
    (house.project / "dm.py").write_text("mine\n", encoding="utf-8")
    code, said = house.upkeep("upgrade")
    assert code == 1
    assert "You have changed dm.py" in said
    assert (house.project / "dm.py").read_text(encoding="utf-8") == "mine\n"


def test_an_upgrade_that_was_cut_off_gives_his_files_back(house: House) -> None:
    """Power was lost while config.py was saved to another folder."""
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


def test_an_older_version_can_ask_whether_this_one_starts(house: House) -> None:
    """The upgrade of an older version runs this file in the folder with the merged version."""
    command = [str(house.project / "do_py.sh"), "settings.py"]
    done = subprocess.run(command, env=house.env, capture_output=True, text=True, check=True)
    assert done.stdout == "dm\n"
