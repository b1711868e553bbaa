"""Power budget of the cars for this second: the meter's grant and the main fuse."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from base import messages
from base.limits import NOT_A_LIMIT_A, NOT_A_LIMIT_KW, VOLT
from ev.inputs import Rules


@dataclass(frozen=True, slots=True)
class GridBudget:
    """Remaining budget for the cars that are not served yet: kW of the grant, and its reason.

    `fuse_a` is their limit on each phase, None without a known fuse.
    """

    kw: float
    why: str
    fuse_a: float | None = None

    def less(self, kw: float, current_a: float) -> "GridBudget":
        """The budget after a car took part of it."""
        fuse_a = None if self.fuse_a is None else self.fuse_a - current_a
        return replace(self, kw=self.kw - kw, fuse_a=fuse_a)


def fuse_a(house: messages.House, rules: Rules, cars_a: float) -> float | None:
    """A on each phase for the cars, under the main fuse and the meter's own limits.

    `cars_a` is their highest possible draw on one phase now.
    """
    limits = [limit for limit in (rules.fuse_a, house.limit_a) if limit and limit < NOT_A_LIMIT_A]
    if house.limit_kw and house.limit_kw < NOT_A_LIMIT_KW and house.phases:
        limits.append(house.limit_kw * 1000.0 / VOLT / len(house.phases))
    drawn = max(_drawn_a(house.phases), default=None)
    if not limits or drawn is None:
        return None
    return cars_a + min(limits) - drawn


def _drawn_a(phases: Iterable[messages.Phase]) -> Iterable[float]:
    """A from the grid on each phase, negative when it injects."""
    for phase in phases:
        if phase.offtake_kw is not None:
            net_kw = phase.offtake_kw - (phase.injection_kw or 0.0)
            yield net_kw * 1000.0 / (phase.voltage_v or VOLT)
