"""The four-line rates.json: one price per register, for as long as the file stands.

    {"Gas": {"+": 1.576, "cnv": ["kWh", 11.510]},
     "Water": {"+": 6.1},
     "Electricity": {"+": {"Day": 0.4, "Night": 0.3}, "-": {"Day": 0.1, "Night": 0.1}}}

EUR per kWh for electricity, per m3 for gas and water; "+" is bought, "-" is sold; `cnv` is kWh per
m3 of gas. A single tariff is one number: "+": 0.35. Gas, Water and "-" are
optional.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from base.language import setting
from rates.amounts import Lines, Register
from rates.errors import Strict, decode

LINES: Mapping[Register, str] = {
    Register.OFFTAKE_DAY: "energy",
    Register.OFFTAKE_NIGHT: "energy",
    Register.INJECTION_DAY: "energy",
    Register.INJECTION_NIGHT: "energy",
    Register.GAS: "gas",
    Register.WATER: "water",
}


def _within(low: int, high: int, unit: str, hint: str) -> Callable[[Decimal], Decimal]:
    def check(value: Decimal) -> Decimal:
        if not low <= value <= high:
            more = f"; {hint}" if value > high else ""
            raise ValueError(
                setting(
                    "must be from {low} to {high} {unit}",
                    low=low,
                    high=high,
                    unit=unit,
                )
                + more
            )
        return value

    return check


def _exact(value: object) -> object:
    """A number of JSON as it was written; anything else is left to be refused."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Decimal(str(value)) if number else value


_CENTS = setting("a larger value is probably in cents: write euro")
_NATURAL = setting("natural gas has 8 to 12")
_Exact = BeforeValidator(_exact)
_Bought = Annotated[Decimal, AfterValidator(_within(0, 5, "EUR/kWh", _CENTS)), _Exact]
_Sold = Annotated[Decimal, AfterValidator(_within(-1, 5, "EUR/kWh", _CENTS)), _Exact]
_GasPrice = Annotated[Decimal, AfterValidator(_within(0, 10, "EUR/m3", _CENTS))]
_WaterPrice = Annotated[Decimal, AfterValidator(_within(0, 50, "EUR/m3", _CENTS))]
_Heat = Annotated[Decimal, AfterValidator(_within(5, 15, "kWh/m3", _NATURAL))]


class _Buy(Strict):
    day: _Bought = Field(alias="Day")
    night: _Bought = Field(alias="Night")


class _Sell(Strict):
    day: _Sold = Field(alias="Day")
    night: _Sold = Field(alias="Night")


def _both(value: object) -> object:
    """A single tariff is one number: the same by day and by night."""
    return value if isinstance(value, dict) else {"Day": value, "Night": value}


class _Electricity(Strict):
    buy: Annotated[_Buy, BeforeValidator(_both)] = Field(alias="+")
    sell: Annotated[_Sell | None, BeforeValidator(_both)] = Field(alias="-", default=None)


class _Gas(Strict):
    price: _GasPrice = Field(alias="+")
    cnv: tuple[Literal["kWh"], _Heat] | None = None


class _Water(Strict):
    price: _WaterPrice = Field(alias="+")


class _File(Strict):
    electricity: _Electricity = Field(alias="Electricity")
    gas: _Gas | None = Field(alias="Gas", default=None)
    water: _Water | None = Field(alias="Water", default=None)


@dataclass(frozen=True, slots=True)
class SeedRates:
    """The prices of the four-line file. A `Pricing`: the same in every quarter."""

    prices: Mapping[Register, Decimal]
    gas_kwh_m3: Decimal | None

    def cost(self, register: Register, amount: Decimal, quarter: datetime) -> Lines:
        """EUR of `amount` on its one line; empty for a register the file has no price for."""
        price = self.prices.get(register)
        return {} if price is None else {LINES[register]: amount * price}

    def price(self, register: Register, quarter: datetime) -> Decimal | None:
        """EUR per kWh or m3; None for a register the file has no price for."""
        return self.prices.get(register)

    def doubts(self, register: Register, quarter: datetime) -> Mapping[str, str]:
        """Empty: the prices of the file are final."""
        return {}


def seed_rates(text: str, source: str = "rates.json") -> SeedRates:
    """The text of a four-line rates.json as prices. RatesError names key, value and range."""
    file = decode(_File, text, source)
    prices = {
        Register.OFFTAKE_DAY: file.electricity.buy.day,
        Register.OFFTAKE_NIGHT: file.electricity.buy.night,
    }
    if file.electricity.sell:
        prices[Register.INJECTION_DAY] = file.electricity.sell.day
        prices[Register.INJECTION_NIGHT] = file.electricity.sell.night
    if file.gas:
        prices[Register.GAS] = file.gas.price
    if file.water:
        prices[Register.WATER] = file.water.price
    return SeedRates(prices, file.gas.cnv[1] if file.gas and file.gas.cnv else None)
