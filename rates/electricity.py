"""A month of electricity: the supplier's prices, the grid of the area and the levies."""

from datetime import date
from decimal import Decimal
from typing import Literal

from rates.amounts import Register
from rates.bands import When, week_of
from rates.curve import Curve, Rate
from rates.formula import Formula, Unit
from rates.month import ZERO, Capacity, Fee, Month, tariff_rates
from rates.table_form import Area, GridYear, Step
from rates.tariffs import Tables, at_day, blended_eur_kwh
from rates.terms import Electricity, Home

IMPACT: tuple[Literal["pic", "medium", "eco"], ...] = ("pic", "medium", "eco")


def electricity_month(terms: Electricity, home: Home, tables: Tables, day: date) -> Month:
    """The month of `day`: variable lines per register, fees and capacity tariff."""
    vat = tables.vat(day)
    year, area = tables.grid(str(home.grid_area), day)
    grid = _Grid(home, year, area, vat)
    energy = tariff_rates("energy", terms.offtake, vat, vat, day)
    common = (*_certificates(terms, vat), *grid.common(), *_levies(home, tables, vat, day))
    rates = {
        Register.OFFTAKE_DAY: (energy[0], grid.distribution("day"), *common),
        Register.OFFTAKE_NIGHT: (energy[1], grid.distribution("night"), *common),
    }
    if terms.injection:
        sold = tariff_rates("injection", terms.injection, ZERO, ZERO, day)
        rates[Register.INJECTION_DAY], rates[Register.INJECTION_NIGHT] = (sold[0],), (sold[1],)
    return Month(
        rates=rates,
        fees=(*_fixed_fee(terms, vat), *grid.fees()),
        capacity=grid.capacity(),
    )


class _Grid:
    """The grid's lines for one home in one year, all without VAT."""

    def __init__(self, home: Home, year: GridYear, area: Area, vat: Decimal) -> None:
        self.home, self.year, self.area, self.vat = home, year, area, vat

    def distribution(self, register: Literal["day", "night"]) -> Rate:
        """Per kWh: one price, the register's price, or the Impact bands by the clock."""
        prices = self.area.eur_kwh
        if self.home.grid_tariff == "impact" and self.year.impact_hours:
            return Rate("distribution", self.vat, None, self._impact())
        own = self.home.grid_tariff == "day_night" and register in prices
        return Rate("distribution", self.vat, self._ex(prices[register if own else "mono"]))

    def _impact(self) -> Curve:
        hours, prices = self.year.impact_hours, self.area.eur_kwh
        return Curve(
            tuple(Formula(ZERO, self._ex(prices[name])) for name in IMPACT),
            week_of(tuple(When(hours=hours[name]).band() for name in IMPACT)),
        )

    def common(self) -> list[Rate]:
        """Per kWh, the same day and night; the Walloon connection fee bears no VAT."""
        transport = Rate("transport", self.vat, self._ex(self.year.transport_eur_kwh))
        connection = Rate("connection fee", ZERO, self.year.connection_fee_eur_kwh_no_vat)
        return [rate for rate in (transport, connection) if rate.flat]

    def fees(self) -> list[Fee]:
        """Due by the day. The Walloon fixed term is not due under the Impact tariff."""
        impact = self.home.grid_tariff == "impact"
        yearly = {
            "data management": self.year.data_management_eur_year,
            "grid fixed": ZERO if impact else self.area.fixed_eur_year,
            "power term": self._step(self.year.power_eur_year),
            "public service": self._step(self.year.public_service_eur_year),
        }
        fees = [Fee(line, self.vat, self._ex(eur)) for line, eur in yearly.items() if eur]
        fund = ZERO if self.home.domiciled else self.year.energy_fund_eur_month
        return [*fees, Fee("energy fund", ZERO, fund, Unit.MONTH)] if fund else fees

    def capacity(self) -> Capacity | None:
        """The capacity tariff where there is one: Flanders."""
        if self.area.capacity_eur_kw_year is None:
            return None
        bound = self.year.max_eur_kwh
        return Capacity(
            self._ex(self.area.capacity_eur_kw_year),
            self.year.peak_floor_kw,
            self.vat,
            None if bound is None else self._ex(bound),
        )

    def _step(self, steps: tuple[Step, ...]) -> Decimal:
        for step in steps:
            if step.up_to_kva is None or self.home.connection_kva <= step.up_to_kva:
                return step.eur
        return ZERO

    def _ex(self, eur: Decimal) -> Decimal:
        return eur / (1 + self.vat) if self.year.vat == "incl" else eur


def _certificates(terms: Electricity, vat: Decimal) -> list[Rate]:
    if terms.certificates is None:
        return []
    return [Rate("certificates", vat, terms.certificates.ex(vat).fixed)]


def _levies(home: Home, tables: Tables, vat: Decimal, day: date) -> list[Rate]:
    """Excise and contribution of the month of consumption, whatever card was signed."""
    levies, kwh = tables.levies, home.electricity_kwh_year
    excise = at_day(levies.electricity_excise, day, "electricity excise")
    contribution = at_day(levies.electricity_contribution, day, "energy contribution")
    rates = [
        Rate("excise", vat, blended_eur_kwh(excise, kwh)),
        Rate("energy contribution", vat, blended_eur_kwh(contribution, kwh)),
    ]
    return [rate for rate in rates if rate.flat]


def _fixed_fee(terms: Electricity, vat: Decimal) -> list[Fee]:
    fee = terms.fixed_fee
    return [Fee("fixed fee", vat, fee.ex(vat).fixed, fee.unit)] if fee else []
