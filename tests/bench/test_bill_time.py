"""Computing a year's bill stays fast: 0.5 s is documented, and measured by bench/bill.py."""

from time import process_time

from bench.bill import END, START, every_form, market, year
from rates.bill import bill
from rates.files import market_spots

PROMISED_S = 0.5
CROWDED = 4
"""Factor by which a processor shared with other programs may be slower."""


def test_a_year_through_every_form_of_a_contract() -> None:
    """The contract has free hours, caps, a ceiling, compensation and a monthly index."""
    uses, spots, contract = year(), market_spots(market().get), every_form()
    begun = process_time()
    drawn = bill(uses, contract, spots, start=START, end=END)
    assert process_time() - begun < PROMISED_S * CROWDED
    assert {"energy", "free Sundays", "direct debit", "welcome"} <= {
        each.name for each in drawn.lines
    }
