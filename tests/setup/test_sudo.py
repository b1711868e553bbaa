"""Only install uses root, and only after --yes or a yes: calls of sudo are recorded."""

import os
import subprocess
import sys
from collections.abc import Iterator
from shutil import which

import pytest

from tests.setup.house import House, program

PLAIN = (
    "./do_py.sh dm.py", "./do_py.sh demo", "./do_py.sh doctor", "./do_py.sh upgrade",
    "./do_py.sh restart", "./do_py.sh stop", "./do_py.sh test", "./startup_cron.sh",
    "./do_py.sh install", "script -qec './do_py.sh demo' /dev/null",
)  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An ordinary user, a Python without venv, no tmux, and a sudo that records its calls."""
    folder = tmp_path_factory.mktemp("sudo")
    made, tools = House(folder), folder / "bin"
    made.copy()
    (tools / "tmux").unlink()
    (tools / "id").unlink()
    program(tools / "id", "#!/bin/sh\necho 1000\n")
    python = f'case "$*" in *ensurepip*) exit 1 ;; esac\nexec {sys.executable} "$@"'
    program(tools / "python3", f"#!/bin/sh\n{python}\n")
    program(tools / "sudo", f"#!/bin/sh\necho called >{folder / 'called'}\nexit 1\n")
    program(tools / "apt-get", "#!/bin/sh\nexit 1\n")
    yield made
    subprocess.run([which("tmux") or "tmux", "kill-server"], env=made.env, check=False)


@pytest.mark.parametrize("command", [*PLAIN, "./do_py.sh install --yes"])
def test_nothing_but_install_with_a_yes_calls_sudo(house: House, command: str) -> None:
    called = house.folder / "called"
    called.unlink(missing_ok=True)
    done = subprocess.run(
        ["sh", "-c", command], cwd=house.project, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
        env={**house.env, "PATH": house.env["PATH"] + os.pathsep + "/usr/bin:/bin"}
        if command.startswith("script") else house.env,
    )  # fmt: skip
    assert done.returncode != 0 or command.startswith(("script", "./startup"))
    assert called.exists() == command.endswith("--yes"), done.stderr
