"""When a car charges, and how fast: the cheapest quarters, flat and slow, under the month peak.

The dearest quarters that are needed are filled evenly, the cheaper ones as full as the room
allows. Prices that differ little count as one, so that a night stays in one piece. Only a trip
that cannot be met otherwise goes above the peak, by as little as possible, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ev.current import Ability
from ev.filling import NEAR_KWH, cheap, filled, held_kwh, is_sunny, lift_kw, most_kws
from ev.slots import Slot

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
    lifts: bool = True,
    running: bool = False,
    peak_eur_kw: float = 0.0,
) -> Plan:
    """The plan for `energy_kwh` out of the charger within `slots` (at least one).

    `must`: a trip, which may go above the peak if its owner lets it (`lifts`). `running`: it
    charges now, and goes on when that costs little.
    """
    caps = most_kws(slots, able, 0.0)
    if not must:
        caps = cheap(slots, caps, able)
    under_kwh = held_kwh(slots, caps)
    over_kw = 0.0
    if must and lifts and under_kwh < energy_kwh - NEAR_KWH:
        over_kw = lift_kw(slots, energy_kwh, able)
        caps = most_kws(slots, able, over_kw)
    kws = filled(slots, caps, energy_kwh, able)
    if running and not kws[0]:
        kws[0] = min(caps[0], max(kws[1 : 1 + BRIDGED], default=0.0))
    got_kwh = held_kwh(slots, kws)
    end = slots[-1].start + timedelta(hours=slots[-1].hours)
    return Plan(
        start=slots[0].start,
        kws=tuple(kws),
        sunny=tuple(is_sunny(slot, able) for slot in slots),
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
        price = slot.sun_eur_kwh if is_sunny(slot, able) else slot.eur_kwh
        used_kwh = min(left_kwh, kw * slot.hours)
        if used_kwh > 0 and price is None:
            return None
        total += used_kwh * (price or 0.0)
        left_kwh -= used_kwh
    return total
