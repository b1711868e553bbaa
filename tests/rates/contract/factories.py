"""Contracts and quarters for the bill tests."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from base.time import QUARTER
from rates.amounts import Register
from rates.calendar import day_start, month_start
from rates.contract import Contract
from rates.files import load
from rates.stretch import Use

ENGIE: dict[str, Any] = {
    "energy": "electricity",
    "name": "Engie Dynamic",
    "first_day": "2025-01-01",
    "fixed_fee": "100.70 EUR/year incl VAT",
    "offtake": {"price": "0.8702 + 0.1039 x S cent/kWh ex VAT", "S": "quarter"},
    "injection": {"price": "-1.3135 + 0.1000 x S cent/kWh", "S": "quarter"},
    "certificates": "1.492 cent/kWh ex VAT",
}
FIXED: dict[str, Any] = {
    "energy": "electricity",
    "name": "fixed",
    "first_day": "2025-01-01",
    "offtake": {"price": "12 cent/kWh ex VAT"},
    "injection": {"price": "3 cent/kWh"},
}
GAS: dict[str, Any] = {
    "energy": "gas",
    "name": "gas",
    "first_day": "2026-01-01",
    "offtake": {"price": "4 cent/kWh ex VAT"},
}
WATER: dict[str, Any] = {
    "energy": "water",
    "name": "water",
    "first_day": "2026-01-01",
    "operator": "Water-link Antwerpen",
}
HOME: dict[str, Any] = {"grid_area": "Antwerpen"}


def text(*contracts: Mapping[str, Any], **home: object) -> str:
    """A full rates.json of these contracts, by default in a home in Antwerpen."""
    return json.dumps({"home": {**HOME, **home}, "contracts": list(contracts)})


def made(*contracts: Mapping[str, Any], **home: object) -> Contract:
    """The contract that `text` defines."""
    contract = load(text(*contracts, **home))
    assert isinstance(contract, Contract)
    return contract


def at(year: int, month: int, day: int, hour: int = 12) -> datetime:
    """A quarter's start, UTC."""
    return datetime(year, month, day, hour, tzinfo=UTC)


def flat_peaks(kw: str, first: date, months: int) -> dict[date, Decimal]:
    """The same peak in each month from `first` on."""
    counts = (first.year * 12 + first.month - 1 + count for count in range(months))
    return {date(count // 12, count % 12 + 1, 1): Decimal(kw) for count in counts}


def every_quarter(start: date, end: date) -> Iterator[Use]:
    """Offtake in each quarter of the days, injection in some; day and night alternate."""
    quarter = day_start(start)
    while quarter < day_start(end):
        count = int(quarter.timestamp()) // 900
        offtake = Register.OFFTAKE_DAY if count % 3 else Register.OFFTAKE_NIGHT
        yield quarter, offtake, Decimal(count * 7 % 1000) / 1000
        if count % 5 == 0:
            yield quarter, Register.INJECTION_DAY, Decimal(count * 3 % 700) / 1000
        quarter += QUARTER


def market(quarter: datetime) -> Decimal:
    """A generated day-ahead price, sometimes negative."""
    return Decimal(int(quarter.timestamp()) // 900 % 2003 - 300) / 10


def months(start: date, end: date) -> set[date]:
    """The months of the days from `start` until before `end`."""
    return {month_start(date.fromordinal(day)) for day in range(start.toordinal(), end.toordinal())}
