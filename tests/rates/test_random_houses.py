"""Sixty random houses agree with the plain calculator, every line to the cent."""

import json
from datetime import date
from decimal import Decimal
from random import Random

import pytest

from base.time import QUARTER
from rates.amounts import Register
from rates.bill import bill
from rates.calendar import day_start, month_before
from rates.contract import Contract
from rates.files import load
from tests.rates.plain_calculator import AREAS_2026, D, PlainHouse, plain_bill

KINDS = ("fixed", "month", "hour", "quarter")


def made_house(random: Random) -> PlainHouse:
    def between(least: int, most: int, digits: int) -> Decimal:
        return D(random.randint(least, most)).scaleb(-digits)

    kind = random.choice(KINDS)
    return PlainHouse(
        area=random.choice([*AREAS_2026]),
        month=random.randint(1, 12),
        kind=kind,
        c=between(5000, 250000, 4) / 10 if kind == "fixed" else between(-10000, 30000, 4),
        slope=D(0) if kind == "fixed" else between(800, 1300, 4),
        injection_c=between(-40000, 10000, 4),
        injection_slope=D(0) if kind == "fixed" else between(155, 1019, 4),
        certificates_c=between(1000, 3200, 3),
        fee_year=between(0, 12000, 2),
        domiciled=random.random() < 0.7,
        month_index=between(-2000, 25000, 2),
        peaks=tuple(between(500, 12000, 3) for _ in range(random.randint(1, 14))),
        kwh_year=random.choice([D(3500), D(27000)]),
    )


def contract_of(house: PlainHouse) -> Contract:
    """The same contract in the form of rates.json."""
    index = {"month": {f"2026-{house.month:02}": float(house.month_index)}}.get(
        house.kind, house.kind
    )
    s = {} if house.kind == "fixed" else {"S": index}

    def price(c: Decimal, slope: Decimal) -> str:
        return f"{c} cent/kWh" if house.kind == "fixed" else f"{slope} x S {c:+} cent/kWh"

    terms = {
        "energy": "electricity",
        "name": "random",
        "first_day": "2026-01-01",
        "offtake": {"price": f"{price(house.c, house.slope)} ex VAT", **s},
        "injection": {"price": price(house.injection_c, house.injection_slope), **s},
        "certificates": f"{house.certificates_c} cent/kWh ex VAT",
        "fixed_fee": f"{house.fee_year} EUR/year ex VAT",
    }
    home = {
        "grid_area": house.area,
        "domiciled": house.domiciled,
        "electricity_kwh_year": float(house.kwh_year),
    }
    contract = load(json.dumps({"home": home, "contracts": [terms]}))
    assert isinstance(contract, Contract)
    return contract


@pytest.mark.parametrize("number", range(60))
def test_a_random_house_agrees_to_the_cent(number: int) -> None:
    """Energy, certificates, grid with its maximum, levies, fees and injection agree."""
    random = Random(number)
    house = made_house(random)
    start = date(2026, house.month, 1)
    end = month_before(start, -1)
    count = (day_start(end) - day_start(start)) // QUARTER
    most = random.choice([20, 200, 900])  # Wh in a quarter: below the maximum tariff, and above
    bought = [D(random.randint(0, most)).scaleb(-3) for _ in range(count)]
    sold = [D(random.randint(0, 500)).scaleb(-3) for _ in range(count)]
    prices = [D(random.randint(-10000, 40000)).scaleb(-2) for _ in range(count)]
    quarters = [day_start(start) + place * QUARTER for place in range(count)]
    peaks = {
        month_before(start, len(house.peaks) - 1 - place): kw
        for place, kw in enumerate(house.peaks)
    }
    uses = [(at, Register.OFFTAKE_DAY, kwh) for at, kwh in zip(quarters, bought, strict=True)]
    uses += [(at, Register.INJECTION_DAY, kwh) for at, kwh in zip(quarters, sold, strict=True)]
    market = dict(zip(quarters, prices, strict=True))
    drawn = bill(uses, contract_of(house), market, peaks, start=start, end=end)
    found = {line.name: line.eur_incl for line in drawn.lines if line.energy and line.eur_incl}
    assert found == plain_bill(house, bought, sold, prices)
