"""Reasons of the battery's set-points, for the screen, the log and the meter program."""

from enum import StrEnum

from bs.inputs import Scene, clock
from bs.pack import Pack


class Act(StrEnum):
    """What a battery is doing, in the screen's words."""

    STARTING = "starting"
    LOST = "self-use"
    UNWELL = "not used"
    OWNER = "as you said"
    CHARGING = "charging"
    DISCHARGING = "discharging"
    HOLDING = "holding"
    READY = "getting ready"


USUALLY_NOTED_S = 60.0
NOTED_S = {Act.LOST: 10.0, Act.OWNER: 0.0, Act.READY: 10.0}
"""The log says what a battery does after it has done so for this long."""

LOST = "no word from the meter: the battery runs its own self-use"
UNGRANTED = "the meter has not allowed any power yet: the battery runs its own self-use"


def unwell(scene: Scene) -> str:
    """Why no battery is used."""
    for unit in scene.units:
        if unit.state.notice:
            return f"{unit.battery.name} is not used: {unit.state.notice}"
    return "holding: its state of charge is not known"


def ready(pack: Pack) -> str:
    """Why it charges, whatever that costs."""
    by = f" by {clock(pack.departs)}" if pack.departs else ""
    return f"charging with {pack.must_kw:.2f} kW to be ready{by}"


def owner(scene: Scene) -> str:
    """What the owner asked."""
    until = f" until {clock(scene.wish.until)}" if scene.wish.until else ""
    power = f" {scene.wish.power_kw:.2f} kW" if scene.wish.power_kw else ""
    return f"{scene.wish.mode}{power}{until}, as you said"
