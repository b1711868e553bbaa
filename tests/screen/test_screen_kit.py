"""The primitives: numbers, ages, cropping, and the graph's scale."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from base import messages
from screen.meter.chart import Column, columns, scale
from screen.primitives import (
    CONSOLE,
    GLYPHS,
    UNICODE,
    Size,
    block,
    clock,
    fit,
    ink,
    panel,
)

START = datetime(2026, 1, 13, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "     -"), (0, "  0.00"), (-0.001, "  0.00"), (3.407, "  3.41"), (-1.8, " -1.80")],
)
def test_numbers_have_fixed_decimals(value: float | None, text: str) -> None:
    """Numbers are right-aligned with two decimals; unknown is a dash, and zero is never
    negative.
    """
    assert UNICODE.number(value, 6) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (12.4, "12 s"), (840, "14 min"), (3 * 3600, "3 h"), (86400 * 3, "3 days")],
)
def test_spans_have_one_unit(seconds: float, text: str) -> None:
    assert UNICODE.span(seconds) == text


def test_clocks_show_brussels_time() -> None:
    """Times are local, in summer and in winter."""
    assert clock(datetime(2026, 7, 1, 10, 0, tzinfo=UTC)) == "12:00"
    assert clock(datetime(2026, 1, 1, 10, 0, tzinfo=UTC)) == "11:00"
    assert clock(None) == "-"


@given(text=st.text(max_size=40), width=st.integers(0, 50))
def test_short_text_fits(text: str, width: int) -> None:
    """Any text is cleaned, shortened to fit, and printable."""
    for glyphs in GLYPHS.values():
        short = glyphs.short(text, max(width, 3))
        assert cell_len(short) <= max(width, 3)
        assert not short or short.isprintable()


@given(text=st.text(max_size=40), width=st.integers(0, 50))
def test_rows_are_exactly_as_wide_as_asked(text: str, width: int) -> None:
    """Rows are cropped or padded, also through the middle of a wide character."""
    row = fit([ink(UNICODE.clean(text)), ink("kW")], width)
    assert sum(part.cell_length for part in row) == width


def test_a_panel_cuts_what_is_too_much() -> None:
    """A panel keeps its size: long titles and lines are cut, missing lines are blank."""
    rows = panel("Quarter hour and more", [[ink("x" * 99)]] * 9, Size(12, 4), CONSOLE)
    assert ["".join(part.text for part in row) for row in rows] == [
        "┌─ Quart.. ┐",
        "│ xxxxxxxx │",
        "│ xxxxxxxx │",
        "└──────────┘",
    ]
    assert len(block([], Size(5, 3))) == 3


@given(up=st.floats(0, 1e4), down=st.one_of(st.none(), st.floats(0, 1e4)), rows=st.integers(2, 60))
def test_the_graph_fits_its_rows(up: float, down: float | None, rows: int) -> None:
    """Both directions share one scale and the available rows."""
    row_kw, rows_up, rows_down = scale(up, down, rows)
    assert rows_up >= 1
    assert rows_up + rows_down <= rows
    assert rows_up * row_kw >= up - 1e-6
    assert rows_down * row_kw >= (down or 0.0) - 1e-6


def test_columns_are_steps_of_the_clock() -> None:
    """An hour's column is its highest quarter, and starts on the hour, with any first quarter."""
    told = messages.Demand(
        start=START + timedelta(minutes=30),
        offtake_kw=(1.0, 2.0, 0.5, None, 3.0, 0.1, None, None, None, None),
        injection_kw=(0.0, 0.0, 0.7, None, 0.0, 0.0, None, None, None, None),
    )
    assert columns(told, 60, 10) == [
        Column(START, 2.0, 0.0),
        Column(START + timedelta(hours=1), 3.0, 0.7),
        Column(START + timedelta(hours=2), None, None),
    ]
    assert columns(told, 60, 2) == columns(told, 60, 10)[1:]
