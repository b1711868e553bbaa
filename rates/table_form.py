"""The table files of rates/tables/*.json, as pydantic reads them: the grid, levies, gas, water."""

from datetime import date, time
from decimal import Decimal
from functools import cached_property
from typing import Literal

from pydantic import Field

from rates.bands import Span, Week, When, week_of
from rates.errors import Strict

ZERO = Decimal(0)


class Step(Strict):
    """EUR a year for a connection up to so many kVA; the last step has no bound."""

    up_to_kva: Decimal | None = None
    eur: Decimal


class Area(Strict):
    """One grid area's electricity tariff. `eur_kwh` by name: mono, day, night, pic, medium, eco."""

    eur_kwh: dict[Literal["mono", "day", "night", "pic", "medium", "eco"], Decimal]
    capacity_eur_kw_year: Decimal | None = None
    fixed_eur_year: Decimal = ZERO


class GridYear(Strict):
    """A region's electricity grid tariffs in one year. `vat` says what the numbers hold."""

    vat: Literal["ex", "incl"]
    areas: dict[str, Area]
    day_hours: tuple[When, ...]
    holidays_are_night: bool = False
    impact_hours: dict[Literal["pic", "medium", "eco"], tuple[Span, ...]] = Field(
        default_factory=dict
    )
    transport_eur_kwh: Decimal = ZERO
    connection_fee_eur_kwh_no_vat: Decimal = ZERO
    data_management_eur_year: Decimal = ZERO
    energy_fund_eur_month: Decimal = ZERO
    peak_floor_kw: Decimal = ZERO
    max_eur_kwh: Decimal | None = None
    power_eur_year: tuple[Step, ...] = ()
    public_service_eur_year: tuple[Step, ...] = ()

    @cached_property
    def day_week(self) -> Week:
        """The day hours laid out quarter by quarter; None in it is night."""
        return week_of(tuple(hours.band() for hours in self.day_hours))

    @cached_property
    def day_edges(self) -> frozenset[time]:
        """The local times at which day and night may change."""
        minutes = (m for each in self.day_hours for span in each.band().minutes for m in span)
        return frozenset(time(at // 60 % 24, at % 60) for at in minutes)


class Grid(Strict):
    region: str
    source: str
    years: dict[str, GridYear]


class Slice(Strict):
    """EUR/MWh ex VAT for the part of a year's use up to `up_to_mwh`."""

    up_to_mwh: Decimal | None = None
    eur_mwh: Decimal


class Levy(Strict):
    """What holds from a month on, until the next row. After `until` it is only provisional."""

    from_: date = Field(alias="from")
    until: date | None = None
    slices: tuple[Slice, ...]


class VatRow(Strict):
    from_: date = Field(alias="from")
    percent: Decimal


class Levies(Strict):
    source: str
    vat_percent: tuple[VatRow, ...]
    electricity_excise: tuple[Levy, ...]
    electricity_contribution: tuple[Levy, ...]
    gas_excise: tuple[Levy, ...]
    gas_contribution: tuple[Levy, ...]

    def dated(self, *, gas: bool) -> dict[str, tuple[Levy, ...]]:
        """The levies that may end, by name; those of gas only where asked."""
        found = {"electricity excise": self.electricity_excise}
        return found | ({"gas excise": self.gas_excise} if gas else {})


class GasTier(Strict):
    """What an area asks of everyone whose annual volume is at most `up_to_kwh`."""

    up_to_kwh: Decimal
    fixed_eur_year: Decimal
    eur_kwh: Decimal


class GasYear(Strict):
    vat: Literal["ex", "incl"]
    data_management_eur_year: Decimal
    transport_eur_kwh: Decimal
    areas: dict[str, tuple[GasTier, ...]]


class GasTable(Strict):
    source: str
    years: dict[str, GasYear]


class FlemishWater(Strict):
    """EUR/m3 ex VAT."""

    drinking: Decimal
    municipal: Decimal
    treatment: Decimal


class WalloonWater(Strict):
    """EUR/m3 ex VAT: distribution, sewage, the social fund."""

    cvd: Decimal
    cva: Decimal
    fse: Decimal


class BrusselsWater(Strict):
    eur_m3_incl_vat: Decimal
    fixed_eur_year_incl_vat: Decimal


class WaterYear(Strict):
    flanders: dict[str, FlemishWater] = Field(default_factory=dict)
    wallonia: dict[str, WalloonWater] = Field(default_factory=dict)
    brussels: dict[str, BrusselsWater] = Field(default_factory=dict)


class WaterTable(Strict):
    source: str
    years: dict[str, WaterYear]


WaterRow = FlemishWater | WalloonWater | BrusselsWater
