"""A simulated car on a cable: its draw from the offered current, second by second."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from base.limits import LEAST_A, VOLT

RAMP_A_S = 2.0  # 16 A in eight seconds
TAPER_PCT = 80.0
ASLEEP = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Stay:
    """The car is on the cable from `start` until `end`; it arrives with `soc_pct`, if given."""

    start: datetime
    end: datetime
    soc_pct: float | None = None


@dataclass(slots=True, kw_only=True)
class SimCar:
    """A car and its battery. Above 80 % it takes ever less; at `target_pct` it takes nothing.

    Not offered anything for half an hour it sleeps, and then starts only when `wake` is called,
    at a second offer, or after it was unplugged.
    """

    name: str = "car"
    capacity_kwh: float = 77.0
    soc_pct: float = 50.0
    most_a: float = 16.0
    phases: int = 3
    efficiency: float = 0.9
    target_pct: float = 100.0
    sleeps: bool = True
    stays: Sequence[Stay] = ()
    drawn_a: float = field(default=0.0, init=False)
    asleep: bool = field(default=False, init=False)
    _stay: Stay | None = field(default=None, init=False)
    _unoffered_s: float = field(default=0.0, init=False)
    _offered: bool = field(default=False, init=False)
    _ignored: bool = field(default=False, init=False)

    def plugged(self, now: datetime) -> Stay | None:
        """The stay it is in, and the SoC it came with; None while it is on the road."""
        stay = next((one for one in self.stays if one.start <= now < one.end), None)
        if stay is not self._stay:
            self._stay, self.drawn_a = stay, 0.0
            self.wake()
            if stay is not None and stay.soc_pct is not None:
                self.soc_pct = stay.soc_pct
        return stay

    def wake(self) -> None:
        """Wake the car, as its door or its maker's cloud does."""
        self.asleep, self._ignored, self._unoffered_s = False, False, 0.0

    def draw(self, offered_a: float, phases: int) -> tuple[float, float, float]:
        """A on L1, L2, L3 in this second; its battery has taken them. 0 A offered is a pause."""
        self._listen(offered_a > 0)
        wanted_a = 0.0 if self.asleep else min(offered_a, self._taken_a())
        gap_a = wanted_a - self.drawn_a
        self.drawn_a += max(-RAMP_A_S, min(RAMP_A_S, gap_a))
        used = min(phases, self.phases)
        kwh = self.drawn_a * used * VOLT / 3.6e6
        self.soc_pct = min(100.0, self.soc_pct + 100 * kwh * self.efficiency / self.capacity_kwh)
        l1, l2, l3 = (self.drawn_a if line < used else 0.0 for line in range(3))
        return l1, l2, l3

    def _taken_a(self) -> float:
        """Current that it would take now."""
        if self.soc_pct >= self.target_pct:
            return 0.0
        left = min(1.0, (100.0 - self.soc_pct) / (100.0 - TAPER_PCT))
        return LEAST_A + (self.most_a - LEAST_A) * left

    def _listen(self, offered: bool) -> None:
        """Falls asleep unoffered; the first offer after that is not noticed, a second one is."""
        if offered:
            if not self._offered and self.asleep:
                if self._ignored:
                    self.wake()
                else:
                    self._ignored = True
            self._unoffered_s = 0.0
        else:
            self._unoffered_s += 1.0
            if self.sleeps and self._unoffered_s > ASLEEP.total_seconds():
                self.asleep = True
        self._offered = offered
