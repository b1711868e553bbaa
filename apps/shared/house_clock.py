"""The time: ours, or that of a simulated house, which may run faster."""

import asyncio
from datetime import UTC, datetime, timedelta

from base import messages

LONGEST_S = 15.0  # more than the 10 s after which a house is no longer fresh


class HouseClock:
    """Call it for the time (UTC). With a `speed` it is the house's, from the first message on.

    Between two telegrams the house's time continues at its speed, but not for long: the clock of a
    silent house stops.
    """

    def __init__(self, speed: float | None = None) -> None:
        self.speed = speed or 1.0
        self.known = asyncio.Event()
        self._follows = speed is not None
        self._last: tuple[datetime, float] | None = None
        if not self._follows:
            self.known.set()

    def hear(self, house: messages.House) -> None:
        """Set the clock to the time of a house message."""
        if self._follows and house.time is not None:
            self._last = house.time, asyncio.get_running_loop().time()
            self.known.set()

    def __call__(self) -> datetime:
        if self._last is None:
            return datetime.now(UTC)
        then, heard_s = self._last
        since_s = min(asyncio.get_running_loop().time() - heard_s, LONGEST_S)
        return then + timedelta(seconds=since_s * self.speed)
