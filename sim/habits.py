"""Habits of the people of the simulated house, as a table: time, probability, appliance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from base.time import BRUSSELS

HOT_TAP_ML_S = 640  # gas of a combi boiler that heats 9 l/min


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stretch of a device's programme: `watts` on for `on_s` of each `cycle_s` seconds."""

    seconds: int
    watts: int = 0
    cycle_s: int = 1
    on_s: int = 1
    water_ml_s: int = 0
    gas_ml_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """Done on most days (`chance`) around a local hour, on one of the lines L1 to L3 (0 to 2)."""

    hour: float
    spread_h: float
    chance: float
    line: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A step at its place in time, `start` and `end` in Unix seconds."""

    start: int
    end: int
    line: int
    step: Step


_KETTLE = (Step(seconds=170, watts=2200),)
_FLUSH = (Step(seconds=40, water_ml_s=150),)
_TAP = (Step(seconds=90, water_ml_s=100),)
_SHOWER = (Step(seconds=400, water_ml_s=150, gas_ml_s=HOT_TAP_ML_S),)
_OVEN = (Step(seconds=500, watts=2800), Step(seconds=2700, watts=2800, cycle_s=150, on_s=60))
_HOB = (Step(seconds=240, watts=2100), Step(seconds=1300, watts=1900, cycle_s=20, on_s=9))
_WASH = (
    Step(seconds=60, watts=30, water_ml_s=170),
    Step(seconds=1100, watts=2050),
    Step(seconds=3400, watts=160, cycle_s=30, on_s=18),
    Step(seconds=60, watts=30, water_ml_s=170),
    Step(seconds=480, watts=420),
)
_DISHES = (
    Step(seconds=60, watts=20, water_ml_s=70),
    Step(seconds=1000, watts=1950),
    Step(seconds=2600, watts=60),
    Step(seconds=700, watts=1950),
)

HABITS = (
    Habit(hour=6.9, spread_h=0.4, chance=0.9, line=0, steps=_SHOWER),
    Habit(hour=7.2, spread_h=0.4, chance=0.8, line=0, steps=_SHOWER),
    Habit(hour=7.1, spread_h=0.3, chance=0.95, line=1, steps=_KETTLE),
    Habit(
        hour=7.4, spread_h=0.3, chance=0.6, line=1, steps=(Step(seconds=200, watts=900),)
    ),  # toaster
    Habit(hour=10.0, spread_h=3.0, chance=0.5, line=2, steps=_WASH),
    Habit(
        hour=12.3, spread_h=0.4, chance=0.6, line=1, steps=(Step(seconds=360, watts=1300),)
    ),  # microwave
    Habit(hour=13.0, spread_h=0.5, chance=0.7, line=1, steps=_KETTLE),
    Habit(hour=16.3, spread_h=0.5, chance=0.8, line=1, steps=_KETTLE),
    Habit(hour=18.0, spread_h=0.25, chance=1.0, line=2, steps=_OVEN),
    Habit(hour=18.1, spread_h=0.3, chance=0.9, line=1, steps=_HOB),
    Habit(
        hour=19.5, spread_h=0.5, chance=0.9, line=0, steps=(Step(seconds=10800, watts=130),)
    ),  # television
    Habit(hour=20.0, spread_h=0.6, chance=0.6, line=0, steps=_DISHES),
    Habit(hour=20.8, spread_h=0.5, chance=0.8, line=1, steps=_KETTLE),
    Habit(hour=21.5, spread_h=0.8, chance=0.4, line=0, steps=_SHOWER),
    *(
        Habit(hour=hour, spread_h=0.7, chance=0.8, line=0, steps=_FLUSH)
        for hour in (6.8, 7.5, 9.5, 12.5, 15, 17.5, 19.5, 21, 22.5)
    ),
    *(
        Habit(hour=hour, spread_h=0.8, chance=0.9, line=0, steps=_TAP)
        for hour in (7.3, 12.4, 17.8, 18.6, 19.2)
    ),
)


def runs_of(seed: int, day: date) -> Iterator[Run]:
    """Everything that is switched on during one local day; some of it ends after midnight."""
    draw = Random(f"{seed}/{day.isoformat()}")
    midnight = datetime(day.year, day.month, day.day, tzinfo=BRUSSELS)
    for habit in HABITS:
        done = draw.random() < habit.chance
        hour = habit.hour + draw.gauss(0, habit.spread_h / 2)
        if not done:
            continue
        # wall clock arithmetic: supper is at six also on the day the clock changes
        start = int((midnight + timedelta(seconds=round(hour * 3600))).timestamp())
        for step in habit.steps:
            yield Run(start, start + step.seconds, habit.line, step)
            start += step.seconds
