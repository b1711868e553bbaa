"""A connected car, or one that will return: its stays, and its request this second."""

from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from typing import ClassVar

from base import messages
from base.language import phrase
from plan.asset import FULL, FULL_KWH, LATER, SOME_KW, SUN, Wish
from plan.state import SAME_EUR, Key, State
from plan.weighing import carried_kw, sun_kw

NEAR_KWH = 2.0
"""A smaller change of a need requires no new plan."""
MISSED_EUR_KWH = 1.0
"""Cost of a kWh missing at a departure, when its owner did not say."""
AT_ONCE_EUR_KWH = 10.0
"""The same for a car that must charge whatever it costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A car is on its cable from `start` until `end`, None: not known.

    At the end the charger should have given `need_kwh` since now; the trip then uses `use_kwh`.
    A stay that is only `usual` has no missing energy and raises no peak.
    """

    start: datetime
    end: datetime | None
    need_kwh: float = 0.0
    use_kwh: float = 0.0
    missed_eur_kwh: float = MISSED_EUR_KWH
    usual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """`room_kwh` is the most the charger can give from now on, before any trip; after a stop it
    rests for `least_idle_s`, and it starts `calm_s` after it may. `toward_kw` is the power it is
    changing to, None when it is settled.
    One that charges `soon` does so now, but under the target.
    """

    peer: str
    name: str
    power_kw: float
    least_kw: float
    most_kw: float
    room_kwh: float
    stays: tuple[Stay, ...]
    phases: int = 3
    least_idle_s: float = messages.LEAST_IDLE_S
    calm_s: float = 0.0
    toward_kw: float | None = None
    soon: bool = False
    least_on_s: ClassVar[float] = 0.0
    pulses: ClassVar[bool] = True
    planned: ClassVar[bool] = True

    @property
    def key(self) -> Key:
        return self.peer, self.name

    @property
    def yields_kw(self) -> float:
        """All of it, unless it charges whatever that costs."""
        return 0.0 if self.at_once else self.power_kw

    @property
    def material(self) -> object:
        """Stays, their goals, and roughly the energy needed for the first trip."""
        stays = [
            (stay.start, None if self.at_once else stay.end, stay.missed_eur_kwh)
            for stay in self.stays
        ]
        level = round(self.stays[0].need_kwh / NEAR_KWH)
        return self.phases, round(self.most_kw), level, tuple(stays)

    @property
    def sure(self) -> "Car":
        """The car without the needs of trips that are only usual."""
        stays = (replace(stay, need_kwh=-inf) if stay.usual else stay for stay in self.stays)
        return replace(self, stays=tuple(stays))

    @property
    def at_once(self) -> bool:
        """True if it charges whatever that costs."""
        return any(stay.missed_eur_kwh >= AT_ONCE_EUR_KWH for stay in self.stays)

    def plugged(self, now: datetime) -> bool:
        """True if it is on its cable."""
        return self.stays[0].start <= now

    def rank(self, state: State) -> tuple[bool, bool, float, str]:
        """Cars that the plan charges now come first, among them the one with the most valuable
        kWh."""
        kw, worth = state.planned(self.key) or (0.0, 0.0)
        return True, kw <= SOME_KW and not self.soon, -round(worth, 3), self.name

    def wish(self, state: State) -> Wish:
        """Its value in the plan compared with the current prices."""
        if not self.plugged(state.now):
            return Wish(0.0, phrase("the meter program has not registered the car yet"))
        if self.room_kwh < FULL_KWH:
            return Wish(0.0, FULL)
        if self.soon:
            return Wish(self.most_kw, phrase("it charges now, within the headroom of the quarter"))
        planned = state.planned(self.key)
        if planned is None:
            if self.stays[0].need_kwh > 0:
                return Wish(self.most_kw, phrase("no plan: it charges"))
            return Wish(state.sun_kw, phrase("no plan: it takes the solar surplus"), on_sun=True)
        kw, worth = planned
        carried = carried_kw(kw, worth, state)
        power_kw, why = self._weighed(kw, worth, bool(carried), state)
        return Wish(power_kw, why, carried, why in (SUN, LATER))

    def _weighed(self, kw: float, worth: float, carried: bool, state: State) -> tuple[float, str]:
        as_planned = phrase("{kw:.1f} kW is planned for now", kw=kw)
        if worth > state.buy + SAME_EUR:
            why = phrase(
                "a kWh in it is worth {worth:.3f} EUR, above {buy:.3f} now",
                worth=worth,
                buy=state.buy,
            )
            return self.most_kw, why
        if worth < state.sell - SAME_EUR:
            earns = phrase(
                "injecting earns {sell:.3f} EUR/kWh, more than it is worth in the car",
                sell=state.sell,
            )
            return 0.0, earns if state.sun_kw > SOME_KW else LATER
        sun = sun_kw(worth, state)
        if worth > state.buy - SAME_EUR or carried:
            if max(kw, sun) <= SOME_KW:
                return 0.0, LATER
            return (sun, SUN) if sun > kw else (kw, as_planned)
        if worth <= state.sell + SAME_EUR and kw < sun:
            return (kw, as_planned) if kw > SOME_KW else (kw, LATER)
        return sun, SUN if sun > SOME_KW else LATER

    def cut(self, kw: float, left: str) -> str:
        return left
