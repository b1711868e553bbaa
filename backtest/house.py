"""The house that is replayed, from the command line: panels, battery, cars and their trips,
chargers, a heat pump, and the price of a month peak.

Edge: reads the files that are named.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from statistics import fmean

import numpy as np

from backtest import data
from backtest.cut import HOME_BATTERY, LEAST_KW
from backtest.fleet import MADE_UP, PAST_DAYS, DescribedTrip, Model, habit, name_of, usual_kwh
from backtest.jobs import Home
from backtest.own import held
from backtest.world import Battery, Charger, Floats, Series
from base.number_option import number as number_from
from base.time import BRUSSELS, DAY
from ev.facts import Car
from ev.need_message import USED_PCT
from ev.trips import schedule
from plan.forecast import Air

WARM_C, COLD_C = 15.5, -10.0
"""Outdoor temperatures without heating, and with the heat pump at its full power."""
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEAST_EFFICIENCY = 0.5
MOST_BATTERY, MOST_LEAST, MOST_CHARGER, MOST_CARS, MOST_EUR, MOST_KWP = 1000, 11, 60, 50, 1000, 1000


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that describe a house."""
    add = parser.add_argument
    add("--cars", nargs="+", type=number_from(int, 0, MOST_CARS), metavar="N", default=None,
        help="number of cars, made up (default: 1)")  # fmt: skip
    add("--car", nargs=3, type=number_from(float, 0, MOST_BATTERY), action="append", default=[],
        metavar=("KWH", "KW", "LEAST"),
        help="a car: its capacity, and the most and least power of charging; once for each: one,"
        " two, ...")  # fmt: skip
    add(
        "--trips",
        type=Path,
        metavar="FILE",
        help="a calendar (.ics) in place of made-up trips; its entries name a car: @one@ 80%%",
    )
    add("--habit", nargs=4, action="append", default=[],
        metavar=("CAR", "DAYS", "HOURS", "KWH"),
        help="in place of a car's made-up trips: one mon-fri 7:30-17:30 12")  # fmt: skip
    add("--least", type=number_from(float, 0, MOST_LEAST), default=LEAST_KW, metavar="KW",
        help="the least power of their chargers (default: %(default)s); 4.14: fixed on three"
        " phases")  # fmt: skip
    add("--charger", nargs=2, type=number_from(float, 0, MOST_CHARGER), metavar=("S", "A"),
        default=[0.0, 0.0],
        help="their delay and step (default: 0 0, perfect; over OCPP about 5.2 1)")  # fmt: skip
    add("--battery", nargs=2, type=number_from(float, 0, MOST_BATTERY), metavar=("KWH", "KW"),
        default=[10.0, 5.0], help="its capacity and power (default: 10 5)")  # fmt: skip
    add("--efficiency", type=number_from(float, 0, 1), default=HOME_BATTERY.efficiency,
        metavar="SHARE",
        help="of the battery, one way (default: %(default)s)")  # fmt: skip
    add("--standby", type=number_from(float, 0, MOST_BATTERY), default=0.0, metavar="W",
        help="standby power of battery and inverter (default: 0)")  # fmt: skip
    add("--pv", nargs=2, action="append", default=[], metavar=("KWP", "FILE"),
        help="more panels under a sunlight in the form of --sun; once for each plane")  # fmt: skip
    add("--heat-pump", nargs=2, default=None, metavar=("KW", "FILE"),
        help="a heat pump: its power at -10 C; a CSV with start_utc and temperature_c")  # fmt: skip
    add("--capacity", type=number_from(float, 0, MOST_EUR), metavar="EUR",
        help="price of a kW of month peak in a year (default: the contract's)")  # fmt: skip
    add("--kwp", type=number_from(float, 0, MOST_KWP), default=data.KWP, metavar="KWP",
        help="panels of a home of DM_SHARED (default: %(default)s)")  # fmt: skip


