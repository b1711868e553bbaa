"""What dm is told of the cars: what they take, what they still need, and what it is worth."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import messages
from ev.current import Ability
from ev.errand import Errand, Urgency
from ev.facts import SetPoint
from ev.inputs import Cable

WHY_MOST = 200
GUEST_EUR_KWH = 0.5


def need(
    served: Sequence[tuple[Cable, Ability, Errand]],
    set_points: Mapping[str, SetPoint],
    now: datetime,
    *,
    lost: bool,
) -> messages.Need:
    """The need of all cables; its sentence is that of the first with a car, or of the first."""
    powers = [cable.charger.power_kw for cable, _, _ in served]
    known = [power for power in powers if power is not None]
    busy = [cable for cable, _, _ in served if cable.charger.plugged]
    first = next(iter(busy or [cable for cable, _, _ in served]), None)
    why = set_points[first.charger.charger].why if first else ""
    return messages.Need(
        name="ev",
        power_kw=sum(known) if known or not powers else None,
        healthy=not lost and not any(cable.charger.notice for cable, _, _ in served),
        why=why[:WHY_MOST],
        cars=tuple(
            _car(cable, able, wanted, now)
            for cable, able, wanted in served
            if cable.charger.plugged
        ),
        help_kw=0.0,
    )


def _car(cable: Cable, able: Ability, wanted: Errand, now: datetime) -> messages.CarNeed:
    car, wants = cable.car, wanted.energy_kwh > 0
    phases = able.phases[-1]
    return messages.CarNeed(
        name=cable.name,
        plugged=True,
        power_kw=_positive(cable.charger.power_kw),
        soc_pct=cable.soc_pct,
        soc_age_s=max(0.0, (now - cable.soc_at).total_seconds()) if cable.soc_at else None,
        target_pct=wanted.target_pct,
        capacity_kwh=car.capacity_kwh if car else None,
        energy_kwh=wanted.energy_kwh,
        deadline=wanted.deadline,
        least_kw=able.least_kw if wants else 0.0,
        most_kw=able.most_kw if wants else 0.0,
        phases=1 if phases == 1 else 2 if phases == 2 else 3,
        efficiency=car.efficiency if car else 0.9,
        urgency=wanted.urgency.word if wants else Urgency.NONE.word,
        value_eur_kwh=car.value_eur_kwh if car else GUEST_EUR_KWH,
    )


def _positive(power_kw: float | None) -> float | None:
    return None if power_kw is None else max(0.0, power_kw)
