"""Reasons of the battery's set-points, for the screen, the log and the meter program."""

from enum import StrEnum

from base.language import phrase
from bs.facts import Mode
from bs.inputs import Scene, clock
from bs.pack import Pack


class Act(StrEnum):
    """Activity of the batteries, in the screen's words."""

    STARTING = phrase("starting")
    LOST = phrase("its own mode")
    UNWELL = phrase("not used")
    OWNER = phrase("as you said")
    CHARGING = phrase("charging")
    DISCHARGING = phrase("discharging")
    HOLDING = phrase("holding")
    READY = phrase("getting ready")


USUALLY_NOTED_S = 60.0
NOTED_S = {Act.LOST: 10.0, Act.OWNER: 0.0, Act.READY: 10.0}
"""Debounce, s: an activity is logged after it has lasted this long."""

LOST = phrase("no data from the meter: the battery runs its own self-consumption mode")
UNGRANTED = phrase(
    "the meter has not allowed any power yet: the battery runs its own self-consumption mode"
)


ORDERS = {
    Mode.HOLD: phrase("hold"),
    Mode.CHARGE: phrase("charge"),
    Mode.DISCHARGE: phrase("discharge"),
    Mode.AUTO: phrase("automatic"),
}


def unwell(scene: Scene) -> str:
    """Reason why no battery is used."""
    for unit in scene.units:
        if unit.state.notice:
            return phrase(
                "{battery} is not used: {reason}",
                battery=unit.battery.name,
                reason=unit.state.notice,
            )
    return phrase("holding: its state of charge is not known")


def ready(pack: Pack) -> str:
    """Reason to charge for a departure."""
    if pack.departs is None:
        return phrase("charging with {kw:.2f} kW to be ready", kw=pack.must_kw)
    return phrase(
        "charging with {kw:.2f} kW to be ready by {time}",
        kw=pack.must_kw,
        time=clock(pack.departs),
    )


def owner(scene: Scene) -> str:
    """The owner's command."""
    wish = scene.wish
    said = ORDERS[wish.mode]
    if wish.power_kw:
        said = phrase("{order} with {kw:.2f} kW", order=said, kw=wish.power_kw)
    if wish.until:
        return phrase("{order} until {time}, as you said", order=said, time=clock(wish.until))
    return phrase("{order}, as you said", order=said)
