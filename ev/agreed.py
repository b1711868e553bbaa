"""dm's plan for one car as ev's own, so that screen, log and charger tell the same story."""

from datetime import datetime, timedelta

from base import messages
from base.time import QUARTER, quarter_of
from ev.errand import Errand
from ev.inputs import Scene
from ev.plan import Plan

QUARTER_H = 0.25
NEAR_KWH = 0.3
MISSING_KWH = 1.0
"""A plan is made for what was needed then: less than this is made up on the way."""
SOME_KW = 0.05


def is_granted(scene: Scene) -> bool:
    """Whether dm says at this moment how much the cars may take."""
    return scene.house is not None and "ev" in scene.house.grants


def agreed_kws(scene: Scene, car: str) -> tuple[float, ...]:
    """What dm plans for a car from this quarter on, kW; empty when it plans nothing."""
    if scene.outlook is None or not is_granted(scene):
        return ()
    place = (quarter_of(scene.now) - scene.outlook.start) // QUARTER
    return scene.outlook.plan_kw.get(car, ())[place:] if place >= 0 else ()


def choice(scene: Scene, car: str) -> messages.Choice | None:
    """The trip of a car on which its owner has a word."""
    choices = scene.outlook.choices if scene.outlook and is_granted(scene) else ()
    return next((each for each in choices if (each.peer, each.car) == ("ev", car)), None)


def agreed(scene: Scene, car: str, wanted: Errand) -> Plan | None:
    """dm's plan for a car until it leaves; None while dm has none."""
    kws, outlook = agreed_kws(scene, car), scene.outlook
    if not kws or outlook is None:
        return None
    start = quarter_of(scene.now)
    until = wanted.deadline or start + len(kws) * QUARTER
    kws = kws[: max(1, -((start - until) // QUARTER))]
    place = (start - outlook.start) // QUARTER
    prices = outlook.buy_eur_kwh[place : place + len(kws)]
    got_kwh = QUARTER_H * sum(kws)
    asked = choice(scene, car)
    over = asked if asked and asked.accepted else None
    missing_kwh = wanted.energy_kwh - got_kwh if wanted.deadline else 0.0
    return Plan(
        start=start,
        kws=kws,
        sunny=tuple(_sunny(outlook, place + index, kw) for index, kw in enumerate(kws)),
        deadline=until,
        energy_kwh=wanted.energy_kwh,
        begins=next((start + n * QUARTER for n, kw in enumerate(kws) if kw > SOME_KW), None),
        ready_at=_ready_at(start, kws, wanted.energy_kwh),
        over_kw=over.over_kw if over else 0.0,
        over_eur=over.eur if over else 0.0,
        missing_kwh=missing_kwh if missing_kwh > MISSING_KWH else 0.0,
        under_kwh=max(0.0, wanted.energy_kwh - asked.lacks_kwh) if asked else 0.0,
        eur=_eur(kws, prices),
    )


def _sunny(outlook: messages.Outlook, place: int, kw: float) -> bool:
    """Whether the roof is forecast to give it."""
    if place >= min(len(outlook.solar_kw), len(outlook.load_kw)):
        return False
    return (outlook.solar_kw[place] or 0.0) - (outlook.load_kw[place] or 0.0) >= max(kw, SOME_KW)


def _ready_at(start: datetime, kws: tuple[float, ...], energy_kwh: float) -> datetime | None:
    left_kwh = energy_kwh
    for index, kw in enumerate(kws):
        if kw > SOME_KW and left_kwh <= kw * QUARTER_H + NEAR_KWH:
            return start + index * QUARTER + timedelta(hours=max(0.0, left_kwh) / kw)
        left_kwh -= kw * QUARTER_H
    return None


def _eur(kws: tuple[float, ...], prices: tuple[float | None, ...]) -> float | None:
    """What it costs at the meter's prices; None when one is not known."""
    total = 0.0
    for kw, price in zip(kws, prices, strict=False):
        if kw > SOME_KW and price is None:
            return None
        total += kw * QUARTER_H * (price or 0.0)
    return total
