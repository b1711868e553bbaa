"""Homes from files: a year of quarters, or of minutes, of one house and its solar production.

Knows the combined quarters, the minutes of a real month and a made year, in the folder DM_SHARED
or ../shared. Edge: reads files.
"""

import csv
import gzip
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from statistics import fmean

import numpy as np

from backtest.own import held
from backtest.world import Floats, Series
from base.time import QUARTER, local_day
from plan.forecast import HEATS_BELOW_C, Air

SHARED = Path(os.environ.get("DM_SHARED", Path(__file__).parents[2] / "shared"))
KWP = 5.0
"""Default panels of a home."""
MOST_OF_A_KWP = 1.5
AACHEN_2023, DUSSELDORF_2024 = "dwd_aachen_10min_2023", "dwd_duesseldorf_15min_2024"
HEAT_KW_K, HEAT_LEAST_KW, HEAT_MOST_KW, CYCLE_MIN = 0.105, 0.7, 2.6, 40
WATER_KW, WATER_MIN, WATER_AT_MIN = 1.9, 55, 13 * 60 + 12
PROVENANCE = {
    "be2022": "a Flemish home by the quarter (Fluvius open data), sun (Elia) and prices of 2022",
    "be2025": "prices and sun (Elia) of 2025, the load of be2022 moved by 157 weeks",
    "nl2024": "a Dutch home by the minute, February 2024 (P1 sample, MIT), its own car taken out"
    " where it charged; sun is in the load; Belgian prices",
    "made2023": "a made couple by the minute (LoadProfileGenerator), sun (Elia) and prices of 2023",
    "heat2023": "made2023 with a made heat pump, 2.6 kW at most, in the weather of Aachen (DWD)",
}
"""Where each home's quarters come from. The trips are made up, from a fixed seed."""


def combined(year: int, kwp: float = KWP) -> Series:
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
        name=f"be{year}",
        provenance=PROVENANCE[f"be{year}"],
        start=datetime.fromisoformat(rows[0]["start_utc"]),
        steps=1,
        load_kw=np.nan_to_num(_column(rows, "load_kwh")) * 4.0,
        solar_kw=np.nan_to_num(sun) * kwp * 4.0 / 1000.0,
        solar_told_kw=np.nan_to_num(told) * kwp * 4.0 / 1000.0,
        spot=held(_column(rows, "price_eur_per_mwh")),
    )


def minutes_month(_: float = KWP) -> Series:
    """A real Dutch month by the minute, without the charging of its own car at 11 kW.

    Its load includes its sun, for any panels.
    """
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
    net = held(net)
    net = np.where(net > 8.0, np.minimum(net, 0.6), net)
    none, quarters = np.zeros(count), count // 15
    return Series(
        name="nl2024",
        provenance=PROVENANCE["nl2024"],
        start=start,
        steps=15,
        load_kw=net,
        solar_kw=none,
        solar_told_kw=none[:quarters],
        spot=spot(start, quarters),
    )


def synthetic(kwp: float = KWP) -> Series:
    """A made couple by the minute, dated 2023, with that year's sun and prices."""
    path = SHARED / "data/household/synthetic_lpg_chr01_1min_year.csv.gz"
    with gzip.open(path, "rt") as file:
        load = np.array([float(row["load_w"]) for row in csv.DictReader(file)]) / 1000.0
    start = datetime(2022, 12, 31, 23, tzinfo=UTC)
    quarters = len(load) // 15
    sun, told = _sun(start, quarters, kwp)
    return Series(
        name="made2023",
        provenance=PROVENANCE["made2023"],
        start=start,
        steps=15,
        load_kw=load,
        solar_kw=np.repeat(sun, 15),
        solar_told_kw=told,
        spot=spot(start, quarters),
    )


def heated(kwp: float = KWP) -> Series:
    """made2023 with a heat pump that follows the weather of Aachen, 5 km from Belgium."""
    series = synthetic(kwp)
    minutes = len(series.load_kw)
    rows = _air_rows(AACHEN_2023)
    at = [(stamp - series.start) / timedelta(minutes=1) for stamp, _ in rows]
    air = np.interp(np.arange(minutes), at, [air_c for _, air_c in rows])
    return replace(
        series,
        name="heat2023",
        provenance=PROVENANCE["heat2023"],
        load_kw=series.load_kw + _heat_pump_kw(air),
        air=weather(AACHEN_2023),
    )


