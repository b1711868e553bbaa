"""Faults of one battery: logged once at their start and end, with back-off between set-points."""

import logging
from enum import StrEnum

from base.device_errors import DeviceError
from base.language import clause, phrase

log = logging.getLogger(__name__)


class About(StrEnum):
    """The kind of a fault: in what the battery reports, or in how it follows set-points."""

    SAYS = clause("answers correctly again")
    DOES = clause("follows its set-point again")


class Faults:
    """The faults of the battery `name`. Times are seconds of any monotonic clock."""

    def __init__(self, name: str) -> None:
        self.until_s = self.unasked_until_s = float("-inf")
        """No set-point is sent, and nothing read, before these times."""
        self._called = phrase("Battery {name}", name=name)
        self._now: dict[About, DeviceError] = {}
        self._said: dict[About, type[DeviceError]] = {}
        self._strikes = 0

    @property
    def worst(self) -> DeviceError | None:
        """The present fault, of several the first."""
        return next(iter(self._now.values()), None)

    def of(self, about: About) -> DeviceError | None:
        """The present fault of this kind."""
        return self._now.get(about)

    def begins(self, about: About, error: DeviceError, end: str) -> None:
        """Record a fault and log it, unless the same kind was logged. `end` says what follows."""
        if type(error) not in self._said.values():
            log.warning(f"{self._called} {error}; {end}")
        self._now[about] = error
        self._said[about] = type(error)

    def strike(self, error: DeviceError, now_s: float, longest_s: float, *, asked: bool) -> float:
        """Seconds of back-off before the next set-point: longer after each fault in a row.

        Reads stop as well, unless `asked`.
        """
        pause_s = min(error.again_s * 2.0**self._strikes, longest_s)
        self._strikes = min(self._strikes + 1, 20)
        self.until_s = now_s + pause_s
        self.unasked_until_s = float("-inf") if asked else self.until_s
        return pause_s

    def pause_ends(self) -> None:
        """End the back-off; the next set-point shows if it follows again."""
        self._now.pop(About.DOES, None)

    def ends(self, about: About) -> None:
        """End a fault, and log that."""
        if about is About.DOES:
            self._strikes = 0
        self._now.pop(about, None)
        if self._said.pop(about, None) is not None:
            log.info(f"{self._called} {about}")
