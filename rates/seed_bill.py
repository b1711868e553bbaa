"""The bill of a four-line rates.json: one line per register, all that is paid in its price."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from rates.amounts import INJECTION, Register
from rates.bill import Bill, drawn_up
from rates.contract import ENERGY_OF
from rates.curve import NO_SPOTS
from rates.entries import Entry
from rates.month import ZERO
from rates.seed_form import SeedRates
from rates.stretch import Counted, Stretch, month_starts, tallied

LINES: Mapping[Register, str] = {
    Register.OFFTAKE_DAY: "energy day",
    Register.OFFTAKE_NIGHT: "energy night",
    Register.INJECTION_DAY: "injection day",
    Register.INJECTION_NIGHT: "injection night",
    Register.GAS: "gas",
    Register.WATER: "water",
}


def seed_bill(
    used: Mapping[Register, Sequence[Counted]], rates: SeedRates, *, start: date, end: date
) -> Bill:
    """Cost of a period, from the day `start` until before the day `end` (Brussels).

    The file does not name the VAT in its prices: the lines are all in, with a VAT of 0.
    """
    edges = [start, *month_starts(start, end), end]
    pieces = [Stretch(first, last, None) for first, last in pairwise(edges)]
    counted = {each: used[each] for each in used if each in rates.prices}
    return drawn_up(
        start,
        end,
        [
            _entry(piece.stretch.month, register, amount, rates.prices[register])
            for piece in tallied(pieces, counted, NO_SPOTS)
            for register, amount in piece.used.items()
        ],
    )


def _entry(month: date, register: Register, amount: Decimal, price: Decimal) -> Entry:
    energy = ENERGY_OF[register]
    unit = "kWh" if energy == "electricity" else "m3"
    eur = -amount * price if register in INJECTION else amount * price
    return Entry(
        month=month,
        energy=energy,
        name=LINES[register],
        quantity=amount,
        unit=unit,
        ex=eur,
        vat=ZERO,
    )
