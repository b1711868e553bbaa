"""Why each charger does what it does, as a householder would tell it."""

from dataclasses import dataclass

from ev.drive import WAKES, Drive
from ev.errand import Errand, Urgency
from ev.inputs import Cable, Rules, Scene, clock
from ev.room import Room
from ev.steer import Limit


@dataclass(frozen=True, slots=True)
class Turn:
    """One charger's turn in a decision: what it was given, and what kept it from its wish.

    `sun_kw` is what it takes of the sun, 0 when it does not charge on it; `least_kw` what it
    takes at least.
    """

    scene: Scene
    rules: Rules
    cable: Cable
    errand: Errand
    drive: Drive
    left: Room
    limit: Limit
    sun_kw: float
    least_kw: float


def why(turn: Turn, *, charging: bool) -> str:
    """The reason of a set-point."""
    wanted, limit = turn.errand.why, turn.limit
    if turn.errand.energy_kwh <= 0:
        return wanted
    if limit is Limit.FUSE:
        return f"{wanted}; the main fuse leaves {max(0.0, turn.left.fuse_a or 0.0):.0f} A"
    if not charging:
        return f"{wanted}: {_waiting(turn)}"
    if turn.errand.urgency is Urgency.NOW:
        return f"{wanted}: charging at once"
    if turn.left.granted:
        return f"{wanted}: {_granted(turn)}"
    if limit is Limit.ROOM:
        return f"{wanted}: charging on what the quarter leaves"
    if turn.sun_kw > 0:
        return f"{wanted}: charging on surplus sun"
    if turn.errand.urgency is Urgency.SOON:
        return wanted
    return f"{wanted}: {_cheapest(turn)}"


def asleep(cable: Cable, drive: Drive) -> str:
    """Why a car is offered nothing for a moment, or for a while."""
    if drive.refused is not None:
        return (
            f"{cable.name} takes no power though it was offered: it may be full, or wait for a "
            "time of its own; tried again each hour"
        )
    return f"waking {cable.name}: it takes no power yet (attempt {drive.wakes} of {WAKES})"


def safe(cable: Cable, current_a: float) -> str:
    """What a charger does while nobody hears the meter."""
    if not cable.charger.plugged:
        return "no car on the cable"
    does = f"{current_a:.0f} A only" if current_a else "paused"
    return f"nothing is heard of the meter: {cable.name} {does} until it is back"


def _granted(turn: Turn) -> str:
    house = turn.scene.house
    return house.grants["ev"].why if house and "ev" in house.grants else "granted by dm"


def _cheapest(turn: Turn) -> str:
    plan = turn.drive.plan
    if plan is None:
        return "charging"
    ready = f", ready {clock(plan.ready_at, turn.scene.now)}" if plan.ready_at else ""
    over = f", {plan.over_kw:.2f} kW above the month peak" if plan.over_kw >= 0.1 else ""
    return f"charging in the cheapest hours{over}{ready}"


def _waiting(turn: Turn) -> str:
    """What a car that wants energy waits for."""
    now, drive = turn.scene.now, turn.drive
    match turn.limit:
        case Limit.REST:
            return "resting a while, as its contactors wear with each start"
        case Limit.STARTS:
            return f"it started {drive.starts} times today and goes on tomorrow"
        case Limit.CALM:
            return "starting when there is room for a minute"
        case Limit.ROOM:
            busy = "waiting, the house takes what the month peak allows"
            return f"waiting, {_granted(turn)}" if turn.left.granted else busy
    if drive.plan is None:
        return "waiting"
    if drive.plan.begins is None:
        least = f"the {turn.least_kw:.2f} kW it takes at least"
        return f"waiting for sun, the month peak leaves no room for {least}"
    return f"waiting for the cheapest hours with room, from {clock(drive.plan.begins, now)}"
