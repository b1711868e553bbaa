"""Reasons of the chargers' set-points, in plain words."""

from dataclasses import dataclass
from datetime import datetime

from base.language import phrase
from ev.central_plan import Plan
from ev.charge_demand import Demand, Urgency
from ev.charger_state import WAKES, Control
from ev.grid_budget import GridBudget
from ev.inputs import Cable, clock
from ev.ramp import Limit

UNGRANTED = phrase("the meter has not allowed any power yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Inputs of a reason: the demand, the remaining budget, and its limit."""

    demand: Demand
    control: Control
    left: GridBudget
    limit: Limit
    plan: Plan | None
    now: datetime


def why(turn: Turn, *, charging: bool) -> str:
    """The reason of a set-point."""
    wanted, limit = turn.demand.why, turn.limit
    if turn.demand.energy_kwh <= 0:
        return wanted
    if limit is Limit.FUSE:
        fuse_a = max(0.0, turn.left.fuse_a or 0.0)
        return phrase("{wish}; the main fuse leaves {a:.0f} A", wish=wanted, a=fuse_a)
    if not charging:
        return f"{wanted}: {_waiting(turn)}"
    if turn.demand.urgency is Urgency.NOW:
        return phrase("{wish}: charging at once", wish=wanted)
    return f"{wanted}: {turn.left.why}"


def asleep(cable: Cable, control: Control) -> str:
    """Reason why a sleeping car is not offered power."""
    if control.refused is not None:
        return phrase(
            "{car} takes no power although it is offered: it may be full or follow its own"
            " timer; new attempt each hour",
            car=cable.name,
        )
    return phrase(
        "waking {car}: it takes no power yet (attempt {attempt:d} of {most:d})",
        car=cable.name,
        attempt=control.wakes,
        most=WAKES,
    )


def safe(cable: Cable, current_a: float, *, heard: bool) -> str:
    """The reason of the safe state: no meter, or (`heard`) a meter that has granted nothing."""
    if not cable.charger.plugged:
        return phrase("no car connected")
    if heard:
        if current_a:
            return phrase(
                "the meter has not allowed any power yet: {car} gets {a:.0f} A until it does",
                car=cable.name,
                a=current_a,
            )
        return phrase(
            "the meter has not allowed any power yet: {car} waits until it does", car=cable.name
        )
    if current_a:
        return phrase(
            "no data from the meter: {car} gets {a:.0f} A until the data is back",
            car=cable.name,
            a=current_a,
        )
    return phrase("no data from the meter: {car} waits until the data is back", car=cable.name)


def _waiting(turn: Turn) -> str:
    """Reason why a car that needs energy is not charging."""
    match turn.limit:
        case Limit.REST:
            return phrase("pausing after a stop, to spare the contactors")
        case Limit.STARTS:
            return phrase(
                "it started {count:d} times today and continues tomorrow",
                count=turn.control.starts,
            )
        case Limit.CALM:
            return phrase("starting after one minute of spare capacity")
    begins = turn.plan.begins if turn.plan else None
    if begins and begins > turn.now:
        return phrase(
            "waiting, planned from {time}: {reason}",
            time=clock(begins, turn.now),
            reason=turn.left.why,
        )
    return phrase("waiting: {reason}", reason=turn.left.why)
