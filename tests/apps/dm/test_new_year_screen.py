"""Tables that end on 31 December leave no price or sum blank on the screen at New Year."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from apps.dm.house import Rules
from apps.dm.meter import Meter
from base.time import BRUSSELS
from rates.amounts import Booking, Register
from rates.calendar import day_start
from rates.contract import Contract, Priced
from rates.expected import with_stand_in
from rates.files import EXAMPLES, load, market_spots
from rates.in_force import Prices
from rates.usage import add
from screen.meter.layout import render
from screen.meter.view import MeterView, hear
from screen.primitives import LARGE, MEDIUM, SMALL, UNICODE
from sim.stream import telegrams
from store.books import Books

URL = "sim://?seed=7&start=2026-12-31T23:44"
MINUTES = (14, 15, 16, 17, 30, 31, 46, 47)  # 23:58 to 00:31
TOPICS = ("house", "peak", "rates", "usage", "outlook", "bill", "demand", "events")
PRICE = re.compile(r"[-–] *€|€/kWh *-|€ +-| - €")


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with Books(tmp_path) as opened:
        yield opened


def market(quarter: datetime) -> Decimal | None:
    """An invented price until the end of 1 January; later prices are not published."""
    known = quarter < datetime(2027, 1, 1, 23, tzinfo=UTC)
    return Decimal(60 + quarter.hour) if known else None


def contract(name: str) -> Contract:
    """Electricity of this example plus gas and water, in the grid area West."""
    power, whole = (
        load((EXAMPLES / f"{each}.json").read_text(encoding="utf-8"))
        for each in (name, "everything")
    )
    assert isinstance(power, Contract)
    assert isinstance(whole, Contract)
    beside = (terms for terms in whole.contracts if terms.energy in ("gas", "water"))
    home = whole.home.model_copy(update={"grid_area": "West"})
    terms = (*(each for each in power.contracts if each.energy == "electricity"), *beside)
    return replace(whole, home=home, contracts=terms, _months={})


def without_money(shown: str) -> list[str]:
    """Cells with a dash instead of a price or sum."""
    found = []
    for row in shown.splitlines():
        cells = row.split("│")
        found += [cell for cell in cells if "€" in cell and PRICE.search(cell)]
    return found


@pytest.mark.parametrize("name", ["fixed", "engie_dynamic"])
def test_no_price_is_a_dash_over_new_year(books: Books, name: str) -> None:
    """All prices are shown from 23:58 to 00:31, marked as provisional from midnight on."""
    held = contract(name)
    spots = with_stand_in(market_spots(market))
    pricing = Priced(held, spots)
    lived_before = [
        Booking.at(pricing, register, Decimal(1), day_start(date(2026, 12, day)))
        for day in (28, 29, 30)
        for register in Register
    ]
    subject = Meter(Rules(2.5), Prices(pricing, Decimal("11.5"), held), books, live=False)
    subject.house = replace(subject.house, days=add({}, lived_before))
    marked = False
    lived = telegrams(URL)
    for second in range(max(MINUTES) * 60 + 1):
        (telegram,) = islice(lived, 1)
        subject.feed(telegram, float(second))
        if second % 60 != 5 or second // 60 not in MINUTES:
            continue
        now = datetime(2026, 12, 31, 22, 44, tzinfo=UTC) + timedelta(seconds=second)
        view = MeterView(now=now)
        for topic in TOPICS:
            view = hear(view, subject.message(topic, float(second)), now)
        for size in (SMALL, MEDIUM, LARGE):
            shown = render(view, size, UNICODE).text
            assert without_money(shown) == [], f"{now.astimezone(BRUSSELS):%H:%M}\n{shown}"
            marked = marked or "~" in shown
            assert ("~0." in shown) is (second // 60 >= 16)
    assert marked


def test_a_dash_for_a_price_would_be_found() -> None:
    """This proves that the test above can fail."""
    assert without_money("│ tariff        - €/kWh night │")
    assert without_money("│   electricity €       -   1.85 │ water  1.2 │")
    assert not without_money("│   peak kW       -   1.85 │ €/kWh 0.25 to 0.31 │")