def battery(options: argparse.Namespace) -> Battery:
    """The battery that is typed. ValueError when it loses everything."""
    kwh, kw = options.battery
    if options.efficiency < LEAST_EFFICIENCY:
        raise ValueError(f"--efficiency is a share from {LEAST_EFFICIENCY} to 1")
    return Battery(capacity_kwh=kwh, kw=kw, efficiency=options.efficiency)


def counts(options: argparse.Namespace) -> Sequence[int]:
    """The numbers of cars: as typed, or else the number described."""
    typed: Sequence[int] | None = options.cars
    return typed if typed is not None else [max(1, len(options.car))]


def described(home: Home, options: argparse.Namespace) -> Home:
    """The home with all that was typed. ValueError and OSError with a sentence."""
    series, tariff = home.series, home.tariff
    load_kw, solar_kw, told_kw = series.load_kw, series.solar_kw, series.solar_told_kw
    said = []
    if options.standby and options.battery[0]:
        load_kw = load_kw + options.standby / 1000.0
        said.append(f"battery and inverter use {options.standby:g} W themselves")
    for kwp, path in ((_typed("--pv", kwp, 100), path) for kwp, path in options.pv):
        sun, told = data.sunlight(Path(path), series.start, series.quarters)
        if np.isnan(sun).all():
            raise ValueError(f"{Path(path).name} has no sunlight of these days")
        sun, told = held(sun), held(told)
        solar_kw, told_kw = solar_kw + kwp * np.repeat(sun, series.steps), told_kw + kwp * told
        said.append(f"{kwp:g} kWp more under {Path(path).name}")
    if options.heat_pump:
        kw, path = _typed("--heat-pump", options.heat_pump[0], 30), Path(options.heat_pump[1])
        air_c = _air_c(path, series)
        load_kw = load_kw + np.repeat(kw * _cold(air_c), series.steps)
        series = replace(series, air=_by_day(air_c, series))
        said.append(f"a heat pump of {kw:g} kW at {COLD_C:.0f} C under {path.name}")
    if options.capacity is not None:
        tariff = replace(tariff, eur_kw=options.capacity / 12.0)
    if options.efficiency != HOME_BATTERY.efficiency:
        said.append(f"battery efficiency {options.efficiency:g} one way")
    models = tuple(_models(options, series))
    said += _cars_told(models)
    return replace(
        home,
        series=replace(series, load_kw=load_kw, solar_kw=solar_kw, solar_told_kw=told_kw),
        tariff=tariff,
        battery=battery(options),
        least_kw=options.least,
        charger=Charger(*options.charger),
        models=models,
        told=tuple(said),
    )


def _air_c(path: Path, series: Series) -> Floats:
    """Outdoor temperature of each quarter, C."""
    found = data.column(path, "temperature_c", series.start, series.quarters, (-40.0, 60.0))
    if np.isnan(found).all():
        raise ValueError(f"{path.name} has no temperature of these days")
    return held(found)


def _by_day(air_c: Floats, series: Series) -> Air:
    """Mean temperature of each local day, for the forecast of the load."""
    days: dict[date, list[float]] = {}
    for at, each in zip(series.local(), air_c, strict=True):
        days.setdefault(at.date(), []).append(float(each))
    return {day: fmean(each) for day, each in days.items()}


def _cold(air_c: Floats) -> Floats:
    """Share of its power at -10 C that a heat pump takes in each quarter."""
    return np.clip((WARM_C - air_c) / (WARM_C - COLD_C), 0.0, 1.0)


def _models(options: argparse.Namespace, series: Series) -> Iterator[Model]:
    """The described cars, with their own trips if any."""
    own = dict(_habits(options.habit, series))
    count = max(counts(options))
    if options.trips:
        own |= dict(_calendar(options.trips, options, count, series))
    if strange := sorted(set(own) - {name_of(number) for number in range(count)}):
        raise ValueError(f"there is no car {', '.join(strange)}: the cars are called one, two, ...")
    for number in range(count):
        trips = own.get(name_of(number))
        if number >= len(options.car):
            yield replace(MADE_UP, trips=trips)
            continue
        kwh, most_kw, least_kw = options.car[number]
        if not 0 < least_kw <= most_kw or not kwh:
            raise ValueError(
                f"--car {kwh:g} {most_kw:g} {least_kw:g}: the capacity must be above 0 kWh, and the"
                " minimum power above 0 kW and at most the maximum"
            )
        yield Model(capacity_kwh=kwh, most_kw=most_kw, least_kw=least_kw, trips=trips)


