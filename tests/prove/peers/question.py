"""The input of every planner: the outlook, the battery, and the stays of the cars as tasks."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from backtest.ours import Ours
from backtest.plant import CarState, View
from backtest.world import QUARTER_H, Car, Floats
from plan.ahead import ahead

HORIZON = 96
TASKS = 2
"""Stays of one car that a day can hold with a need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`kwh` from the charger in the quarters `first` to `last` (excluded), from now."""

    car: int
    first: int
    last: int
    kwh: float
    most_kw: float
    least_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """24 hours by quarter from `start`; kW, kWh, EUR. `peak_kw` of this month is already paid."""

    start: str
    load_kw: Floats
    solar_kw: Floats
    buy_eur_kwh: Floats
    sell_eur_kwh: Floats
    peak_kw: float
    eur_kw: float
    end_share: float
    battery: dict[str, float]
    tasks: tuple[Task, ...]

    def plain(self) -> dict[str, Any]:
        """Values that JSON can represent."""
        return {
            key: value.tolist() if isinstance(value, np.ndarray) else value
            for key, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """kW per quarter: battery (positive charges), each task, the grid (positive is offtake)."""

    battery_kw: Floats
    tasks_kw: tuple[Floats, ...]
    grid_kw: Floats
    took_s: float


def question(facts: Ours, view: View, end_share: float) -> Question:
    """The input from the current `facts`, the same as for our plan."""
    world, q = facts.world, view.quarter
    seen = ahead(facts.outlook(q), fine=HORIZON).near()
    battery = world.battery
    pairs = enumerate(zip(world.cars, view.cars, strict=True))
    return Question(
        start=world.at(q).isoformat(),
        load_kw=seen.load_kw,
        solar_kw=seen.solar_kw,
        buy_eur_kwh=seen.buy_eur_kwh,
        sell_eur_kwh=seen.sell_eur_kwh,
        peak_kw=max(world.floor_kw, view.peak_kw),
        eur_kw=world.eur_kw,
        end_share=end_share,
        battery={
            "capacity_kwh": battery.capacity_kwh,
            "kw": battery.kw,
            "efficiency": battery.efficiency,
            "wear_eur_kwh": battery.wear_eur_kwh,
            "stored_kwh": view.stored_kwh,
        },
        tasks=tuple(
            task for n, (car, state) in pairs for task in _padded(n, car, _tasks(n, car, state, q))
        ),
    )


def _tasks(number: int, car: Car, state: CarState, q: int) -> Iterator[Task]:
    """The stays that end within the horizon, from the trips announced by the owner."""
    stored, since = state.stored_kwh, q
    coming = car.trips[state.next_trip :]
    if coming and not state.plugged:
        stored, since = stored - coming[0].told_kwh, max(q + 1, coming[0].told_back)
        coming = coming[1:]
    for trip in coming:
        if trip.leave > q + HORIZON:
            return
        kwh = max(0.0, trip.need_kwh - stored) / car.efficiency
        room = max(0, trip.leave - since) * car.most_kw * QUARTER_H
        yield Task(
            car=number,
            first=since - q,
            last=trip.leave - q,
            kwh=min(kwh, room * 0.999),
            most_kw=car.most_kw,
            least_kw=car.least_kw,
        )
        stored = max(stored, trip.need_kwh) - trip.told_kwh
        since = max(trip.told_back, trip.leave + 1)


def _padded(number: int, car: Car, tasks: Iterator[Task]) -> Iterator[Task]:
    """Pad to a fixed number: planners are built for a number of tasks."""
    found = list(tasks)[:TASKS]
    yield from found
    for _ in range(TASKS - len(found)):
        yield Task(car=number, first=0, last=0, kwh=0.0, most_kw=car.most_kw, least_kw=car.least_kw)
