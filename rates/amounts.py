"""Registers, and the money of a quarter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Register(StrEnum):
    """Registers of a household's bill. kWh for electricity, m3 for gas and water."""

    OFFTAKE_DAY = "offtake_day"
    OFFTAKE_NIGHT = "offtake_night"
    INJECTION_DAY = "injection_day"
    INJECTION_NIGHT = "injection_night"
    GAS = "gas"
    WATER = "water"


OFFTAKE = (Register.OFFTAKE_DAY, Register.OFFTAKE_NIGHT)
INJECTION = (Register.INJECTION_DAY, Register.INJECTION_NIGHT)

ALL_LINES = ""
"""In place of a line's name: all lines together."""
Lines = Mapping[str, Decimal]
"""EUR per invoice line ("energy", "distribution", ...), including VAT, not rounded."""


class Pricing(Protocol):
    """Anything that prices an amount: the four-line form or a whole contract."""

    def cost(self, register: Register, amount: Decimal, quarter: datetime) -> Lines:
        """EUR per line for `amount` (kWh, m3) used in the quarter starting at `quarter` (UTC).

        For injection it is the revenue. Empty when the contract lacks the register.
        """

    def price(self, register: Register, quarter: datetime) -> Decimal | None:
        """EUR per kWh or m3 in that quarter, all lines together; None when unknown."""

    def doubts(self, register: Register, quarter: datetime) -> Mapping[str, str]:
        """Each line whose price in that quarter is provisional or unknown, and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """An amount used in one quarter and its money, at the price that held. Never revalued.

    `amount` in kWh or m3. `spread` when it was divided over a gap without telegrams. `provisional`
    are the amounts whose money on a line is not final, `missing` those without money on it.
    """

    quarter: datetime
    register: Register
    amount: Decimal
    eur: Lines
    spread: bool = False
    provisional: Lines = field(default_factory=dict)
    missing: Lines = field(default_factory=dict)

    @classmethod
    def at(
        cls,
        pricing: Pricing,
        register: Register,
        amount: Decimal,
        quarter: datetime,
        spread: bool = False,
    ) -> "Booking":
        """The amount at the prices of its quarter, with its provisional and missing parts."""
        eur = pricing.cost(register, amount, quarter)
        doubts = pricing.doubts(register, quarter)
        unpriced = doubts if eur else {ALL_LINES} if doubts else set()
        return cls(
            quarter=quarter,
            register=register,
            amount=amount,
            eur=eur,
            spread=spread,
            provisional={line: amount for line in doubts if line in eur},
            missing={line: amount for line in unpriced if line not in eur},
        )
