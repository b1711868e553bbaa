"""A home from its own meter: the quarters that dm booked, or an export of mijn.fluvius.be."""

from collections.abc import Callable
from datetime import date, datetime

import numpy as np

from backtest.world import Floats, Series
from base.time import QUARTER
from rates.amounts import INJECTION, OFFTAKE
from rates.calendar import day_start
from rates.curve import Spots
from rates.past.quarters import Past
from sun.hidden import WEEK, fitted

LEAST_DAYS = 14
MOST_UNKNOWN = 0.1
Sunlight = Callable[[datetime, int], tuple[Floats, Floats]]
"""Power of 1 kWp in a number of quarters from a start, and its forecast a day ahead, kW."""


class TooLittleError(ValueError):
    """The past is too short to replay; the text gives its length."""


def series(
    past: Past, source: str, start: date, end: date, spots: Spots, sunlight: Sunlight | None = None
) -> Series:
    """The days from `start` until before `end`, as the meter saw them.

    The solar production is unknown: the load is the power on the meter, negative during injection.
    With the `sunlight` of its region, the production of the panels is fitted and removed.
    TooLittleError where there is no fortnight, or too much of it is missing.
    """
    first = day_start(start)
    count = (day_start(end) - first) // QUARTER
    net = np.full(count, np.nan)
    for at in past.known:
        if 0 <= (index := (at - first) // QUARTER) < count:
            net[index] = 0.0
    for at, register, kwh in past.uses:
        if 0 <= (index := (at - first) // QUARTER) < count and register in (*OFFTAKE, *INJECTION):
            net[index] += float(kwh) * (4.0 if register in OFFTAKE else -4.0)
    unknown = int(np.isnan(net).sum())
    if count < LEAST_DAYS * 96:
        raise TooLittleError(
            f"{source} has {count / 96:.0f} whole days; a replay needs {LEAST_DAYS}"
        )
    if unknown > MOST_UNKNOWN * count:
        raise TooLittleError(f"{source} lacks {unknown} of its {count} quarters: too many")
    hole = f"; {unknown} quarters that are missing are taken as a week before" if unknown else ""
    market = [spots.quarter(first + q * QUARTER) for q in range(count)]
    spot = held(np.array([np.nan if eur is None else float(eur) for eur in market]))
    roof, solar_kw, told_kw = "sun and own cars are in the load", np.zeros(count), np.zeros(count)
    if sunlight is not None:
        sun, told = sunlight(first, count)
        hidden = fitted(net.tolist(), sun.tolist())
        if hidden is not None and hidden.sure:
            solar_kw, told_kw = held(sun) * hidden.kwp, held(told) * hidden.kwp
            roof = (
                f"panels of {hidden.kwp:.1f} kWp (fitted, give or take {hidden.error_kwp:.1f}) are"
                " taken out of the load, own cars are in it"
            )
        else:
            roof += "; no panels show in it under this sunlight"
    provenance = f"{source}, {start} to {end} (excluded), {roof}{hole}"
    return Series(
        name="own",
        provenance=provenance,
        start=first,
        steps=1,
        load_kw=held(weekly(net)) + solar_kw,
        solar_kw=solar_kw,
        solar_told_kw=told_kw,
        spot=spot,
        known=~np.isnan(net),
    )


def weekly(values: Floats) -> Floats:
    """Holes filled with the value of a week before, if known."""
    filled = values.copy()
    for first in range(WEEK, len(filled), WEEK):
        week, before = filled[first : first + WEEK], filled[first - WEEK : first]
        week[:] = np.where(np.isnan(week), before[: len(week)], week)
    return filled


def held(values: Floats) -> Floats:
    """Holes filled with the last known value; those before the first with the first."""
    known = ~np.isnan(values)
    if not known.any():
        return np.zeros(len(values))
    index = np.where(known, np.arange(len(values)), 0)
    np.maximum.accumulate(index, out=index)
    return np.where(np.isnan(values[index]), values[known][0], values[index])
