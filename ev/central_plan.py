"""The meter's plan for one car, for screen, log and charger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from base import messages
from base.time import QUARTER, quarter_of
from ev.charge_demand import Demand
from ev.inputs import Scene

NEAR_KWH = 0.3
SOME_KW = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """kW of each quarter from `start` until the car leaves at `deadline`, or the plan ends.

    `sunny` quarters are fed by the roof. `begins` is the start of the first quarter with power,
    `ready_at` when the energy is in, None while a little of it awaits the next plan. `lacks_kwh` is
    the energy that the car will miss when it leaves; `eur` the cost of the energy, None while a
    price is unknown. `choice` is the trip that the owner may refuse.
    """

    start: datetime
    kws: tuple[float, ...]
    sunny: tuple[bool, ...]
    deadline: datetime
    energy_kwh: float
    begins: datetime | None = None
    ready_at: datetime | None = None
    lacks_kwh: float = 0.0
    eur: float | None = None
    choice: messages.Choice | None = None

    @property
    def ends(self) -> datetime | None:
        """The end of the last quarter with power."""
        powered = [place for place, kw in enumerate(self.kws, 1) if kw > SOME_KW]
        return self.start + powered[-1] * QUARTER if powered else None

    @property
    def over_kw(self) -> float:
        """Rise of the month peak for it."""
        return self.choice.over_kw if self.choice and self.choice.accepted else 0.0


def agreed(scene: Scene, car: str, wanted: Demand) -> Plan | None:
    """The plan for a car until it leaves; None without one."""
    outlook, start = scene.outlook, quarter_of(scene.now)
    place = (start - outlook.start) // QUARTER if outlook else -1
    if outlook is None or place < 0:
        return None
    known = f"{scene.peer} {car}"  # where another program has a car of this name
    known = known if known in outlook.plan_kw else car
    if not (kws := outlook.plan_kw.get(known, ())[place:]):
        return None
    until = wanted.deadline or start + len(kws) * QUARTER
    kws = kws[: max(1, -((start - until) // QUARTER))]
    hours = [QUARTER / timedelta(hours=1)] * len(kws)
    hours[0] = (start + QUARTER - scene.now) / timedelta(hours=1)
    kwhs = [kw * hour for kw, hour in zip(kws, hours, strict=True)]
    planned = outlook.assets.get(known)
    return Plan(
        start=start,
        kws=kws,
        sunny=tuple(_sunny(outlook, place + index, kw) for index, kw in enumerate(kws)),
        deadline=until,
        energy_kwh=wanted.energy_kwh,
        begins=next((start + n * QUARTER for n, kw in enumerate(kws) if kw > SOME_KW), None),
        ready_at=_ready_at(scene.now, kws, kwhs, wanted.energy_kwh),
        lacks_kwh=min(planned.lacks_kwh, wanted.energy_kwh) if planned and wanted.deadline else 0.0,
        eur=_eur(kwhs, outlook.buy_eur_kwh[place : place + len(kws)]),
        choice=_choice(outlook, (scene.peer, car)),
    )


def _choice(outlook: messages.Outlook, car: tuple[str, str]) -> messages.Choice | None:
    """The trip of a car, by peer and name, that its owner may refuse."""
    return next((each for each in outlook.choices if (each.peer, each.car) == car), None)


def _sunny(outlook: messages.Outlook, place: int, kw: float) -> bool:
    """True if the solar surplus is forecast to cover it."""
    if place >= min(len(outlook.solar_kw), len(outlook.load_kw)):
        return False
    return (outlook.solar_kw[place] or 0.0) - (outlook.load_kw[place] or 0.0) >= max(kw, SOME_KW)


def _ready_at(
    now: datetime, kws: Sequence[float], kwhs: Sequence[float], energy_kwh: float
) -> datetime | None:
    """Time at which the energy is charged; None when it never is."""
    left_kwh, start = energy_kwh, now
    for kw, kwh in zip(kws, kwhs, strict=True):
        if kw > SOME_KW and left_kwh <= kwh + NEAR_KWH:
            return start + timedelta(hours=max(0.0, min(left_kwh, kwh)) / kw)
        left_kwh -= kwh
        start = quarter_of(start) + QUARTER
    return None


def _eur(kwhs: Sequence[float], prices: Sequence[float | None]) -> float | None:
    """Cost at the meter's prices; None when one is not known."""
    total = 0.0
    for kwh, price in zip(kwhs, prices, strict=False):
        if kwh > 0 and price is None:
            return None
        total += kwh * (price or 0.0)
    return total
