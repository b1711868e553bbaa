"""A month's prices under one contract: every line per register, the fees, the capacity tariff."""

from calendar import isleap, monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from base.language import phrase
from rates.amounts import Register
from rates.bands import week_of
from rates.curve import Curve, MonthIndex, Rate, Step, bounded
from rates.errors import MissingPriceError, RatesError
from rates.formula import Formula, Price, Unit
from rates.indices import months_of
from rates.table_form import LevyName
from rates.tariffs import Tables, blended_eur_kwh
from rates.terms import Electricity, Gas, Injection, InjectionOnly, Offtake

ZERO = Decimal(0)
YEAR_MONTHS = 12
Rates = Mapping[Register, tuple[Rate, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """EUR per year or month, ex VAT, due whatever is used; pro rata to the days."""

    line: str
    vat: Decimal
    eur: Decimal
    per: Unit = Unit.YEAR
    stand_in: str = ""

    def over(self, days: int, day: date) -> Decimal:
        """EUR for this number of days of the month of `day`: a year has 365 days, or 366."""
        whole = 365 + isleap(day.year) if self.per is Unit.YEAR else month_days(day)
        return self.eur * days / whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The capacity tariff of a year: ex VAT, EUR/kW/year; the floor holds per month.

    `max_eur_kwh` bounds capacity and distribution together per kWh taken, None: no bound known.
    `stand_in` is why it is provisional.
    """

    eur_kw_year: Decimal
    floor_kw: Decimal
    vat: Decimal
    max_eur_kwh: Decimal | None
    stand_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterRates:
    """Water in a year: a volume at the basic rate, the rest at the comfort rate. Ex VAT."""

    basic_m3_year: Decimal
    basic_eur_m3: Decimal
    comfort_eur_m3: Decimal
    fixed_eur_year: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """All prices of one energy in one month under one contract.

    `kwh_per_unit` converts the register's amount to the unit of the rates (gas: kWh per m3).
    `nets`: injection is subtracted from the offtake at its price; the profile that spreads the rest
    over the year, "" without compensation. `missing` is the reason for missing fees or capacity
    tariff of the grid.
    """

    rates: Rates
    fees: tuple[Fee, ...] = ()
    kwh_per_unit: Decimal = Decimal(1)
    capacity: Capacity | None = None
    water: WaterRates | None = None
    missing: RatesError | None = None
    nets: Literal["", "rlp", "rlp_spp"] = ""

    def check(self) -> None:
        """RatesError when a part of it is unknown."""
        unknown = [rate.missing for rates in self.rates.values() for rate in rates]
        for error in (self.missing, *unknown):
            if error is not None:
                raise type(error)(str(error))

    def stand_ins(self) -> tuple[str, ...]:
        """Reasons for provisional parts, each once; day-ahead prices apart."""
        rates = [rate.stand_in for rates in self.rates.values() for rate in rates]
        others = [fee.stand_in for fee in self.fees]
        capacity = [self.capacity.stand_in] if self.capacity else []
        return tuple(dict.fromkeys(filter(None, (*rates, *others, *capacity))))


def month_days(day: date) -> int:
    """Number of days in the month of `day`."""
    return monthrange(day.year, day.month)[1]


def supplier_fees(terms: Electricity | InjectionOnly | Gas, vat: Decimal, day: date) -> list[Fee]:
    """The supplier's fixed fee and the others of the contract, some with a VAT of their own.

    A discount by the day is a fee below nothing; those in EUR a year (`eur_year_incl`) are together
    at most the fixed fee.
    """
    named = [("fixed fee", terms.fixed_fee)] if terms.fixed_fee else []
    named += [(each.name, each.fee) for each in terms.fees]
    fees = [
        Fee(
            line=name,
            vat=vat if fee.rate is None else fee.rate,
            eur=fee.ex(vat).fixed,
            per=fee.unit,
        )
        for name, fee in named
    ]
    left = ZERO
    if terms.fixed_fee:
        left = fees[0].eur * (YEAR_MONTHS if fees[0].per is Unit.MONTH else 1)
    for each in terms.held(day):
        if each.eur_year_incl is not None:
            less = min(left, each.eur_year_incl / (1 + fees[0].vat if fees else 1))
            fees += [Fee(line=each.name, vat=fees[0].vat, eur=-less)] if less else []
            left -= less
        if each.by_day is not None:
            off, rate = each.by_day, vat if each.by_day.rate is None else each.by_day.rate
            eur = -each.times * off.ex(vat).fixed
            fees.append(Fee(line=each.name, vat=rate, eur=eur, per=off.unit))
    return fees


def levy_rate(
    line: str, tables: Tables, name: LevyName, kwh_year: Decimal, vat: Decimal, day: date
) -> list[Rate]:
    """A levy's line on a day, for an expected yearly use; none where it is nothing."""
    try:
        levy, stand_in = tables.levy(name, day)
    except RatesError as error:
        return [Rate(line=line, vat=vat, flat=None, missing=error)]
    eur = blended_eur_kwh(levy, kwh_year)
    return [Rate(line=line, vat=vat, flat=eur, stand_in=stand_in)] if eur else []


def tariff_rates(
    line: str,
    tariff: Offtake | Injection,
    vat: Decimal,
    charged: Decimal,
    day: date,
    tables: Tables,
    kwh_year: Decimal = ZERO,
) -> tuple[Rate, Rate]:
    """The line of a supplier's tariff for the day and the night register.

    `vat` is the rate in the printed prices, `charged` that of the line (injection: none).
    Where day and night differ, so do the lines' names. Tiers are blended over `kwh_year`.
    """

    def rate(name: str, *prices: Price) -> Rate:
        formulas = tuple(price.ex(vat) for price in prices)
        return _rate(name, tariff, formulas, vat, charged, day, tables)

    if tariff.day and tariff.night:
        return rate(f"{line} day", tariff.day), rate(f"{line} night", tariff.night)
    if tariff.tiers:
        tiers = [(tier.up_to_kwh_year, tier.price.ex(vat)) for tier in tariff.tiers]
        one = _rate(line, tariff, (_blended(tiers, kwh_year),), vat, charged, day, tables)
        return one, one
    one = rate(line, *tariff.prices())
    return one, one


def _blended(tiers: Sequence[tuple[Decimal | None, Formula]], kwh_year: Decimal) -> Formula:
    """One formula for every kWh of the year instead of tiers by volume."""
    left, lower, slope, fixed = kwh_year, ZERO, ZERO, ZERO
    for up_to, formula in tiers:
        taken = left if up_to is None else min(left, up_to - lower)
        slope, fixed = slope + taken * formula.slope, fixed + taken * formula.fixed
        left, lower = left - taken, lower if up_to is None else up_to
    return Formula(slope / kwh_year, fixed / kwh_year) if kwh_year else tiers[0][1]


def _rate(
    line: str,
    tariff: Offtake | Injection,
    formulas: tuple[Formula, ...],
    vat: Decimal,
    charged: Decimal,
    day: date,
    tables: Tables,
) -> Rate:
    ceiling = tariff.ceiling.ex(vat).fixed if tariff.ceiling else None
    floor = tariff.floor.ex(vat).fixed if tariff.floor else None
    stand_in, index = "", tariff.index
    if isinstance(index, str) and index not in ("quarter", "hour"):
        month = months_of(index, day)[-1]
        typed = tables.index(index)
        if (known := typed.get(month)) is None:
            earlier = max((each for each in typed if each < month), default=None)
            before = None if earlier is None else (f"{earlier:%Y-%m}", typed[earlier])
            lookup = MonthIndex(index, month, before, tariff.fallback_eur_mwh)
            bands = week_of(tuple(band.band() for band in tariff.bands)) if tariff.bands else None
            monthly = Curve(
                formulas=formulas,
                bands=bands,
                step="month",
                floor=floor,
                fallback=None,
                ceiling=ceiling,
                index=lookup,
            )
            return Rate(line=line, vat=charged, flat=None, curve=monthly)
        index = {f"{month:%Y-%m}": known}
        day = month
    if isinstance(index, dict):
        try:
            eur_mwh, stand_in = _month_index(index, tariff.fallback_eur_mwh, day)
        except MissingPriceError as error:
            return Rate(line=line, vat=charged, flat=None, missing=error)
        formulas = tuple(Formula(ZERO, bounded(f.at(eur_mwh), floor, ceiling)) for f in formulas)
    if not tariff.bands and index not in ("quarter", "hour"):
        return Rate(line=line, vat=charged, flat=formulas[0].fixed, stand_in=stand_in)
    step: Step | None = None
    if index in ("quarter", "hour"):
        step = "quarter" if index == "quarter" else "hour"
    bands = week_of(tuple(band.band() for band in tariff.bands)) if tariff.bands else None
    curve = Curve(
        formulas=formulas,
        bands=bands,
        step=step,
        floor=floor,
        fallback=tariff.fallback_eur_mwh,
        ceiling=ceiling,
    )
    return Rate(line=line, vat=charged, flat=None, curve=curve, stand_in=stand_in)


def _month_index(
    months: Mapping[str, Decimal], fallback: Decimal | None, day: date
) -> tuple[Decimal, str]:
    """S of a month in EUR/MWh, and the reason for a substitute: the fallback, or the last month
    before."""
    month = f"{day:%Y-%m}"
    if month in months:
        return months[month], ""
    unknown = f"the index S of {month} is not known yet"
    if fallback is not None:
        return fallback, f"{unknown}: the contract's fallback stands in"
    before = max((known for known in months if known < month), default=None)
    if before is None:
        raise MissingPriceError(
            phrase(
                "no index S for {month}: add the month to the contract, or fallback_eur_mwh",
                month=month,
            )
        )
    return months[before], f"{unknown}: that of {before} stands in"
