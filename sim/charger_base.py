"""Common parts of most simulated chargers: a car, three phases, an energy register.

Pure: time is passed in. A family defines the current allowed to the car, and its interface on the
wire.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from base.limits import LEAST_A, VOLT
from sim.car import SimCar

SECOND = timedelta(seconds=1)
BOOT = timedelta(seconds=20)
NEVER = datetime.min.replace(tzinfo=UTC)
Currents = tuple[float, float, float]
NOTHING: Currents = (0.0, 0.0, 0.0)


class Clock(Protocol):
    """The time (UTC)."""

    def __call__(self) -> datetime: ...


class Odd(StrEnum):
    """Faults of any charger."""

    SILENT = "takes every question and never answers"
    GARBAGE = "answers with nonsense"
    SLOW = "never answers what it measures, but does as it is told"
    DEAF = "accepts what it is told, and does nothing"


class SimPlain:
    """A charger with a car on its cable.

    `flash_writes` counts its writes to flash memory. `refuses_phases`: it has no
    relay to switch them.
    """

    most_a = 16.0

    def __init__(self, car: SimCar) -> None:
        self.car = car
        self.current_a, self.paused, self.phases = self.most_a, False, 3
        self.refuses_phases = False
        self.total_wh = 1_699_092.0
        self.currents_a = NOTHING
        self.day: Odd | None = None
        self.clock: Clock | None = None
        self.flash_writes = 0
        self.plugged = False
        self.time = NEVER
        self._boots_until: datetime | None = None

    def odd(self, odd: Odd | None) -> None:
        """Switch this fault on, or all faults off."""
        self.day = odd

    def reboot(self) -> None:
        """Restart: silent for 20 s, the relays open, the set-point lost."""
        self._boots_until = self.time + BOOT
        self.forget()

    def forget(self) -> None:
        """Set the state after a loss of power."""
        self.current_a, self.paused = self.most_a, False

    @property
    def deaf(self) -> bool:
        """True if it takes every set-point and does nothing."""
        return self.day is Odd.DEAF

    @property
    def booting(self) -> bool:
        """True if it restarts, and does not answer."""
        return self._boots_until is not None and self.time < self._boots_until

    @property
    def flowing_a(self) -> Currents:
        """A on L1, L2 and L3 now."""
        if self.clock is not None:
            self.step(self.clock())
        return self.currents_a

    @property
    def charging(self) -> bool:
        """True if the car takes anything."""
        return any(self.currents_a)

    @property
    def watts(self) -> float:
        """Its power."""
        return sum(self.currents_a) * VOLT

    def step(self, now: datetime) -> None:
        """Advance to `now`, second by second."""
        if self.time == NEVER:
            self.time = now - SECOND
        while self.time + SECOND <= now:
            self.time += SECOND
            self._second()

    def allowed_a(self) -> float:
        """Current that it permits the car now, 0 for nothing."""
        return 0.0 if self.paused else self.current_a

    def _second(self) -> None:
        plugged = self.car.plugged(self.time) is not None
        if self.plugged and not plugged:
            self.left()
        self.plugged = plugged
        allowed_a = 0.0 if self.booting else min(self.allowed_a(), self.most_a)
        offered_a = allowed_a if allowed_a >= LEAST_A else 0.0
        self.currents_a = self.car.draw(offered_a, self.phases) if plugged else NOTHING
        self.total_wh += self.watts / 3600

    def left(self) -> None:
        """Its car has gone."""
