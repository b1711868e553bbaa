"""The bill panel: the order of its lines, their grouping, and their sum."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.messages import Bill, BillLine
from screen.meter.bill import bill, items
from screen.meter.sample import example
from screen.primitives import CONSOLE, UNICODE, Frame, Glyphs, Size

ENERGIES: tuple[Literal["electricity", "gas", "water"], ...] = ("electricity", "gas", "water")


def sample() -> Bill:
    told = example().bill
    assert told is not None
    return told


def rows(told: Bill, size: Size, glyphs: Glyphs = UNICODE) -> list[str]:
    return [line[2:-2] for line in Frame(size, bill(told, size, glyphs)).text.splitlines()]


def test_with_room_every_line_is_there() -> None:
    """All lines have their amounts: electricity first with its income last, then gas and water."""
    title, *lines, total, _ = rows(sample(), Size(48, 21))
    assert "Bill from 1 Jan, 558.20 € expected" in title
    names = [line[:19].strip() for line in lines]
    assert names[:4] == ["energy", "certificates", "distribution", "capacity"]
    assert names[8] == "injection"
    assert names[9] == "gas energy"
    assert names[-2:] == ["water basic rate", "water fixed fee"]
    assert lines[0].split() == ["energy", "238.90", "kWh", "40.29"]
    assert "15 days" in lines[7]
    assert total.split() == ["total", "€", "269.25"]


def test_with_little_room_gas_and_water_are_one_line_each() -> None:
    """Electricity keeps its nine lines at 44x14."""
    _, *lines, total, _ = rows(sample(), Size(44, 14))
    assert [line.split()[-1] for line in lines[-2:]] == ["160.38", "28.23"]
    assert lines[-2].split() == ["gas", "99.10", "m³", "160.38"]
    assert "energy contribution  238.90 kWh     0.49" in lines
    assert total.split() == ["total", "€", "269.25"]


def test_income_is_never_hidden_in_other() -> None:
    """With any number of lines, injection is one of them."""
    names = [item.name for item in items(sample().lines, 6)]
    assert names == ["energy", "distribution", "injection", "other", "gas", "water"]


@given(
    st.lists(
        st.builds(
            BillLine,
            name=st.text("abc ", min_size=1, max_size=30),
            energy=st.sampled_from(ENERGIES),
            amount=st.one_of(st.none(), st.floats(-1e9, 1e9)),
            unit=st.sampled_from(["kWh", "m3", "day", "kW year"]),
            eur=st.integers(-100, 10000).map(lambda cents: cents / 100),
        ),
        max_size=30,
        unique_by=lambda line: (line.energy, line.name),
    ),
    st.integers(3, 30),
)
def test_the_lines_add_up_to_the_same(lines: list[BillLine], most: int) -> None:
    """With any grouping, the lines fit, and their sum is that of the bill."""
    shown = items(lines, most)
    assert len(shown) <= most
    assert sum(item.eur for item in shown) == pytest.approx(sum(line.eur for line in lines))


def test_an_amount_that_does_not_fit_is_left_out() -> None:
    """A long unit or a huge amount never moves the EUR out of the panel."""
    line = BillLine(name="capacity", energy="electricity", amount=0.12, unit="kW year", eur=6.52)
    huge = line.model_copy(update={"name": "energy", "amount": 1e9, "unit": "kWh"})
    told = sample().model_copy(update={"lines": (line, huge)})
    narrow = rows(told, Size(44, 14))
    assert narrow[1].split() == ["energy", "6.52"]
    assert narrow[2].split() == ["capacity", "0.12", "kW", "year", "6.52"]
    assert rows(told, Size(48, 14))[2].split() == ["capacity", "0.12", "kW", "year", "6.52"]


def test_unknown_is_a_dash() -> None:
    """A dash means no total yet; a sentence means no bill at all."""
    told = sample().model_copy(update={"total_eur": None, "expected_eur": None})
    title, *lines = rows(told, Size(44, 14), CONSOLE)
    assert "expected" not in title
    assert lines[-2].split() == ["total", "EUR", "-"]
    empty = told.model_copy(update={"lines": ()})
    assert "no bill yet" in rows(empty, Size(44, 14))[1]
