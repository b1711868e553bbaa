"""A household's contracts: the cost of an amount in any quarter, line by line.

`Contract` answers from the file and the tables alone; `Priced` binds it to the day-ahead prices
and is a `Pricing`. Prices per month are computed once and cached.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal

from base.holidays import holidays
from base.time import BRUSSELS, DAY, local_day
from p1.reading import Tariff
from rates.amounts import ALL_LINES, INJECTION, OFFTAKE, Lines, Register
from rates.calendar import Hours, month_start
from rates.curve import NO_SPOTS, Rate, Spots
from rates.discounts import Discounted
from rates.electricity import electricity_month
from rates.errors import RatesError
from rates.gas import gas_month
from rates.indices import COMPUTED
from rates.month import Month
from rates.table_form import GridEntry
from rates.tariffs import Tables
from rates.terms import Electricity, Gas, Home, InjectionOnly, Water
from rates.water import water_month

Energy = Literal["electricity", "gas", "water"]
ENERGY_OF: Mapping[Register, Energy] = {
    **dict.fromkeys((*OFFTAKE, *INJECTION), "electricity"),
    Register.GAS: "gas",
    Register.WATER: "water",
}
MARKET = ("quarter", "hour")
_USUAL = Hours()
AnyTerms = Electricity | InjectionOnly | Gas | Water


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The home and its successive contracts. Amounts in kWh or m3, money in EUR, times in UTC.

    With `pinned_to` every quarter is priced as if it were that day: to ask what past use costs
    at today's tariffs. `_months` is only a cache.
    """

    home: Home
    contracts: tuple[AnyTerms, ...]
    tables: Tables = field(repr=False)
    pinned_to: date | None = None
    _months: dict[tuple[object, ...], Month] = field(
        default_factory=dict, compare=False, repr=False
    )

    def pinned(self, day: date) -> "Contract":
        """The same household with the contract, tables and levies of one day for all time."""
        return replace(self, pinned_to=day, _months={})

    def terms(self, energy: Energy, day: date) -> AnyTerms | None:
        """The contract for an energy on a day; None without one."""
        day = self.pinned_to or day
        held = (t for t in self.contracts if t.energy == energy and t.holds(day))
        return next(held, None)

    def month(self, energy: Energy, day: date) -> Month | None:
        """All prices of an energy in the month of a day; None without a contract.

        Only a part that needs a missing number is provisional or unknown.
        """
        day = self.pinned_to or day
        terms = self.terms(energy, day)
        if terms is None:
            return None
        sold = self.sold_apart(day) if energy == "electricity" else None
        discounts = [
            tuple(discount.name for discount in each.held(day))
            for each in (terms, sold)
            if isinstance(each, Discounted)
        ]
        key = (energy, terms.first_day, sold and sold.first_day, month_start(day), *discounts)
        if key not in self._months:
            self._months[key] = self._worked_out(terms, sold, day)
        return self._months[key]

    def sold_apart(self, day: date) -> InjectionOnly | None:
        """The contract of injection alone that holds on a day; None without one."""
        day = self.pinned_to or day
        apart = (t for t in self.contracts if isinstance(t, InjectionOnly) and t.holds(day))
        return next(apart, None)

    def changes(self, energy: Energy) -> Iterator[date]:
        """The days on which the prices of an energy change within a month, in no order."""
        kinds = ("electricity", "injection") if energy == "electricity" else (energy,)
        for terms in self.contracts:
            if terms.energy not in kinds:
                continue
            yield terms.first_day
            if terms.last_day:
                yield terms.last_day + DAY
            if isinstance(terms, Discounted):
                yield from terms.changes()

    def ceiling_months(self, day: date) -> int:
        """The months over which the maximum tariff is applied on a day: 1 or 12; 0 for never."""
        basis = self.home.max_tariff
        if basis == "law":
            terms = self.terms("electricity", day)
            monthly = isinstance(terms, Electricity) and terms.offtake.index in MARKET
            basis = "monthly" if monthly else "yearly"
        return {"off": 0, "monthly": 1, "yearly": 12}[basis]

    def bills_peaks(self, day: date) -> bool | None:
        """True if a kW of month peak costs money: not in Wallonia and Brussels. None: not known."""
        try:
            month = self.month("electricity", day)
        except RatesError:
            return None
        return None if month is None else month.capacity is not None

    @property
    def follows_market(self) -> bool:
        """True if any of its prices follows the day-ahead market."""
        tariffs = (
            tariff
            for terms in self.contracts
            if isinstance(terms, Electricity | InjectionOnly)
            for tariff in (getattr(terms, "offtake", None), terms.injection)
        )
        wanted = (*MARKET, *COMPUTED)
        return any(
            tariff is not None and isinstance(tariff.index, str) and tariff.index in wanted
            for tariff in tariffs
        )

    def _worked_out(self, terms: AnyTerms, sold: InjectionOnly | None, day: date) -> Month:
        if isinstance(terms, Electricity):
            return electricity_month(terms, self.home, self.tables, day, sold)
        if isinstance(terms, Gas):
            return gas_month(terms, self.home, self.tables, day)
        assert isinstance(terms, Water)
        return water_month(terms, self.home, self.tables, day)

    def cost(
        self, register: Register, amount: Decimal, quarter: datetime, spots: Spots = NO_SPOTS
    ) -> Lines:
        """EUR incl VAT per line of `amount` in a quarter; earned, for injection.

        Empty without a contract for it. RatesError when a table or price is missing.
        """
        month, rates = self._rates(register, quarter)
        if month is None:
            return {}
        scaled = amount * month.kwh_per_unit
        return {rate.line: scaled * rate.incl(quarter, spots) for rate in rates}

    def known_cost(
        self, register: Register, amount: Decimal, quarter: datetime, spots: Spots = NO_SPOTS
    ) -> Lines:
        """The same without the lines that need a missing number."""
        month, rates = self._rates(register, quarter)
        scaled = amount * month.kwh_per_unit if month else amount
        lines: dict[str, Decimal] = {}
        for rate in rates:
            with suppress(RatesError):
                lines[rate.line] = scaled * rate.incl(quarter, spots)
        return lines

    def price(
        self, register: Register, quarter: datetime, spots: Spots = NO_SPOTS
    ) -> Decimal | None:
        """EUR incl VAT per kWh or m3, all variable lines together; None without a contract."""
        month, rates = self._rates(register, quarter)
        if month is None or not rates:
            return None
        total = sum((rate.incl(quarter, spots) for rate in rates), Decimal(0))
        return total * month.kwh_per_unit

    def doubts(
        self, register: Register, quarter: datetime, spots: Spots = NO_SPOTS
    ) -> dict[str, str]:
        """Each line that is provisional or unknown in a quarter, and why."""
        found = {
            rate.line: rate.doubt(quarter, spots) for rate in self._rates(register, quarter)[1]
        }
        return {line: why for line, why in found.items() if why}

    def _rates(
        self, register: Register, quarter: datetime
    ) -> tuple[Month | None, tuple[Rate, ...]]:
        month = self.month(ENERGY_OF[register], local_day(quarter))
        return month, month.rates.get(register, ()) if month else ()

    def tariff_at(self, at: datetime) -> Tariff:
        """Day or night by the clock of the grid area."""
        local = at.astimezone(BRUSSELS)
        year = self._grid_year(local.date())
        if year is None:
            return _USUAL.tariff_at(at)
        if year.holidays_are_night and local.date() in holidays(local.year):
            return Tariff.NIGHT
        return Tariff.NIGHT if year.day_week.at(local) is None else Tariff.DAY

    def edges(self, day: date) -> Collection[time]:
        """The local times at which day and night may change on a day."""
        year = self._grid_year(day)
        return _USUAL.edges(day) if year is None else year.day_edges

    def words(self) -> str:
        """Name of the criterion, for a sentence."""
        area = self.home.grid_area
        return f"the tariff hours of {area}" if area else _USUAL.words()

    def _grid_year(self, day: date) -> GridEntry | None:
        """The area's table; None without an area, or for a year without a table."""
        if self.home.grid_area is None:
            return None
        try:
            return self.tables.grid(self.home.grid_area, self.pinned_to or day)[0]
        except RatesError:  # `Priced.trouble` says so
            return None


