"""config.py belongs to the householder: one value changes, every other byte is kept."""

import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setup.config_text import value_of, with_value

CONFIG = Path(__file__).parents[2] / "config.py"
TEXT = '''"""Mine."""
serial_port = "/dev/ttyUSB0"  # the blue one, é
cable_info: dict[str, object] = {
    "main": {"host": "x"},  # garage
}
glyphs = "unicode"
'''


def test_the_value_alone_is_replaced() -> None:
    new = with_value(TEXT, "serial_port", '"/dev/p1"')
    assert new == TEXT.replace('"/dev/ttyUSB0"', '"/dev/p1"')


def test_a_value_over_several_lines_is_one_value() -> None:
    new = with_value(TEXT, "cable_info", "{}")
    assert new == TEXT.replace('{\n    "main": {"host": "x"},  # garage\n}', "{}")


def test_what_was_there_can_be_put_back() -> None:
    was = value_of(TEXT, "cable_info")
    assert was is not None
    assert with_value(with_value(TEXT, "cable_info", "{}"), "cable_info", was) == TEXT


def test_a_key_that_is_missing_comes_at_the_end() -> None:
    assert with_value("a = 1", "b", "2") == "a = 1\n\nb = 2\n"
    assert value_of("a = 1", "b") is None


def test_the_last_assignment_counts() -> None:
    assert with_value("a = 1\na = 2\n", "a", "3") == "a = 1\na = 3\n"


@pytest.mark.parametrize("text", ["a = 1\r\nb = 'é'; c = 2\r\n", "b = 'é'; c = 2"])
def test_other_line_ends_and_letters_before_it_do_not_matter(text: str) -> None:
    assert with_value(text, "c", "5") == text.replace("2", "5")


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=20))
def test_any_text_survives_in_the_file_of_this_project(value: str) -> None:
    text = with_value(CONFIG.read_text(encoding="utf-8"), "serial_port", repr(value))
    assert value_of(text, "serial_port") == repr(value)
    space: dict[str, object] = {}
    exec(compile(text, "config.py", "exec"), space)
    assert space["serial_port"] == value
    assert space["glyphs"] == runpy.run_path(str(CONFIG))["glyphs"]
