"""Interface of a family of chargers, so that a Device can control and watch one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ev.chargers.command_steps import Told
from ev.facts import ChargerPhase

ALONE, FALLS, KEEPS = "when alone", "falls by its own clock", "keeps its last set-point"
"""What a Driver says of a charger that this program leaves without a word, and the two answers."""


@dataclass(frozen=True, slots=True)
class Info:
    """The hardware: the most that unit and connector take together, A, and on how many phases.

    None is not known. `switches_phases` is False where the number of phases is fixed; `step_a` is
    the resolution of its set-point, A.
    """

    most_a: float | None = None
    phases: int | None = None
    switches_phases: bool = True
    step_a: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Measurements of a charger; a family without a meter leaves power and currents out.

    `currents_a` are L1 to L3; `drawn_phases` on how many the car draws now; `register_kwh` counts
    up forever; `notice` a sentence for the owner, to be read after the charger's name.
    """

    phase: ChargerPhase
    power_kw: float | None = None
    currents_a: tuple[float, ...] = ()
    drawn_phases: int | None = None
    session_kwh: float | None = None
    register_kwh: float | None = None
    notice: str = ""


class Driver(Protocol):
    """One charger in our terms: A on each phase. Raises ChargerError.

    `read` and `tell` may run at the same time: a decrease never waits for a slow read. A family
    that
    is set in W converts (230 V on each phase), and rounds down.
    """

    @property
    def keep_s(self) -> float | None:
        """Interval of `keep`, s; None: no refresh is needed.

        A third of its own watchdog, so that one refresh can be lost.
        """

    async def info(self) -> Info:
        """The hardware."""

    async def read(self) -> tuple[Values, Told]:
        """Read the measurements, and the set-point in its settings."""

    async def tell(self, step: Told) -> Told:
        """Send a step; the part that it applied, as far as it reports that. RefusedError when it
        refuses."""

    async def keep(self) -> None:
        """Refresh its last set-point; without communication it falls back to a safe current by
        itself."""

    async def aclose(self) -> None:
        """Close the connections."""


@runtime_checkable
class FedByReads(Protocol):
    """A Driver whose charger counts any request as a sign of life."""

    @property
    def fed_by_reads(self) -> bool:
        """True if reads keep its watchdog from expiring."""


@runtime_checkable
class SparesWrites(Protocol):
    """A Driver whose charger stores each set-point in flash memory."""

    @property
    def rise_s(self) -> float:
        """Minimum time from a write to an increase, s."""


@runtime_checkable
class FallsBack(Protocol):
    """A Driver whose charger falls back to a current of our choice without communication."""

    def fall_back(self, current_a: float) -> None:
        """Set the fallback current, in force from the next message on; 0 A is a pause."""


@runtime_checkable
class Describes(Protocol):
    """A Driver whose charger reports its identity."""

    @property
    def about(self) -> Mapping[str, str]:
        """Maker, model, firmware, abilities; no name, address or serial number."""
