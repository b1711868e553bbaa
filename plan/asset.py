"""The one shape of everything that is planned and granted: a car, a battery, a load.

A new kind of asset is a class of this shape in a module of its own, made of a need in
plan/assets.py; where it is planned ahead it has a row in plan/kinds/registry.py, with its columns
and rows. The limits of the house are not its business: plan/limits.py applies them to all.
"""

from dataclasses import dataclass
from typing import Protocol

from base.language import phrase
from plan.state import Giver, Key, State

SOME_KW = 0.05
"""Less power than this is none."""
FULL_KWH = 0.01
"""Less energy than this is none."""
SUN, LATER = phrase("charging from solar surplus"), phrase("it waits for a better hour")
FULL = phrase("it has all that was asked for it")


@dataclass(frozen=True, slots=True)
class Wish:
    """The power an asset would take this second by prices and plan, and why; no limit applied.

    Of it the plan lets a battery carry up to `carried_kw`. `on_sun`: solar surplus alone decides.
    """

    kw: float
    why: str
    carried_kw: float = 0.0
    on_sun: bool = False


class Asset(Protocol):
    """Anything with a turn in each second's allocation. kW, positive flows into it.

    It takes from `least_kw` to `most_kw`, or nothing, spread over `phases`. After a stop it rests
    for `least_idle_s` and rises in steps; None: it follows each telegram. Once on it stays on for
    `least_on_s`, as far as the limits let it. `yields_kw` of what it takes now is given up as soon
    as the house needs it. `pulses`: it may run for part of a quarter at its least power; it starts
    `calm_s` after it is allowed to. `planned`: it has a place in the plan of the next days;
    `material` is what of it makes that plan another, not what carrying the plan out changes anyway.
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
        """The reason for granting only `kw`: `left` says which limit leaves how much."""


class Taker(Asset, Protocol):
    """An asset that only takes power."""

    def rank(self, state: State) -> tuple[bool, bool, float, str]:
        """Its place among those that only take: the lowest has the first turn."""


class Store(Asset, Giver, Protocol):
    """An asset that can give power back."""
