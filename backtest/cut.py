"""A stretch out of a home's year, ready to be lived: its prices, its cars, its past."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from backtest.bound import worths
from backtest.trips import commuter, second_car
from backtest.world import Battery, Car, Series, Tariff, World
from base.time import BRUSSELS, QUARTER

PAST_DAYS = 56
AFTER = 96 * 10
HOME_BATTERY = Battery()
LEAST_DAYS = 10
WHOLE = None


def world(
    series: Series, tariff: Tariff, cars: int, month: date | None = WHOLE, *,
    by_minute: bool = True, seed: int = 1, battery: Battery = HOME_BATTERY,
) -> World:  # fmt: skip
    """One month of a home (the first day of it), or all of it, with so many cars.

    What is stored at its end counts for what it is worth to the clairvoyant in the ten days that
    follow. `by_minute` False: the minutes are taken as quarters.
    """
    first, last = (0, series.quarters) if month is None else month_span(series, month)
    after = min(series.quarters, last + AFTER)
    longer = _cut(series, tariff, cars, (first, after), seed, battery, minutes=False)
    ends = worths(longer, last - first - 1)
    home = _cut(series, tariff, cars, (first, last), seed, battery, minutes=by_minute)
    where = f" {month:%Y-%m}" if month else ""
    name = f"{series.name}{where} {tariff.name} {cars}"
    return replace(home, name=name, battery_worth=ends[0], car_worths=ends[1])


def months(series: Series) -> list[date]:
    """The first day of each month of which the home has ten days or more."""
    days = Counter(at.date().replace(day=1) for at in series.local()[::96])
    return sorted(month for month, count in days.items() if count >= LEAST_DAYS)


def month_span(series: Series, month: date) -> tuple[int, int]:
    """The first quarter of a month in the home's year, and the one after the last."""
    begin = datetime(month.year, month.month, 1, tzinfo=BRUSSELS)
    after = (begin + timedelta(days=32)).replace(day=1)
    first = max(0, (begin.astimezone(UTC) - series.start) // QUARTER)
    return first, min(series.quarters, (after.astimezone(UTC) - series.start) // QUARTER)


def _cut(
    series: Series, tariff: Tariff, cars: int, span: tuple[int, int], seed: int, battery: Battery,
    *, minutes: bool,
) -> World:  # fmt: skip
    """The quarters `span` of a home; what is left at its end counts for a cheap kWh."""
    first, last = span
    load = series.load_kw.reshape(series.quarters, series.steps).mean(axis=1)
    sun = series.solar_kw.reshape(series.quarters, series.steps).mean(axis=1)
    steps = series.steps if minutes else 1
    step_load, step_sun = (series.load_kw, series.solar_kw) if minutes else (load, sun)
    start, length = series.start + first * QUARTER, last - first
    fleet = (
        Car("one", 60.0, commuter(start, length, seed)),
        Car("two", 77.0, second_car(start, length, seed + 100)),
    )[:cars]
    cheap = float(max(0.0, np.quantile(tariff.buy[first:last], 0.1)))
    return World(
        series.name,
        start,
        steps,
        step_load[first * steps : last * steps],
        step_sun[first * steps : last * steps],
        series.solar_told_kw[first:last],
        tariff.buy[first:last],
        tariff.sell[first:last],
        tariff.known_until[first:last] - first,
        load[max(0, first - PAST_DAYS * 96) : first],
        np.concatenate((tariff.past_buy, tariff.buy[:first]))[-96 * 14 :],
        sun[max(0, first - 96 * 7) : first],
        fleet,
        battery,
        cheap,
        tuple(cheap for _ in fleet),
        tariff.eur_kw,
        tariff.floor_kw,
    )
