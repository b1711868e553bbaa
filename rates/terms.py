"""Model of a full rates.json: the home, and the contracts with their dates.

    {"home": {"grid_area": "Antwerpen"},
     "contracts": [{"energy": "electricity", "name": "Engie Dynamic", "first_day": "2026-04-01",
                    "fixed_fee": "100.70 EUR/year incl VAT",
                    "offtake": {"price": "0.8702 + 0.1039 x S cent/kWh ex VAT", "S": "quarter"},
                    "certificates": "1.492 cent/kWh ex VAT"}]}

Prices are copied from the card with their unit (rates/formula.py). Days are ISO dates, the last
one inside. The contracts of one energy follow each other without overlap or gap.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from base.language import setting
from base.time import DAY
from rates.bands import Day, When, uncovered
from rates.calendar import months_after
from rates.discounts import Discounted
from rates.errors import Strict
from rates.formula import AllIn, Fee, InjectionPrice, OfftakePrice, Price
from rates.indices import ALIASES, COMPUTED, NAMES
from rates.table_form import MarketPrice, Month

Printed = TypeVar("Printed", bound=Price)


def _index(text: str) -> str:
    name = text.strip().lower().replace(" ", "_")
    name = ALIASES.get(name, name)
    if name not in ("quarter", "hour", *NAMES):
        raise ValueError(
            setting(
                "must be quarter, hour, a table of months, or one of {names}",
                names=", ".join(NAMES),
            )
        )
    return name


Index = Annotated[str, AfterValidator(_index)] | dict[Month, MarketPrice]


class Home(Strict):
    """Properties of the house that stay when the supplier changes.

    `gas_area` is the grid area of the gas where that is another one, as in parts of Wallonia.
    `max_tariff`: over which period the ceiling on the grid cost is applied. By law that is the
    month where a contract is settled monthly (by quarter or hour prices), and else the year.
    `electricity_kwh_year` and `gas_kwh_year` are expected yearly volumes: they choose tiers and
    blend the slices of the excise. `water_m3_year` blends basic and comfort rate for the live
    price; without it the live price is the basic rate.

    `compensation`: the Walloon counter of panels of before 2024, on which a kWh injected takes off
    one of the same year; the year ends on the day of `counter_read`, and what is injected beyond
    the offtake is worth nothing. It ends with 2030.
    """

    grid_area: str | None = None
    gas_area: str | None = None
    grid_tariff: Literal["mono", "day_night", "impact", "excl_night"] = "mono"
    max_tariff: Literal["law", "off", "monthly", "yearly"] = "law"
    domiciled: bool = True
    prosumer_kva: Annotated[Decimal, Field(ge=0, le=10)] = Decimal(0)
    compensation: bool = False
    counter_read: Day = "01-01"
    connection_kva: Annotated[Decimal, Field(gt=0, le=100)] = Decimal("9.2")
    electricity_kwh_year: Annotated[Decimal, Field(ge=0, le=1_000_000)] = Decimal(3500)
    gas_kwh_year: Annotated[Decimal, Field(ge=0, le=150_000)] | None = None
    gas_kwh_per_m3: Annotated[Decimal, Field(ge=5, le=15)] | None = None
    residents: Annotated[int, Field(ge=0, le=20)] | None = None
    water_m3_year: Annotated[Decimal, Field(ge=0, le=10_000)] | None = None

    @property
    def gas_grid(self) -> str:
        """The grid area of the gas."""
        return str(self.gas_area or self.grid_area)

    def counter_year(self, day: date) -> date:
        """The day on which the counter's year that holds a day began."""
        this = self._read_in(day.year)
        return this if this <= day else self._read_in(day.year - 1)

    def counter_reads(self, start: date, end: date) -> Iterator[date]:
        """The days on which the counter of compensation is read, about a period."""
        if self.compensation:
            yield from map(self._read_in, range(start.year, end.year + 1))

    def _read_in(self, year: int) -> date:
        read = date.fromisoformat(f"2024-{self.counter_read}")
        return months_after(date(year, 1, 1), read.month - 1) + (read.day - 1) * DAY


class PricedBand(When, Generic[Printed]):
    price: Printed


class Tier(Strict, Generic[Printed]):
    """The price of the kWh of a year up to a volume; the last tier has no bound."""

    up_to_kwh_year: Annotated[Decimal, Field(gt=0)] | None = None
    price: Printed


