"""Every help fits 80 columns: the door's, and that of each program behind it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COLUMNS = 80
PROGRAMS = (
    "dm", "ev_app", "bs_app", "mqtt_app", "p1", "whatif", "whatif --strategy", "sim", "apps.demo",
    "screen", "screen.log", "bs.devices", "bench", "bench.ev", "setup", "setup install",
    "setup uninstall", "setup upgrade", "setup restart", "setup stop", "setup doctor",
    "setup.tariffs", "setup.contract", "setup.notify", "setup.phone",
    "tests.faults", "tests.soak", "tests.fuzz", "tests.prove", "tests.prove stops",
    "tests.bare", "backtest",
)  # fmt: skip


def said(*words: str) -> str:
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        env=os.environ | {"COLUMNS": str(COLUMNS), "HOME": "/home/pi"},
    )  # fmt: skip
    return done.stdout


def test_the_help_of_the_door_fits() -> None:
    assert [line for line in said("./do_py.sh", "help").splitlines() if len(line) > COLUMNS] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_help_of_a_program_fits(program: str) -> None:
    lines = said(sys.executable, "-m", *program.split(), "--help").splitlines()
    assert lines[0].startswith("usage: ")
    assert [line for line in lines if len(line) > COLUMNS] == []


def test_every_program_with_a_help_is_looked_at() -> None:
    """A file that is run, and reads what was typed, is named above."""
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
