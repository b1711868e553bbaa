"""do_py.sh restarts a crashed daemon with a growing pause, but not one with invalid settings."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A project folder with the real do_py.sh, this Python as its environment, a fake daemon."""
    copy = tmp_path / "copy"
    (copy / ".venv" / "bin").mkdir(parents=True)
    (copy / "do_py.sh").write_bytes((ROOT / "do_py.sh").read_bytes())
    (copy / "do_py.sh").chmod(0o755)
    (copy / "requirements.lock").write_text("", encoding="utf-8")
    python = copy / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return copy


def start(house: Path, daemon: str, pause_s: str = "0") -> subprocess.Popen[str]:
    (house / "dm.py").write_text(daemon, encoding="utf-8")
    return subprocess.Popen(
        ["./do_py.sh", "dm.py"],
        cwd=house,
        env={"PATH": os.environ["PATH"], "DM_FIRST_PAUSE_S": pause_s},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


COUNT = (
    "import pathlib, sys\np = pathlib.Path('n')\nn = int(p.read_text()) + 1 if p.exists() else 1\n"
)


def test_a_crash_is_restarted_and_the_pause_grows(house: Path) -> None:
    daemon = COUNT + "p.write_text(str(n)); sys.exit(0 if n == 3 else 1)"
    process = start(house, daemon, pause_s="1")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert (house / "n").read_text() == "3"
    assert "again in 1 s" in said
    assert "again in 2 s" in said


def test_a_configuration_error_is_not_restarted(house: Path) -> None:
    process = start(house, COUNT + "p.write_text(str(n)); sys.exit(2)")
    process.communicate(timeout=30)
    assert process.returncode == 2
    assert (house / "n").read_text() == "1"


@pytest.mark.parametrize("coding", ["", "ascii", "latin-1:strict"])
def test_a_character_missing_from_the_terminal_stops_nothing(house: Path, coding: str) -> None:
    """A locale such as nl_BE without .UTF-8 has no frames and no ellipsis."""
    (house / "draws.py").write_text("print('╭─ 3 € … ok')", encoding="utf-8")
    done = subprocess.run(
        ["./do_py.sh", "draws.py"],
        cwd=house,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": coding},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith(b"ok")


def test_a_stop_reaches_the_daemon_and_is_final(house: Path) -> None:
    daemon = (
        "import os, signal, sys, time\n"
        "def bye(*_):\n    os.write(1, b'saved'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye)\nos.write(1, b'up\\n')\ntime.sleep(30)"
    )
    process = start(house, daemon)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "saved" in out


def test_a_stop_in_the_pause_is_final(house: Path) -> None:
    """A stop during the pause before a restart ends the program at once."""
    process = start(house, COUNT + "p.write_text(str(n)); sys.exit(1)", pause_s="60")
    assert process.stderr is not None
    assert any("again in 60 s" in line for line in process.stderr)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 1
    assert (house / "n").read_text() == "1"


def test_an_unknown_name_is_reported_with_the_list() -> None:
    process = subprocess.run(
        ["./do_py.sh", "nonsense"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert "There is no 'nonsense' here" in process.stderr
    assert "demo" in process.stderr


def test_without_a_network_it_says_so(house: Path) -> None:
    """The output of pip is kept in a file."""
    (house / "dm.py").write_text("", encoding="utf-8")
    lock = f"attrs==25.1.0 --hash=sha256:{'0' * 64}\n"
    (house / "requirements.lock").write_text(lock, encoding="utf-8")
    nobody = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        ["./do_py.sh", "dm.py"], cwd=house, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "PIP_IGNORE_INSTALLED": "1", **nobody},
    )  # fmt: skip
    assert done.returncode == 1
    assert "is this machine on the internet?" in done.stderr
    assert "attrs" in (house / ".venv" / "pip.log").read_text(encoding="utf-8")
    assert "Traceback" not in done.stderr
