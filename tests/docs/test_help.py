"""Every help fits 80 columns: the door's, and that of each program behind it."""

import os
import subprocess
import sys
from pathlib import Path

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
"""One process that imports what most of them share, and becomes each of them."""


def said(*words: str) -> str:
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
        env=os.environ | {"COLUMNS": str(COLUMNS), "HOME": "/home/pi"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_help_of_the_door_fits() -> None:
    assert [line for line in said("./do_py.sh", "help").splitlines() if len(line) > COLUMNS] == []


def test_the_help_of_each_program_fits(tmp_path: Path) -> None:
    said(sys.executable, "-c", EACH, str(tmp_path), *PROGRAMS)
    for place, program in enumerate(PROGRAMS):
        lines = (tmp_path / str(place)).read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("usage: "), program
        assert [line for line in lines if len(line) > COLUMNS] == [], program


def test_every_program_with_a_help_is_looked_at() -> None:
    """Every executable file with arguments is named above."""
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
