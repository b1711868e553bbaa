"""Homes out of files: a year of quarters of one house and its sun, with prices to live under.

Knows the combined quarters, the minutes of a real month and a made year, in the folder DM_SHARED
or ../shared. Edge: reads files.
"""

import csv
import gzip
import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backtest.bound import worths
from backtest.trips import commuter, second_car
from backtest.world import BRUSSELS, QUARTER, Battery, Car, Floats, World

SHARED = Path(os.environ.get("DM_SHARED", Path(__file__).parents[2] / "shared"))
KWP = 5.0
PAST_DAYS = 56
DAY_EUR, NIGHT_EUR, INJECTION_EUR = 0.3214, 0.2225, 0.05
PRICES_OUT_H = 13
AFTER = 96 * 10
DAY = timedelta(days=1)
HOME_BATTERY = Battery()


@dataclass(frozen=True, slots=True)
class Series:
    """A home's year: kW per step, market EUR/MWh per quarter; `start` is UTC."""

    name: str
    start: datetime
    steps: int
    load_kw: Floats
    solar_kw: Floats
    solar_told_kw: Floats
    spot: Floats


def combined(year: int) -> Series:
    """2022: all Belgian and of that year. 2025: prices and sun of 2025, the load of 2022."""
    name = {
        2022: "be_15min_2022_same_year_real.csv.gz",
        2025: "be_15min_2025_prices_pv_real_load_redated_from_2022.csv.gz",
    }[year]
    with gzip.open(SHARED / "data/combo" / name, "rt") as file:
        rows = list(csv.DictReader(file))
    told = _column(rows, "pv_day_ahead_forecast_wh_per_kwp")
    sun = _column(rows, "pv_wh_per_kwp")
    told = np.where(np.isnan(told), sun, told)
    return Series(
        f"be{year}",
        datetime.fromisoformat(rows[0]["start_utc"]),
        1,
        np.nan_to_num(_column(rows, "load_kwh")) * 4.0,
        np.nan_to_num(sun) * KWP * 4.0 / 1000.0,
        np.nan_to_num(told) * KWP * 4.0 / 1000.0,
        _held(_column(rows, "price_eur_per_mwh")),
    )


