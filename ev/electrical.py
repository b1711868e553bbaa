"""Conversion between kW, A and phases, within the abilities of charger and car."""

from dataclasses import dataclass

from base.limits import LEAST_A
from ev.facts import Car, ChargerState, SetPoint
from ev.session import PHASE_KV, Draw

STEP_A = 0.5


@dataclass(frozen=True, slots=True)
class Ability:
    """Possible currents: numbers of phases (ascending), with the most A on each.

    No current is possible between 0 and 6 A, and no power between the most on one phase and 6 A on
    three; on several phases a car may have its own minimum, `strong_a`.
    """

    phases: tuple[int, ...]
    most_a: float
    strong_a: float = LEAST_A

    def least_a(self, phases: int) -> float:
        """The minimum current on each of these phases, A."""
        return LEAST_A if phases == 1 else self.strong_a

    @property
    def least_kw(self) -> float:
        return kw(self.least_a(self.phases[0]), self.phases[0])

    @property
    def most_kw(self) -> float:
        return kw(self.most_a, self.phases[-1])


def kw(current_a: float, phases: int) -> float:
    """kW of this current (A) on this number of phases."""
    return current_a * phases * PHASE_KV


def power_kw(set_point: SetPoint) -> float:
    """kW of a set-point."""
    return kw(set_point.current_a, set_point.phases)


def ability(charger: ChargerState, car: Car | None, draw: Draw) -> Ability:
    """Ability of this charger with this car, whose observed limits are `draw`."""
    most_a = min(charger.rated_a, car.most_a if car else charger.rated_a)
    if draw.most_a is not None:
        most_a = min(most_a, max(LEAST_A, draw.most_a))
    widest = min(charger.rated_phases, car.phases if car else charger.rated_phases)
    if draw.phases is not None:
        widest = min(widest, draw.phases)
    own_a = max(car.least_a if car else LEAST_A, draw.least_a or LEAST_A)
    strong_a = min(own_a, most_a)
    if charger.can_switch_phases:
        return Ability((1, widest) if widest > 1 else (1,), most_a, strong_a)
    return Ability((min(charger.phases or widest, widest),), most_a, strong_a)


def fitted_a(power_kw: float, able: Ability, phases: int) -> float:
    """A on each of these phases for at most `power_kw`: 0, or from 6 A up in steps."""
    current_a = min(able.most_a, STEP_A * int(power_kw / kw(STEP_A, phases) + 1e-6))
    return current_a if current_a >= able.least_a(phases) else 0.0


def best_phases(power_kw: float, able: Ability) -> int:
    """Best number of phases for this power: the most that reach their minimum, else the fewest."""
    enough = [
        phases for phases in able.phases if power_kw >= kw(able.least_a(phases), phases) - 1e-6
    ]
    return enough[-1] if enough else able.phases[0]
