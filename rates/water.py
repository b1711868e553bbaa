"""Water: so many m3 a year at the basic rate, the rest at the comfort rate, and a fixed fee.

Flanders: 30 m3 and 30 per resident at the basic rate, the rest at the double; 100 EUR a year less
20 per resident. Wallonia: 30 m3 without sewage and at half the distribution. Brussels: one rate.
"""

from calendar import isleap
from datetime import date
from decimal import Decimal

from rates.amounts import Register
from rates.curve import Rate
from rates.errors import RatesError
from rates.month import ZERO, Month, WaterRates
from rates.table_form import FlemishWater, WalloonWater, WaterRow
from rates.tariffs import Tables
from rates.terms import Home, Water

SOCIAL = Decimal("0.2")
HALF = Decimal("0.5")
MOST_RESIDENTS_IN_FEE = 5


def water_month(terms: Water, home: Home, tables: Tables, day: date) -> Month:
    """The month of `day`. The live rate blends basic and comfort by the expected yearly volume."""
    vat = tables.vat(day)
    if terms.all_in is not None:
        price = Rate(line="water", vat=vat, flat=terms.all_in.ex(vat).fixed)
        return Month(rates={Register.WATER: (price,)})
    try:
        row, stand_in = tables.water_rates(terms.operator, day)
    except RatesError as error:
        unknown = Rate(line="water", vat=vat, flat=None, missing=error)
        return Month(rates={Register.WATER: (unknown,)}, missing=error)
    rates = water_rates(row, home.residents or 0, vat, SOCIAL if terms.social else Decimal(1))
    live = Rate(line="water", vat=vat, flat=_blended(rates, home.water_m3_year), stand_in=stand_in)
    return Month(rates={Register.WATER: (live,)}, water=rates)


def water_rates(row: WaterRow, residents: int, vat: Decimal, share: Decimal) -> WaterRates:
    """The year's rates for a household. `share` is the part charged with a social tariff: 0.2,
    else 1."""
    if isinstance(row, FlemishWater):
        rate = row.drinking + row.municipal + row.treatment
        basic = Decimal(30 + 30 * residents)
        fixed = Decimal(100 - 20 * min(residents, MOST_RESIDENTS_IN_FEE))
        return WaterRates(
            basic_m3_year=basic,
            basic_eur_m3=rate * share,
            comfort_eur_m3=2 * rate * share,
            fixed_eur_year=fixed * share,
            vat=vat,
        )
    if isinstance(row, WalloonWater):
        fixed = 20 * row.cvd + 30 * row.cva
        first = HALF * row.cvd + row.fse
        full = row.cvd + row.cva + row.fse
        return WaterRates(
            basic_m3_year=Decimal(30),
            basic_eur_m3=first * share,
            comfort_eur_m3=full * share,
            fixed_eur_year=fixed * share,
            vat=vat,
        )
    rate = row.eur_m3_incl_vat / (1 + vat) * share
    return WaterRates(
        basic_m3_year=ZERO,
        basic_eur_m3=rate,
        comfort_eur_m3=rate,
        fixed_eur_year=row.fixed_eur_year_incl_vat / (1 + vat) * share,
        vat=vat,
    )


def basic_m3(rates: WaterRates, days: int, day: date) -> Decimal:
    """Volume at the basic rate over this number of days of the year of `day`, m3."""
    return rates.basic_m3_year * days / (365 + isleap(day.year))


def _blended(rates: WaterRates, m3_year: Decimal | None) -> Decimal:
    if not m3_year:
        return rates.basic_eur_m3 if rates.basic_m3_year else rates.comfort_eur_m3
    basic = min(m3_year, rates.basic_m3_year)
    eur = basic * rates.basic_eur_m3 + (m3_year - basic) * rates.comfort_eur_m3
    return eur / m3_year
