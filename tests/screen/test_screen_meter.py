"""The meter screen: its drawing, its size, and its texts in each state.

The golden files are the screen as text. DM_GOLDEN=write rewrites them: review the difference.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from base import messages
from screen.meter.layout import render
from screen.meter.sample import example
from screen.meter.view import MeterView, headline, hear, summary
from screen.primitives import (
    ACTIVE,
    ALARM,
    CONSOLE,
    DIM,
    GLYPHS,
    IN_FORCE,
    INACTIVE,
    LARGE,
    MEDIUM,
    PLAIN,
    SMALL,
    UNICODE,
    Frame,
    Size,
)
from tests.screen.factories import GOLDEN, SHOWN, compare, tiles


def house(**changes: Any) -> MeterView:
    """The example with other facts."""
    view = example()
    assert view.house is not None
    return replace(view, house=view.house.model_copy(update=changes))


def quarter(**changes: Any) -> messages.Quarter:
    told = example().house
    assert told is not None
    assert told.quarter is not None
    return told.quarter.model_copy(update=changes)


def overshooting() -> MeterView:
    return house(quarter=quarter(so_far_kw=2.2, forecast_kw=4.21), headroom_kw=-1.82)


def silent() -> MeterView:
    view = example()
    return replace(view, now=view.now + timedelta(seconds=41))


def hostile() -> MeterView:
    """Texts from outside that could break a terminal or a layout."""
    nasty = "\x1b[2J\x07日本語🔋\u202e" * 8
    view = house(message=nasty, meter_id=nasty)
    needs = tuple(messages.Need(name=f"n{n}", power_kw=1e9, why=nasty[:200]) for n in range(9))
    line = messages.TelegramLine(obis=nasty, name=nasty, text=nasty)
    told = messages.TelegramText(time=None, header=nasty, lines=(line,) * 200)
    event = messages.Event(at=view.now, level="error", text=nasty)
    assert view.outlook is not None
    assert view.bill is not None
    owed = messages.BillLine(name=nasty, energy="gas", amount=1e9, unit=nasty, eur=-1e9)
    return replace(
        view,
        outlook=view.outlook.model_copy(update={"note": nasty}),
        bill=view.bill.model_copy(update={"lines": (owed,) * 60, "why": nasty * 9}),
        neighbours=needs,
        telegram=told,
        events=messages.Events(events=(event,) * 40),
        title=nasty,
    )


def unpeaked() -> MeterView:
    """The first quarter of a month: no peak yet, no months, no demand."""
    return replace(house(month_peak=None, headroom_kw=None), peak=None, demand=None)


def unpriced() -> MeterView:
    """A house without a contract: outlook and bill are empty."""
    view = example()
    assert view.outlook is not None
    assert view.bill is not None
    empty = {"lines": (), "total_eur": None, "expected_eur": None, "peaks": (), "why": ""}
    return replace(
        view,
        outlook=view.outlook.model_copy(update={"buy_eur_kwh": (None,) * 192}),
        bill=view.bill.model_copy(update={**empty, "peak_eur_kw": None}),
    )


STATES = {
    "usual": example(),
    "unknown": MeterView(now=example().now),
    "overshooting": overshooting(),
    "silent": silent(),
    "hostile": hostile(),
    "unpeaked": unpeaked(),
    "unpriced": unpriced(),
    "huge": house(offtake_kw=123456.789, quarter=quarter(so_far_kw=9e5, forecast_kw=1e6)),
}


def inked(frame: Frame, style: Style) -> str:
    """The text in one colour."""
    return "\n".join("".join(p.text for p in row if p.style == style) for row in frame.rows)


@pytest.mark.parametrize("glyphs", GLYPHS)
@pytest.mark.parametrize("layout", SHOWN)
def test_the_screen_is_as_drawn(layout: str, glyphs: str) -> None:
    """Each layout, in each glyph set, equals its golden text."""
    frame = render(example(), SHOWN[layout], GLYPHS[glyphs])
    compare(frame, GOLDEN / f"{layout}-{glyphs}.txt")


@settings(max_examples=60, deadline=None)
@given(
    columns=st.integers(80, 300),
    rows=st.integers(24, 80),
    glyphs=st.sampled_from(list(GLYPHS.values())),
    state=st.sampled_from(list(STATES)),
)
def test_panels_tile_the_terminal(columns: int, rows: int, glyphs: object, state: str) -> None:
    """From 80x24 up every row is exactly as wide as the terminal, and the number of rows fits."""
    assert glyphs in (UNICODE, CONSOLE)
    size = Size(columns, rows)
    assert tiles(render(STATES[state], size, UNICODE if glyphs == UNICODE else CONSOLE), size)


@pytest.mark.parametrize("size", [Size(79, 24), Size(80, 23), Size(20, 3), Size(1, 1)])
@pytest.mark.parametrize("state", STATES)
def test_below_small_there_is_one_sentence(state: str, size: Size) -> None:
    """A terminal too small for panels shows the headroom as a sentence, and the required size."""
    frame = render(STATES[state], size, UNICODE)
    assert len(frame.rows) == size.rows
    rows = frame.text.split("\n")
    assert {cell_len(row) for row in rows} == {size.columns}
    said = " ".join("".join(rows).split())
    needs = f"The screen needs 80x24, this terminal has {size.columns}x{size.rows}."
    assert said.endswith(needs) == (size.rows > 20)


@pytest.mark.parametrize("rows", range(1, 8))
def test_the_sentence_is_cut_after_the_size_that_is_needed(rows: int) -> None:
    view = overshooting()
    said = " ".join(render(view, Size(24, rows), UNICODE).text.split())
    assert ("The screen needs" in said) == (rows >= 5)
    assert (headline(view, UNICODE) in said) == (rows >= 3)


def test_the_sentence_is_the_headroom() -> None:
    """It has the number and its meaning."""
    assert headline(example(), UNICODE) == "headroom 1.13 kW until 17:45"
    assert (
        headline(overshooting(), UNICODE)
        == "1.82 kW over the target until 17:45, new month peak in the making"
    )
    assert (
        headline(silent(), UNICODE)
        == "no telegram for 42 s; before that: headroom 1.13 kW until 17:45"
    )
    assert headline(MeterView(now=example().now), UNICODE) == "waiting for the first telegram"


def test_the_line_for_no_terminal_holds_the_main_facts() -> None:
    """The plain line of each minute has time, headroom, forecast, peak and day."""
    assert summary(example(), UNICODE) == (
        "2026-01-15 17:38 headroom 1.13 kW until 17:45, forecast 2.91 kW, month peak 3.41 kW, "
        "offtake 3.05 kW, injection 0.00 kW, today 8.79 EUR"
    )
    assert summary(MeterView(now=example().now), UNICODE).endswith("waiting for the first telegram")


def test_an_unknown_figure_is_not_in_a_sentence() -> None:
    house = example().house
    assert house is not None
    phases = (messages.Phase(offtake_kw=1.0, injection_kw=None, voltage_v=None, current_a=None),)
    unread = replace(
        example(),
        house=house.model_copy(update={"offtake_kw": None, "injection_kw": None, "phases": phases}),
        usage=None,
    )
    said = summary(unread, UNICODE)
    assert not any(each in said for each in ("offtake", "injection", "today"))
    assert "- V" not in render(unread, LARGE, UNICODE).text


def test_the_console_set_is_what_the_console_has() -> None:
    """The Pi's HDMI console has ASCII, shades and plain boxes only."""
    for size in SHOWN.values():
        for view in STATES.values():
            text = render(view, size, CONSOLE).text
            assert not {char for char in text if not char.isascii()} - set("░▒█┌─┐│└┘") - PLAIN


