"""A home read from its own meter: missing quarters are filled, noted, and not replayed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from backtest.cut import months
from backtest.own import TooLittleError, series
from base.time import QUARTER
from rates.amounts import Register
from rates.calendar import day_start
from rates.curve import Spots
from rates.past.quarters import Past

FIRST, LAST = date(2025, 1, 1), date(2026, 1, 1)
JULY, AUGUST = date(2025, 7, 1), date(2025, 8, 1)


def load_kw(at: datetime) -> float:
    """The load rises with each hour of the week, and a little each day."""
    return 0.2 + (at.weekday() * 24 + at.hour) / 100 + at.toordinal() % 365 / 10000


def past(without: tuple[date, date]) -> Past:
    """A year without measurements in these days."""
    begin, end = (day_start(each) for each in without)
    quarters = [
        day_start(FIRST) + n * QUARTER
        for n in range((day_start(LAST) - day_start(FIRST)) // QUARTER)
    ]
    known = [at for at in quarters if not begin <= at < end]
    uses = [(at, Register.OFFTAKE_DAY, Decimal(f"{load_kw(at) / 4:.5f}")) for at in known]
    return Past(uses=tuple(uses), known=frozenset(known), first=quarters[0], last=quarters[-1])


def test_a_month_that_is_missing_is_filled_by_weeks_and_not_replayed() -> None:
    """The missing quarters repeat those of the weeks before."""
    home = series(past((JULY, AUGUST)), "own.csv", FIRST, LAST, Spots.of(lambda _: Decimal(80)))
    assert [month.month for month in months(home)] == [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12]
    assert f"{31 * 96} quarters that are missing are taken as a week before" in home.provenance
    hole = slice(*((day_start(day) - home.start) // QUARTER for day in (JULY, AUGUST)))
    ats = [home.start + n * QUARTER for n in range(home.quarters)]
    real = np.array([load_kw(at.astimezone(UTC)) for at in ats[hole]])
    assert home.load_kw[hole] == pytest.approx(real, abs=0.01)


def test_a_few_days_are_filled_and_their_month_is_replayed() -> None:
    week = (JULY, JULY + timedelta(days=7))
    home = series(past(week), "own.csv", FIRST, LAST, Spots.of(lambda _: Decimal(80)))
    assert JULY in months(home)


def test_a_third_of_the_year_is_too_much_to_miss() -> None:
    with pytest.raises(TooLittleError, match=r"own\.csv lacks \d+ of its \d+ quarters: too many"):
        series(
            past((JULY, date(2025, 11, 1))), "own.csv", FIRST, LAST, Spots.of(lambda _: Decimal(80))
        )
