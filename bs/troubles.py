"""What is wrong with one battery: said once when it begins, with a pause that grows."""

import logging
from enum import StrEnum

from bs.errors import DeviceError

LONGEST_S = 3600.0
log = logging.getLogger(__name__)


class About(StrEnum):
    """What a trouble is about: what the battery says, or how it takes what it is told."""

    SAYS = "says"
    DOES = "does"


class Troubles:
    """The troubles of the battery called `name`. Times are seconds of any steady clock."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._now: dict[About, DeviceError] = {}
        self._strikes = 0
        self.until_s = -1e9
        """Until then it is told nothing."""

    @property
    def worst(self) -> DeviceError | None:
        """What is wrong now."""
        return next(iter(self._now.values()), None)

    def of(self, about: About) -> DeviceError | None:
        """What is wrong with what it says, or does."""
        return self._now.get(about)

    def begins(self, about: About, error: DeviceError, end: str) -> None:
        """It is known and logged; the same kind again is no news. `end` is what becomes of it."""
        if type(error) not in map(type, self._now.values()):
            log.warning("Battery %s %s; %s", self._name, error, end)
        self._now[about] = error

    def ends(self, about: About) -> None:
        """It says what makes sense again; or it is told again what it did not do."""
        if self._now.pop(about, None) is not None:
            again = "answers well again" if about is About.SAYS else "is told again"
            log.info("Battery %s %s", self._name, again)

    def strike(self, error: DeviceError, now_s: float) -> float:
        """For how many seconds it is told nothing: longer each time it goes wrong again."""
        pause_s = min(error.again_s * 2.0**self._strikes, LONGEST_S)
        self._strikes += 1
        self.until_s = now_s + pause_s
        return pause_s

    def follows(self) -> None:
        """It does as it is told: past troubles count no more."""
        self._strikes = 0
