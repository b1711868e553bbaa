"""What the people of the simulated house do in a day, as a table: when, how likely, what runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from base.time import BRUSSELS

HOT_TAP_ML_S = 640  # gas of a combi boiler that heats 9 l/min


@dataclass(frozen=True, slots=True)
class Step:
    """One stretch of a device's programme: `watts` on for `on_s` of each `cycle_s` seconds."""

    seconds: int
    watts: int = 0
    cycle_s: int = 1
    on_s: int = 1
    water_ml_s: int = 0
    gas_ml_s: int = 0


@dataclass(frozen=True, slots=True)
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


_KETTLE = (Step(170, 2200),)
_FLUSH = (Step(40, water_ml_s=150),)
_TAP = (Step(90, water_ml_s=100),)
_SHOWER = (Step(400, water_ml_s=150, gas_ml_s=HOT_TAP_ML_S),)
_OVEN = (Step(500, 2800), Step(2700, 2800, cycle_s=150, on_s=60))
_HOB = (Step(240, 2100), Step(1300, 1900, cycle_s=20, on_s=9))
_WASH = (
    Step(60, 30, water_ml_s=170),
    Step(1100, 2050),
    Step(3400, 160, cycle_s=30, on_s=18),
    Step(60, 30, water_ml_s=170),
    Step(480, 420),
)
_DISHES = (Step(60, 20, water_ml_s=70), Step(1000, 1950), Step(2600, 60), Step(700, 1950))

HABITS = (
    Habit(6.9, 0.4, 0.9, 0, _SHOWER),
    Habit(7.2, 0.4, 0.8, 0, _SHOWER),
    Habit(7.1, 0.3, 0.95, 1, _KETTLE),
    Habit(7.4, 0.3, 0.6, 1, (Step(200, 900),)),  # toaster
    Habit(10.0, 3.0, 0.5, 2, _WASH),
    Habit(12.3, 0.4, 0.6, 1, (Step(360, 1300),)),  # microwave
    Habit(13.0, 0.5, 0.7, 1, _KETTLE),
    Habit(16.3, 0.5, 0.8, 1, _KETTLE),
    Habit(18.0, 0.25, 1.0, 2, _OVEN),
    Habit(18.1, 0.3, 0.9, 1, _HOB),
    Habit(19.5, 0.5, 0.9, 0, (Step(10800, 130),)),  # television
    Habit(20.0, 0.6, 0.6, 0, _DISHES),
    Habit(20.8, 0.5, 0.8, 1, _KETTLE),
    Habit(21.5, 0.8, 0.4, 0, _SHOWER),
    *(Habit(hour, 0.7, 0.8, 0, _FLUSH) for hour in (6.8, 7.5, 9.5, 12.5, 15, 17.5, 19.5, 21, 22.5)),
    *(Habit(hour, 0.8, 0.9, 0, _TAP) for hour in (7.3, 12.4, 17.8, 18.6, 19.2)),
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
