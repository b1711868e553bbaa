"""The page for the householder is true: its example loads, its names exist."""

import re
from pathlib import Path

from rates.contract import Contract
from rates.files import load, read_tables

PAGE = (Path(__file__).parents[3] / "docs" / "rates.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_loads() -> None:
    """What one copies from the page is a contract."""
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert isinstance(load(example), Contract)


def test_every_area_and_water_operator_is_on_the_page() -> None:
    """A name that the tables know can be found by reading."""
    tables = read_tables()
    for name in (*tables.areas(), *tables.water_operators()):
        assert name in PAGE, name
