"""A month of electricity: the supplier's prices, the grid of the area and the levies."""

from datetime import date
from decimal import Decimal
from typing import Literal

from rates.amounts import INJECTION, OFFTAKE, Register
from rates.bands import When, week_of
from rates.curve import Curve, Rate
from rates.discounts import in_price, on_injection
from rates.errors import RatesError
from rates.formula import Formula, Unit
from rates.month import ZERO, Capacity, Fee, Month, levy_rate, supplier_fees, tariff_rates
from rates.table_form import GridEntry, Step
from rates.tariffs import Tables
from rates.terms import Electricity, Home, InjectionOnly

IMPACT: tuple[Literal["pic", "medium", "eco"], ...] = ("pic", "medium", "eco")


COMPENSATION_UNTIL = date(2030, 12, 31)


def electricity_month(
    terms: Electricity, home: Home, tables: Tables, day: date, sold: InjectionOnly | None = None
) -> Month:
    """The month of `day`: variable lines per register, fees and capacity tariff.

    `sold` is the contract of injection, where it is separate. Each part is known, provisional
    or unknown on its own. The discounts are those that hold on the day itself.
    """
    vat, less = tables.vat(day), terms.held(day)
    if terms.social:
        return _social_month(terms, sold, tables, vat, day)
    energy = tariff_rates("energy", terms.offtake, vat, vat, day, tables, home.electricity_kwh_year)
    common = (*_certificates(terms, vat), *_levies(home, tables, vat, day))
    fees = _fees(terms, sold, vat, day)
    lines: tuple[tuple[Rate, ...], tuple[Rate, ...]]
    capacity: Capacity | None = None
    missing: RatesError | None = None
    try:
        grid = _Grid(home, *tables.grid(str(home.grid_area), day), vat)
    except RatesError as error:
        missing = error
        unknown = (Rate(line="distribution", vat=vat, flat=None, missing=error),)
        lines = unknown, unknown
    else:
        lines = grid.per_kwh("day"), grid.per_kwh("night")
        fees, capacity = (*fees, *grid.fees()), grid.capacity()
    rates = {
        Register.OFFTAKE_DAY: (energy[0], *in_price(less, energy[0], vat), *lines[0], *common),
        Register.OFFTAKE_NIGHT: (energy[1], *in_price(less, energy[1], vat), *lines[1], *common),
    }
    nets = terms.net_profile if home.compensation and day <= COMPENSATION_UNTIL else ""
    if nets:
        rates |= {back: rates[taken] for back, taken in zip(INJECTION, OFFTAKE, strict=True)}
    else:
        rates |= _injected(terms, sold, tables, day)
    return Month(rates=rates, fees=fees, capacity=capacity, missing=missing, nets=nets)


def _injected(
    terms: Electricity, sold: InjectionOnly | None, tables: Tables, day: date
) -> dict[Register, tuple[Rate, ...]]:
    """Revenue of a kWh injected, by its contract."""
    contract = sold or terms
    if contract.injection is None:
        return {}
    rates = tariff_rates("injection", contract.injection, ZERO, ZERO, day, tables)
    more = tuple(on_injection(contract.held(day)))
    return {r: (rate, *more) for r, rate in zip(INJECTION, rates, strict=True)}


def _fees(
    terms: Electricity, sold: InjectionOnly | None, vat: Decimal, day: date
) -> tuple[Fee, ...]:
    apart = supplier_fees(sold, vat, day) if sold else []
    return (*supplier_fees(terms, vat, day), *apart)


def _social_month(
    terms: Electricity, sold: InjectionOnly | None, tables: Tables, vat: Decimal, day: date
) -> Month:
    """The social tariff: one price with all in it, and no capacity tariff."""
    bought = tariff_rates("energy", terms.offtake, vat, vat, day, tables)
    rates = {register: (rate,) for register, rate in zip(OFFTAKE, bought, strict=True)}
    injected = _injected(terms, sold, tables, day)
    return Month(rates={**rates, **injected}, fees=_fees(terms, sold, vat, day))


