"""Time of a year's bill: one full contract, every form at once, and ten side by side.

A made year of 35,040 quarters with offtake and injection in each, and a day-ahead price for each.
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from time import perf_counter

from base.time import QUARTER
from bench.result import Result
from rates.amounts import Register
from rates.bill import bill
from rates.contract import Contract
from rates.files import EXAMPLES, load, market_spots, read_profile
from rates.stretch import Use

START, END = date(2026, 1, 1), date(2027, 1, 1)
FIRST = datetime(2025, 12, 31, 23, tzinfo=UTC)
QUARTERS = 35_040


def year() -> list[Use]:
    """A year of quarters: every register is used, offtake and injection in each quarter."""
    uses: list[Use] = []
    for count in range(QUARTERS):
        quarter, day = FIRST + count * QUARTER, 24 <= count % 96 < 84
        offtake = Register.OFFTAKE_DAY if day else Register.OFFTAKE_NIGHT
        injection = Register.INJECTION_DAY if day else Register.INJECTION_NIGHT
        uses.append((quarter, offtake, Decimal(count % 997) / 1000))
        uses.append((quarter, injection, Decimal(count % 613) / 1000))
    return uses


def market() -> dict[datetime, Decimal]:
    """A day-ahead price for each quarter, EUR/MWh, some of them negative."""
    return {FIRST + n * QUARTER: Decimal(n % 20_011 - 2000) / 100 for n in range(QUARTERS)}


def contracts() -> dict[str, Contract]:
    """The example contracts that come with the program."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.json")}
    loaded = {name: load(text, name) for name, text in sorted(texts.items())}
    return {name: each for name, each in loaded.items() if isinstance(each, Contract)}


def every_form() -> Contract:
    """Quarter prices with a ceiling, free hours, discounts with a cap and a condition, a contract
    for injection alone by an index of the month; in a home with compensation of the offtake."""
    discounts = [
        {"name": "free Sundays", "percent": 100, "only": {"days": ["sun"]}},
        {"name": "direct debit", "percent": 5, "needs": "direct debit"},
        {"name": "welcome", "per_kwh": "2 cent/kWh incl VAT", "cap_eur_incl": 50},
    ]
    price = "0.8702 + 0.1039 x S cent/kWh ex VAT"
    bought = {
        "energy": "electricity",
        "name": "every form",
        "first_day": "2025-09-15",
        "fixed_fee": "100.70 EUR/year incl VAT",
        "offtake": {"price": price, "S": "quarter", "ceiling": "30 cent/kWh ex VAT"},
        "discounts": discounts,
        "conditions": [{"name": "direct debit", "first_day": "2026-03-10"}],
    }
    sold = {
        "energy": "injection",
        "name": "injection alone",
        "first_day": "2025-09-15",
        "injection": {"price": "-1 + 0.08 x S cent/kWh", "S": "spp"},
    }
    home = {"grid_area": "ORES", "compensation": True, "prosumer_kva": 5}
    contract = load(json.dumps({"home": home, "contracts": [bought, sold]}), "every form")
    assert isinstance(contract, Contract)
    return contract


def run() -> list[Result]:
    """Seconds for the full example, for all forms, and for ten examples one after the other."""
    uses, prices, examples = year(), market_spots(market().get), contracts()
    assert len(examples) == 10
    read_profile(START.year)  # once for a program
    seconds = {}
    for name, contract in (*examples.items(), ("", every_form())):
        begun = perf_counter()
        bill(uses, contract, prices, start=START, end=END)
        seconds[name] = perf_counter() - begun
    forms = seconds.pop("")
    return [
        Result(
            name="a year through one full contract",
            value=seconds["everything"],
            unit="s",
            target="at most 0.5",
        ),
        Result(
            name="a year through every form of a contract",
            value=forms,
            unit="s",
            target="at most 0.5",
        ),
        Result(
            name="a year through the slowest example",
            value=max(seconds.values()),
            unit="s",
            target="at most 0.5",
        ),
        Result(
            name="a year through ten contracts",
            value=sum(seconds.values()),
            unit="s",
            target="at most 3",
        ),
    ]
