"""Reasons of the chargers' set-points, in plain words."""

from dataclasses import dataclass
from datetime import datetime

from ev.central_plan import Plan
from ev.charge_demand import Demand, Urgency
from ev.charger_state import WAKES, Control
from ev.grid_budget import GridBudget
from ev.inputs import Cable, clock
from ev.ramp import Limit

UNGRANTED = "the meter has not allowed any power yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Inputs of a reason: the demand, the budget left, and the limit on it."""

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
        return f"{wanted}; the main fuse leaves {max(0.0, turn.left.fuse_a or 0.0):.0f} A"
    if not charging:
        return f"{wanted}: {_waiting(turn)}"
    if turn.demand.urgency is Urgency.NOW:
        return f"{wanted}: charging at once"
    return f"{wanted}: {turn.left.why}"


def asleep(cable: Cable, control: Control) -> str:
    """Reason why a sleeping car is not offered power."""
    if control.refused is not None:
        return (
            f"{cable.name} takes no power although it is offered: it may be full or follow a "
            "timer of its own; retried each hour"
        )
    return f"waking {cable.name}: it takes no power yet (attempt {control.wakes} of {WAKES})"


def safe(cable: Cable, current_a: float, *, heard: bool) -> str:
    """The reason of the safe state: no meter, or (`heard`) a meter that has granted nothing."""
    if not cable.charger.plugged:
        return "no car connected"
    does = f"{current_a:.0f} A only" if current_a else "paused"
    if heard:
        return f"{UNGRANTED}: {cable.name} {does} until it does"
    return f"no data from the meter: {cable.name} {does} until the data is back"


def _waiting(turn: Turn) -> str:
    """Reason why a car that needs energy is not charging."""
    match turn.limit:
        case Limit.REST:
            return "pausing after a stop, to spare the contactors"
        case Limit.STARTS:
            return f"it started {turn.control.starts} times today and continues tomorrow"
        case Limit.CALM:
            return "starting after one minute of spare capacity"
    begins = turn.plan.begins if turn.plan else None
    later = f", planned from {clock(begins, turn.now)}" if begins and begins > turn.now else ""
    return f"waiting{later}: {turn.left.why}"
