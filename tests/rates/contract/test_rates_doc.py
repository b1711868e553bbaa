"""The householder's page is correct: its examples load, its names exist."""

import re
from pathlib import Path

from rates.contract import Contract
from rates.files import load, read_tables, tables_with

PAGE = (Path(__file__).parents[3] / "docs" / "rates.md").read_text(encoding="utf-8")


def test_the_examples_of_the_page_load(tmp_path: Path) -> None:
    """Each example is a valid contract, or a tariff entry."""
    for example in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL):
        if '"kind"' not in example:
            assert isinstance(load(example), Contract)
            continue
        (tmp_path / "entry.json").write_text(example)
        assert len(tables_with(tmp_path).entries) == len(read_tables().entries) + 1


def test_every_area_and_water_operator_is_on_the_page() -> None:
    """Every name in the tables is in the text of the page."""
    tables = read_tables()
    for name in (*tables.areas(), *tables.water_operators()):
        assert name in PAGE, name
