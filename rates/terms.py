"""What a full rates.json may say: the home, and the contracts with their dates.

    {"home": {"grid_area": "Antwerpen"},
     "contracts": [{"energy": "electricity", "name": "Engie Dynamic", "first_day": "2026-04-01",
                    "fixed_fee": "100.70 EUR/year incl VAT",
                    "offtake": {"price": "0.8702 + 0.1039 x S cent/kWh ex VAT", "S": "quarter"},
                    "certificates": "1.492 cent/kWh ex VAT"}]}

Prices are copied from the card with their unit (rates/formula.py). Days are ISO dates, the last
one inside. The contracts of one energy follow each other without overlap or gap.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from rates.bands import When, uncovered
from rates.errors import RatesError, Strict
from rates.formula import Fee, InjectionPrice, OfftakePrice, Price

DAY = timedelta(days=1)


def _month(text: str) -> str:
    try:
        date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ValueError('must be a month such as "2026-04"') from None
    return text


Month = Annotated[str, AfterValidator(_month)]
MarketPrice = Annotated[Decimal, Field(ge=-500, le=4000)]
Index = Literal["quarter", "hour"] | dict[Month, MarketPrice]


class Home(Strict):
    """What belongs to the house and stays when the supplier changes.

    `max_tariff`: whether and over which period the ceiling on the grid cost is applied.
    `electricity_kwh_year` and `gas_kwh_year` are expected yearly volumes: they choose tiers and
    blend the slices of the excise. `water_m3_year` blends basic and comfort rate for the live
    price; without it the live price is the basic rate.
    """

    grid_area: str | None = None
    grid_tariff: Literal["mono", "day_night", "impact"] = "mono"
    max_tariff: Literal["off", "monthly", "yearly"] = "off"
    domiciled: bool = True
    connection_kva: Annotated[Decimal, Field(gt=0, le=100)] = Decimal("9.2")
    electricity_kwh_year: Annotated[Decimal, Field(ge=0, le=1_000_000)] = Decimal(3500)
    gas_kwh_year: Annotated[Decimal, Field(ge=0, le=150_000)] | None = None
    gas_kwh_per_m3: Annotated[Decimal, Field(ge=5, le=15)] | None = None
    residents: Annotated[int, Field(ge=0, le=20)] | None = None
    water_m3_year: Annotated[Decimal, Field(ge=0, le=10_000)] | None = None


class OfftakeBand(When):
    price: OfftakePrice


class InjectionBand(When):
    price: InjectionPrice


class _Tariff(Strict):
    """One price, or day and night (by the meter's own registers), or bands by the clock.

    Of the bands the first that holds counts. `S` is what S stands for: the day-ahead price of
    the "quarter" or of the "hour" (mean of its quarters), or a table of months in EUR/MWh.
    `fallback_eur_mwh` stands in for S where it is not known.
    """

    index: Index | None = Field(default=None, alias="S")
    fallback_eur_mwh: MarketPrice | None = None

    def prices(self) -> Sequence[Price]:
        raise NotImplementedError

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [key for key in ("price", "day", "night", "bands") if getattr(self, key)]
        if given not in (["price"], ["day", "night"], ["bands"]):
            said = ", ".join(given) or "nothing"
            raise ValueError(f"must say price, or day and night, or bands; it says {said}")
        if bool(self.index) is not any(price.formula.slope for price in self.prices()):
            raise ValueError('must say what S is, "S": "quarter", exactly when a price uses S')
        return self


class Offtake(_Tariff):
    price: OfftakePrice | None = None
    day: OfftakePrice | None = None
    night: OfftakePrice | None = None
    bands: tuple[OfftakeBand, ...] = ()
    floor: OfftakePrice | None = None

    def prices(self) -> Sequence[Price]:
        return _given(self.price, self.day, self.night, *(band.price for band in self.bands))

    _covered = field_validator("bands")(lambda bands: _all_week(bands))


class Injection(_Tariff):
    price: InjectionPrice | None = None
    day: InjectionPrice | None = None
    night: InjectionPrice | None = None
    bands: tuple[InjectionBand, ...] = ()
    floor: InjectionPrice | None = None

    def prices(self) -> Sequence[Price]:
        return _given(self.price, self.day, self.night, *(band.price for band in self.bands))

    _covered = field_validator("bands")(lambda bands: _all_week(bands))


def _given(*prices: Price | None) -> Sequence[Price]:
    return [price for price in prices if price is not None]


def _all_week(bands: tuple[When, ...]) -> tuple[When, ...]:
    hole = uncovered(tuple(band.band() for band in bands)) if bands else None
    if hole:
        raise ValueError(f"must cover the whole week: there is no price for {hole}")
    return bands


class _Dated(Strict):
    """What every contract says. `last_day` is inside; without it the contract runs on."""

    name: str
    first_day: date
    last_day: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self

    def holds(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


class Electricity(_Dated):
    energy: Literal["electricity"]
    offtake: Offtake
    injection: Injection | None = None
    certificates: OfftakePrice | None = None
    fixed_fee: Fee | None = None


class Gas(_Dated):
    energy: Literal["gas"]
    offtake: Offtake
    fixed_fee: Fee | None = None

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if not self.offtake.price or self.offtake.index in ("quarter", "hour"):
            raise ValueError("offtake must be one price per kWh, fixed or by a table of months")
        return self


class Water(_Dated):
    energy: Literal["water"]
    operator: str
    social: bool = False


Terms = Annotated[Electricity | Gas | Water, Field(discriminator="energy")]


class RatesFile(Strict):
    """A full rates.json, every key checked; every needed setting of the home given."""

    home: Home = Home()
    contracts: tuple[Terms, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        energies = {terms.energy for terms in self.contracts}
        needed = {
            "grid_area": {"electricity", "gas"},
            "gas_kwh_year": {"gas"},
            "gas_kwh_per_m3": {"gas"},
            "residents": {"water"},
        }
        for key, users in needed.items():
            if users & energies and getattr(self.home, key) is None:
                raise ValueError(f"home.{key} is missing; {min(users & energies)} needs it")
        return self


def check_dates(contracts: Sequence[Electricity | Gas | Water]) -> None:
    """The contracts of one energy, by first day, neither overlap nor leave a gap. RatesError."""
    for before, after in pairwise(contracts):
        end = before.last_day
        between = f"{before.name!r} and {after.name!r} ({before.energy})"
        if end is None or after.first_day <= end:
            said = f"until {end}" if end else "without last_day"
            raise RatesError(
                f"contracts: {between} overlap: the first runs {said}, "
                f"the second begins on {after.first_day}"
            )
        if after.first_day != end + DAY:
            raise RatesError(
                f"contracts: no contract between {between} from {end + DAY} "
                f"until {after.first_day - DAY}"
            )