def minutes_month() -> Series:
    """A real Dutch month by the minute, its own car taken out where it charged at 11 kW."""
    path = SHARED / "data/household/nl_p1_home_with_pv_1min_2024-02.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    start = datetime(2024, 2, 1, 23, tzinfo=UTC)
    count = 31 * 1440 - 1440
    net = np.full(count, np.nan)
    for row in rows:
        at = (datetime.fromisoformat(row["minute_utc"]) - start) // timedelta(minutes=1)
        if 0 <= at < count:
            net[at] = (float(row["import_w"]) - float(row["export_w"])) / 1000.0
    net = _held(net)
    net = np.where(net > 8.0, np.minimum(net, 0.6), net)
    return Series("nl2024", start, 15, net, np.zeros(count), np.zeros(count // 15),
                  spot(start, count // 15))  # fmt: skip


def synthetic() -> Series:
    """A made couple by the minute, dated 2023, with that year's sun and prices."""
    path = SHARED / "data/household/synthetic_lpg_chr01_1min_year.csv.gz"
    with gzip.open(path, "rt") as file:
        load = np.array([float(row["load_w"]) for row in csv.DictReader(file)]) / 1000.0
    start = datetime(2022, 12, 31, 23, tzinfo=UTC)
    quarters = len(load) // 15
    sun, told = _sun(start, quarters)
    return Series("made2023", start, 15, load, np.repeat(sun, 15), told, spot(start, quarters))


def spot(start: datetime, quarters: int) -> Floats:
    """Belgian day-ahead prices per quarter, EUR/MWh."""
    found = np.full(quarters, np.nan)
    with gzip.open(SHARED / "data/prices/be_day_ahead_2021-02_2026-02.csv.gz", "rt") as file:
        reader = csv.reader(file)
        next(reader)
        for row in reader:
            at = (datetime.fromisoformat(row[0]) - start) // QUARTER
            if -4 < at < quarters:
                wide = int(row[1]) // 15
                found[max(0, at) : max(0, at + wide)] = float(row[2])
    return _held(found)


def _sun(start: datetime, quarters: int) -> tuple[Floats, Floats]:
    """What 5 kWp gave and what was told the day before: Elia's country, per quarter, kW."""
    real, told = np.full(quarters, np.nan), np.full(quarters, np.nan)
    path = SHARED / "data/solar/elia_solar_belgium_15min_2022_2025.csv.gz"
    with gzip.open(path, "rt") as file:
        reader = csv.DictReader(file)
        names = reader.fieldnames or []
        stamp = names[0]
        measured = next(n for n in names if "measured" in n)
        ahead = next(n for n in names if "day_ahead" in n and "p10" not in n and "p90" not in n)
        capacity = next(n for n in names if "capacity" in n)
        for row in reader:
            at = (datetime.fromisoformat(row[stamp]) - start) // QUARTER
            if 0 <= at < quarters and row[measured] and row[capacity]:
                real[at] = float(row[measured]) / float(row[capacity]) * KWP
                told[at] = float(row[ahead] or row[measured]) / float(row[capacity]) * KWP
    return np.maximum(0.0, _held(real)), np.maximum(0.0, _held(told))


def _column(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def _held(values: Floats) -> Floats:
    """Holes filled with what was last known."""
    known = ~np.isnan(values)
    if not known.any():
        return np.zeros(len(values))
    index = np.where(known, np.arange(len(values)), 0)
    np.maximum.accumulate(index, out=index)
    return np.where(np.isnan(values[index]), values[known][0], values[index])


def world(
    series: Series, contract: str, cars: int, month: date | None = None, *, by_minute: bool = True,
    seed: int = 1, battery: Battery = HOME_BATTERY,
) -> World:  # fmt: skip
    """One month of a home, or all of it: under contract A (day, night) or B (market), 1 or 2 cars.

    What is stored at its end counts for what it is worth to the clairvoyant in the ten days that
    follow. `by_minute` False: the minutes are taken as quarters.
    """
    count = len(series.spot)
    first, last = (0, count) if month is None else _month(series, month)
    after = min(count, last + AFTER)
    longer = _cut(series, contract, cars, (first, after), seed, battery, minutes=False)
    ends = worths(longer, last - first - 1)
    home = _cut(series, contract, cars, (first, last), seed, battery, minutes=by_minute)
    where = f" {month:%Y-%m}" if month else ""
    name = f"{series.name}{where} {contract} {cars}"
    return replace(home, name=name, battery_worth=ends[0], car_worths=ends[1])


def _cut(
    series: Series, contract: str, cars: int, span: tuple[int, int], seed: int, battery: Battery,
    *, minutes: bool,
) -> World:  # fmt: skip
    """The quarters `span` of a home; what is left at its end counts for a cheap kWh."""
    (first, last), count = span, len(series.spot)
    buy, sell = _contract(series, contract)
    load = series.load_kw.reshape(count, series.steps).mean(axis=1)
    sun = series.solar_kw.reshape(count, series.steps).mean(axis=1)
    steps = series.steps if minutes else 1
    step_load, step_sun = (series.load_kw, series.solar_kw) if minutes else (load, sun)
    start = series.start + first * QUARTER
    past_buy = buy[max(0, first - 96 * 14) : first]
    if contract == "B" and first < 96 * 14:
        past_buy = np.concatenate((_market_eur(spot(start - 14 * DAY, 96 * 14 - first)), past_buy))
    length = last - first
    fleet = (
        Car("one", 60.0, commuter(start, length, seed)),
        Car("two", 77.0, second_car(start, length, seed + 100)),
    )[:cars]
    cheap = float(max(0.0, np.quantile(buy[first:last], 0.1)))
    return World(
        series.name,
        start,
        steps,
        step_load[first * steps : last * steps],
        step_sun[first * steps : last * steps],
        series.solar_told_kw[first:last],
        buy[first:last],
        sell[first:last],
        _known_until(series, contract)[first:last] - first,
        load[max(0, first - PAST_DAYS * 96) : first],
        past_buy,
        sun[max(0, first - 96 * 7) : first],
        fleet,
        battery,
        cheap,
        tuple(cheap for _ in fleet),
    )


def _month(series: Series, month: date) -> tuple[int, int]:
    begin = datetime(month.year, month.month, 1, tzinfo=BRUSSELS)
    after = (begin + timedelta(days=32)).replace(day=1)
    count = len(series.spot)
    first = max(0, (begin.astimezone(UTC) - series.start) // QUARTER)
    return first, min(count, (after.astimezone(UTC) - series.start) // QUARTER)


def _local(series: Series) -> list[datetime]:
    return [
        (series.start + q * QUARTER).astimezone(BRUSSELS) for q in range(len(series.spot))
    ]  # fmt: skip


def _contract(series: Series, contract: str) -> tuple[Floats, Floats]:
    """EUR/kWh bought and sold per quarter, all lines together."""
    if contract == "B":
        return _market_eur(series.spot), series.spot / 1000.0 - 0.0115
    day = [each.weekday() < 5 and 7 <= each.hour < 22 for each in _local(series)]
    buy = np.where(day, DAY_EUR, NIGHT_EUR)
    return buy, np.full(len(buy), INJECTION_EUR)


def _market_eur(spot: Floats) -> Floats:
    return np.asarray(1.06 * (1.02 * spot / 1000.0 + 0.004) + 0.12)


def _known_until(series: Series, contract: str) -> NDArray[np.int64]:
    """Up to which quarter prices are known: all of today's, after 13:00 tomorrow's too."""
    count = len(series.spot)
    if contract != "B":
        return np.full(count, count + 10_000)
    local = _local(series)
    midnight: dict[date, int] = {}
    for q, at in enumerate(local):
        midnight.setdefault(at.date(), q)
    until = [
        midnight.get(at.date() + timedelta(days=2 if at.hour >= PRICES_OUT_H else 1), count)
        for at in local
    ]
    return np.array(until)


def own(name: str, flows: dict[datetime, tuple[float, float]], market: Floats) -> Series:
    """A home from its own meter: kWh of offtake and injection per quarter (UTC).

    What the roof gave is not known apart, so the load is what the meter saw, negative when it
    injected. `market` is EUR/MWh per quarter from the first to the last.
    """
    start, count = min(flows), len(market)
    net = np.full(count, np.nan)
    for at, (offtake, injection) in flows.items():
        index = (at - start) // QUARTER
        if 0 <= index < count:
            net[index] = 4.0 * (offtake - injection)
    return Series(name, start, 1, _held(net), np.zeros(count), np.zeros(count), market)
