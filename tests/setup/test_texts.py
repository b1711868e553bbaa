"""Texts written on the machine: once, beside existing content, and removed without a trace."""

import shutil
import subprocess
from pathlib import Path

import pytest

from setup import texts
from setup.texts import Cable

FOLDER = Path("/home/pi/digital_meter")
BEFORE = ["", "MAILTO=me\n", "0 3 * * * backup", "a\n\n# b\n"]


@pytest.mark.parametrize("text", BEFORE)
def test_a_line_is_added_once_and_removed_whole(text: str) -> None:
    line = texts.reboot_line(FOLDER)
    once = texts.with_line(text, line)
    assert once.splitlines().count(line) == 1
    assert texts.with_line(once, line) == once
    assert texts.without_line(once, line).rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize("text", BEFORE)
def test_a_block_is_added_once_and_removed_whole(text: str) -> None:
    once = texts.with_block(text, "one")
    assert texts.with_block(once, "one") == once
    assert texts.without_block(texts.with_block(once, "two")).rstrip("\n") == text.rstrip("\n")


def test_a_block_cut_short_by_hand_is_left_alone() -> None:
    text = f"a\n{texts.BEGIN}\nb\n"
    assert texts.without_block(text) == text


def test_the_crontab_line_is_the_seeds() -> None:
    assert texts.reboot_line(FOLDER) == "@reboot /home/pi/digital_meter/startup_cron.sh"


def test_a_folder_with_a_space_and_a_percent_is_quoted_for_cron() -> None:
    line = texts.reboot_line(Path("/home/pi/my 100% meter"))
    assert line == r"@reboot '/home/pi/my 100\% meter/startup_cron.sh'"


def test_a_cable_is_known_by_its_serial_number_when_it_has_one() -> None:
    assert texts.udev_rule(Cable("0403", "6001", "A5")) == (
        'SUBSYSTEM=="tty", ATTRS{idVendor}=="0403", ATTRS{idProduct}=="6001", '
        'ATTRS{serial}=="A5", SYMLINK+="p1"\n'
    )
    assert "serial" not in texts.udev_rule(Cable("1a86", "7523"))


@pytest.mark.parametrize(
    "serial", ['A5"\nRUN+="/tmp/x', "A5,RUN", "a b", 'x"', "\u202ea5", "$env{x}"]
)
def test_a_serial_number_writes_no_rule_of_its_own(serial: str) -> None:
    """root applies this file, so a serial number of more than one word is left out."""
    assert texts.udev_rule(Cable("0403", "6001", serial)) == texts.udev_rule(Cable("0403", "6001"))


def test_the_login_block_touches_no_other_terminal() -> None:
    """Over ssh the tty is another one: nothing is started or attached."""
    script = texts.login_block(Path("/nowhere")) + "\necho through"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("through\n", "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_the_units_are_units(tmp_path: Path) -> None:
    for app in texts.PROGRAMS:
        path = tmp_path / texts.unit_name(app)
        path.write_text(texts.unit(app, Path("/usr")), encoding="utf-8")
        done = subprocess.run(
            ["systemd-analyze", "--user", "verify", str(path)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Unknown" not in done.stderr


def test_a_unit_is_not_restarted_after_a_wrong_setting() -> None:
    text = texts.unit("ev", FOLDER)
    assert "RestartPreventExitStatus=2" in text
    assert 'ExecStart="/home/pi/digital_meter/.venv/bin/python" ev_app.py --headless' in text


def test_a_unit_forbids_itself_what_a_user_unit_may_and_no_daemon_needs() -> None:
    """Nothing requires root or a new namespace: with that the unit would not start."""
    lines = texts.unit("dm", FOLDER).splitlines()
    for line in ("NoNewPrivileges=yes", "RestrictSUIDSGID=yes", "UMask=0077", "MemoryMax=512M",
                 "LimitCORE=0", "WatchdogSec=60", "Type=notify"):  # fmt: skip
        assert line in lines
    taking_more = ("CapabilityBoundingSet", "User", "Protect", "Private", "ReadWritePaths")
    assert not [line for line in lines if line.startswith(taking_more)]
    assert not [line for line in lines if line.startswith("NotifyAccess")]  # main itself
