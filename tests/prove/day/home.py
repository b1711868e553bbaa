"""A simulated home and the same day in the back-test: same house, car, battery and prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path

import numpy as np

from apps.demo.past import HISTORY, PRICES_BEFORE, eur_mwh, make, write_prices
from apps.demo.screens import RATES
from backtest.tariffs import of_offer
from backtest.world import Battery, Car, Floats, Series, Tariff, Trip, World
from base.time import BRUSSELS, DAY, QUARTER
from bs.devices.simulated import SimulatedSettings
from ev.need_message import USED_PCT
from rates.amounts import INJECTION, OFFTAKE
from rates.calendar import day_start
from rates.curve import Spots
from rates.named import offers
from sim import garage
from sim.battery import Pack
from sim.day import House, quarter
from sim.options import Options
from store.past import read_past

MINUTES = 15
PAST_DAYS = 56
PAST_MONTHS = 2
NOON = time(12)
LEAD = QUARTER
KNOWN_AHEAD = 96 * 4
CAR_MOST_KW, CAR_LEAST_KW, CAR_EFFICIENCY = 11.04, 1.38, 0.9
BATTERY = SimulatedSettings(family="sim", capacity_kwh=10.0)
"""As the demo's config.py has it."""
KEPT_KWH = BATTERY.capacity_kwh * BATTERY.reserve_pct / 100
STANDBY_KW = Pack().standby_kw
SPOTS = Spots.of(eur_mwh)


