"""The need message of the batteries: power, limits and reason."""

from base import messages
from bs.facts import Mode
from bs.inputs import Scene, Unit
from bs.pack import able_kw, reserve_pct, usable


def need(
    scene: Scene, why: str, rests: frozenset[str], *, wrong: tuple[str, ...] = ()
) -> messages.Need:
    """The need of all batteries, with the reason of each that is faulty or does not obey
    (`wrong`)."""
    powers = [unit.state.power_kw for unit in scene.units]
    known = [power for power in powers if power is not None]
    notices = (u.state.notice for u in scene.units if u.state.notice)
    notice = next(iter((*wrong, *notices)), "")
    healthy = all(usable(unit) for unit in scene.units) and not wrong
    said = f"{why}; {notice}" if notice and notice not in why else why
    return messages.Need(
        name=scene.peer,
        power_kw=sum(known) if len(known) == len(powers) else None,
        healthy=healthy,
        why=messages.brief(said),
        batteries=tuple(
            _battery(unit, rests, scene) for unit in scene.units[: messages.BATTERIES_MOST]
        ),
    )


def _battery(unit: Unit, rests: frozenset[str], scene: Scene) -> messages.BatteryNeed:
    battery, state = unit.battery, unit.state
    able = usable(unit)
    return messages.BatteryNeed(
        name=battery.name,
        power_kw=state.power_kw,
        soc_pct=state.soc_pct if able else None,
        capacity_kwh=max(0.0, battery.capacity_kwh),
        reserve_pct=reserve_pct(unit, scene.now) if able else battery.reserve_pct,
        charge_kw=able_kw(unit, Mode.CHARGE, rests, scene.now) if able else 0.0,
        discharge_kw=able_kw(unit, Mode.DISCHARGE, rests, scene.now) if able else 0.0,
        efficiency=battery.efficiency,
        wear_eur_kwh=battery.wear_eur_kwh,
    )
