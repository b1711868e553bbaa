"""What is wrong with one battery: said once when it begins and once when it ends, with pauses that
grow in which it is told nothing."""

import logging
from enum import StrEnum

from base.device_errors import DeviceError

log = logging.getLogger(__name__)


class About(StrEnum):
    """What a trouble is about: what the battery says, or how it does what it is told."""

    SAYS = "answers well again"
    DOES = "does as it is told again"


class Troubles:
    """The troubles of the battery called `name`. Times are seconds of any steady clock."""

    def __init__(self, name: str) -> None:
        self.until_s = self.unasked_until_s = float("-inf")
        """Until then it is told nothing, and asked nothing."""
        self._name = name
        self._now: dict[About, DeviceError] = {}
        self._said: dict[About, type[DeviceError]] = {}
        self._strikes = 0

    @property
    def worst(self) -> DeviceError | None:
        """What is wrong now."""
        return next(iter(self._now.values()), None)

    def of(self, about: About) -> DeviceError | None:
        """What is wrong with what it says, or does."""
        return self._now.get(about)

    def begins(self, about: About, error: DeviceError, end: str) -> None:
        """It is known and logged; the same kind again is no news. `end` is what becomes of it."""
        if type(error) not in self._said.values():
            log.warning("Battery %s %s; %s", self._name, error, end)
        self._now[about] = error
        self._said[about] = type(error)

    def strike(self, error: DeviceError, now_s: float, longest_s: float, *, asked: bool) -> float:
        """For how many seconds it is told nothing: longer each time it goes wrong again.

        It is asked nothing either, unless `asked`.
        """
        pause_s = min(error.again_s * 2.0**self._strikes, longest_s)
        self._strikes = min(self._strikes + 1, 20)
        self.until_s = now_s + pause_s
        self.unasked_until_s = float("-inf") if asked else self.until_s
        return pause_s

    def pause_ends(self) -> None:
        """It may be told again; whether it does it has to be seen."""
        self._now.pop(About.DOES, None)

    def ends(self, about: About) -> None:
        """It is well again, and that is logged."""
        if about is About.DOES:
            self._strikes = 0
        self._now.pop(about, None)
        if self._said.pop(about, None) is not None:
            log.info("Battery %s %s", self._name, about)
