"""The battery screen: its drawing, its size, and its texts in each state.

The golden files are the screen as text. DM_GOLDEN=write rewrites them: review the difference.
"""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from base import messages
from bs.facts import Battery, BatteryState
from bs.inputs import Unit
from screen.battery.layout import render
from screen.battery.sample import example
from screen.battery.view import BatteryView, headline, summary
from screen.primitives import (
    CONSOLE,
    DIM,
    GLYPHS,
    LARGE,
    PLAIN,
    SMALL,
    UNICODE,
    Glyphs,
    Size,
)
from tests.screen.factories import GOLDEN, SHOWN, compare, tiles

NASTY = "\x1b[2J\x07日本語🔋\u202e" * 8


def silent() -> BatteryView:
    view = example()
    return replace(view, now=view.now + timedelta(seconds=41))


def hostile() -> BatteryView:
    """Texts and numbers from outside that could break a terminal or a layout."""
    view = example()
    odd = Battery(name=NASTY[:40], capacity_kwh=1e-9, reserve_pct=90.0)
    unit = Unit(
        odd,
        BatteryState(
            battery=NASTY, at=view.now, soc_pct=250.0, power_kw=-1e9, healthy=False, notice=NASTY
        ),
    )
    event = messages.Event(at=view.now, level="error", text=NASTY)
    return replace(
        view,
        units=(unit,) * 9,
        why=NASTY,
        act=NASTY,
        told_kw=1e9,
        title=NASTY,
        keep_kwh=1e12,
        events=messages.Events(events=(event,) * 40),
    )


def test_what_any_home_keeps_is_not_called_a_habit() -> None:
    """0.6 kWh is the reserve of any home; more was needed by its past weeks at that hour."""
    for kwh, said in ((0.6, "as a reserve"), (1.8, "for such hours")):
        shown = render(replace(example(), keep_kwh=kwh), LARGE, CONSOLE)
        assert f"{kwh} kWh" in (text := shown.text)
        assert said in text


STATES = {
    "usual": example(),
    "unknown": BatteryView(now=example().now),
    "silent": silent(),
    "hostile": hostile(),
    "alone": replace(example(), told_kw=None, act="its own mode"),
}


@pytest.mark.parametrize("glyphs", GLYPHS)
@pytest.mark.parametrize("layout", SHOWN)
def test_the_battery_screen_is_as_drawn(layout: str, glyphs: str) -> None:
    """Each layout, in each glyph set, equals its golden text."""
    frame = render(example(), SHOWN[layout], GLYPHS[glyphs])
    compare(frame, GOLDEN / f"battery-{layout}-{glyphs}.txt")


@settings(max_examples=60, deadline=None)
@given(
    columns=st.integers(80, 300),
    rows=st.integers(24, 80),
    glyphs=st.sampled_from(sorted(GLYPHS)),
    state=st.sampled_from(sorted(STATES)),
)
def test_battery_panels_tile_the_terminal(columns: int, rows: int, glyphs: str, state: str) -> None:
    """From 80x24 up every row is exactly as wide as the terminal, and the number of rows fits."""
    size = Size(columns, rows)
    assert tiles(render(STATES[state], size, GLYPHS[glyphs]), size)


@pytest.mark.parametrize("size", [Size(79, 24), Size(80, 23), Size(20, 3), Size(1, 1)])
@pytest.mark.parametrize("state", STATES)
def test_below_small_the_battery_is_one_sentence(state: str, size: Size) -> None:
    frame = render(STATES[state], size, UNICODE)
    assert len(frame.rows) == size.rows
    assert {cell_len(row) for row in frame.text.split("\n")} == {size.columns}
    assert ("The screen needs 80x24" in frame.text) == (size.rows > 20)


def test_the_sentence_says_what_it_does_and_why() -> None:
    assert headline(example(), UNICODE).startswith(
        "54 %, discharging to keep the quarter under its target"
    )
    assert headline(BatteryView(now=example().now), UNICODE) == "no battery data yet"


def test_the_plain_line_has_power_and_reason() -> None:
    assert summary(example(), UNICODE) == (
        "2026-01-15 17:38 discharging 1.79 kW, 54 %,"
        " discharging to keep the quarter under its target"
    )


def with_state(**changes: float | None) -> BatteryView:
    """The view with one battery, in another state."""
    view = example()
    (unit, *_) = view.units
    return replace(view, units=(replace(unit, state=replace(unit.state, **changes)),))  # type: ignore[arg-type]


def test_an_unknown_figure_is_not_in_a_sentence() -> None:
    unread = with_state(soc_pct=None, power_kw=None)
    assert headline(unread, UNICODE) == "discharging to keep the quarter under its target"
    assert summary(unread, UNICODE) == f"2026-01-15 17:38 {headline(unread, UNICODE)}"
    text = render(unread, LARGE, UNICODE).text
    assert "above the" not in text


@pytest.mark.parametrize(
    ("kw", "shown", "hidden"),
    [(2.0, "full in", "empty in"), (-2.0, "empty in", "full in"), (0.0, "", " in ")],
)
def test_the_time_left_is_that_of_the_direction_of_its_power(
    kw: float, shown: str, hidden: str
) -> None:
    """A battery at rest becomes neither full nor empty."""
    text = render(with_state(power_kw=kw), LARGE, UNICODE).text
    panel = text.partition("State of charge")[2].partition("╰")[0]
    assert shown in panel
    assert hidden not in panel


def test_signs_have_words() -> None:
    """No power on the screen has a minus sign."""
    for size in SHOWN.values():
        assert not re.search(r"-\d", render(example(), size, UNICODE).text)


@pytest.mark.parametrize("size", SHOWN.values(), ids=SHOWN)
def test_an_unknown_battery_is_a_dash(size: Size) -> None:
    text = render(BatteryView(now=example().now), size, UNICODE).text
    assert "waiting for the meter" in text
    assert "-" in text
    assert " 0.00 kWh" not in text


def test_an_old_house_is_dim_with_its_age() -> None:
    frame = render(silent(), SMALL, UNICODE)
    assert "no data for 42 s" in frame.text
    house = [part for part in frame.rows[2] if "offtake" in part.text]
    assert house
    assert all(part.style == DIM for part in house)


def test_a_released_battery_is_reported() -> None:
    assert "its own mode" in render(STATES["alone"], SMALL, UNICODE).text


def test_the_owners_task_is_reported() -> None:
    view = example()
    trouble = replace(view.units[0].state, healthy=False, notice="it does not answer")
    shown = replace(view, units=(replace(view.units[0], state=trouble),))
    for size in SHOWN.values():
        assert "it does not answer" in render(shown, size, UNICODE).text


@pytest.mark.parametrize("glyphs", [UNICODE, CONSOLE], ids=["unicode", "console"])
def test_foreign_text_about_batteries_is_tamed(glyphs: Glyphs) -> None:
    text = render(hostile(), LARGE, glyphs).text
    assert all(char.isprintable() for char in text if char != "\n")
    if glyphs is CONSOLE:
        assert not {char for char in text if not char.isascii()} - set("░▒█┌─┐│└┘") - PLAIN
