"""What a stored kWh is worth, looking a day ahead and a morning: the one number all tactics ask.

A dynamic program over the coming quarters: each kW above the target at what it costs, wear and
losses counted; and the mean of what the ways that it may go make of a kWh.
Worth more than it costs now: charge. Worth less than it saves now: discharge. Else keep it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from statistics import fmean, median

from base.time import QUARTER, quarter_of
from bs.bank import Bank
from bs.inputs import QUARTER_H
from bs.outlook import Slot

LEVELS = 12
SURER = 0.9995
"""A kWh used a quarter later is worth so much less: what lies ahead is not sure. 5 % a day."""
END = 0.8
SHORT_EUR_KWH = 0.05
"""For each quarter and kWh that the reserve is short: what an evening's peak may come to cost."""
MISSED_EUR_KWH = 1.0
"""For each kWh that a car lacks when it leaves."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What stored energy is worth at the end of this quarter: EUR at each of `LEVELS` steps up to
    `usable_kwh`. `keep_kwh` is the reserve of now; `dear` the dearest quarter that the battery is
    kept for, and `dear_eur_kwh` its price."""

    values: tuple[float, ...]
    usable_kwh: float
    keep_kwh: float = 0.0
    dear: datetime | None = None
    dear_eur_kwh: float | None = None

    def more_eur(self, energy_kwh: float) -> float:
        """What one more stored kWh is worth, EUR."""
        return self._slope(energy_kwh / self._step_kwh)

    def last_eur(self, energy_kwh: float) -> float:
        """What the last stored kWh is worth, EUR, apart from what the reserve is worth."""
        return self._slope(max(energy_kwh - self._step_kwh, self._above_kwh) / self._step_kwh)

    @property
    def _step_kwh(self) -> float:
        return self.usable_kwh / (len(self.values) - 1)

    @property
    def _above_kwh(self) -> float:
        """The first step that holds nothing of the reserve."""
        return ceil(self.keep_kwh / self._step_kwh) * self._step_kwh

    def _slope(self, level: float) -> float:
        """EUR per kWh of the step from `level` on; at the ends that of the last whole step."""
        level = min(max(level, 0.0), len(self.values) - 2.0)
        return (_at(self.values, level + 1.0) - _at(self.values, level)) / self._step_kwh


def worth(
    lives: Sequence[Sequence[Slot]],
    bank: Bank,
    target_kw: float | None,
    peak_eur_kw: float,
    now: datetime,
) -> Worth:
    """What the bank's energy is worth at the end of the first slot: the mean over all lives."""
    slots = lives[0]
    step = max(bank.usable_kwh, 0.1) / LEVELS
    each = [_values(life, bank, step, target_kw, peak_eur_kw) for life in lives]
    dear = max(range(1, len(slots)), key=lambda place: _use(slots[place], place))
    kept_for = slots[dear] if slots[dear].buy_eur > slots[0].buy_eur else None
    return Worth(
        tuple(fmean(values) for values in zip(*each, strict=True)),
        step * LEVELS,
        min(slots[0].keep_kwh, bank.usable_kwh),
        quarter_of(now) + dear * QUARTER if kept_for else None,
        kept_for.buy_eur if kept_for else None,
    )


def _values(
    slots: Sequence[Slot], bank: Bank, step: float, target_kw: float | None, peak_eur_kw: float
) -> list[float]:
    """EUR at each level, at the end of the first slot, when it goes like this."""
    end = END * bank.efficiency * median(slot.buy_eur for slot in slots)
    values = [end * level * step for level in range(LEVELS + 1)]
    for slot in reversed(slots[1:]):
        values = _before(values, slot, bank, step, target_kw, peak_eur_kw)
    ready_kwh = slots[0].ready_kwh
    return [
        value - MISSED_EUR_KWH * max(0.0, ready_kwh - level * step)
        for level, value in enumerate(values)
    ]


def _use(slot: Slot, place: int) -> float:
    return (slot.buy_eur if slot.house_kw > 0 else 0.0) * SURER**place


def _before(
    values: list[float],
    slot: Slot,
    bank: Bank,
    step: float,
    target_kw: float | None,
    peak_eur_kw: float,
) -> list[float]:
    """The values a quarter earlier: of each level the best of what could be done."""
    powers = _powers(slot, bank, target_kw)
    changes = [(_stored_kwh(kw, bank) / step, _cost_eur(kw, slot, bank, target_kw, peak_eur_kw))
               for kw in powers]  # fmt: skip
    keep, short_eur = slot.keep_kwh / step, SHORT_EUR_KWH * step
    ready, missed_eur = slot.ready_kwh / step, MISSED_EUR_KWH * step
    found = []
    for level in range(LEVELS + 1):
        best = -1e9
        for change, cost in changes:
            after = level + change
            if after < 0.0 or after > LEVELS:
                after = min(max(after, 0.0), float(LEVELS))
                done = (after - level) / change
                cost = cost * done + changes[0][1] * (1.0 - done)
            low = int(after)
            value = values[low] if low == LEVELS else (
                values[low] + (values[low + 1] - values[low]) * (after - low)
            )  # fmt: skip
            short = short_eur * (keep - after) if after < keep else 0.0
            short += missed_eur * (ready - after) if after < ready else 0.0
            best = max(best, SURER * value - cost - short)
        found.append(best)
    return found


def _powers(slot: Slot, bank: Bank, target_kw: float | None) -> list[float]:
    """What may be done in a quarter, kW: nothing (first), with the house, at the target."""
    house = slot.house_kw
    powers = [0.0]
    if house < 0:
        powers.append(min(bank.usual_charge_kw, -house))
    else:
        powers.append(-min(bank.usual_discharge_kw, house))
    if target_kw is not None and house > target_kw:
        powers.append(-min(bank.usual_discharge_kw, house - target_kw))
    elif target_kw is not None:
        room = min(bank.usual_charge_kw, target_kw - house)
        powers += [room, room / 2]
    return powers


def _stored_kwh(kw: float, bank: Bank) -> float:
    return (kw * bank.efficiency if kw > 0 else kw / bank.efficiency) * QUARTER_H


def _cost_eur(
    kw: float, slot: Slot, bank: Bank, target_kw: float | None, peak_eur_kw: float
) -> float:
    """What a quarter at this power costs: energy, wear, and what lies above the target."""
    meter_kw = slot.house_kw + kw
    price = slot.buy_eur if meter_kw > 0 else slot.sell_eur
    over_kw = max(0.0, meter_kw - target_kw) if target_kw is not None else 0.0
    wear = bank.wear_eur_kwh * abs(kw)
    return (meter_kw * price + wear) * QUARTER_H + over_kw * peak_eur_kw


def _at(values: Sequence[float], level: float) -> float:
    """The value between two levels."""
    low = min(int(level), len(values) - 2)
    return values[low] + (values[low + 1] - values[low]) * (level - low)
