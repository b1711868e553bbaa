"""Loads: one that asks for power now, and one that can wait for its energy."""

from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import ClassVar

from base.language import phrase
from plan.asset import FULL, FULL_KWH, LATER, SOME_KW, SUN, Wish
from plan.state import SAME_EUR, Key, State
from plan.weighing import carried_kw, sun_kw

NEAR_KWH = 0.5
"""A smaller change of a need requires no new plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A third party's heat pump or boiler: between `least_kw` and `most_kw` now, or nothing.

    Its phase is unknown: it may be on the fullest.
    """

    peer: str
    power_kw: float
    least_kw: float
    most_kw: float
    phases: int = 1
    least_idle_s: float | None = None
    least_on_s: float = 0.0
    yields_kw: ClassVar[float] = 0.0
    """Nothing: it is unknown if it can stop at once."""
    pulses: ClassVar[bool] = False
    calm_s: ClassVar[float] = 0.0
    planned: ClassVar[bool] = False
    """It has no needs in the future."""
    material: ClassVar[object] = None

    @property
    def key(self) -> Key:
        return self.peer, self.peer

    @property
    def name(self) -> str:
        return self.peer

    def rank(self, state: State) -> tuple[bool, bool, float, str]:
        """Before any other: it cannot wait for another hour."""
        return False, False, -inf, self.peer

    def wish(self, state: State) -> Wish:
        """All it asks."""
        return Wish(self.most_kw, phrase("there is room for all of it"))

    def cut(self, kw: float, left: str) -> str:
        return left


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferrable:
    """A load that needs `energy_kwh` until `end`, None: until the plan ends, and can wait. Energy
    missing then costs `missed_eur_kwh`. It is switched rarely: `least_on_s`, `least_off_s`.
    """

    peer: str
    name: str
    power_kw: float
    least_kw: float
    most_kw: float
    phases: int
    energy_kwh: float
    end: datetime | None
    missed_eur_kwh: float
    least_on_s: float
    least_off_s: float
    priority: int
    yields_kw: ClassVar[float] = 0.0
    """Nothing: it must stay on for a while."""
    pulses: ClassVar[bool] = False
    calm_s: ClassVar[float] = 0.0
    planned: ClassVar[bool] = True

    @property
    def key(self) -> Key:
        return self.peer, self.name

    @property
    def least_idle_s(self) -> float | None:
        return self.least_off_s

    @property
    def material(self) -> object:
        """Its identity, deadline, and roughly the energy it needs."""
        level = round(self.energy_kwh / NEAR_KWH)
        return self.least_kw, self.most_kw, self.end, self.missed_eur_kwh, self.least_on_s, level

    def rank(self, state: State) -> tuple[bool, bool, float, str]:
        """Before any car, the highest priority first."""
        return False, False, -self.priority, self.name

    def wish(self, state: State) -> Wish:
        """The planned power; beside the plan only solar surplus."""
        if self.energy_kwh < FULL_KWH:
            return Wish(0.0, FULL)
        planned = state.planned(self.key)
        if planned is None:
            if self.end is not None:
                return Wish(self.most_kw, phrase("no plan: it runs"))
            return Wish(state.sun_kw, phrase("no plan: it takes the solar surplus"), on_sun=True)
        kw, worth = planned
        if kw > SOME_KW:
            power_kw = max(kw, self.least_kw)
            why = phrase("{kw:.1f} kW is planned for now", kw=power_kw)
            return Wish(power_kw, why, carried_kw(power_kw, worth, state))
        sun = sun_kw(worth, state) if worth > state.sell + SAME_EUR else 0.0
        return Wish(sun, SUN if sun > SOME_KW else LATER, on_sun=True)

    def cut(self, kw: float, left: str) -> str:
        if kw < self.least_kw and self.power_kw > SOME_KW:
            return phrase(
                "switched off, of priority {priority}: {left}", priority=self.priority, left=left
            )
        return left
