"""Inputs of a decision: the owner's rules and commands, the cables, the time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from base import messages
from base.time import BRUSSELS, local_day
from ev.facts import Car, ChargerState, Trip
from ev.habit import Usual
from ev.session import Draw

OURS = "ev"
"""The name of this peer in needs and grants."""


class Safe(StrEnum):
    """Safe state of a charger while the house's power is unknown."""

    PAUSE = "pause"
    LEAST = "least"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules for charging. A, seconds.

    `fuse_a` is the main fuse per phase. Power increases after `calm_s` of spare capacity; after a
    stop a car pauses for `idle_s`; phases are added only `switch_s` after the last switch.
    """

    fuse_a: float | None = None
    calm_s: float = 60.0
    idle_s: float = messages.LEAST_IDLE_S
    switch_s: float = 600.0
    starts_a_day: int = 12
    safe: Safe = Safe.PAUSE


class Mode(StrEnum):
    """Modes of a car that the owner sets."""

    AUTO = "auto"
    BOOST = "boost"
    PAUSE = "pause"
    CHARGE = "charge"


@dataclass(frozen=True, slots=True)
class Wish:
    """The owner's command for one car: it has priority until the car leaves.

    CHARGE comes with `target_pct`, and `by` when it must be there (UTC).
    """

    mode: Mode = Mode.AUTO
    target_pct: float | None = None
    by: datetime | None = None


AUTO = Wish()
UNKNOWN_DRAW = Draw()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    """A charger, the car plugged into it and the state of that car.

    `car` is None when none is plugged in, or it is unknown which; `soc_pct` is estimated for now,
    from the reading at `soc_at`. `draw` are the observed limits of the car. `trips` are the car's,
    in any order. `came` is the time of the plug-in, None when unknown. `rivals` are this cable with
    each other car of the house that may be plugged in; `usual` are the usual trips, which were not
    announced.
    """

    charger: ChargerState
    car: Car | None = None
    soc_pct: float | None = None
    soc_at: datetime | None = None
    draw: Draw = UNKNOWN_DRAW
    wish: Wish = AUTO
    trips: tuple[Trip, ...] = ()
    came: datetime | None = None
    rivals: tuple["Cable", ...] = ()
    usual: tuple[Usual, ...] = ()

    @property
    def name(self) -> str:
        """The car's name, or the guest on this charger."""
        return self.car.name if self.car else f"guest on {self.charger.charger}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """A car of the house that is on none of our cables, its trips, and its usual ones."""

    car: Car
    soc_pct: float | None = None
    soc_at: datetime | None = None
    trips: tuple[Trip, ...] = ()
    usual: tuple[Usual, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All inputs of the decision at `now` (UTC). `house` is None while the meter is silent.
    `accepts` is the owner's choice on trips that raise the peak or use expensive hours. `peer` is
    the name under which these chargers speak.
    """

    now: datetime
    house: messages.House | None
    cables: tuple[Cable, ...]
    outlook: messages.Outlook | None = None
    away: tuple[Away, ...] = ()
    accepts: bool = True
    peer: str = OURS

    @property
    def fresh(self) -> messages.House | None:
        """The house, when its power at this moment is known."""
        house = self.house
        known = house is not None and house.health.state == "fresh"
        return house if known and house is not None and house.offtake_kw is not None else None


def clock(at: datetime, now: datetime) -> str:
    """The time on the wall clock, with the day when it is not today's."""
    local = at.astimezone(BRUSSELS)
    same = local.date() == local_day(now)
    return f"{local:%H:%M}" if same else f"{local:%a %H:%M}"
