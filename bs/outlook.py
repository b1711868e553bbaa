"""The quarters of the next day and a morning, as bs expects them.

Prices from the outlook; the house as it went on each of the last days, or as the outlook says when
it knows. Each way that it may go stands for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from base import messages
from base.time import QUARTER, quarter_of
from bs.bank import Bank
from bs.habits import Able, Habits, lived, reserves_kwh
from bs.inputs import Rules

AHEAD = 120


@dataclass(frozen=True, slots=True)
class Slot:
    """A quarter ahead: EUR per kWh bought and sold, kW of the house, kWh to keep at its end.

    `ready_kwh` is what a car that leaves at its end must have.
    """

    buy_eur: float
    sell_eur: float
    house_kw: float
    keep_kwh: float
    ready_kwh: float = 0.0


def slots(
    outlook: messages.Outlook | None,
    habits: Habits,
    bank: Bank,
    target_kw: float | None,
    now: datetime,
    rules: Rules,
) -> list[list[Slot]]:
    """The quarters ahead, the running one first, in each way that they may go."""
    start = quarter_of(now)
    lives = lived(habits, start, AHEAD)
    keep, ready = [0.0] * AHEAD, [0.0] * AHEAD
    if bank.departs is not None and 0 < (place := (bank.departs - start) // QUARTER) <= AHEAD:
        ready[place - 1] = bank.ready_kwh
    if target_kw is not None:
        usual = bank.usual_charge_kw, bank.usual_discharge_kw
        able = Able(*usual, bank.usable_kwh, bank.efficiency)
        keep = reserves_kwh(habits, start + QUARTER, AHEAD, target_kw, able)
    skip = (start - outlook.start) // QUARTER if outlook else 0
    buy = _told(outlook.buy_eur_kwh if outlook else (), skip, rules.buy_eur_kwh)
    sell = _told(outlook.sell_eur_kwh if outlook else (), skip, rules.sell_eur_kwh)
    if outlook and any(value is not None for value in outlook.load_kw):
        lives = [_forecast(outlook, skip, lives[-1])]
    return [
        [Slot(*each) for each in zip(buy, sell, house_kw, keep, ready, strict=True)]
        for house_kw in lives
    ]


def _told(values: Sequence[float | None], skip: int, otherwise: float) -> list[float]:
    """The values from now on; the last one known a day earlier, or else `otherwise`, for gaps."""
    known = [values[place] if 0 <= place < len(values) else None for place in _places(skip)]
    usual = next((value for value in reversed(known) if value is not None), otherwise)
    filled: list[float] = []
    for place, value in enumerate(known):
        day_before = filled[place - 96] if place >= 96 else usual
        filled.append(day_before if value is None else value)
    return filled


def _forecast(outlook: messages.Outlook, skip: int, house_kw: list[float]) -> list[float]:
    """What dm expects of house and roof, where it says so."""
    found = []
    for place, usual in zip(_places(skip), house_kw, strict=True):
        load = outlook.load_kw[place] if 0 <= place < len(outlook.load_kw) else None
        solar = outlook.solar_kw[place] if 0 <= place < len(outlook.solar_kw) else None
        found.append(usual if load is None else load - (solar or 0.0))
    return found


def _places(skip: int) -> range:
    return range(skip, skip + AHEAD)
