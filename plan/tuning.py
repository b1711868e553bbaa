"""Weights of a plan: the month peak, the energy stored at its end, and choices of back-tests."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from base.time import DAY, HOUR
from plan.ahead import Ahead
from plan.batteries import Battery
from plan.month import MonthPeak

TIE_EUR = 1e-6
"""Among equals the earlier one is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Parameters chosen by back-tests. Energy values are shares of prices in the outlook.

    A car is ready `ready_quarters` before it leaves, as a margin.
    """

    reserve_eur_kwh: float = 0.02
    ready_quarters: int = 2
    battery_end: float = 0.5
    car_end: float = 0.2
    car_low: float = 0.95
    typical_share: float = 0.3
    weight_power: float = 0.25


TUNED = Tuning()


@dataclass(frozen=True, slots=True)
class Span:
    """The quarters of one month in the plan, the peak paid there, and the price of a kW above
    it."""

    first: int
    last: int
    paid_kw: float
    eur_kw: float


def month_spans(ahead: Ahead, month: MonthPeak, tuning: Tuning) -> Iterator[Span]:
    """This month and the next, as far as the plan reaches. A kW costs in proportion to the part of
    the remaining month that the plan covers: the other nights would use it too."""
    count = len(ahead.hours)
    inside = int(np.searchsorted(ahead.begins(), (month.end - ahead.start) / HOUR - 1e-6))
    for first, last, paid_kw, left in (
        (0, inside, month.paid_kw, month.end - ahead.start),
        (inside, count, month.floor_kw, 30 * DAY),
    ):
        if last > first:
            seen = float(ahead.hours[first:last].sum()) * HOUR / max(left, DAY)
            weight = min(1.0, seen) ** tuning.weight_power
            yield Span(first, last, paid_kw, month.eur_kw * weight)


def month_cost_eur(ahead: Ahead, month: MonthPeak, tuning: Tuning, peak_kw: float) -> float:
    """Cost of a peak of this month, as the program counts it."""
    span = next(month_spans(ahead, month, tuning))
    above = max(0.0, peak_kw - span.paid_kw)
    usual = min(above, max(0.0, month.typical_kw - span.paid_kw))
    return span.eur_kw * (usual * tuning.typical_share + above - usual)


def battery_end(ahead: Ahead, battery: Battery, tuning: Tuning) -> float:
    """EUR for each kWh left in a battery at the end of the plan."""
    low, high = np.quantile(ahead.usual_eur_kwh, (0.1, 0.9))
    worth = low + tuning.battery_end * (high - low)
    return float(max(0.0, worth * battery.efficiency - battery.wear_eur_kwh))


def car_end(ahead: Ahead, tuning: Tuning) -> float:
    """EUR for each kWh in a car at the end: it can wait for the cheapest hours to come."""
    low, high = np.quantile(ahead.usual_eur_kwh, (0.05, 0.5))
    return float(max(0.0, low * tuning.car_low + tuning.car_end * (high - low)))
