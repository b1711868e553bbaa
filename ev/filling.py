"""How the quarters of a plan are filled: caps by room, levels by price, the last one evenly."""

from collections.abc import Sequence

from ev.current import Ability
from ev.slots import Slot

SAME_EUR = 0.02
SPARE = 1.15
"""How much faster than evenly the last quarters are filled: room for a kettle or a slow car."""
NEAR_KWH = 0.05


def is_sunny(slot: Slot, able: Ability) -> bool:
    """Whether the roof alone is forecast to feed the car: then it takes what comes."""
    return slot.sun_kw >= able.least_kw


def most_kws(slots: Sequence[Slot], able: Ability, over_kw: float) -> list[float]:
    """The most kW of each quarter with the peak lifted by `over_kw`; 0 below 6 A."""
    caps: list[float] = []
    for slot in slots:
        room_kw = slot.sun_kw if is_sunny(slot, able) else slot.room_kw + over_kw
        cap_kw = min(able.most_kw, room_kw)
        caps.append(cap_kw if cap_kw >= able.least_kw - 1e-9 else 0.0)
    return caps


def cheap(slots: Sequence[Slot], caps: Sequence[float], able: Ability) -> list[float]:
    """The caps of the cheap quarters only: a car without a trip can wait for another day."""
    prices = sorted(slot.eur_kwh for slot in slots if slot.eur_kwh is not None)
    if not prices:
        return list(caps)
    most_eur = prices[len(prices) // 4] + SAME_EUR / 2
    return [
        cap if is_sunny(slot, able) or slot.eur_kwh is None or slot.eur_kwh <= most_eur else 0.0
        for slot, cap in zip(slots, caps, strict=True)
    ]


def lift_kw(slots: Sequence[Slot], energy_kwh: float, able: Ability) -> float:
    """By how much the peak must rise at least, kW; when nothing suffices, by what serves at all."""
    low, high = 0.0, able.most_kw - min(slot.room_kw for slot in slots)
    if held_kwh(slots, most_kws(slots, able, high)) < energy_kwh:
        return max(0.0, high)
    while high - low > 0.01:
        middle = (low + high) / 2
        if held_kwh(slots, most_kws(slots, able, middle)) < energy_kwh:
            low = middle
        else:
            high = middle
    return high


def filled(
    slots: Sequence[Slot], caps: Sequence[float], energy_kwh: float, able: Ability
) -> list[float]:
    """kW of each quarter: level by level of price, the last level evenly."""
    kws, left_kwh = [0.0] * len(slots), energy_kwh
    levels = [_level(slot, able) for slot in slots]
    for level in sorted(set(levels)):
        places = [at for at in range(len(slots)) if levels[at] == level and caps[at] > 0]
        can_kwh = sum(caps[at] * slots[at].hours for at in places)
        even_kw = _even_kw(slots, caps, places, min(can_kwh, left_kwh * SPARE), able.least_kw)
        for at in places:
            if left_kwh <= NEAR_KWH:
                return kws
            kws[at] = min(even_kw, caps[at])
            left_kwh -= kws[at] * slots[at].hours
    return kws


def _even_kw(
    slots: Sequence[Slot],
    caps: Sequence[float],
    places: Sequence[int],
    energy_kwh: float,
    least_kw: float,
) -> float:
    """The power at which these quarters hold the energy, each within its cap; at least 6 A."""
    low, high = least_kw, max((caps[at] for at in places), default=least_kw)
    while high - low > 0.01:
        middle = (low + high) / 2
        if sum(min(middle, caps[at]) * slots[at].hours for at in places) < energy_kwh - 1e-9:
            low = middle
        else:
            high = middle
    return high


def _level(slot: Slot, able: Ability) -> int:
    """Prices within 2 cent are one level."""
    eur_kwh = slot.sun_eur_kwh if is_sunny(slot, able) else slot.eur_kwh
    return round((eur_kwh or 0.0) / SAME_EUR)


def held_kwh(slots: Sequence[Slot], kws: Sequence[float]) -> float:
    """kWh of so many kW in each quarter."""
    return sum(slot.hours * kw for slot, kw in zip(slots, kws, strict=True))
