"""Only install asks for root, and only after --yes or a yes: sudo is watched."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.setup.house import House, program

PLAIN = (
    "./do_py.sh dm.py", "./do_py.sh demo", "./do_py.sh doctor", "./do_py.sh upgrade",
    "./do_py.sh restart", "./do_py.sh stop", "./do_py.sh test", "./startup_cron.sh",
    "./do_py.sh install", "script -qec './do_py.sh demo' /dev/null",
)  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An ordinary user; a Python without venv, no tmux, and a sudo that tells it was called."""
    made, tools = House(tmp_path), tmp_path / "bin"
    made.copy()
    (tools / "tmux").unlink()
    (tools / "id").unlink()
    program(tools / "id", "#!/bin/sh\necho 1000\n")
    python = f'case "$*" in *ensurepip*) exit 1 ;; esac\nexec {sys.executable} "$@"'
    program(tools / "python3", f"#!/bin/sh\n{python}\n")
    program(tools / "sudo", f"#!/bin/sh\necho called >{tmp_path / 'called'}\nexit 1\n")
    program(tools / "apt-get", "#!/bin/sh\nexit 1\n")
    return made


@pytest.mark.parametrize("command", [*PLAIN, "./do_py.sh install --yes"])
def test_nothing_but_install_with_a_yes_calls_sudo(house: House, command: str) -> None:
    done = subprocess.run(
        ["sh", "-c", command], cwd=house.project, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
        env={**house.env, "PATH": house.env["PATH"] + os.pathsep + "/usr/bin:/bin"}
        if command.startswith("script") else house.env,
    )  # fmt: skip
    assert done.returncode != 0 or command.startswith(("script", "./startup"))
    assert (house.folder / "called").exists() == command.endswith("--yes"), done.stderr