def battery_kwh(soc_pct: float) -> float:
    """Energy in the battery above the owner's reserve, kWh."""
    return BATTERY.capacity_kwh * soc_pct / 100 - KEPT_KWH


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Energy stored, kWh; the highest quarter of the month so far and of the month before, kW."""

    battery_kwh: float
    car_kwh: float
    peak_kw: float
    typical_kw: float


@dataclass(frozen=True, slots=True)
class Home:
    """A simulated house, and the local day on which its programs start at noon: the car comes
    home in the evening and leaves the next morning.
    """

    seed: int
    solar_kwp: float
    day: date

    @property
    def start(self) -> datetime:
        return datetime.combine(self.day, NOON, BRUSSELS).astimezone(UTC)

    @property
    def opens(self) -> datetime:
        """The first telegram of its meter: until then the programs start."""
        return self.start - LEAD

    @property
    def house(self) -> House:
        return House(self.seed, self.solar_kwp)

    def source(self) -> str:
        """Its meter as the source for dm."""
        start = f"{self.opens.astimezone(BRUSSELS):%Y-%m-%dT%H:%M}"
        return f"sim://?start={start}&seed={self.seed}&solar_kwp={self.solar_kwp:g}"

    def prepare(self, folder: Path) -> None:
        """Fill the folder with its past, as dm would have booked it, and with the published
        prices.
        """
        options = Options(speed=0, house=self.house)
        make(folder, self.opens, options, RATES, lambda _: None, PAST_MONTHS)
        (folder / HISTORY / "prices.db").unlink()
        write_prices(folder, self.opens - PRICES_BEFORE, self.opens + DAY)


HOMES: Sequence[Home] = (
    Home(7, 5.0, date(2026, 1, 13)),
    Home(11, 8.0, date(2026, 2, 11)),
    Home(23, 4.0, date(2026, 3, 19)),
    Home(42, 6.0, date(2026, 4, 21)),
    Home(5, 3.0, date(2026, 6, 9)),
    Home(91, 10.0, date(2026, 9, 16)),
    Home(64, 5.0, date(2026, 11, 5)),
)
"""Working days in seven months."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """The promise for a prepared home folder, for this number of quarters from its `start`."""

    home: Home
    folder: Path
    quarters: int
    start: Start

    @cached_property
    def lived(self) -> World:
        """The minutes of the simulated period."""
        return self._world(self.quarters)

    @cached_property
    def known(self) -> World:
        """The known period: it continues after the simulated one, with prices and trips."""
        return self._world(self.quarters + KNOWN_AHEAD)

    @cached_property
    def _past(self) -> Series:
        """The eight weeks before, as booked by dm; the last of it is the house alone."""
        start = self.home.start - PAST_DAYS * DAY
        count = PAST_DAYS * 96
        past, net = read_past(self.folder / HISTORY / "quarters.db", start), np.zeros(count)
        for at, register, kwh in past.uses:
            if register in (*OFFTAKE, *INJECTION) and 0 <= (q := (at - start) // QUARTER) < count:
                net[q] += float(kwh) * (4.0 if register in OFFTAKE else -4.0)
        lead = LEAD // QUARTER
        net[-lead:] = self._house_kw(self.home.opens, lead).reshape(lead, MINUTES).mean(axis=1)
        return _series(start, net, 1)

    @cached_property
    def _minutes(self) -> Floats:
        """Net kW of the house and its inverter's standby in each simulated minute."""
        return self._house_kw(self.home.start, self.quarters) + STANDBY_KW

    def _house_kw(self, start: datetime, quarters: int) -> Floats:
        """Net kW of the house alone in each minute."""
        first = int(start.timestamp())
        watts = [
            sum(second.line_w)
            for q in range(quarters)
            for second in quarter(self.home.house, first + 900 * q)
        ]
        return np.asarray(np.array(watts, dtype=float).reshape(-1, 60).mean(axis=1) / 1000.0)

    def _world(self, quarters: int) -> World:
        start, none = self.home.start, np.zeros(quarters)
        load = np.concatenate((self._minutes, np.zeros((quarters - self.quarters) * MINUTES)))
        series = _series(start, load, MINUTES)
        tariff, before = _tariff(series), _tariff(self._past)
        cheap = float(max(0.0, np.quantile(before.buy[-96 * 14 :], 0.1)))
        out = (day_start(self.home.day + 2 * DAY) - start) // QUARTER
        capacity_kwh = BATTERY.capacity_kwh - KEPT_KWH
        return World(
            name="day",
            start=start,
            steps=MINUTES,
            load_kw=load,
            solar_kw=series.solar_kw,
            solar_told_kw=none,
            buy=tariff.buy,
            sell=tariff.sell,
            known_until=np.full(quarters, out),
            past_kw=self._past.load_kw,
            past_buy=before.buy[-96 * 14 :],
            past_sun_kw=np.zeros(96 * 7),
            cars=(self._car(quarters),),
            battery=Battery(
                capacity_kwh=capacity_kwh,
                kw=BATTERY.charge_kw,
                efficiency=BATTERY.efficiency,
                wear_eur_kwh=BATTERY.wear_eur_kwh,
                start_share=self.start.battery_kwh / capacity_kwh,
            ),
            battery_worth=cheap,
            car_worths=(cheap,),
            eur_kw=tariff.eur_kw,
            floor_kw=tariff.floor_kw,
            peak_kw=self.start.peak_kw,
            typical_kw=self.start.typical_kw,
        )

    def _car(self, quarters: int) -> Car:
        """The car of the simulated garage, with the trips of its plan."""
        need = garage.CAPACITY_KWH * garage.LEAVES_WITH_PCT / 100
        use = need - garage.CAPACITY_KWH * garage.COMES_WITH_PCT / 100
        trips = []
        for _, leaves, back in garage.Diary(self.home.opens).trips:
            leave = (leaves - self.home.start) // QUARTER
            returns = (back - self.home.start) // QUARTER
            if 0 < leave < quarters:
                trips.append(
                    Trip(
                        leave=leave,
                        back=returns,
                        need_kwh=need,
                        use_kwh=use,
                        told_back=returns,
                        told_kwh=garage.CAPACITY_KWH * USED_PCT / 100,
                    )
                )
        return Car(
            name=garage.CAR,
            capacity_kwh=garage.CAPACITY_KWH,
            trips=tuple(trips),
            least_kw=CAR_LEAST_KW,
            most_kw=CAR_MOST_KW,
            efficiency=CAR_EFFICIENCY,
            start_share=self.start.car_kwh / garage.CAPACITY_KWH,
        )


def _series(start: datetime, net_kw: Floats, steps: int) -> Series:
    """Solar production is part of the load: dm of the demo has no separate input for it."""
    none = np.zeros(len(net_kw) // steps)
    return Series(
        name="day",
        provenance="simulated",
        start=start,
        steps=steps,
        load_kw=net_kw,
        solar_kw=np.zeros(len(net_kw)),
        solar_told_kw=none,
        spot=none,
    )


def _tariff(series: Series) -> Tariff:
    (offer,) = (each.limited(["electricity"]) for each in offers([str(RATES)], RATES, None, None))
    return of_offer(series, offer, SPOTS)
