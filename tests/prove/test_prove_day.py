"""A quarter of an hour of the three programs comes to what the back-test promised for it."""

import pytest

from tests.prove.day import compared
from tests.prove.day.home import HOMES


@pytest.mark.xdist_group("programs")
async def test_a_quarter_by_the_programs_comes_to_its_promise() -> None:
    """Money and peak; the first plan of each is of the first second."""
    pytest.importorskip("highspy")
    promised, lived = await compared(HOMES[0], 1, speed=240.0)
    assert lived.peak_kw < 2.6
    assert lived.missed == promised.missed == 0
    assert lived.cost_eur == pytest.approx(promised.cost_eur, abs=0.3)
