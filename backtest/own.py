"""A home out of its own meter: the quarters that dm booked, or an export of mijn.fluvius.be."""

from datetime import date

import numpy as np

from backtest.world import Floats, Series
from base.time import QUARTER
from rates.amounts import INJECTION, OFFTAKE
from rates.calendar import day_start
from rates.curve import Spots
from rates.past.quarters import Past

LEAST_DAYS = 14
MOST_UNKNOWN = 0.1


class TooLittleError(ValueError):
    """There is too little past to live it again; the text says how much."""


def series(past: Past, source: str, start: date, end: date, spots: Spots) -> Series:
    """The days from `start` until before `end`, as the meter saw them.

    What the roof gave is not known apart: the load is what went through the meter, negative when
    it injected. TooLittleError where there is no fortnight, or too much of it is missing.
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
            f"{source} holds {count / 96:.0f} whole days; to live them again takes {LEAST_DAYS}"
        )
    if unknown > MOST_UNKNOWN * count:
        raise TooLittleError(f"{source} lacks {unknown} of its {count} quarters: too many")
    hole = f"; {unknown} quarters that are missing are taken as those before" if unknown else ""
    told = f"{source}, {start} to {end} (excluded), sun and own cars are in the load{hole}"
    market = [spots.quarter(first + q * QUARTER) for q in range(count)]
    spot = held(np.array([np.nan if eur is None else float(eur) for eur in market]))
    return Series(
        name="own",
        provenance=told,
        start=first,
        steps=1,
        load_kw=held(net),
        solar_kw=np.zeros(count),
        solar_told_kw=np.zeros(count),
        spot=spot,
    )


def held(values: Floats) -> Floats:
    """Holes filled with what was last known; what is before the first, with the first."""
    known = ~np.isnan(values)
    if not known.any():
        return np.zeros(len(values))
    index = np.where(known, np.arange(len(values)), 0)
    np.maximum.accumulate(index, out=index)
    return np.where(np.isnan(values[index]), values[known][0], values[index])
