"""Reasons of the battery's set-points, for the screen, the log and the meter program."""

from enum import StrEnum

from bs.inputs import Scene, clock
from bs.pack import Pack


class Act(StrEnum):
    """Activity of the batteries, in the screen's words."""

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
"""Debounce, s: an activity is logged after it has lasted this long."""

LOST = "no data from the meter: the battery runs its own self-consumption mode"
UNGRANTED = (
    "the meter has not allowed any power yet: the battery runs its own self-consumption mode"
)


def unwell(scene: Scene) -> str:
    """Reason why no battery is used."""
    for unit in scene.units:
        if unit.state.notice:
            return f"{unit.battery.name} is not used: {unit.state.notice}"
    return "holding: its state of charge is not known"


def ready(pack: Pack) -> str:
    """Reason to charge for a departure."""
    by = f" by {clock(pack.departs)}" if pack.departs else ""
    return f"charging with {pack.must_kw:.2f} kW to be ready{by}"


def owner(scene: Scene) -> str:
    """The owner's command."""
    until = f" until {clock(scene.wish.until)}" if scene.wish.until else ""
    power = f" {scene.wish.power_kw:.2f} kW" if scene.wish.power_kw else ""
    return f"{scene.wish.mode}{power}{until}, as you said"