def _capacity_kwh(options: argparse.Namespace, number: int) -> float:
    described: Sequence[Sequence[float]] = options.car
    return described[number][0] if number < len(described) else usual_kwh(number)


def _span(series: Series) -> tuple[datetime, datetime]:
    """From the weeks before, of which a habit is learned, to the end."""
    return series.start - PAST_DAYS * DAY, series.local()[-1].astimezone(UTC) + DAY


def _calendar(
    path: Path, options: argparse.Namespace, count: int, series: Series
) -> Iterator[tuple[str, tuple[DescribedTrip, ...]]]:
    """The trips of each car in a calendar's file."""
    from ev.calendars.expand import expand  # and with it the iCal packages

    since, until = _span(series)
    events = expand(path.read_text(encoding="utf-8"), since, until, BRUSSELS).events
    cars = [
        Car(name=name_of(number), capacity_kwh=_capacity_kwh(options, number))
        for number in range(count)
    ]
    read = schedule(events, cars, since, zone=BRUSSELS)
    if not read.coming:
        raise ValueError(f"{path.name} has no trip of {', '.join(car.name for car in cars)} then")
    for car in cars:
        share = car.capacity_kwh / 100.0
        mine = [trip for trip in read.coming if trip.car == car.name]
        if mine:
            yield (
                car.name,
                tuple(
                    DescribedTrip(
                        trip.departure,
                        trip.back,
                        trip.target_pct * share,
                        min(USED_PCT, max(0.0, trip.target_pct - car.least_pct)) * share,
                    )
                    for trip in mine
                ),
            )


def _habits(
    typed: Iterable[Sequence[str]], series: Series
) -> Iterator[tuple[str, tuple[DescribedTrip, ...]]]:
    """The trips of each car that has a habit, or several."""
    since, until = _span(series)
    found: dict[str, tuple[DescribedTrip, ...]] = {}
    for car, days, hours, kwh in typed:
        leaves, returns = _hours(hours)
        trips = habit(
            _days(days), leaves, returns, _typed("--habit", kwh, 200), since.date(), until.date()
        )
        found[car] = (*found.get(car, ()), *trips)
    yield from found.items()


def _days(text: str) -> frozenset[int]:
    """Days of the week: mon-fri, or sat,sun."""
    try:
        parts = [[WEEK.index(each) for each in part.split("-")] for part in text.lower().split(",")]
        return frozenset(day for part in parts for day in range(part[0], part[-1] + 1))
    except ValueError:
        raise ValueError(f"--habit: {text!r} is not days such as mon-fri or sat,sun") from None


def _hours(text: str) -> tuple[time, time]:
    """From and to: 7:30-17:30."""
    try:
        leaves, returns = (time.fromisoformat(each.rjust(5, "0")) for each in text.split("-"))
    except ValueError:
        raise ValueError(f"--habit: {text!r} is not hours such as 7:30-17:30") from None
    return leaves, returns


def _cars_told(models: Sequence[Model]) -> Iterator[str]:
    for number, model in enumerate(models):
        words = []
        if model.capacity_kwh is not None:
            words.append(f"{model.capacity_kwh:g} kWh, {model.least_kw:g} to {model.most_kw:g} kW")
        if model.trips is not None:
            words.append(f"{len(model.trips)} trips of its own")
        if words:
            yield f"car {name_of(number)} has {', '.join(words)}"


def _typed(option: str, text: str, most: float) -> float:
    try:
        return number_from(float, 0, most)(text)
    except argparse.ArgumentTypeError as error:
        raise ValueError(f"{option}: {error}") from None
