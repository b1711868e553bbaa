"""Log lines: cars that arrive, start, stop or leave; trips that raise the peak or cannot be met; a
lost meter.

Changes of current are left out: at most some thirty lines a day.
"""

from datetime import datetime

from base.language import phrase
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
        return [phrase("Meter data is back: following the plan again")]
    if heard:
        return [phrase("The meter has not allowed any power: the chargers are in their safe state")]
    return [phrase("No data from the meter: the chargers are in their safe state")]


def of_cable(
    cable: Cable, wanted: Demand, control: Control, plan: Plan | None, now: datetime
) -> tuple[list[str], Written]:
    """New lines about one charger since the last ones, and the memory with them."""
    last = control.written
    if cable.charger.phase in (ChargerPhase.ERROR, ChargerPhase.UNKNOWN):
        return [], last
    if not cable.charger.plugged:
        if not last.name:
            return [], Written()
        name = cable.charger.charger
        return [phrase("{car} left {charger}", car=last.name, charger=name)], Written()
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
    """The log line when a car will be late, or in time after all; none after its departure."""
    if control.alarm == last.alarm:
        return []
    if control.alarm is None:
        at = last.alarm
        if not at or at <= now:
            return []
        by = clock(at, now)
        return [phrase("{car} can be ready by {time} after all", car=cable.name, time=by)]
    if plan is None or cable.car is None or cable.soc_pct is None:
        return []
    to_pct = 100.0 * cable.car.efficiency / cable.car.capacity_kwh
    pct = cable.soc_pct + (plan.energy_kwh - plan.lacks_kwh) * to_pct
    by = clock(control.alarm, now)
    return [
        phrase(
            "{car} cannot be ready by {time}: it will be at {pct:.0f} %",
            car=cable.name,
            time=by,
            pct=pct,
        )
    ]


def _came(cable: Cable, last: Written) -> list[str]:
    if cable.name == last.name:
        return []
    name, charger = cable.name, cable.charger.charger
    if cable.soc_pct is None:
        return [phrase("{car} is connected to {charger}", car=name, charger=charger)]
    return [
        phrase(
            "{car} is connected to {charger} at {pct:.0f} %",
            car=name,
            charger=charger,
            pct=cable.soc_pct,
        )
    ]


def _changed(name: str, wanted: Demand, control: Control, shown: Shown) -> list[str]:
    """The reason for a start, a stop, or no start when a car comes.

    The car's demand is given once, so that the next line fits a small screen.
    """
    last, why = control.written, control.set.why
    if shown is last.shown:
        return []
    said = f"{wanted.why}: "
    again = last.wanted == wanted.why and why.startswith(said)
    if shown is Shown.OFF:
        if again:
            reason = why.removeprefix(said).removeprefix("waiting: ")
            return [phrase("{car} stopped: {reason}", car=name, reason=reason)]
        return [phrase("stopped: {reason}", reason=why) if last.shown is Shown.ON else why]
    if again:
        why = phrase("{car} charges: {reason}", car=name, reason=why.removeprefix(said))
    return [
        phrase(
            "{reason} ({kw:.2f} kW, {a:.1f} A, phases: {phases:d})",
            reason=why,
            kw=power_kw(control.set),
            a=control.set.current_a,
            phases=control.set.phases,
        )
    ]


def _price(cable: Cable, plan: Plan | None, now: datetime) -> tuple[str, str]:
    """Peak cost of a trip, as a key and a line; "" when it costs nothing."""
    if plan is None or plan.choice is None or plan.over_kw < TOLD_KW:
        return "", ""
    choice = plan.choice
    raises = phrase(
        "Charging {car} fully by {time} raises the month peak by {kw:.2f} kW ({eur:.2f} EUR over"
        " the coming bills)",
        car=cable.name,
        time=clock(plan.deadline, now),
        kw=choice.over_kw,
        eur=choice.eur,
    )
    if choice.without_pct is None:
        without = phrase("otherwise it would be {kwh:.1f} kWh short", kwh=choice.lacks_kwh)
    else:
        without = phrase("otherwise it would be at {pct:.0f} %", pct=choice.without_pct)
    return f"{plan.deadline:%d %H:%M}", f"{raises}; {without}"
