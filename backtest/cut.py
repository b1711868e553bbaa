"""A period of a home's year, ready for replay: its prices, its cars, its past."""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from backtest.bound import worths
from backtest.fleet import PAST_DAYS, Fleet, Model
from backtest.world import Battery, Series, Tariff, World
from base.time import BRUSSELS, QUARTER

AFTER = 96 * 10
HOME_BATTERY = Battery()
LEAST_DAYS = 10
LEAST_KW = 1.4
"""6 A on one phase: the least power of a charger that switches phases."""
MINUTES = 15
PRICE_DAYS = 28
"""Days whose prices are known to a plan, as to that of dm."""


def stretch(
    series: Series, tariff: Tariff, cars: int, span: tuple[int, int], *, by_minute: bool = True,
    battery: Battery = HOME_BATTERY, least_kw: float = LEAST_KW,
    models: tuple[Model, ...] = (),
) -> World:  # fmt: skip
    """The quarters `span` of a home's year, with `cars` cars.

    Energy stored at its end has the clairvoyant's value in the ten days that follow. `by_minute`
    False: the minutes are taken as quarters; True: the quarters of a home that is known by them are
    replayed as minutes of the same power.
    """
    first, last = span
    after = min(series.quarters, last + AFTER)
    fleet = Fleet(cars, least_kw, models)
    longer = _cut(series, tariff, fleet, (first, after), battery, minutes=False)
    ends = worths(longer, last - first - 1)
    home = _cut(series, tariff, fleet, (first, last), battery, minutes=by_minute)
    return replace(home, battery_worth=ends[0], car_worths=ends[1])


def months(series: Series) -> list[date]:
    """The first day of each month of which ten days or more were measured."""
    local = series.local()
    measured = local if series.known is None else itertools.compress(local, series.known)
    quarters = Counter(at.date().replace(day=1) for at in measured)
    return sorted(month for month, count in quarters.items() if count >= 96 * LEAST_DAYS)


def day_span(series: Series, begin: date) -> tuple[int, int]:
    """The first quarter of a day in the home's past, and the one after its last of all."""
    at = datetime(begin.year, begin.month, begin.day, tzinfo=BRUSSELS).astimezone(UTC)
    return max(0, (at - series.start) // QUARTER), series.quarters


def month_span(series: Series, month: date) -> tuple[int, int]:
    """The first quarter of a month in the home's year, and the one after the last."""
    begin = datetime(month.year, month.month, 1, tzinfo=BRUSSELS)
    after = (begin + timedelta(days=32)).replace(day=1)
    first = max(0, (begin.astimezone(UTC) - series.start) // QUARTER)
    return first, min(series.quarters, (after.astimezone(UTC) - series.start) // QUARTER)


def _cut(
    series: Series, tariff: Tariff, fleet: Fleet, span: tuple[int, int], battery: Battery,
    *, minutes: bool,
) -> World:  # fmt: skip
    """The quarters `span` of a home; energy left at its end has the value of a cheap kWh."""
    first, last = span
    load = series.load_kw.reshape(series.quarters, series.steps).mean(axis=1)
    sun = series.solar_kw.reshape(series.quarters, series.steps).mean(axis=1)
    steps, step_load, step_sun = 1, load, sun
    if minutes and series.steps > 1:
        steps, step_load, step_sun = series.steps, series.load_kw, series.solar_kw
    elif minutes:
        steps, step_load, step_sun = MINUTES, np.repeat(load, MINUTES), np.repeat(sun, MINUTES)
    start, length = series.start + first * QUARTER, last - first
    cars = fleet.cars(start, length)
    cheap = float(max(0.0, np.quantile(tariff.buy[first:last], 0.1)))
    return World(
        name=series.name,
        start=start,
        steps=steps,
        load_kw=step_load[first * steps : last * steps],
        solar_kw=step_sun[first * steps : last * steps],
        solar_told_kw=series.solar_told_kw[first:last],
        buy=tariff.buy[first:last],
        sell=tariff.sell[first:last],
        known_until=tariff.known_until[first:last] - first,
        past_kw=load[max(0, first - PAST_DAYS * 96) : first],
        past_buy=np.concatenate((tariff.past_buy, tariff.buy[:first]))[-96 * PRICE_DAYS :],
        past_sun_kw=sun[max(0, first - 96 * 7) : first],
        cars=cars,
        battery=battery,
        battery_worth=cheap,
        car_worths=tuple(cheap for _ in cars),
        eur_kw=tariff.eur_kw,
        floor_kw=tariff.floor_kw,
        air=series.air,
    )
