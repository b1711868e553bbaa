"""A month of gas: energy, the tier of the yearly volume, and the sliced excise.

Suppliers bill kWh: the meter's m3 times the factor of the last bill, which holds calorific value,
pressure and temperature. The distribution tier follows the yearly volume and prices every kWh.
"""

from datetime import date
from decimal import Decimal

from rates.amounts import Register
from rates.curve import Rate
from rates.discounts import in_price
from rates.errors import RatesError
from rates.month import ZERO, Fee, Month, levy_rate, supplier_fees, tariff_rates
from rates.tariffs import Tables
from rates.terms import Gas, Home


def gas_month(terms: Gas, home: Home, tables: Tables, day: date) -> Month:
    """The month of `day`: lines per kWh, fees by the day, and the kWh in a m3.

    Each part is known, provisional or unknown on its own.
    """
    vat = tables.vat(day)
    if terms.all_in is not None:
        price = Rate(line="gas", vat=vat, flat=terms.all_in.ex(vat).fixed)
        return Month(rates={Register.GAS: (price,)}, fees=tuple(supplier_fees(terms, vat, day)))
    assert terms.offtake is not None
    kwh_year = home.gas_kwh_year or ZERO
    energy, _ = tariff_rates("energy", terms.offtake, vat, vat, day, tables, kwh_year)
    grid, grid_fees, missing = _grid(home, tables, kwh_year, vat, day)
    lines = (
        energy,
        *in_price(terms.held(day), energy, vat),
        *grid,
        *levy_rate("excise", tables, "gas excise", kwh_year, vat, day),
        *levy_rate("energy contribution", tables, "gas contribution", kwh_year, vat, day),
    )
    return Month(
        rates={Register.GAS: tuple(rate for rate in lines if rate.flat != 0)},
        fees=(*supplier_fees(terms, vat, day), *grid_fees),
        kwh_per_unit=home.gas_kwh_per_m3 or ZERO,
        missing=missing,
    )


def _grid(
    home: Home, tables: Tables, kwh_year: Decimal, vat: Decimal, day: date
) -> tuple[list[Rate], list[Fee], RatesError | None]:
    """The grid's lines per kWh and its fees; without a table, the reason."""
    try:
        year, tier, stand_in = tables.gas_tier(home.gas_grid, kwh_year, day)
    except RatesError as error:
        return [Rate(line="distribution", vat=vat, flat=None, missing=error)], [], error
    grid_vat = vat if year.vat == "incl" else ZERO

    def ex(eur: Decimal) -> Decimal:
        return eur / (1 + grid_vat)

    connection = year.connection_fee_eur_kwh_no_vat
    rates = [
        Rate(line="distribution", vat=vat, flat=ex(tier.eur_kwh), stand_in=stand_in),
        Rate(line="transport", vat=vat, flat=ex(year.transport_eur_kwh), stand_in=stand_in),
        Rate(line="connection fee", vat=ZERO, flat=connection, stand_in=stand_in),
    ]
    fees = {
        "grid fixed": tier.fixed_eur_year,
        "data management": year.data_management_eur_year,
        "public service": tier.levy_eur_year,
    }
    due = [
        Fee(line=line, vat=vat, eur=ex(eur), stand_in=stand_in) for line, eur in fees.items() if eur
    ]
    return rates, due, None
