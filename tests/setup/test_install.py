"""install on a real folder and home: once, twice, and undone byte for byte."""

import subprocess
import sys
from pathlib import Path

import pytest

from apps.shared.secrets import load_secrets
from apps.shared.settings import load_settings
from setup.machine import typed
from tests.setup.house import House, program

OPTIONS = ("--yes", "--port", "sim://", "--charger", "10.0.0.6", "--battery", "sim 10")


CONTRACT = ("--contract", "engie dynamic", "--postcode", "8500")


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    made.copy()
    made.furnish()
    return made


def test_installed_twice_and_taken_back(house: House) -> None:
    """The second run changes nothing; uninstall restores every file."""
    house.crontab.write_text("0 3 * * * backup\n", encoding="utf-8")
    (house.home / ".profile").write_text("umask 022\n", encoding="utf-8")
    before = house.everything()

    code, said = house.upkeep("install", *OPTIONS, "--display", *CONTRACT)
    assert code == 0, said
    settings = load_settings(house.project / "config.py")
    assert settings.apps == ("dm", "ev", "bs")
    assert (settings.serial_port, settings.glyphs) == ("sim://", "console")
    assert load_secrets(house.home / "secrets.json").websocket_token == ""
    assert f"@reboot '{house.project}/startup_cron.sh'\n" in house.crontab.read_text()
    assert "tmux attach -t =dm" in (house.home / ".profile").read_text()
    drop_in = house.folder / "system/etc/systemd/system/getty@tty1.service.d/autologin.conf"
    assert drop_in.exists() or f"tee {drop_in}" in said  # root's part, done or printed

    once = house.everything()
    assert house.upkeep("install", *OPTIONS, "--display")[0] == 0
    assert house.everything() == once

    code, said = house.upkeep("uninstall")
    assert code == 0, said
    assert not (house.project / ".venv").exists()
    assert house.everything() == before


def test_what_was_changed_since_stays_his(house: House) -> None:
    house.upkeep("install", *OPTIONS)
    config, secrets = house.project / "config.py", house.home / "secrets.json"
    config.write_text(config.read_text().replace('"sim://"', '"auto"'), encoding="utf-8")
    secrets.write_text('{"websocket_token": "mine"}', encoding="utf-8")
    assert house.upkeep("uninstall")[0] == 0
    assert load_settings(config).serial_port == "auto"
    assert load_settings(config).battery_info == {}
    assert "mine" in secrets.read_text()


def test_a_wrong_answer_changes_nothing(house: House) -> None:
    before = house.everything()
    for wrong in (
        ("--port", "nonsense"),
        ("--port", "socket://pi"),
        ("--battery", "tesla 1 2"),
        ("--contract", "x"),
    ):
        code, said = house.upkeep("install", "--yes", *wrong)
        assert code == 2
        assert wrong[1].split()[0] in said
        assert "trial" not in said
    assert house.everything() == before


def test_no_cable_leaves_an_honest_meter(house: House) -> None:
    """Nothing is found or asked: config.py is unchanged, and dm reports the missing port."""
    before = (house.project / "config.py").read_bytes()
    code, said = house.upkeep("install", "--yes", "--no-autostart")
    assert code == 0
    assert "no serial port found: is the P1 cable plugged in?" in said
    assert (house.project / "config.py").read_bytes() == before
    assert not house.crontab.exists()


def test_never_two_ways_to_start_at_boot(house: House) -> None:
    """Units replace the crontab line and the reverse; uninstall removes the last one."""
    before, units = house.everything(), house.home / ".config/systemd/user"
    assert house.upkeep("install", *OPTIONS)[0] == 0
    assert "@reboot" in house.crontab.read_text()

    assert house.upkeep("install", *OPTIONS, "--systemd")[0] == 0
    assert "@reboot" not in house.crontab.read_text()
    assert len(list(units.iterdir())) == 3

    assert house.upkeep("install", *OPTIONS)[0] == 0
    assert "@reboot" in house.crontab.read_text()
    assert not list(units.iterdir())

    house.upkeep("uninstall")
    house.crontab.unlink()  # now empty, absent before
    assert house.everything() == before


@pytest.mark.parametrize(
    ("sudo", "line"),
    [
        (False, "su - -c 'apt-get install -y python3-venv tmux'"),
        (True, "sudo apt-get install -y python3-venv tmux"),
    ],
)
def test_what_only_root_can_install_is_one_line_to_type(
    tmp_path: Path, sudo: bool, line: str
) -> None:
    """With an ordinary user, a Python without venv or no tmux, one sentence is printed and
    nothing is changed.
    """
    house, tools = House(tmp_path), tmp_path / "bin"
    house.copy()
    (tools / "tmux").unlink()
    (tools / "id").unlink()
    program(tools / "id", "#!/bin/sh\necho 1000\n")
    python = f'case "$*" in *ensurepip*) exit 1 ;; esac\nexec {sys.executable} "$@"'
    program(tools / "python3", f"#!/bin/sh\n{python}\n")
    if sudo:
        program(tools / "sudo", "#!/bin/sh\nexit 1\n")  # sudo asks for a password
    done = subprocess.run(
        [house.project / "do_py.sh", "install", "--yes"],
        env=house.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = f"This needs python3-venv tmux. Type:  {line}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
    assert not (house.project / ".venv").exists()


def test_roots_part_can_be_typed_where_there_is_no_sudo() -> None:
    """The text is an argument of su, which would read it as a password on stdin."""
    command = ("tee", "/etc/a b")
    assert typed(command, "x\n", sudo=True) == "printf %s 'x\n' | sudo tee '/etc/a b'"
    without = typed(command, "it", sudo=False)
    assert without == """su - -c 'printf %s it | tee '"'"'/etc/a b'"'"''"""
