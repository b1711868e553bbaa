"""The prices in force, from rates.json."""

from dataclasses import dataclass
from decimal import Decimal

from rates.amounts import Pricing
from rates.calendar import Hours, TariffClock
from rates.contract import Contract


@dataclass(frozen=True, slots=True)
class Prices:
    """Price of an amount, and kWh in a m3 of gas.

    `contract` is None for the four-line form.
    """

    pricing: Pricing
    gas_kwh_m3: Decimal | None
    contract: Contract | None = None

    def clock(self, own: Hours | None) -> TariffClock:
        """The day and night hours: the householder's own, or else those of the grid area."""
        return own or self.contract or Hours()
