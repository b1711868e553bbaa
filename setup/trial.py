"""Trial of a new version in a separate folder: it must run on the simulated house before it is
installed."""

import shutil
import subprocess
from pathlib import Path

from setup.machine import Machine

FOLDER = ".trial"
LOCK = "requirements.lock"
RUN_S = 15
PACKAGES_S = 900.0
NOT_THERE = "it could not be put in a folder of its own"


def failure(machine: Machine, commit: str, own: tuple[str, ...]) -> str:
    """Reason why this commit does not run here; "" when it does.

    It must understand the householder's `own` files, and its meter, charging and battery programs
    must do their work on its simulated house. They never see the real one.
    """
    folder = machine.folder / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    try:
        git = ("git", "-c", "advice.detachedHead=false")
        made = machine.run(*git, "clone", "-qns", str(machine.folder), str(folder))
        if made is None or machine.run(*git, "-C", str(folder), "checkout", "-q", commit) is None:
            return NOT_THERE
        for name in own:
            shutil.copy(machine.folder / name, folder / name)
        _share_packages(machine.folder, folder)
        for words in (("settings.py",), ("demo", "--for", str(RUN_S))):
            if why := _failed(folder, *words):
                return why
        return ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _share_packages(here: Path, there: Path) -> None:
    """The same packages are not installed twice; do_py.sh installs others in the folder itself."""
    if (here / LOCK).read_bytes() == (there / LOCK).read_bytes():
        (there / ".venv").symlink_to(here / ".venv")


def _failed(folder: Path, *words: str) -> str:
    """Its last output after a failure; "" when all was well."""
    try:
        done = subprocess.run(
            (str(folder / "do_py.sh"), *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PACKAGES_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stdout.decode(errors="replace").strip().splitlines()
    return "" if done.returncode == 0 else (said or [f"code {done.returncode}"])[-1].strip()
