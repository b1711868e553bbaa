"""The README picture is made by the render function under test, and is up to date."""

import os
import subprocess
import sys
from pathlib import Path

from screen.kit import UNICODE
from screen.meter import MEDIUM, render
from screen.picture import to_svg
from screen.sample import example

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "meter.svg"


def test_the_readme_picture_is_the_screen() -> None:
    """docs/images/meter.svg is the example house at 120x40; DM_GOLDEN=write makes it anew."""
    svg = to_svg(render(example(), MEDIUM, UNICODE), "digital meter")
    if os.environ.get("DM_GOLDEN") == "write":
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.write_text(svg, encoding="utf-8")
    assert svg == PICTURE.read_text(encoding="utf-8")


def test_the_example_can_be_seen() -> None:
    """`python -m screen --size 80x24` shows the example without a meter."""
    done = subprocess.run(
        [sys.executable, "-m", "screen", "--size", "80x24"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert "headroom     1.13 kW until 17:45" in done.stdout.decode()