def _heat_pump_kw(air: Floats) -> Floats:
    """Power of a heat pump by the minute: heating by the outdoor temperature, on and off below its
    minimum power, and hot water once a day around 13:12."""
    minute, rng = np.arange(len(air)), Random(1)
    kw = np.clip((HEATS_BELOW_C - air) * HEAT_KW_K, 0.0, HEAT_MOST_KW)
    share = kw / HEAT_LEAST_KW
    cycled = np.where(minute % CYCLE_MIN < CYCLE_MIN * share, HEAT_LEAST_KW, 0.0)
    kw = np.where(share < 1.0, cycled, kw)
    for midnight in range(0, len(air), 1440):
        begin = midnight + WATER_AT_MIN + round(rng.uniform(-30, 30))
        kw[begin : begin + WATER_MIN] += WATER_KW
    return kw


def weather(station: str) -> Air:
    """Mean temperature of each local day at a station (DWD), °C."""
    days: dict[date, list[float]] = {}
    for stamp, air_c in _air_rows(station):
        days.setdefault(local_day(stamp), []).append(air_c)
    return {day: fmean(each) for day, each in days.items()}


@lru_cache(maxsize=2)
def _air_rows(station: str) -> Sequence[tuple[datetime, float]]:
    """Temperature every ten or fifteen minutes of a year, °C."""
    with gzip.open(SHARED / f"data/solar/{station}.csv.gz", "rt") as file:
        rows = csv.DictReader(file)
        return [(datetime.fromisoformat(row["start_utc"]), float(row["temp_c"])) for row in rows]


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
    return held(found)


def column(
    path: Path, name: str, start: datetime, quarters: int, sane: tuple[float, float]
) -> Floats:
    """A column of a CSV with start_utc, per quarter; NaN is not known. It may be .gz.

    OSError and ValueError with a sentence.
    """
    found = np.full(quarters, np.nan)
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {"start_utc", name} <= set(reader.fieldnames or ()):
            raise ValueError(f"{path.name} has no columns start_utc and {name}")
        for row in reader:
            try:
                at = (datetime.fromisoformat(row["start_utc"]) - start) // QUARTER
                value = float(row[name] or "nan")
            except (TypeError, ValueError):
                raise ValueError(
                    f"{path.name}, line {reader.line_num}: not a time (UTC) and a {name}"
                ) from None
            if 0 <= at < quarters and sane[0] <= value <= sane[1]:
                found[at] = value
    return found


def sunlight(path: Path, start: datetime, quarters: int) -> tuple[Floats, Floats]:
    """Power of 1 kWp and its forecast a day ahead, kW per quarter; NaN is not known.

    The file is a CSV with start_utc and kw_per_kwp, and told_kw_per_kwp where a forecast is known;
    it may be .gz. OSError and ValueError with a sentence.
    """
    real = np.full(quarters, np.nan)
    told = real.copy()
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {"start_utc", "kw_per_kwp"} <= set(reader.fieldnames or ()):
            raise ValueError(f"{path.name} has no columns start_utc and kw_per_kwp")
        for row in reader:
            try:
                at = (datetime.fromisoformat(row["start_utc"]) - start) // QUARTER
                kw = float(row["kw_per_kwp"] or "nan")
                ahead_kw = float(row.get("told_kw_per_kwp") or kw)
            except (TypeError, ValueError):
                raise ValueError(
                    f"{path.name}, line {reader.line_num}: not a time (UTC) and kW of 1 kWp"
                ) from None
            if 0 <= at < quarters and 0 <= kw <= MOST_OF_A_KWP:
                real[at], told[at] = kw, min(max(0.0, ahead_kw), MOST_OF_A_KWP)
    return real, told


def _sun(start: datetime, quarters: int, kwp: float) -> tuple[Floats, Floats]:
    """Power of `kwp` kWp and its forecast of the day before, per quarter, kW: Elia's country."""
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
                real[at] = float(row[measured]) / float(row[capacity]) * kwp
                told[at] = float(row[ahead] or row[measured]) / float(row[capacity]) * kwp
    return np.maximum(0.0, held(real)), np.maximum(0.0, held(told))


def _column(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


HOMES: Mapping[str, Callable[[float], Series]] = {
    "be2022": lambda kwp: combined(2022, kwp),
    "be2025": lambda kwp: combined(2025, kwp),
    "nl2024": minutes_month,
    "made2023": synthetic,
    "heat2023": heated,
}
