"""A month of gas: energy, the tier of the yearly volume, and the sliced excise.

Suppliers bill kWh: the meter's m3 times the factor of the last bill, which holds calorific value,
pressure and temperature. The distribution tier follows the yearly volume and prices every kWh.
"""

from datetime import date
from decimal import Decimal

from rates.amounts import Register
from rates.curve import Rate
from rates.month import ZERO, Fee, Month, tariff_rates
from rates.tariffs import Tables, at_day, blended_eur_kwh
from rates.terms import Gas, Home


def gas_month(terms: Gas, home: Home, tables: Tables, day: date) -> Month:
    """The month of `day`: lines per kWh, fees by the day, and the kWh in a m3."""
    vat = tables.vat(day)
    kwh_year = home.gas_kwh_year or ZERO
    year, tier = tables.gas_tier(str(home.grid_area), kwh_year, day)
    grid_vat = vat if year.vat == "incl" else ZERO

    def ex(eur: Decimal) -> Decimal:
        return eur / (1 + grid_vat)

    excise = at_day(tables.levies.gas_excise, day, "gas excise")
    contribution = at_day(tables.levies.gas_contribution, day, "gas contribution")
    energy, _ = tariff_rates("energy", terms.offtake, vat, vat, day)
    lines = (
        energy,
        Rate("distribution", vat, ex(tier.eur_kwh)),
        Rate("transport", vat, ex(year.transport_eur_kwh)),
        Rate("excise", vat, blended_eur_kwh(excise, kwh_year)),
        Rate("energy contribution", vat, blended_eur_kwh(contribution, kwh_year)),
    )
    fees = [
        Fee("grid fixed", vat, ex(tier.fixed_eur_year)),
        Fee("data management", vat, ex(year.data_management_eur_year)),
    ]
    if terms.fixed_fee:
        fee = terms.fixed_fee
        fees.insert(0, Fee("fixed fee", vat, fee.ex(vat).fixed, fee.unit))
    return Month(
        rates={Register.GAS: tuple(rate for rate in lines if rate.flat != 0)},
        fees=tuple(fees),
        kwh_per_unit=home.gas_kwh_per_m3 or ZERO,
    )
