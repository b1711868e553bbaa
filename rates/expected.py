"""Expected use and cost: repeats last week's use at estimated prices."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from base.time import DAY
from rates.amounts import Pricing
from rates.contract import Priced
from rates.curve import Spot, Spots
from rates.stretch import Use

WEEK = timedelta(days=7)
WEEKS_BACK = 5


def repeated(uses: Sequence[Use], start: datetime, end: datetime) -> list[Use]:
    """The last week before `start`, repeated until before `end`. With less than a week of use, its
    whole days; without a day, nothing.
    """
    known = start - min((quarter for quarter, _, _ in uses), default=start)
    period = min(WEEK, known // DAY * DAY)
    if not period:
        return []
    last = [use for use in uses if start - period <= use[0] < start]
    times = range(1, (end - start) // period + 2)
    return [
        (quarter + period * again, register, amount)
        for again in times
        for quarter, register, amount in last
        if quarter + period * again < end
    ]


def foreseen(pricing: Pricing) -> Pricing:
    """The same prices; an unpublished day-ahead price is that of the same quarter a week ago."""
    if not isinstance(pricing, Priced):
        return pricing
    known = pricing.spots.quarter
    market = Spots.of(lambda quarter: _first(known(quarter), _weeks_before(known, quarter)))
    return Priced(pricing.contract, market.kept())


def with_stand_in(spots: Spots) -> Spots:
    """The prices; a missing one is that of the same quarter in the weeks before."""
    known = spots.quarter
    return replace(spots, stand_in=Spots.of(lambda quarter: _weeks_before(known, quarter)))


def _first(price: Decimal | None, stand_in: Decimal | None) -> Decimal | None:
    return stand_in if price is None else price


def _weeks_before(spot: Spot, quarter: datetime) -> Decimal | None:
    weeks = (spot(quarter - back * WEEK) for back in range(1, WEEKS_BACK + 1))
    return next((price for price in weeks if price is not None), None)
