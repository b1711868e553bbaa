"""The log view: new lines are shown in colour, within the width, and across rotation."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.cells import cell_len

from screen.log import Tail, rows
from screen.primitives import ALARM, ATTENTION

ROOT = Path(__file__).parents[2]
HEAD = "2026-01-15 17:38:24 "


def add(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_it_starts_with_the_last_lines(tmp_path: Path) -> None:
    """The last lines that fit are shown first, then new ones."""
    path = tmp_path / "log_info.log"
    add(path, "".join(f"line {n}\n" for n in range(20_000)))
    tail = Tail(path)
    assert tail.last(2) == ["line 19998", "line 19999"]
    add(path, "half a ")
    assert tail.more() == []
    add(path, "line\nand one\n")
    assert tail.more() == ["half a line", "and one"]
    tail.close()


def test_a_renamed_log_is_read_to_its_end(tmp_path: Path) -> None:
    """The file is renamed and created again: no line is lost or shown twice."""
    path = tmp_path / "log_info.log"
    add(path, "before\n")
    tail = Tail(path)
    tail.last(9)
    add(path, "last of the old\n")
    path.rename(tmp_path / "log_info.log.1")
    assert tail.more() == ["last of the old"]
    assert tail.more() == []
    add(path, "first of the new\n")
    assert tail.more() == ["first of the new"]
    tail.close()


def test_a_log_begun_again_is_read_from_its_start(tmp_path: Path) -> None:
    """The file is truncated in place at midnight."""
    path = tmp_path / "log_info.log"
    add(path, "a long line of yesterday\n")
    tail = Tail(path)
    tail.last(9)
    os.truncate(path, 0)
    add(path, "today\n")
    assert tail.more() == ["today"]
    tail.close()


def test_a_log_that_comes_later_is_waited_for(tmp_path: Path) -> None:
    """A missing file is not an error."""
    path = tmp_path / "log_info.log"
    tail = Tail(path)
    assert tail.last(9) == []
    assert tail.more() == []
    add(path, "hello\n")
    assert tail.more() == ["hello"]
    tail.close()


@pytest.mark.parametrize("columns", [20, 40, 59, 60, 80, 200])
@pytest.mark.parametrize(
    "line",
    [
        HEAD + "INFO " + "quarter closed at 2.96 kW " * 9,
        HEAD + "ERROR " + "x" * 300,
        HEAD + "WARNING \x1b[2J\ttabs and codes",
        HEAD + "INFO ",
        "Traceback (most recent call last): " * 9,
        "",
    ],
)
def test_lines_fit_the_width(line: str, columns: int) -> None:
    """Long sentences are wrapped, control codes are removed, and no text is lost."""
    shown = ["".join(part.text for part in row) for row in rows(line, columns)]
    assert shown
    assert max(map(cell_len, shown)) <= max(columns, 29)
    assert "\x1b" not in "".join(shown)
    words = "".join(line.replace("\x1b", "?").split())
    assert "".join("".join(shown).split()).removesuffix("-") == words


def test_levels_have_colours_and_words() -> None:
    """A warning is yellow and an error red; the level is also a word."""
    warning, error, info = (rows(f"{HEAD}{w} x", 80)[0] for w in ("WARNING", "ERROR", "INFO"))
    assert (warning[1].style, error[1].style, info[1].style) == (ATTENTION, ALARM, None)
    assert warning[1].text == "WARNING x"


def test_the_program_follows(tmp_path: Path) -> None:
    """`python -m screen.log PATH` prints the existing lines and then new ones."""
    path = tmp_path / "log_info.log"
    add(path, f"{HEAD}INFO first\n")
    with subprocess.Popen(
        [sys.executable, "-m", "screen.log", str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == f"{HEAD}INFO first\n"
        add(path, f"{HEAD}INFO second\n")
        began = time.monotonic()
        assert program.stdout.readline() == f"{HEAD}INFO second\n"
        assert time.monotonic() - began < 5
        program.terminate()
