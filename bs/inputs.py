"""Inputs of a decision: the owner's rules and commands, the batteries, the time."""

from dataclasses import dataclass
from datetime import datetime

from base import messages
from base.limits import STALE_S
from base.quarter import MARGIN_KW
from base.time import BRUSSELS
from bs.facts import Battery, BatteryState, Mode

OURS = "bs"
"""The usual name of the program that speaks for the batteries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules for the battery. kW, seconds.

    `margin_kw` stays free under the target peak. Below `idle_kw` there is nothing to do, and a
    set-point stays when the next differs less than `dead_kw`. It reverses (from more to less, or
    back) at most each `turn_s`, and changes sign after `sign_s` without power. `lost` is the mode
    without a meter or a grant.
    """

    margin_kw: float = MARGIN_KW
    idle_kw: float = 0.05
    dead_kw: float = 0.05
    turn_s: float = 5.0
    sign_s: float = 10.0
    lost: Mode = Mode.AUTO


@dataclass(frozen=True, slots=True)
class Wish:
    """The owner's command: it has priority until `until`. AUTO follows the grant."""

    mode: Mode = Mode.AUTO
    power_kw: float = 0.0
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """Power allowed to all batteries together (charging positive), and its expiry by our own
    clock."""

    kw: float
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A battery, and its last reading."""

    battery: Battery
    state: BatteryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All inputs of the decision at `now` (UTC). `house` was received at `heard`, by our own clock.
    `needs` are the last needs of the other peers. `reported_kw` are the powers recently sent to the
    meter program, which computes with them. `peer` is the name under which these batteries speak.
    """

    now: datetime
    house: messages.House | None
    heard: datetime | None
    units: tuple[Unit, ...]
    outlook: messages.Outlook | None = None
    needs: tuple[messages.Need, ...] = ()
    wish: Wish = Wish()
    reported_kw: tuple[float, ...] = ()
    peer: str = OURS

    @property
    def fresh(self) -> messages.House | None:
        """The house, when its current power is known."""
        house, heard = self.house, self.heard
        if house is None or heard is None or house.offtake_kw is None:
            return None
        recent = abs((self.now - heard).total_seconds()) <= STALE_S
        return house if recent and house.health.state == "fresh" else None

    @property
    def car_kw(self) -> float:
        """Power that cars take now."""
        return sum(car.power_kw or 0.0 for need in self.needs for car in need.cars) or sum(
            max(0.0, need.power_kw or 0.0) for need in self.needs if need.cars
        )


def clock(at: datetime) -> str:
    """The time on the wall clock in Brussels."""
    return f"{at.astimezone(BRUSSELS):%H:%M}"
