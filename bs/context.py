"""The inputs of one decision, and the resulting choice."""

from dataclasses import dataclass

from base import messages
from base.language import phrase
from bs.inputs import Grant, Rules, Scene
from bs.pack import Pack
from bs.sentences import Act


@dataclass(frozen=True, slots=True)
class Choice:
    """Power of all batteries together, kW (charging positive), and why.

    None leaves them to their own self-use. `forced` skips the damping.
    """

    kw: float | None
    act: Act
    why: str
    forced: bool = False


STARTING = Choice(0.0, Act.STARTING, phrase("starting"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Inputs of one decision, kW.

    `base_kw` is the meter without the battery, cars included; `most_import_kw` the import up to
    which the battery may charge from the grid.
    """

    scene: Scene
    house: messages.House
    pack: Pack
    most_import_kw: float | None
    rules: Rules
    base_kw: float
    grant: Grant | None = None

    @property
    def battery_kw(self) -> float:
        """Power of the battery, derived from the meter."""
        return (self.house.offtake_kw or 0.0) - (self.house.injection_kw or 0.0) - self.base_kw

    @property
    def within_kw(self) -> float | None:
        """Charging power that keeps the import under the target; None without a target."""
        if self.most_import_kw is None:
            return None
        return max(0.0, min(self.pack.charge_kw, self.most_import_kw - self.base_kw))

    def able_kw(self, kw: float) -> float:
        """`kw` within the limits of the batteries now."""
        return min(max(kw, -self.pack.discharge_kw), self.pack.charge_kw)
