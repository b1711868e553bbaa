"""The four-line rates.json: read unchanged, or refused with a sentence."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rates.amounts import Register
from rates.errors import RatesError
from rates.seed_form import seed_rates
from tests.rates.factories import NOON, RATES, SEED


def changed(*path: str, value: Any) -> str:
    """The seed's file with one value changed."""
    file = json.loads(SEED)
    place = file
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(file)


def test_the_seeds_file_is_read_as_it_is() -> None:
    """Every price of the file is exact, and gas has its kWh per m3."""
    assert RATES.prices == {
        Register.OFFTAKE_DAY: Decimal("0.4"),
        Register.OFFTAKE_NIGHT: Decimal("0.3"),
        Register.INJECTION_DAY: Decimal("0.1"),
        Register.INJECTION_NIGHT: Decimal("0.1"),
        Register.GAS: Decimal("1.576"),
        Register.WATER: Decimal("6.1"),
    }
    assert RATES.gas_kwh_m3 == Decimal("11.51")


@pytest.mark.parametrize("sign", ["+", "-"])
def test_a_single_tariff_is_one_number(sign: str) -> None:
    """It applies by day and by night; the other direction keeps its two."""
    rates = seed_rates(changed("Electricity", sign, value=0.35))
    side = "OFFTAKE" if sign == "+" else "INJECTION"
    both = {rates.prices[Register[f"{side}_{part}"]] for part in ("DAY", "NIGHT")}
    assert both == {Decimal("0.35")}
    for wrong in (35, True, "0.35"):
        with pytest.raises(RatesError, match="Electricity." + re.escape(sign)):
            seed_rates(changed("Electricity", sign, value=wrong))


def test_the_projects_own_file_is_a_valid_one() -> None:
    """The project's rates.json loads, whichever form it has."""
    text = (Path(__file__).parents[2] / "rates.json").read_text()
    if "Electricity" not in json.loads(text):
        pytest.skip("rates.json has the full contract form")
    assert seed_rates(text).price(Register.OFFTAKE_DAY, NOON) is not None


@pytest.mark.parametrize(
    ("register", "line", "eur"),
    [
        (Register.OFFTAKE_DAY, "energy", "0.8"),
        (Register.OFFTAKE_NIGHT, "energy", "0.6"),
        (Register.INJECTION_DAY, "energy", "0.2"),
        (Register.GAS, "gas", "3.152"),
        (Register.WATER, "water", "12.2"),
    ],
)
def test_an_amount_costs_its_price_on_its_one_line(register: Register, line: str, eur: str) -> None:
    """EUR is exactly amount times price."""
    assert RATES.cost(register, Decimal(2), NOON) == {line: Decimal(eur)}


def test_a_house_without_gas_or_sun_leaves_the_lines_out() -> None:
    """A price of None costs nothing on any line."""
    rates = seed_rates('{"Electricity": {"+": {"Day": 0.4, "Night": 0.3}}}')
    assert rates.price(Register.GAS, NOON) is None
    assert rates.cost(Register.INJECTION_DAY, Decimal(1), NOON) == {}
    assert rates.gas_kwh_m3 is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            changed("Electricity", "+", "Day", value=40),
            "Electricity.+.Day: must be from 0 to 5 EUR/kWh; a larger value is probably in"
            " cents: write euro (it says 40)",
        ),
        (
            changed("Electricity", "-", "Night", value=-2),
            "Electricity.-.Night: must be from -1 to 5 EUR/kWh (it says -2)",
        ),
        (
            changed("Gas", "+", value=157.6),
            "Gas.+: must be from 0 to 10 EUR/m3; a larger value is probably in cents",
        ),
        (changed("Water", "+", value=610), "Water.+: must be from 0 to 50 EUR/m3"),
        (changed("Gas", "cnv", value=["kWh", 1151]), "Gas.cnv[1]: must be from 5 to 15 kWh/m3"),
        (changed("Gas", "cnv", value=["MJ", 11.5]), 'Gas.cnv[0]: must be "kWh" (it says'),
        (changed("Gas", "cnv", value=11.5), 'Gas.cnv: must be a list of: "kWh"; a number'),
        (changed("Gaz", value={"+": 1}), "Gaz: is not a known key"),
        ('{"Electricity": {"+": {"Day": 0.4}}}', "Electricity.+.Night: is missing"),
        ("{}", "Electricity: is missing"),
        (changed("Electricity", "+", "Day", value=True), "Electricity.+.Day: "),
        ('{"Electricity": {"+": {"Day": 0,4}}}', "line 1, column 33: a number is written"),
        ('{"Water": {"+": NaN}}', "Water.+: "),
        ("[]", "the file: "),
    ],
)
def test_a_wrong_file_is_refused_by_key_value_and_range(text: str, said: str) -> None:
    """The sentence has the file, the key, the value and what is allowed."""
    with pytest.raises(RatesError) as caught:
        seed_rates(text)
    assert str(caught.value).startswith("rates.json: ")
    assert said in str(caught.value)
