"""A load that only asks for power: a third party's heat pump or boiler."""

from dataclasses import dataclass

from plan.asset import Wish
from plan.state import Key, State


@dataclass(frozen=True, slots=True)
class Load:
    """Takes between `least_kw` and `most_kw`, or nothing.

    Its phase is not known: it may be on the fullest.
    """

    peer: str
    power_kw: float
    least_kw: float
    most_kw: float
    phases: int = 1
    least_idle_s: float | None = None

    @property
    def key(self) -> Key:
        return self.peer, self.peer

    @property
    def name(self) -> str:
        return self.peer

    @property
    def yields_kw(self) -> float:
        """Nothing: whether it can stop at once is not known."""
        return 0.0

    @property
    def planned(self) -> bool:
        return False

    @property
    def material(self) -> object:
        return None

    def rank(self, state: State) -> tuple[bool, bool, float, str]:
        """Before any car: it cannot wait for another hour."""
        return False, False, 0.0, self.peer

    def wish(self, state: State) -> Wish:
        """All it asks."""
        return Wish(self.most_kw, "there is room for all of it")

    def cut(self, kw: float, left: str) -> str:
        return left
