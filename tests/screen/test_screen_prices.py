"""The price strip: its hours, its scale in words, and its note on flat prices."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from base.time import BRUSSELS, QUARTER
from screen.meter.prices import curve, prices
from screen.meter.sample import example
from screen.meter.view import MeterView
from screen.primitives import ACTIVE, CONSOLE, DIM, INACTIVE, UNICODE, Block, Frame, Glyphs, Size

MEDIUM, LARGE = Size(60, 7), Size(80, 8)
Told = tuple[float | None, ...]


def at(day: int, hour: int, minute: int = 0, month: int = 1) -> datetime:
    """A local time of 2026 in Brussels."""
    return datetime(2026, month, day, hour, minute, tzinfo=BRUSSELS).astimezone(UTC)


def view(told: Told, now: datetime, start: datetime | None = None, note: str = "") -> MeterView:
    """The example house at `now` with other prices."""
    full = example()
    assert full.house is not None
    assert full.outlook is not None
    changes = {"start": start or now, "buy_eur_kwh": told, "note": note}
    return replace(
        full,
        house=full.house.model_copy(update={"time": now}),
        outlook=full.outlook.model_copy(update=changes),
    )


def text(shown: MeterView, size: Size = MEDIUM, glyphs: Glyphs = UNICODE) -> str:
    return Frame(size, prices(shown, size, glyphs)).text


def inked(block: Block, style: object) -> str:
    return "".join(part.text for row in block for part in row if part.style == style)


def day_night(start: datetime) -> Told:
    """A day and night price: 0.3214 from 7 to 22 on weekdays, 0.2687 otherwise."""
    hours = [(start + place * QUARTER).astimezone(BRUSSELS) for place in range(192)]
    return tuple(0.3214 if 7 <= at.hour < 22 and at.weekday() < 5 else 0.2687 for at in hours)


def test_the_scale_is_in_words() -> None:
    """It has the lowest and the highest price, each with its time."""
    told = (0.25, 0.25, 0.3412, *(0.25,) * 40, 0.1999, *(0.26, 0.27) * 20)
    assert "lowest 0.1999 Fri 04:15, highest 0.3412 18:00" in text(view(told, at(15, 17, 30)))


def test_now_is_magenta_and_marked() -> None:
    """The current bar, mark and number are magenta, later ones cyan, past ones dim."""
    told = tuple(0.2 + place % 7 / 100 for place in range(192))
    block = prices(view(told, at(15, 6), start=at(15, 0)), MEDIUM, UNICODE)
    assert inked(block, ACTIVE).endswith("▸▸ now 0.2300")
    assert "07h" in inked(block, INACTIVE)
    assert "█" in inked(block, DIM)


def test_midnight_is_marked_and_unknown_hours_are_blank() -> None:
    """Before tomorrow's prices are published, its half is empty, and the note gives the reason."""
    note = "tomorrow's prices come after 13:00"
    told = (*(0.2 + place / 100 for place in range(24)), *(None,) * 168)
    lines = text(view(told, at(15, 18), note=note)).splitlines()
    bars, axis = lines[1], lines[2]
    midnight = axis.index("│Fri", 2)
    assert axis[10] == "▸"
    assert midnight == 16
    assert not bars[midnight:-1].strip()
    assert note in lines[-2]


def test_the_next_hours_are_numbers() -> None:
    """For a dynamic price they are the means of the current and the next hours."""
    told = tuple(place / 100 for place in range(192))
    shown = text(view(told, at(15, 17, 30)), LARGE)
    assert "▸ now 0.0000  18h 0.0350  19h 0.0750" in shown
    assert "00h 0.2750" in shown


def test_a_day_and_night_price_tells_its_changes() -> None:
    """If the price rarely changes, the changes are shown instead of the hours."""
    now = at(15, 17, 30)
    lines = text(view(day_night(now), now)).splitlines()
    assert lines[-2].split("│")[1].split() == [
        *("▸", "now", "0.3214"),
        *("22:00", "0.2687"),
        *("Fri", "07:00", "0.3214"),
    ]
    assert "lowest 0.2687 22:00, highest 0.3214 17:30" in lines[-3]


def test_one_price_says_that_it_stays() -> None:
    """If all prices are equal, the strip has the price and the time until which it is known."""
    shown = text(view((0.3214,) * 192, at(15, 17, 30)))
    assert "no change before Sat 00:00" in shown
    assert "▸ now 0.3214" in shown


def test_negative_prices_are_shown() -> None:
    """Negative numbers have their sign, and the axis a mark explained in the title."""
    told = (*(0.02,) * 5, *(-0.0312,) * 8, *(0.01, 0.02, 0.03, 0.04) * 40)
    for glyphs in (UNICODE, CONSOLE):
        shown = text(view(told, at(15, 17)), glyphs=glyphs)
        assert "by hour, = below 0" in shown
        assert "lowest -0.0312 18:15" in shown
        assert "19h -0.0312" in shown
        assert "==" in shown


def test_without_prices_only_the_note_is_shown() -> None:
    """Without any price the note is shown, without scale and numbers."""
    shown = text(view((None,) * 192, at(15, 18), note="the price service is silent"))
    assert "no price known yet" in shown
    assert "the price service is silent" in shown
    assert "0." not in shown


@pytest.mark.parametrize(
    ("now", "quarters"),
    [(at(28, 0, month=3), 96 + 92), (at(24, 0, month=10), 96 + 100), (at(25, 0, month=10), 196)],
)
def test_days_have_92_96_or_100_quarters(now: datetime, quarters: int) -> None:
    """The strip ends at tomorrow's midnight in Brussels, also across a clock change."""
    ahead = curve(now, (0.3,) * 300, now)
    assert len(ahead.eur_kwh) == quarters
    assert (now + quarters * QUARTER).astimezone(BRUSSELS).hour == 0


def test_hours_before_today_are_left_out() -> None:
    """Yesterday's values are not shown as today's."""
    ahead = curve(at(14, 23), (0.1,) * 4 + (0.2,) * 8, at(15, 1))
    assert ahead.start == at(15, 0)
    assert [eur for _, eur in ahead.known] == [0.2] * 8


@settings(max_examples=60, deadline=None)
@given(
    told=st.lists(st.one_of(st.none(), st.floats(-5, 5)), max_size=220),
    minutes=st.integers(0, 3 * 24 * 60),
    late=st.integers(-100, 250),
    columns=st.integers(60, 200),
    rows=st.integers(7, 20),
)
def test_any_prices_fit(
    told: list[float | None], minutes: int, late: int, columns: int, rows: int
) -> None:
    """The panel keeps its size with any message of any age."""
    now = at(24, 0, month=10) + timedelta(minutes=minutes)
    start = at(24, 12, month=10) + late * QUARTER
    size = Size(columns, rows)
    shown = text(view(tuple(told), now, start=start, note="said" if late % 2 else ""), size)
    assert len(shown.splitlines()) == rows
    assert {cell_len(line) for line in shown.splitlines()} == {columns}
