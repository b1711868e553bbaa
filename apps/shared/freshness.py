"""Rejects late, out-of-order and duplicate messages of a line.

Clocks of two machines differ, so delays are measured by one clock only: dm's echo of its own times,
and for the others the quickest house message so far.
"""

from collections import deque
from datetime import datetime, timedelta

LATE_S = 10.0
MIXED_UP = timedelta(seconds=60)
ANOTHER_CLOCK_S = 600.0
DRIFT = 1e-4
"""A meter's clock may drift from ours by this share."""
EVERY_S, KEPT = 0.5, 120


class Echo:
    """Send times of the last house messages: the one that a peer names gives its delay."""

    def __init__(self) -> None:
        self._sent: deque[tuple[datetime, float]] = deque(maxlen=KEPT)

    def sent(self, at: datetime, now_s: float) -> None:
        """Note that the house of `at` was sent."""
        if self._sent and at < self._sent[-1][0]:
            self._sent.clear()  # the clock was set back
        if not self._sent or (at > self._sent[-1][0] and now_s - self._sent[-1][1] >= EVERY_S):
            self._sent.append((at, now_s))

    def behind_s(self, heard: datetime | None) -> float:
        """Delay of a peer behind the newest house message, s; 0 when it names none."""
        if heard is None or not self._sent:
            return 0.0
        newest_s = self._sent[-1][1]
        return newest_s - next((sent_s for at, sent_s in self._sent if at >= heard), newest_s)


class Order:
    """Decides which house messages from dm are current."""

    def __init__(self) -> None:
        self._newest: datetime | None = None
        self._taken_s = self._late_since_s = 0.0
        self._least_s: float | None = None
        self.late_s = 0.0

    def takes(self, at: datetime | None, now: datetime, now_s: float, *, fresh: bool) -> bool:
        """True if the house of `at`, received at `now` (`now_s` of a steady clock), is current.

        A house that is not `fresh` is marked as old already.
        """
        if at is None or not fresh:
            return True
        since_s = now_s - self._taken_s
        older = self._newest is not None and timedelta() < self._newest - at < MIXED_UP
        if (older and since_s < LATE_S) or self._late(at, now, now_s, since_s):
            return False
        self._newest, self._taken_s, self._late_since_s = at, now_s, 0.0
        return True

    def _late(self, at: datetime, now: datetime, now_s: float, since_s: float) -> bool:
        """True if its delay is much longer than the shortest so far."""
        lag_s = (now - at).total_seconds()
        least_s = lag_s if self._least_s is None else self._least_s + DRIFT * since_s
        self.late_s = lag_s - least_s
        if self.late_s <= LATE_S:
            self._least_s = min(lag_s, least_s)
            return False
        self._late_since_s = self._late_since_s or now_s
        if now_s - self._late_since_s < ANOTHER_CLOCK_S:
            return True
        self._least_s = lag_s  # late for so long: it is the clock that is another
        return False