@pytest.mark.parametrize("glyphs", GLYPHS.values(), ids=GLYPHS)
def test_foreign_text_is_tamed(glyphs: object) -> None:
    """Control characters, wide and right-to-left text from outside never reach the terminal."""
    text = render(hostile(), LARGE, CONSOLE if glyphs == CONSOLE else UNICODE).text
    assert "\x1b" not in text
    assert all(char.isprintable() for char in text if char != "\n")


@pytest.mark.parametrize("size", SHOWN.values(), ids=SHOWN)
def test_unknown_is_a_dash(size: Size) -> None:
    """Without known values there is no number on the screen."""
    text = render(MeterView(now=example().now), size, UNICODE).text
    assert not re.search("[0-9]", re.sub("day -[123]", "", text))
    assert "waiting for the first telegram" in text
    assert "-" in text


@pytest.mark.parametrize("size", [MEDIUM, LARGE], ids=["M", "L"])
def test_a_month_that_has_just_begun_has_no_peak_yet(size: Size) -> None:
    """In the first quarter hour of a month, words replace the peak, not a dash."""
    view = house(month_peak=None)
    assert view.usage is not None
    periods = [*view.usage.periods]
    periods[3] = periods[3].model_copy(update={"peak": None})  # today
    view = replace(view, usage=view.usage.model_copy(update={"periods": (*periods,)}))
    rows = render(view, size, UNICODE).text.splitlines()
    assert any("month peak none yet" in row for row in rows)
    assert any("  peak kW" in row and "none yet" in row for row in rows)


@pytest.mark.parametrize("size", SHOWN.values(), ids=SHOWN)
def test_old_is_dim_with_its_age(size: Size) -> None:
    """After 10 s without a telegram all facts are dim, and the header shows their age."""
    frame = render(silent(), size, UNICODE)
    assert inked(frame, ALARM).strip() == "no telegram for 42 s"
    assert all(part.style == DIM for row in frame.rows[1:] for part in row)


