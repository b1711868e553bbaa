"""Tariff entries as files say them: one per operator and year, with source and sums to check.

    {"kind": "grid", "region": "Flanders", "area": "Antwerpen", "year": 2027, "vat": "ex",
     "source": "tariff sheet of Fluvius", "read": "2026-12-18", "capacity_eur_kw_year": 49.40,
     "eur_kwh": {"mono": 0.0505}, "data_management_eur_year": 17.85, ...,
     "checks": [{"kwh": 3500, "kw": 4.0, "fees": true, "eur_incl": 410.93}]}

A file holds one entry, or {"entries": [...]}. rates/tables has those that come with the program; an
owner's own are in tariffs/ and go first.
"""

from datetime import date, time
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from base.language import setting
from rates.bands import Span, Week, When, week_of
from rates.errors import Strict
from rates.indices import NAMES

ZERO = Decimal(0)


def _month(text: str) -> str:
    try:
        date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ValueError(setting('must be a month such as "2026-04"')) from None
    return text


Month = Annotated[str, AfterValidator(_month)]
MarketPrice = Annotated[Decimal, Field(ge=-500, le=4000)]
Region = Literal["Flanders", "Wallonia", "Brussels"]
EurKwh = Annotated[Decimal, Field(ge=0, le=1)]
EurYear = Annotated[Decimal, Field(ge=0, le=1000)]
EurM3 = Annotated[Decimal, Field(ge=0, le=50)]
Year = Annotated[int, Field(ge=2020, le=2060)]
Vat = Literal["ex", "incl"]


class Check(Strict):
    """A sum that is printed somewhere: `kwh`, `kw` for a year, and with `fees` the yearly fees."""

    kwh: Decimal = ZERO
    kw: Decimal = ZERO
    fees: bool = False
    eur_incl: Decimal


class Dated(Strict):
    """Fields of every entry: its source, and when that was read."""

    source: Annotated[str, Field(min_length=3)]
    read: date


class Step(Strict):
    """EUR a year for a connection up to a number of kVA; the last step has no bound."""

    up_to_kva: Decimal | None = None
    eur: EurYear