class Tariff(Strict, Generic[Printed]):
    """One price, or day and night (by the meter's own registers), or bands by the clock.

    Of the bands the first that holds counts. `S` is what S stands for: the day-ahead price of
    the "quarter" or of the "hour" (mean of its quarters), an index of the month by its name, or a
    table of months in EUR/MWh. `fallback_eur_mwh` replaces an unknown S; no price is below `floor`
    or above `ceiling`. `tiers` go by the volume of a year.
    """

    price: Printed | None = None
    day: Printed | None = None
    night: Printed | None = None
    bands: tuple[PricedBand[Printed], ...] = ()
    tiers: tuple[Tier[Printed], ...] = ()
    s: Index | None = Field(default=None, alias="S")
    named: Index | None = Field(default=None, alias="index")
    fallback_eur_mwh: MarketPrice | None = None
    floor: Printed | None = None
    ceiling: Printed | None = None

    def prices(self) -> tuple[Price, ...]:
        """Every price it names, bands in their order."""
        listed = (*(band.price for band in self.bands), *(tier.price for tier in self.tiers))
        named = (self.price, self.day, self.night, *listed)
        return tuple(price for price in named if price is not None)

    @property
    def index(self) -> Index | None:
        """Index that S stands for; the key may be "S" or "index"."""
        return self.s if self.s is not None else self.named

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [key for key in ("price", "day", "night", "bands", "tiers") if getattr(self, key)]
        if given not in (["price"], ["day", "night"], ["bands"], ["tiers"]):
            said = ", ".join(given) or setting("nothing")
            raise ValueError(
                setting("must have price, day and night, bands, or tiers; it has {said}", said=said)
            )
        if self.tiers and [tier for tier in self.tiers if tier.up_to_kwh_year is None] != [
            self.tiers[-1]
        ]:
            raise ValueError(setting("every tier except the last must have up_to_kwh_year"))
        if self.s is not None and self.named is not None:
            raise ValueError(setting('must define S once, with either "S" or "index"'))
        if bool(self.index) is not any(price.formula.slope for price in self.prices()):
            raise ValueError(
                setting('must define S, as in "S": "quarter", only and always when a price uses S')
            )
        hole = uncovered(tuple(band.band() for band in self.bands)) if self.bands else None
        if hole:
            raise ValueError(
                setting("must cover the whole week: there is no price for {hole}", hole=hole)
            )
        return self


Offtake = Tariff[OfftakePrice]
Injection = Tariff[InjectionPrice]


class _Dated(Strict):
    """Fields of every contract. `last_day` is inside; without it the contract runs on."""

    name: str
    first_day: date
    last_day: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day and self.last_day < self.first_day:
            raise ValueError(
                setting(
                    "last_day {last_day} is before first_day {first_day}",
                    last_day=self.last_day,
                    first_day=self.first_day,
                )
            )
        return self

    def holds(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


class NamedFee(Strict):
    """A fee beside the fixed one: energy sharing, an injection pack, a paper invoice."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    fee: Fee


class _Supplied(_Dated, Discounted):
    """Fields of contracts of electricity and gas."""

    fixed_fee: Fee | None = None
    fees: tuple[NamedFee, ...] = ()


class Electricity(_Supplied):
    """With `social` the price of offtake is all in: the social tariff has no capacity tariff.

    `net_profile`: by which profile the net kWh of `home.compensation` are spread over the year.
    """

    energy: Literal["electricity"]
    offtake: Offtake
    injection: Injection | None = None
    certificates: OfftakePrice | None = None
    social: bool = False
    net_profile: Literal["rlp", "rlp_spp"] = "rlp"


class InjectionOnly(_Supplied):
    """Injection sold under a separate contract; it has priority over that of the electricity
    contract."""

    energy: Literal["injection"]
    injection: Injection

    @model_validator(mode="after")
    def _no_offtake(self) -> Self:
        for discount in self.discounts:
            if discount.percent is not None or discount.per_kwh is not None or discount.kwh:
                raise ValueError(
                    setting(
                        "discounts: {name} applies to offtake, which this contract does not"
                        " have; allowed: eur_incl, eur_year_incl, by_day, per_kwh_injected",
                        name=repr(discount.name),
                    )
                )
        return self


class Gas(_Supplied):
    """By the kWh as a card says it, or `all_in`: one price per m3 with everything in it."""

    energy: Literal["gas"]
    offtake: Offtake | None = None
    all_in: AllIn | None = None

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if (self.offtake is None) is (self.all_in is None):
            raise ValueError(
                setting('must have either offtake or all_in ("1.576 EUR/m3 incl VAT")')
            )
        if self.offtake is None:
            return self
        if not self.offtake.price or self.offtake.index in ("quarter", "hour", *COMPUTED):
            raise ValueError(
                setting("offtake must be one price per kWh, fixed or with a gas index")
            )
        return self


class Water(_Dated):
    """By the rates of an operator, or `all_in`: one price per m3 with all in it."""

    energy: Literal["water"]
    operator: str = ""
    social: bool = False
    all_in: AllIn | None = None

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if bool(self.operator) is (self.all_in is not None):
            raise ValueError(
                setting('must have either operator or all_in ("6.10 EUR/m3 incl VAT")')
            )
        return self


Terms = Annotated[Electricity | InjectionOnly | Gas | Water, Field(discriminator="energy")]


class RatesFile(Strict):
    """A full rates.json, every key checked; every needed setting of the home given."""

    home: Home = Home()
    contracts: tuple[Terms, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        energies = {terms.energy for terms in self.contracts if not getattr(terms, "all_in", None)}
        needed = {
            "grid_area": {"electricity", "gas"},
            "gas_kwh_year": {"gas"},
            "gas_kwh_per_m3": {"gas"},
            "residents": {"water"},
        }
        for key, users in needed.items():
            if users & energies and getattr(self.home, key) is None:
                raise ValueError(
                    setting(
                        "home.{key} is missing; {name} needs it",
                        key=key,
                        name=min(users & energies),
                    )
                )
        if self.home.compensation and not self.home.prosumer_kva:
            raise ValueError(
                setting(
                    "home.prosumer_kva is missing; compensation needs it: the prosumer tariff"
                    " is charged per kVA (allowed 0 to 10)"
                )
            )
        return self