def test_a_peer_that_says_stale_is_believed() -> None:
    """A message marked as stale is shown as stale, however recent it is."""
    health = messages.Health(state="stale", age_s=12.0, good=5, rejected=0)
    assert house(health=health).stale


@pytest.mark.parametrize("size", SHOWN.values(), ids=SHOWN)
def test_a_new_peak_is_red_and_in_words(size: Size) -> None:
    """A new month peak is imminent: the whole quarter panel is red, with a sentence."""
    frame = render(overshooting(), size, UNICODE)
    alarm = inked(frame, ALARM)
    assert "new month peak" in alarm
    assert "-1.82 kW over until 17:45" in alarm
    assert "0.80 kW too much" in alarm
    assert not inked(render(example(), size, UNICODE), ALARM).strip()


def test_below_what_is_billed_anyway_no_peak_is_an_alarm() -> None:
    """Early in the month each quarter is the highest; below the floor it costs nothing."""
    low = messages.Peak(kw=0.4, at=None)
    early = house(month_peak=low, target_kw=2.5, quarter=quarter(forecast_kw=1.9))
    assert not early.new_peak
    assert "0.60 kW to spare" in render(early, SMALL, UNICODE).text


def test_the_target_and_the_month_peak_are_shown_apart() -> None:
    """The gap is to the target, which early in a month is above the month peak."""
    low = messages.Peak(kw=1.4, at=datetime(2026, 1, 6, 16, 15, tzinfo=UTC))
    early = house(month_peak=low, target_kw=2.5, quarter=quarter(forecast_kw=1.9))
    assert "target       2.50 kW month peak 1.40" in render(early, SMALL, UNICODE).text
    roomy = render(early, MEDIUM, UNICODE).text
    assert "target       2.50 kW 0.60 kW to spare" in roomy
    assert "month peak   1.40 kW 6 Jan 17:15" in roomy


def test_headroom_says_what_may_run_on_and_what_gives_way() -> None:
    """A dishwasher runs past the quarter's end; a charging car yields power at once."""
    view = house(headroom_kw=5.2, steady_kw=0.7, yields_kw=6.9)
    for size in (SMALL, MEDIUM, LARGE):
        text = render(view, size, UNICODE).text
        assert "headroom     5.20 kW 0.70 after 17:45" in text
        assert "Quarter hour, 6.90 kW reduced" in text
    assert (
        headline(view, UNICODE) == "headroom 5.20 kW until 17:45, 0.70 kW after it, cars and"
        " batteries reduce: 6.90 kW"
    )


def test_the_active_rate_is_magenta_and_marked() -> None:
    """The active rate is magenta with a mark, the inactive rate cyan without."""
    frame = render(example(), MEDIUM, UNICODE)
    active, inactive = inked(frame, ACTIVE), inked(frame, INACTIVE)
    assert "▸ offtake day" in active
    assert "▸ gas" in active
    assert "offtake night" in inactive
    assert "▸" not in inactive


@pytest.mark.parametrize(("tariff", "other"), [("day", "night"), ("night", "day")])
def test_rows_of_the_running_tariff_are_green_and_marked(tariff: str, other: str) -> None:
    """Rows of the tariff in force are green, and also marked, for people who see no colour."""
    green = inked(render(house(tariff=tariff), MEDIUM, UNICODE), IN_FORCE)
    assert f"▸ offtake {tariff} kWh" in green
    assert f"offtake {other}" not in green


def test_an_unknown_tariff_marks_nothing() -> None:
    """Without a tariff no row is green."""
    assert not inked(render(house(tariff=None), LARGE, UNICODE), IN_FORCE).strip()


def test_codes_stand_in_the_telegram_panel_only() -> None:
    """OBIS codes are absent from the other layouts."""
    assert "1-0:1.7.0" in render(example(), LARGE, UNICODE).text
    for size in (SMALL, MEDIUM):
        assert "-0:" not in render(example(), size, UNICODE).text


def test_a_long_telegram_says_what_is_left_out() -> None:
    """With more lines than rows, the last row has the number of the others."""
    view = example()
    assert view.telegram is not None
    told = view.telegram.model_copy(update={"lines": view.telegram.lines * 3})
    assert "more lines" in render(replace(view, telegram=told), LARGE, UNICODE).text


def test_each_phase_says_its_direction() -> None:
    """A phase that injects has a word for it instead of a sign."""
    told = messages.Phase(offtake_kw=0.0, injection_kw=0.52, voltage_v=236.4, current_a=2.2)
    assert (
        "L1 injection  0.52 kW 236 V  2.2 A" in render(house(phases=(told,)), MEDIUM, UNICODE).text
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"breaker": "off"}, "breaker of the meter"),
        ({"message": "Geplande onderbreking"}, "Geplande onderbreking"),
    ],
)
@pytest.mark.parametrize("size", SHOWN.values(), ids=SHOWN)
def test_what_the_meter_wants_known_is_shown(
    size: Size, changes: dict[str, str], words: str
) -> None:
    """An open breaker or a message of the grid operator is in every layout."""
    assert words in render(house(**changes), size, UNICODE).text


