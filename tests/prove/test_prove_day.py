"""The three programs reach in 15 minutes the result that the back-test promised."""

import pytest

from tests.prove.day import by_quarter, compared
from tests.prove.day.home import HOMES

pytestmark = pytest.mark.virtual_time


async def test_a_quarter_by_the_programs_comes_to_its_promise() -> None:
    """Money and peak agree; the first plan of each is of the first second."""
    pytest.importorskip("highspy")
    both = await compared(HOMES[0], 1)
    assert both.lived.peak_kw < 2.6
    assert both.lived.missed == both.promised.missed == 0
    assert both.lived.cost_eur == pytest.approx(both.promised.cost_eur, abs=0.05)
    assert both.day.battery_kw == pytest.approx(both.told.battery_kw, abs=0.5)
    assert both.day.car_kw == pytest.approx(both.told.cars_kw, abs=0.5)
    _, quarter = by_quarter(both)
    assert quarter.startswith("12:00")