@dataclass(frozen=True, slots=True)
class Priced:
    """A contract with the day-ahead prices of its quarters: a `Pricing` that never raises.

    A missing day-ahead price is replaced by its substitute (`spots.stand_in`).
    """

    contract: Contract
    spots: Spots = NO_SPOTS

    def cost(self, register: Register, amount: Decimal, quarter: datetime) -> Lines:
        """EUR incl VAT of each line that is known; empty when there is no contract."""
        try:
            return self.contract.known_cost(register, amount, quarter, self.spots)
        except RatesError:
            return {}

    def price(self, register: Register, quarter: datetime) -> Decimal | None:
        """EUR incl VAT per kWh or m3; None when there is no contract or a number is missing."""
        try:
            return self.contract.price(register, quarter, self.spots)
        except RatesError:
            return None

    def doubts(self, register: Register, quarter: datetime) -> dict[str, str]:
        """Each line that is provisional or unknown in a quarter, and why."""
        energy = ENERGY_OF[register]
        contract = self.contract
        try:
            if contract.month(energy, local_day(quarter)) is not None:
                return contract.doubts(register, quarter, self.spots)
        except RatesError as error:
            return {ALL_LINES: str(error)}
        if any(terms.energy == energy for terms in contract.contracts):
            return {ALL_LINES: f"no {energy} contract holds on {local_day(quarter)}"}
        return {}

    def stand_ins(self, quarter: datetime) -> tuple[str, ...]:
        """Reasons for provisional prices in a quarter, each once."""
        registers = (r for r in Register if self.price(r, quarter) is not None)
        found = (self.doubts(register, quarter).values() for register in registers)
        return tuple(dict.fromkeys(why for each in found for why in each))

    @property
    def published(self) -> "Priced":
        """The same without substitutes for day-ahead prices."""
        return replace(self, spots=replace(self.spots, stand_in=None))

    def trouble(self, quarter: datetime) -> str | None:
        """Reason why a register has no price in a quarter; None when all is known."""
        for register in (Register.OFFTAKE_DAY, Register.GAS, Register.WATER):
            energy = ENERGY_OF[register]
            if not any(terms.energy == energy for terms in self.contract.contracts):
                continue
            try:
                if self.contract.price(register, quarter, self.spots) is None:
                    return f"no {energy} contract holds on {local_day(quarter)}"
            except RatesError as error:
                return str(error)
        return None