class _Grid:
    """The grid's lines for one home in one year, all without VAT."""

    def __init__(self, home: Home, entry: GridEntry, stand_in: str, vat: Decimal) -> None:
        self.home, self.entry, self.stand_in, self.vat = home, entry, stand_in, vat

    def per_kwh(self, register: Literal["day", "night"]) -> tuple[Rate, ...]:
        """All lines per kWh for a register."""
        return self.distribution(register), *self.common()

    def distribution(self, register: Literal["day", "night"]) -> Rate:
        """Per kWh: one price, the register's price, or the Impact bands by the clock."""
        prices = self.entry.eur_kwh
        if self.home.grid_tariff == "impact" and self.entry.impact_hours:
            return Rate(
                line="distribution",
                vat=self.vat,
                flat=None,
                curve=self._impact(),
                stand_in=self.stand_in,
            )
        name: Literal["mono", "day", "night", "excl_night"] = "mono"
        if self.home.grid_tariff == "day_night" and register in prices:
            name = register
        elif self.home.grid_tariff == "excl_night" and "excl_night" in prices:
            name = "excl_night"
        eur = self._ex(prices[name])
        return Rate(line="distribution", vat=self.vat, flat=eur, stand_in=self.stand_in)

    def _impact(self) -> Curve:
        hours, prices = self.entry.impact_hours, self.entry.eur_kwh
        return Curve(
            formulas=tuple(Formula(ZERO, self._ex(prices[name])) for name in IMPACT),
            bands=week_of(tuple(When(hours=hours[name]).band() for name in IMPACT)),
        )

    def common(self) -> list[Rate]:
        """Per kWh, the same day and night; the Walloon connection fee bears no VAT."""
        year = self.entry
        per_kwh = (
            ("transport", self.vat, self._ex(year.transport_eur_kwh)),
            ("connection fee", ZERO, year.connection_fee_eur_kwh_no_vat),
        )
        return [
            Rate(line=line, vat=vat, flat=flat, stand_in=self.stand_in)
            for line, vat, flat in per_kwh
            if flat
        ]

    def fees(self) -> list[Fee]:
        """Due by the day. The Walloon fixed term is not due under the Impact tariff."""
        impact = self.home.grid_tariff == "impact"
        prosumer = self.entry.prosumer_eur_kva_year * self.home.prosumer_kva
        yearly = {
            "prosumer tariff": prosumer,
            "data management": self.entry.data_management_eur_year,
            "grid fixed": ZERO if impact else self.entry.fixed_eur_year,
            "power term": self._step(self.entry.power_eur_year),
            "public service": self._step(self.entry.public_service_eur_year),
        }
        fees = [
            Fee(line=line, vat=self.vat, eur=self._ex(eur), stand_in=self.stand_in)
            for line, eur in yearly.items()
            if eur
        ]
        fund = ZERO if self.home.domiciled else self.entry.energy_fund_eur_month
        due = Fee(line="energy fund", vat=ZERO, eur=fund, per=Unit.MONTH, stand_in=self.stand_in)
        return [*fees, due] if fund else fees

    def capacity(self) -> Capacity | None:
        """The capacity tariff where there is one: Flanders."""
        if self.entry.capacity_eur_kw_year is None:
            return None
        bound = self.entry.max_eur_kwh
        return Capacity(
            eur_kw_year=self._ex(self.entry.capacity_eur_kw_year),
            floor_kw=self.entry.peak_floor_kw,
            vat=self.vat,
            max_eur_kwh=None if bound is None else self._ex(bound),
            stand_in=self.stand_in,
        )

    def _step(self, steps: tuple[Step, ...]) -> Decimal:
        for step in steps:
            if step.up_to_kva is None or self.home.connection_kva <= step.up_to_kva:
                return step.eur
        return ZERO

    def _ex(self, eur: Decimal) -> Decimal:
        return eur / (1 + self.vat) if self.entry.vat == "incl" else eur


def _certificates(terms: Electricity, vat: Decimal) -> list[Rate]:
    if terms.certificates is None:
        return []
    return [Rate(line="certificates", vat=vat, flat=terms.certificates.ex(vat).fixed)]


def _levies(home: Home, tables: Tables, vat: Decimal, day: date) -> list[Rate]:
    """Excise and contribution of the month of consumption, whatever card was signed."""
    kwh = home.electricity_kwh_year
    return [
        *levy_rate("excise", tables, "electricity excise", kwh, vat, day),
        *levy_rate("energy contribution", tables, "electricity contribution", kwh, vat, day),
    ]
