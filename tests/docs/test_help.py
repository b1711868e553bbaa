"""Each help text fits 80 columns and contains the options used in the documents."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.docs.commands import PROVED, ROOT, Proved

COLUMNS = 80
PROGRAMS = (
    "dm", "ev_app", "bs_app", "mqtt_app", "p1", "whatif", "whatif --strategy", "apps.demo",
    "screen", "screen.log", "bs.devices", "bench", "bench.ev", "setup", "setup install",
    "setup uninstall", "setup upgrade", "setup restart", "setup stop", "setup doctor",
    "setup.tariffs", "setup.contract", "setup.notify", "setup.phone",
    "tests.faults", "tests.soak", "tests.fuzz", "tests.prove", "tests.prove day",
    "tests.prove stops",
    "tests.bare", "backtest",
)  # fmt: skip


EACH = """
import os, runpy, sys
import bs_app, dm, ev_app, mqtt_app, whatif
for place, program in enumerate(sys.argv[2:]):
    if os.fork() == 0:
        sys.stdout = open(f"{sys.argv[1]}/{place}", "w", encoding="utf-8")
        sys.argv = [*program.split(), "--help"]
        try:
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(end.code or 0)
        os._exit(1)
    if os.wait()[1]:
        sys.exit(f"{program} does not end well")
"""
"""One process imports the shared modules and forks once for each program."""


def said(*words: str) -> str:
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
        env=os.environ | {"COLUMNS": str(COLUMNS), "HOME": "/home/pi"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_help_of_the_door_fits() -> None:
    assert [line for line in said("./do_py.sh", "help").splitlines() if len(line) > COLUMNS] == []


@pytest.fixture(scope="module")
def helps(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The help of each program, which must exit with code 0."""
    folder = tmp_path_factory.mktemp("helps")
    said(sys.executable, "-c", EACH, str(folder), *PROGRAMS)
    return {
        program: (folder / str(place)).read_text(encoding="utf-8")
        for place, program in enumerate(PROGRAMS)
    }


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_help_of_a_program_fits(program: str, helps: Mapping[str, str]) -> None:
    lines = helps[program].splitlines()
    assert lines[0].startswith("usage: ")
    assert [line for line in lines if len(line) > COLUMNS] == []


def test_every_program_with_a_help_is_looked_at() -> None:
    """PROGRAMS contains every module that parses arguments."""
    own = (
        path
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0][0] != "." and path != Path(__file__)
    )
    typed = {
        str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__main__")
        for path in own
        if 'if __name__ == "__main__"' in (text := path.read_text("utf-8")) and "argparse" in text
    }
    assert typed <= {program.split()[0] for program in PROGRAMS}


@pytest.mark.parametrize(("line", "proved"), PROVED.items(), ids=PROVED)
def test_a_command_that_is_not_run_exists_and_has_its_test(
    line: str, proved: Proved, helps: Mapping[str, str]
) -> None:
    """The covering test exists, and the program's help has each option of the command."""
    file, _, name = proved.by.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    words = shlex.split(line)
    if words[0] != "./do_py.sh" or words[1] in ("test", "lock", "languages"):
        return
    options = [word.strip("[]") for word in words if word.strip("[]").startswith("--")]
    name = module_of(words[1])
    longer = (f"{name} {each}" for each in ("--strategy", *words[2:3]) if each in words)
    told = next((helps[each] for each in longer if each in helps), helps[name])
    for option in options:
        assert re.search(rf"{option}\b", told), f"{line}: no such option"


def module_of(name: str) -> str:
    """Module behind a do_py.sh command."""
    if name in ("install", "uninstall", "upgrade", "doctor", "restart", "stop"):
        return f"setup {name}"
    if (ROOT / "setup" / f"{name}.py").exists():
        return f"setup.{name}"
    if (ROOT / "tests" / name / "__main__.py").exists():
        return f"tests.{name}"
    if (ROOT / "apps" / name / "__main__.py").exists():
        return f"apps.{name}"
    return name.removesuffix(".py")
