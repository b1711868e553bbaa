"""A householder's folder and home: the real program, a fake crontab, no sudo."""

import atexit
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from functools import cache
from importlib.util import cache_from_source
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from setup.__main__ import main

ROOT = Path(__file__).parents[2]
TESTS_LOCK = "tests/requirements.lock"
CRONTAB = """#!/bin/sh
file="$HOME/../crontab"
if [ "$1" = -l ]; then exec cat "$file"; fi
exec cat >"$file"
"""
PYTHON = """#!/bin/sh
exec {python} "$@"
"""


class House:
    """The program in a temporary folder; its changes to the machine stay under `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project, self.home = folder / "digital meter", folder / "home"
        self.crontab = folder / "crontab"
        tools = folder / "bin"
        for made in (self.home, tools):
            made.mkdir()
        program(tools / "crontab", CRONTAB)
        for name in ("git", "tmux", "sh", "bash", "env", "cat", "dirname", "readlink", "sha256sum",
                     "getent", "id", "cut", "mkdir", "sleep", "sg", "tee", "rm", "seq",
                     "ssh-keygen", "grep", "sed", "tput", "date"):  # fmt: skip
            if (found := shutil.which(name)) is not None:
                (tools / name).symlink_to(found)
        self.env = {
            "HOME": str(self.home),
            "PATH": str(tools),
            "TMUX_TMPDIR": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LANG": "C.UTF-8",
        }

    def furnish(self) -> None:
        """Provide the environment that do_py.sh would create: this Python."""
        python = self.project / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        program(python, PYTHON.format(python=sys.executable))
        pins = b""
        for stamp, lock in ((".runtime", "requirements.lock"), (".development", TESTS_LOCK)):
            if (self.project / lock).exists():
                pins += (self.project / lock).read_bytes()
                wanted = hashlib.sha256(pins).hexdigest()
                (self.project / ".venv" / stamp).write_text(f"{wanted}  -\n", encoding="utf-8")

    def copy(self, left_out: tuple[str, ...] = ("tests/", "docs/")) -> None:
        """Copy the project as in git, without its history, compiled as far as the source is."""
        subprocess.run(("cp", "-a", f"{_pattern(left_out)}/.", self.project), check=True)

    def upkeep(self, *words: str) -> tuple[int, str]:
        """Run upkeep: exit code and output. The machine's /etc is a folder of this house."""
        said = StringIO()
        with patch.dict(os.environ, self.env, clear=True), redirect_stdout(said):
            code = main(words, self.project, self.folder / "system")
        return code, said.getvalue()

    def git(self, *words: str, at: Path | None = None) -> str:
        name = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *name, *words],
            cwd=at or self.project,
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def everything(self) -> dict[str, tuple[str, int]]:
        """Every file with its content and mode."""
        return {
            str(path.relative_to(self.folder)): (path.read_text("latin-1"), path.stat().st_mode)
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not {"__pycache__", ".venv", ".git", "bin"} & set(path.parts)
        }


def program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@cache
def _pattern(left_out: tuple[str, ...]) -> Path:
    """A folder with the project, made once and copied for all houses of this process."""
    folder = Path(tempfile.mkdtemp(prefix="dm-house-"))
    atexit.register(shutil.rmtree, folder)
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, names.split("\0")):
        if not name.startswith(left_out) and (ROOT / name).is_file():
            _copied(ROOT / name, folder / name)
            compiled = Path(cache_from_source(str(ROOT / name)))
            if name.endswith(".py") and compiled.is_file():
                _copied(compiled, Path(cache_from_source(str(folder / name))))
    return folder


def _copied(path: Path, target: Path) -> None:
    """Copy with the file times, by which bytecode is matched to its source."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)
