"""The pictures in the documentation are current output of the render functions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from screen.__main__ import pictures

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", pictures(), ids=lambda path: path.name)
def test_the_pictures_are_the_screens(path: Path) -> None:
    """`./do_py.sh screen --pictures` rewrites them."""
    assert pictures()[path] == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("screen", "says"),
    [
        ("meter", "headroom     1.13 kW until 17:45"),
        ("charging", "car charging"),
        ("battery", "home battery"),
    ],
)
def test_the_examples_can_be_seen(screen: str, says: str) -> None:
    """`./do_py.sh screen battery --size 80x24` shows an example without a device."""
    done = subprocess.run(
        [sys.executable, "-m", "screen", screen, "--size", "80x24"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert says in done.stdout.decode()
