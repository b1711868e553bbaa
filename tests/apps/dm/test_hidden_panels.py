"""Solar panels missing in config.py are detected from the readings, logged and forecast."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import pi, sin
from pathlib import Path
from random import Random

import pytest

from apps.dm.house import Rules
from apps.dm.meter import Meter
from apps.dm.past import Past
from apps.dm.rules import roof, roof_kw
from apps.shared.settings import Solar
from base.time import QUARTER
from rates.amounts import Booking, Register
from rates.in_force import Prices
from rates.seed_form import seed_rates
from store.books import Books
from store.quarters import Beside
from sun.forecast import Forecast

END = datetime(2026, 5, 1, 10, tzinfo=UTC)
DAYS = 28
SEED = '{"Electricity": {"+": {"Day": 0.4, "Night": 0.3}, "-": {"Day": 0.1, "Night": 0.1}}}'


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with Books(tmp_path) as books:
        yield books


def sun_kw(at: datetime, seed: str = "here") -> float:
    """Solar power of 1 kWp, with clouds that change daily."""
    clear = Random(f"{at:%Y-%m-%d} {seed}").uniform(0.05, 0.8)
    return max(0.0, clear * sin((at.hour + at.minute / 60 - 5) / 13 * pi))


def filled(books: Books, kwp: float, seed: str = "here") -> None:
    """Book four weeks of a home with these panels, and the forecast for 1 kWp."""
    noise, bookings = Random(1), []
    for back in range(96 * DAYS, 0, -1):
        at = END - back * QUARTER
        load_kw = 0.4 + (1.2 if 16 <= at.hour < 19 else 0.0) + noise.uniform(0.0, 0.3)
        kwh = Decimal(round((load_kw - kwp * sun_kw(at, seed)) / 4, 3))
        bookings += [
            Booking(quarter=at, register=Register.OFFTAKE_DAY, amount=max(kwh, Decimal(0)), eur={}),
            Booking(
                quarter=at, register=Register.INJECTION_DAY, amount=max(-kwh, Decimal(0)), eur={}
            ),
        ]
        books.note(Beside(at, 0.0, sun_kw(at)))
    books.commit(bookings, {}, {})


def lived(books: Books) -> tuple[Meter, Past]:
    meter = Meter(Rules(2.5), Prices(seed_rates(SEED), None), books, live=False)
    meter.solar.renew(Forecast("Open-Meteo", END, {END: 500.0}))
    return meter, Past(meter, books, sunny=True, fits=True)


def test_panels_are_found_and_taken_out_of_the_load(
    books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    filled(books, 4.0)
    meter, past = lived(books)
    assert meter.solar.scaled_kw(END) is None  # no forecast before the panels are detected
    load, sun, _ = past.until(END)
    assert meter.solar.scaled_kw(END) == pytest.approx(0.5 * 4.0, abs=0.25)
    assert min(kw for kw in load if kw is not None) >= 0.0
    noon = -1 - (END - END.replace(hour=0)) // QUARTER - 48
    assert load[noon] == pytest.approx(0.55, abs=0.5)
    assert sun[noon] == pytest.approx(4.0 * sun_kw(END + noon * QUARTER), rel=0.1)
    past.until(END + QUARTER)
    (told,) = [each.message for each in caplog.records if "olar panels" in each.message]
    assert told.startswith("The meter data shows solar panels of 4.")
    assert f"{meter.solar.sentence}." == told


@pytest.mark.parametrize(("kwp", "seed"), [(0.0, "here"), (0.8, "another region")])
def test_no_sun_is_counted_on_where_it_does_not_fit(books: Books, kwp: float, seed: str) -> None:
    filled(books, kwp, seed)
    meter, past = lived(books)
    load, sun, _ = past.until(END)
    assert meter.solar.scaled_kw(END) is None
    assert not any(sun)
    assert len(load) == 96 * DAYS
    assert meter.solar.sentence.startswith("The meter data shows no solar panels")


def test_too_few_quarters_say_so(books: Books) -> None:
    meter, past = lived(books)
    past.until(END)
    assert meter.solar.sentence.startswith("Too few sunny quarter hours")


def test_it_is_looked_for_again_each_day(books: Books) -> None:
    filled(books, 4.0)
    meter, past = lived(books)
    past.until(END - timedelta(days=20))
    before = meter.solar.sentence
    past.until(END)
    assert meter.solar.sentence != before


def test_a_roof_without_planes_is_one_kwp_towards_the_south() -> None:
    unknown = Solar(latitude=50.9, longitude=4.4, inverter_kw=3.0)
    assert [plane.kwp for plane in roof(unknown).planes] == [1.0]
    assert roof(unknown).inverter_kw is None
    assert roof_kw(unknown) is None