def test_an_unwell_neighbour_says_so() -> None:
    """A peer that is not healthy is marked with words."""
    need = messages.Need(name="car", power_kw=None, healthy=False, why="charger does not answer")
    text = render(replace(example(), neighbours=(need,)), SMALL, UNICODE).text
    assert "fault: charger does not answer" in text


@pytest.mark.parametrize("size", SHOWN.values(), ids=SHOWN)
def test_a_trip_that_costs_more_is_a_choice_in_euro(size: Size) -> None:
    """The cost, and the charge at departure without it, are in every layout."""
    choice = messages.Choice(
        peer="ev", car="q4", leaves=datetime(2026, 1, 16, 6, 30, tzinfo=UTC), over_kw=1.2,
        eur=5.24, lacks_kwh=16.3, without_pct=61.0,
    )  # fmt: skip
    view = example()
    assert view.outlook is not None
    told = replace(view, outlook=view.outlook.model_copy(update={"choices": (choice,)}))
    text = render(told, size, UNICODE).text
    assert "peak 1.2 kW higher: 5.24 €, or q4 at 61 % Fri 07:30 (accepted; type refuse)" in text
    assert "battery   -1.80 kW" in text, "no car or battery makes room for it"
    assert "car        0.00 kW" in text


def test_who_takes_more_than_allowed_is_marked() -> None:
    view = example()
    assert view.house is not None
    peer = next(iter(view.house.grants))
    over = replace(view, house=view.house.model_copy(update={"overtaking": (peer,)}))
    assert "exceeds" in render(over, MEDIUM, UNICODE).text
    assert "takes more than allowed" in render(over, SMALL, UNICODE).text


def test_months_are_newest_first_and_once() -> None:
    """The peak of this month replaces its value in the list."""
    view = example()
    assert view.peak is not None
    again = messages.MonthPeak(month=date(2026, 1, 1), kw=1.0, at=None)
    peak = view.peak.model_copy(update={"months": (*view.peak.months, again)})
    lines = render(replace(view, peak=peak), LARGE, UNICODE).text.splitlines()
    shown = [line for line in lines if "▸  6 Jan 17:15  3.41 kW" in line]
    assert len(shown) == 1
    assert "  1.00 kW" not in "".join(lines)
    narrow = render(replace(view, peak=peak), MEDIUM, UNICODE).text
    assert "▸ Jan  3.41 ▇▇  Sep  3.20" in narrow
    assert " 1.00 " not in narrow


def test_what_drops_out_next_is_marked() -> None:
    """The month that is next to leave the twelve is marked, with the cost of a kW."""
    text = render(example(), LARGE, UNICODE).text
    (row,) = (line for line in text.splitlines() if "out next" in line)
    assert "23 Feb 18:30  3.64 kW" in row
    assert "costs 4.36 EUR" in " ".join(re.findall(r"kW above it (costs 4\.36 EUR)", text))
    assert "mean 3.09 kW, one more kW costs 4.36 €" in render(example(), MEDIUM, UNICODE).text


def test_the_small_screen_has_the_bill_in_its_title() -> None:
    """At 80x24 the title has the month's bill if there is room; without a bill it is absent."""
    words = "Use and cost, bill from 1 Jan 269.25 €, 558.20 € expected"
    assert words in render(example(), SMALL, UNICODE).text
    assert "bill" not in render(replace(example(), bill=None), SMALL, UNICODE).text


def test_a_grant_has_its_reason_where_there_is_room() -> None:
    """If each neighbour has two rows, the second has the allowed power, its end and its reason."""
    words = "allowed 0.00 kW until 17:45: 0.0 kW is left under the target of this quarter"
    assert words in render(example(), LARGE, UNICODE).text


def test_the_view_is_the_last_message_of_each_kind() -> None:
    """A watcher that receives the messages shows the same screen as dm."""
    full = example()
    view = MeterView(now=full.now)
    facts = (full.peak, full.rates, full.usage, full.telegram, full.demand)
    others = (full.outlook, full.bill, full.events)
    for message in (*facts, *others, *full.neighbours, *full.neighbours):
        assert message is not None
        view = hear(view, message, full.now)
    assert full.house is not None
    assert full.heard is not None
    view = hear(view, full.house, full.heard)
    assert replace(view, now=full.now) == full


def test_messages_that_are_not_shown_change_nothing() -> None:
    """A hello or a reply does not change the facts."""
    full = example()
    assert hear(full, messages.Reply(word="help", text=""), full.now) == full
