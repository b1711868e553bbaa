"""Interface of everything that is planned and granted: a car, a battery, a load.

A new kind of asset is a class with this interface in its own module, made of a need in
plan/assets.py; where it is planned ahead it has a row in plan/kinds/registry.py, with its columns
and rows. It ignores the limits of the house: plan/limits.py applies them to all.
"""

from dataclasses import dataclass
from typing import Protocol

from base.language import phrase
from plan.state import Giver, Key, State

SOME_KW = 0.05
"""A power below this counts as none."""
FULL_KWH = 0.01
"""An energy below this counts as none."""
SUN, LATER = phrase("charging from solar surplus"), phrase("a later hour is cheaper")
FULL = phrase("it needs no more energy")


@dataclass(frozen=True, slots=True)
class Wish:
    """The power an asset would take this second by prices and plan, and why; no limit applied.

    A battery may give up to `carried_kw` of it by the plan. `on_sun`: solar surplus alone decides.
    """

    kw: float
    why: str
    carried_kw: float = 0.0
    on_sun: bool = False


class Asset(Protocol):
    """Anything with a turn in each second's allocation. kW, positive flows into it.

    It takes from `least_kw` to `most_kw`, or nothing, spread over `phases`. After a stop it pauses
    for `least_idle_s` and increases in steps; None: it follows each telegram. Once on it stays on
    for `least_on_s`, if the limits allow it. `yields_kw` of its power is given up as soon as the
    house needs it. `pulses`: it may run for part of a quarter at its minimum power; it starts
    `calm_s` after it is allowed to. `planned`: it has a place in the plan of the next days;
    `material` are the parts that require a new plan, without the changes that the plan itself
    causes.
    """

    @property
    def key(self) -> Key: ...
    @property
    def power_kw(self) -> float: ...
    @property
    def phases(self) -> int: ...
    @property
    def least_kw(self) -> float: ...
    @property
    def most_kw(self) -> float: ...
    @property
    def least_idle_s(self) -> float | None: ...
    @property
    def least_on_s(self) -> float: ...
    @property
    def yields_kw(self) -> float: ...
    @property
    def pulses(self) -> bool: ...
    @property
    def calm_s(self) -> float: ...
    @property
    def planned(self) -> bool: ...
    @property
    def material(self) -> object: ...

    def wish(self, state: State) -> Wish:
        """Its turn this second."""

    def cut(self, kw: float, left: str) -> str:
        """The reason for granting only `kw`: `left` is the power that each limit leaves."""


class Taker(Asset, Protocol):
    """An asset that only takes power."""

    def rank(self, state: State) -> tuple[bool, bool, float, str]:
        """Its place among the takers: the lowest comes first."""


class Store(Asset, Giver, Protocol):
    """An asset that can give power back."""
