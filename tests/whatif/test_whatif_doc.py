"""The householder's page shows the actual output and drawing of the command."""

import os
from datetime import date
from pathlib import Path

import pytest

from tests.whatif.factories import ROOT, plain_csv, prices_csv
from tests.whatif.test_whatif_command import run

PAGE = ROOT / "docs" / "whatif.md"
PICTURE = ROOT / "docs" / "images" / "whatif.svg"
FENCE = "```\n"
WORDS = "year_2025.csv --prices market_2025.csv --as-of 2026-09-01"
CONTRACTS = "--contract fixed day_night engie_dynamic --svg whatif.svg"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The output and the drawing of the command on a made year."""
    folder = tmp_path_factory.mktemp("doc")
    (folder / "year_2025.csv").write_text(plain_csv(date(2025, 1, 1), date(2026, 1, 1)))
    (folder / "market_2025.csv").write_text(prices_csv(date(2025, 1, 1), date(2026, 1, 1)))
    files = {
        name: str(folder / name) for name in ("year_2025.csv", "market_2025.csv", "whatif.svg")
    }
    done = run(*(files.get(word, word) for word in f"{WORDS} {CONTRACTS}".split()))
    assert done.returncode == 0, done.stderr
    return done.stdout, (folder / "whatif.svg").read_text(encoding="utf-8")


def shows(command: str, said: str) -> None:
    """Check that docs/whatif.md has the output of a command in a block of its own;
    DM_GOLDEN=write rewrites it.
    """
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(f"{FENCE}$ {command}", 1)
    shown, rest = after.split(FENCE, 1)
    whole = f"\n{said}"
    if os.environ.get("DM_GOLDEN") == "write":
        PAGE.write_text(f"{before}{FENCE}$ {command}{whole}{FENCE}{rest}", encoding="utf-8")
        shown = whole
    assert shown == whole


def test_the_example_of_the_page_is_real(said: tuple[str, str]) -> None:
    """It is the comparison of a generated year."""
    shows(f"./do_py.sh whatif.py {WORDS} \\\n      {CONTRACTS}", said[0])


def test_the_invoice_of_the_page_is_real(tmp_path: Path) -> None:
    """The invoice in the page, at 80 columns: in another area, for 31 days, ..."""
    page = PAGE.read_text(encoding="utf-8")
    typed = page.split("from the file INVOICE:\n\n", 1)[1].split("\n\n", 1)[0]
    (tmp_path / "invoice.txt").write_text(typed, encoding="utf-8")
    (tmp_path / "year_2026.csv").write_text(plain_csv(date(2025, 5, 1), date(2026, 5, 1)))
    done = run(str(tmp_path / "year_2026.csv"), "--contract", "fixed", "--invoice",
               str(tmp_path / "invoice.txt"))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    shows("./do_py.sh whatif.py year_2026.csv --contract fixed --invoice invoice.txt", done.stdout)


def test_the_drawing_of_the_page_is_real(said: tuple[str, str]) -> None:
    """docs/images/whatif.svg equals the output of --svg; DM_GOLDEN=write rewrites it."""
    if os.environ.get("DM_GOLDEN") == "write":
        Path(PICTURE).write_text(said[1], encoding="utf-8")
    assert PICTURE.read_text(encoding="utf-8") == said[1]
