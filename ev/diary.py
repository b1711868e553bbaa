"""Log lines: a car comes, starts, stops or leaves, a trip costs peak or cannot be met, no meter.

Changes of current are left out: at most some thirty lines a day.
"""

from datetime import datetime

from ev.central_plan import Plan
from ev.charge_demand import Demand, Urgency
from ev.charger_state import Control, Shown, Written
from ev.electrical import power_kw
from ev.facts import ChargerPhase
from ev.inputs import Cable, clock

TOLD_KW = 0.1


def of_meter(lost: bool, lost_before: bool, *, heard: bool) -> list[str]:
    """The line when the chargers go to their safe state, or leave it."""
    if lost == lost_before:
        return []
    if not lost:
        return ["Meter data is back: following the plan again"]
    why = "The meter has not allowed any power" if heard else "No data from the meter"
    return [f"{why}: the chargers are in their safe state"]


def of_cable(
    cable: Cable, wanted: Demand, control: Control, plan: Plan | None, now: datetime
) -> tuple[list[str], Written]:
    """The lines about one charger since what was written last, and what is written now."""
    last = control.written
    if cable.charger.phase in (ChargerPhase.ERROR, ChargerPhase.UNKNOWN):
        return [], last
    if not cable.charger.plugged:
        left = [f"{last.name} left {cable.charger.charger}"] if last.name else []
        return left, Written()
    plan = plan if wanted.urgency is Urgency.TRIP else None
    price, line = _price(cable, plan, now)
    shown = Shown.ON if control.set.current_a > 0 else Shown.OFF
    lines = [*_came(cable, last), *_changed(cable.name, wanted, control, shown)]
    if line and price != last.price:
        lines.append(line)
    lines += _alarm(cable, control, plan, last, now)
    return lines, Written(
        shown=shown, name=cable.name, price=price, wanted=wanted.why, alarm=control.alarm
    )


def _alarm(
    cable: Cable, control: Control, plan: Plan | None, last: Written, now: datetime
) -> list[str]:
    """The line when a car cannot be ready, or can after all; none after its departure."""
    if control.alarm == last.alarm:
        return []
    if control.alarm is None:
        at = last.alarm
        return (
            [f"{cable.name} can be ready by {clock(at, now)} after all"] if at and at > now else []
        )
    if plan is None or cable.car is None or cable.soc_pct is None:
        return []
    to_pct = 100.0 * cable.car.efficiency / cable.car.capacity_kwh
    pct = cable.soc_pct + (plan.energy_kwh - plan.lacks_kwh) * to_pct
    by = clock(control.alarm, now)
    return [f"{cable.name} cannot be ready by {by}: it will be at {pct:.0f} %"]


def _came(cable: Cable, last: Written) -> list[str]:
    if cable.name == last.name:
        return []
    soc = "" if cable.soc_pct is None else f" at {cable.soc_pct:.0f} %"
    return [f"{cable.name} is on {cable.charger.charger}{soc}"]


def _changed(name: str, wanted: Demand, control: Control, shown: Shown) -> list[str]:
    """The reason for a start, a stop, or no start when a car comes.

    What the car wants is said once: the line that follows is short enough for a small screen.
    """
    last, why = control.written, control.set.why
    if shown is last.shown:
        return []
    said = f"{wanted.why}: "
    again = last.wanted == wanted.why and why.startswith(said)
    if shown is Shown.OFF:
        if again:
            return [f"{name} stopped: {why.removeprefix(said).removeprefix('waiting: ')}"]
        return [f"stopped: {why}" if last.shown is Shown.ON else why]
    if again:
        why = f"{name} charges: {why.removeprefix(said).removeprefix('charging ')}"
    phases = f"{control.set.phases} phase{'s' if control.set.phases > 1 else ''}"
    return [f"{why} ({power_kw(control.set):.2f} kW, {control.set.current_a:.1f} A on {phases})"]


def _price(cable: Cable, plan: Plan | None, now: datetime) -> tuple[str, str]:
    """Peak cost of a trip, as a key and a line; "" when it costs nothing."""
    if plan is None or plan.choice is None or plan.over_kw < TOLD_KW:
        return "", ""
    choice = plan.choice
    without = f"lack {choice.lacks_kwh:.1f} kWh"
    if choice.without_pct is not None:
        without = f"be at {choice.without_pct:.0f} %"
    return (
        f"{plan.deadline:%d %H:%M}",
        f"Charging {cable.name} fully by {clock(plan.deadline, now)} raises the month peak by "
        f"{choice.over_kw:.2f} kW ({choice.eur:.2f} EUR over the coming bills); "
        f"otherwise it would {without}",
    )
