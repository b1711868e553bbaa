"""When a car charges, and how fast: the cheapest quarters, flat and slow, under the month peak.

The dearest quarters that are needed are filled evenly, the cheaper ones as full as the room
allows. Prices that differ little count as one, so that a night stays in one piece. Only a trip
that cannot be met otherwise goes above the peak, by as little as possible, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ev.current import Ability
from ev.slots import Slot

SAME_EUR = 0.02
SPARE = 1.15
"""How much faster than evenly the last quarters are filled: room for a kettle or a slow car."""
NEAR_KWH = 0.05
BRIDGED = 2
"""A car that charges goes on for the quarter between two, rather than stop and start."""


@dataclass(frozen=True, slots=True)
class Plan:
    """kW of each quarter from `start` on; in `sunny` ones what comes is taken.

    `begins` is the start of the first quarter with power, `ready_at` when the energy is in.
    `over_kw` is how far the month peak must rise for it, and `over_eur` what that costs.
    `missing_kwh` does not fit before the deadline; `under_kwh` fits under the peak.
    """

    start: datetime
    kws: tuple[float, ...]
    sunny: tuple[bool, ...]
    deadline: datetime
    energy_kwh: float
    begins: datetime | None
    ready_at: datetime | None
    over_kw: float = 0.0
    over_eur: float = 0.0
    missing_kwh: float = 0.0
    under_kwh: float = 0.0
    eur: float | None = None

    @property
    def now_kw(self) -> float:
        """What it takes from the grid in the quarter it was made in."""
        return self.kws[0] if self.kws and not self.sunny[0] else 0.0


def planned(
    slots: Sequence[Slot],
    energy_kwh: float,
    able: Ability,
    *,
    must: bool,
    running: bool = False,
    peak_eur_kw: float = 0.0,
) -> Plan:
    """The plan for `energy_kwh` out of the charger within `slots` (at least one).

    `must`: a trip, which may go above the peak. `running`: it charges now, and goes on when
    that costs little.
    """
    caps = _caps(slots, able, 0.0)
    if not must:
        caps = _cheap(slots, caps, able)
    under_kwh = _sum_kwh(slots, caps)
    over_kw = 0.0
    if must and under_kwh < energy_kwh - NEAR_KWH:
        over_kw = _over_kw(slots, energy_kwh, able)
        caps = _caps(slots, able, over_kw)
    kws = _filled(slots, caps, energy_kwh, able)
    if running and not kws[0]:
        kws[0] = min(caps[0], max(kws[1 : 1 + BRIDGED], default=0.0))
    got_kwh = _sum_kwh(slots, kws)
    end = slots[-1].start + timedelta(hours=slots[-1].hours)
    return Plan(
        start=slots[0].start,
        kws=tuple(kws),
        sunny=tuple(_is_sunny(slot, able) for slot in slots),
        deadline=end,
        energy_kwh=energy_kwh,
        begins=next((slot.start for slot, kw in zip(slots, kws, strict=True) if kw > 0), None),
        ready_at=_ready_at(slots, kws, energy_kwh),
        over_kw=over_kw,
        over_eur=over_kw * peak_eur_kw,
        missing_kwh=max(0.0, energy_kwh - got_kwh) if energy_kwh - got_kwh > NEAR_KWH else 0.0,
        under_kwh=min(under_kwh, energy_kwh),
        eur=_eur(slots, kws, energy_kwh, able),
    )


def _is_sunny(slot: Slot, able: Ability) -> bool:
    return slot.sun_kw >= able.least_kw


def _caps(slots: Sequence[Slot], able: Ability, over_kw: float) -> list[float]:
    """The most kW of each quarter with the peak lifted by `over_kw`; 0 below 6 A."""
    caps: list[float] = []
    for slot in slots:
        room_kw = slot.sun_kw if _is_sunny(slot, able) else slot.room_kw
        cap_kw = min(able.most_kw, room_kw + over_kw)
        caps.append(cap_kw if cap_kw >= able.least_kw - 1e-9 else 0.0)
    return caps


def _cheap(slots: Sequence[Slot], caps: Sequence[float], able: Ability) -> list[float]:
    """The caps of the cheap quarters only: a car without a trip can wait for another day."""
    prices = sorted(slot.eur_kwh for slot in slots if slot.eur_kwh is not None)
    if not prices:
        return list(caps)
    most_eur = prices[len(prices) // 4] + SAME_EUR / 2
    return [
        cap if _is_sunny(slot, able) or slot.eur_kwh is None or slot.eur_kwh <= most_eur else 0.0
        for slot, cap in zip(slots, caps, strict=True)
    ]


def _over_kw(slots: Sequence[Slot], energy_kwh: float, able: Ability) -> float:
    """By how much the peak must rise at least, kW; when nothing suffices, by what serves at all."""
    low, high = 0.0, able.most_kw - min(slot.room_kw for slot in slots)
    if _sum_kwh(slots, _caps(slots, able, high)) < energy_kwh:
        return max(0.0, high)
    while high - low > 0.01:
        middle = (low + high) / 2
        if _sum_kwh(slots, _caps(slots, able, middle)) < energy_kwh:
            low = middle
        else:
            high = middle
    return high


def _filled(
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
    eur_kwh = slot.sun_eur_kwh if _is_sunny(slot, able) else slot.eur_kwh
    return round((eur_kwh or 0.0) / SAME_EUR)


def _sum_kwh(slots: Sequence[Slot], kws: Sequence[float]) -> float:
    return sum(slot.hours * kw for slot, kw in zip(slots, kws, strict=True))


def _ready_at(slots: Sequence[Slot], kws: Sequence[float], energy_kwh: float) -> datetime | None:
    """When the energy is in; None when it never is."""
    left_kwh = energy_kwh
    for slot, kw in zip(slots, kws, strict=True):
        if kw > 0 and left_kwh <= kw * slot.hours + NEAR_KWH:
            return slot.start + timedelta(hours=max(0.0, left_kwh) / kw)
        left_kwh -= kw * slot.hours
    return None


def _eur(
    slots: Sequence[Slot], kws: Sequence[float], energy_kwh: float, able: Ability
) -> float | None:
    """What the energy costs; None when a price is not known."""
    total, left_kwh = 0.0, energy_kwh
    for slot, kw in zip(slots, kws, strict=True):
        price = slot.sun_eur_kwh if _is_sunny(slot, able) else slot.eur_kwh
        used_kwh = min(left_kwh, kw * slot.hours)
        if used_kwh > 0 and price is None:
            return None
        total += used_kwh * (price or 0.0)
        left_kwh -= used_kwh
    return total