class GridEntry(Dated):
    """One operator's electricity tariff in one year. `vat` says what the numbers hold."""

    kind: Literal["grid"]
    region: Region
    area: str
    year: Year
    vat: Vat
    eur_kwh: dict[Literal["mono", "day", "night", "excl_night", "pic", "medium", "eco"], EurKwh]
    capacity_eur_kw_year: Annotated[Decimal, Field(gt=0, le=500)] | None = None
    fixed_eur_year: EurYear = ZERO
    day_hours: Annotated[tuple[When, ...], Field(min_length=1)]
    holidays_are_night: bool = False
    impact_hours: dict[Literal["pic", "medium", "eco"], tuple[Span, ...]] = Field(
        default_factory=dict
    )
    transport_eur_kwh: EurKwh = ZERO
    connection_fee_eur_kwh_no_vat: EurKwh = ZERO
    data_management_eur_year: EurYear = ZERO
    energy_fund_eur_month: EurYear = ZERO
    peak_floor_kw: Annotated[Decimal, Field(ge=0, le=10)] = ZERO
    max_eur_kwh: EurKwh | None = None
    prosumer_eur_kva_year: EurYear = ZERO
    power_eur_year: tuple[Step, ...] = ()
    public_service_eur_year: tuple[Step, ...] = ()
    checks: Annotated[tuple[Check, ...], Field(min_length=1)]

    @property
    def key(self) -> tuple[str, str, str]:
        return "grid tariffs", self.area, str(self.year)

    @cached_property
    def day_week(self) -> Week:
        """The day hours laid out quarter by quarter; None in it is night."""
        return week_of(tuple(hours.band() for hours in self.day_hours))

    @cached_property
    def day_edges(self) -> frozenset[time]:
        """The local times at which day and night may change."""
        minutes = (m for each in self.day_hours for span in each.band().minutes for m in span)
        return frozenset(time(at // 60 % 24, at % 60) for at in minutes)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if "mono" not in self.eur_kwh:
            raise ValueError(setting('eur_kwh must have "mono"'))
        if self.region == "Flanders" and self.capacity_eur_kw_year is None:
            raise ValueError(setting("capacity_eur_kw_year is missing; Flanders needs it"))
        return self

    def sum_of(self, check: Check) -> Decimal:
        """EUR in this entry's own VAT that a check is about."""
        fees = self.fixed_eur_year + self.data_management_eur_year if check.fees else ZERO
        kw = check.kw * (self.capacity_eur_kw_year or ZERO)
        return check.kwh * self.eur_kwh["mono"] + kw + fees


class Slice(Strict):
    """EUR/MWh ex VAT for the part of a year's use up to `up_to_mwh`."""

    up_to_mwh: Decimal | None = None
    eur_mwh: Annotated[Decimal, Field(ge=0, le=200)]


LevyName = Literal[
    "electricity excise",
    "electricity contribution",
    "protected electricity excise",
    "gas excise",
    "gas contribution",
]


class Levy(Dated):
    """Levy from a day on, until the next row. After `until` it is only provisional."""

    kind: Literal["levy"]
    levy: LevyName
    from_: date = Field(alias="from")
    until: date | None = None
    slices: Annotated[tuple[Slice, ...], Field(min_length=1)]

    @property
    def key(self) -> tuple[str, str, str]:
        return "levy", self.levy, f"from {self.from_}"


class VatRow(Dated):
    kind: Literal["vat"]
    from_: date = Field(alias="from")
    percent: Annotated[Decimal, Field(ge=0, le=25)]

    @property
    def key(self) -> tuple[str, str, str]:
        return "VAT", "energy and water", f"from {self.from_}"


class GasTier(Strict):
    """Charge of an area for everyone whose annual volume is at most `up_to_kwh`."""

    up_to_kwh: Decimal
    fixed_eur_year: EurYear
    eur_kwh: EurKwh
    levy_eur_year: EurYear = ZERO


class GasEntry(Dated):
    """One operator's gas tariff in one year."""

    kind: Literal["gas"]
    region: Region
    area: str
    year: Year
    vat: Vat
    data_management_eur_year: EurYear = ZERO
    transport_eur_kwh: EurKwh
    connection_fee_eur_kwh_no_vat: EurKwh = ZERO
    tiers: Annotated[tuple[GasTier, ...], Field(min_length=1)]
    checks: Annotated[tuple[Check, ...], Field(min_length=1)]

    @property
    def key(self) -> tuple[str, str, str]:
        return "gas grid tariffs", self.area, str(self.year)

    def tier(self, kwh_year: Decimal) -> GasTier | None:
        """The tier of an annual volume, which prices every kWh; None above the last."""
        return next((each for each in self.tiers if kwh_year <= each.up_to_kwh), None)

    def sum_of(self, check: Check) -> Decimal:
        """EUR in this entry's own VAT that a check is about."""
        tier = self.tier(check.kwh) or self.tiers[-1]
        fees = tier.fixed_eur_year + self.data_management_eur_year if check.fees else ZERO
        return check.kwh * tier.eur_kwh + fees


class FlemishWater(Strict):
    """EUR/m3 ex VAT."""

    drinking: EurM3
    municipal: EurM3
    treatment: EurM3


class WalloonWater(Strict):
    """EUR/m3 ex VAT: distribution, sewage, the social fund."""

    cvd: EurM3
    cva: EurM3
    fse: EurM3


class BrusselsWater(Strict):
    eur_m3_incl_vat: EurM3
    fixed_eur_year_incl_vat: EurYear


WaterRow = FlemishWater | WalloonWater | BrusselsWater


class WaterEntry(Dated):
    """The rates of one water operator (and town) in one year."""

    kind: Literal["water"]
    operator: str
    year: Year
    rates: WaterRow

    @property
    def key(self) -> tuple[str, str, str]:
        return "water rates", self.operator, str(self.year)


class IndexEntry(Dated):
    """Published values of a month index, EUR/MWh: they go before what is computed."""

    kind: Literal["index"]
    index: Literal[NAMES]  # type: ignore[valid-type]
    months: Annotated[dict[Month, MarketPrice], Field(min_length=1)]

    @property
    def key(self) -> tuple[str, str, str]:
        return "index", self.index, f"{min(self.months)} to {max(self.months)}"


Entry = Annotated[
    GridEntry | GasEntry | WaterEntry | Levy | VatRow | IndexEntry, Field(discriminator="kind")
]


class EntryFile(Strict):
    entries: Annotated[tuple[Entry, ...], Field(min_length=1)]
