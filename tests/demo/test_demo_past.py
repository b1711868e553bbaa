"""The demo's invented past agrees with its simulated meter: registers, peaks and money."""

from collections import defaultdict
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from apps.demo.past import make
from apps.demo.screens import RATES
from base.time import BRUSSELS, QUARTER, local_day
from p1.framing import Frame, Framer
from p1.reading import Reading, read
from p1.telegram import parse
from rates.amounts import Register
from rates.ledger import Ledger, advance
from rates.seed_form import SeedRates
from sim.options import Options
from sim.stream import telegrams
from store.past import read_past
from store.prices import Prices
from store.quarters import Quarters

START = datetime(2026, 3, 1, 16, 20, tzinfo=UTC)
ELECTRICITY = (Register.OFFTAKE_DAY, Register.OFFTAKE_NIGHT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The past of one month and the day until the start."""
    path = tmp_path_factory.mktemp("past")
    heard: list[float] = []
    make(path, START, Options(), RATES, heard.append, months=1)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    return path


def test_the_first_telegram_goes_on_where_the_past_ends(folder: Path) -> None:
    """The first telegram books no energy twice and leaves no gap."""
    with closing(Quarters(folder / "history" / "quarters.db")) as quarters:
        ledger = Ledger(baselines=quarters.baselines())
    _, booked = advance(ledger, _first(), START, SeedRates({}, None))
    assert [one for one in booked if one.register in ELECTRICITY] == []
    assert all(one.amount < Decimal("0.5") for one in booked)  # gas and water


def test_every_quarter_has_its_money_and_the_meters_peaks_are_in_it(folder: Path) -> None:
    with closing(Quarters(folder / "history" / "quarters.db")) as quarters:
        quarters.heal(START - timedelta(days=40))
        booked = list(quarters.bookings(START - timedelta(days=40)))
        assert list(quarters.open()) == []
    kw: dict[datetime, Decimal] = defaultdict(Decimal)
    for one in booked:
        assert not one.spread
        if one.register in ELECTRICITY:
            assert one.eur, one
            kw[one.quarter] += 4 * one.amount
    february = {at: value for at, value in kw.items() if at.astimezone(BRUSSELS).month == 2}
    (closed,) = [one for one in _first().month_peaks if one.month == date(2026, 2, 1)]
    highest, at = max((value, at + QUARTER) for at, value in february.items())
    assert (at, float(highest)) == (closed.at, pytest.approx(float(closed.kw), abs=0.002))


def test_every_quarter_is_known_both_ways(folder: Path) -> None:
    """Each quarter has offtake and injection; a night without injection has 0 kWh, not a gap."""
    past = read_past(folder / "history" / "quarters.db", START - timedelta(days=20))
    quarters = {quarter for quarter, _, _ in past.uses}
    assert past.known == quarters
    days = {local_day(quarter) for quarter in quarters}
    nights = {local_day(q) for q, register, _ in past.uses if register is Register.INJECTION_NIGHT}
    assert nights == days


def _first() -> Reading:
    """First telegram of the simulation."""
    (sent,) = telegrams(Options(start=START), count=1)
    (frame,) = (found for found in Framer().feed(sent) if isinstance(found, Frame))
    return read(parse(frame.raw))


def test_the_market_is_known_before_and_after(folder: Path) -> None:
    """Prices are stored in advance because the demo uses no price service."""
    with closing(Prices(folder / "history" / "prices.db")) as prices:
        days = {one.day for one in prices.days(local_day(START - timedelta(days=62)))}
    assert {local_day(START + timedelta(days=n)) for n in range(-62, 60)} <= days
