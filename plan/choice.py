"""Extra cost of a trip, and the state of charge without it, for the owner to choose.

The same program again with limits: no quarter above the peak that is paid already, no kWh much more
expensive than usual. The energy that a car then misses is bought by the raised peak and the
expensive hours.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np

from base import messages
from plan.ahead import QUARTER_H, Ahead
from plan.asset import Taker
from plan.assets import Assets
from plan.cars import Car, Stay
from plan.month import MonthPeak
from plan.schedule import Plan

DEAR = 1.5
"""A price above this multiple of the usual one is expensive."""
OVER_KW = 0.1
SOME_KWH = 0.5
SOME_EUR = 0.05
Planned = Callable[[Ahead, Assets, MonthPeak], Plan]


def chosen(
    seen: Ahead,
    held: Assets,
    month: MonthPeak,
    needs: Mapping[str, messages.Need],
    planned: Planned,
) -> tuple[Plan, tuple[messages.Choice, ...]]:
    """The plan by the owner's decision, and each trip that has a choice; `planned` makes a plan."""
    refusing = {name for name, need in needs.items() if need.choice == "refuse"}
    full = planned(seen, held, month)
    if not held.cars or _at_once(held) or not _costs(full, seen, month):
        return full, ()
    usual = usual_eur_kwh(seen)
    thrifty_month = replace(month, ceiling_kw=min(month.paid_kw, month.ceiling_kw or np.inf))
    thrifty = planned(seen, _modest(held, usual, None), thrifty_month)
    choices = tuple(_choices(full, thrifty, seen, held, month, needs, usual))
    if not refusing or not choices:
        return full, choices
    if all(car.peer in refusing for car in held.cars):
        return thrifty, choices
    return planned(seen, _modest(held, usual, refusing), thrifty_month), choices


def usual_eur_kwh(seen: Ahead) -> float:
    """Usual price of a kWh here."""
    return float(np.mean(seen.usual_eur_kwh)) if len(seen.usual_eur_kwh) else 0.0


def _costs(plan: Plan, seen: Ahead, month: MonthPeak) -> bool:
    """True if it pays something avoidable: a peak, or an expensive hour of charging."""
    if plan.target_kw > month.paid_kw + OVER_KW:
        return True
    dear = seen.buy_eur_kwh[: seen.fine] > DEAR * usual_eur_kwh(seen)
    return any(
        kw > OVER_KW and is_dear
        for schedule in plan.schedules.values()
        for kw, is_dear in zip(schedule.kw, dear, strict=False)
    )


def _at_once(held: Assets) -> bool:
    """True if a car must charge at any cost: then the owner has no choice."""
    return any(car.at_once for car in held.cars)


def _modest(held: Assets, usual: float, peers: set[str] | None) -> Assets:
    """The same cars, for whom a missing kWh is worth no more than an expensive one."""

    def modest(stay: Stay) -> Stay:
        return replace(stay, missed_eur_kwh=min(stay.missed_eur_kwh, DEAR * usual))

    def milder(taker: Taker) -> Taker:
        if isinstance(taker, Car) and (peers is None or taker.peer in peers):
            return replace(taker, stays=tuple(map(modest, taker.stays)))
        return taker

    return replace(held, takers=tuple(map(milder, held.takers)))


def _choices(
    full: Plan,
    thrifty: Plan,
    seen: Ahead,
    held: Assets,
    month: MonthPeak,
    needs: Mapping[str, messages.Need],
    usual: float,
) -> Iterator[messages.Choice]:
    """Each car that would leave with less, and its share of the extra cost of the full plan."""
    lacks = {
        car.name: thrifty.missed_kwh.get(car.name, 0.0) - full.missed_kwh.get(car.name, 0.0)
        for car in held.cars
    }
    lacking = [car for car in held.cars if lacks[car.name] > SOME_KWH]
    all_kwh = sum(lacks[car.name] for car in lacking)
    if not lacking:
        return
    over_kw = max(0.0, full.target_kw - max(thrifty.target_kw, month.paid_kw))
    peak_eur = over_kw * month.eur_kw
    dear_eur = _grid_eur(full, seen) - _grid_eur(thrifty, seen) - all_kwh * usual
    for car in lacking:
        share = lacks[car.name] / all_kwh
        eur = share * (peak_eur + max(0.0, dear_eur))
        told = _told(car, needs, lacks[car.name])
        if told is None or eur < SOME_EUR:
            continue
        leaves, pct = told
        yield messages.Choice(
            peer=car.peer,
            car=car.name,
            leaves=leaves,
            over_kw=round(over_kw, 2),
            eur=round(eur, 2),
            lacks_kwh=round(lacks[car.name], 1),
            without_pct=None if pct is None else round(pct, 1),
            accepted=needs[car.peer].choice == "accept",
        )


def _grid_eur(plan: Plan, seen: Ahead) -> float:
    """Cost of the plan's quarters at the meter."""
    grid = np.array(plan.grid_kw)
    count = len(grid)
    buy, sell = seen.buy_eur_kwh[:count], seen.sell_eur_kwh[:count]
    return float((np.maximum(grid, 0) @ buy + np.minimum(grid, 0) @ sell) * QUARTER_H)


def _told(
    car: Car, needs: Mapping[str, messages.Need], lacks_kwh: float
) -> tuple[datetime, float | None] | None:
    """Departure of the car, and its state of charge without the extra; None when it has no trip."""
    stay = next(
        (each for each in car.stays if each.end and each.need_kwh > 0 and not each.usual), None
    )
    if stay is None or stay.end is None:
        return None
    need = next(each for each in needs[car.peer].cars if each.name == car.name)
    if need.soc_pct is None or not need.capacity_kwh:
        return stay.end, None
    gets_kwh = max(0.0, stay.need_kwh - lacks_kwh) * need.efficiency
    return stay.end, min(100.0, need.soc_pct + 100.0 * gets_kwh / need.capacity_kwh)
