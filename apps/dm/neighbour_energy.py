"""Energy of the neighbours in the running quarter, from the power that each reports. Pure."""

from dataclasses import dataclass
from datetime import datetime

from base.time import QUARTER, quarter_of

MOST_STEP_S = 60.0
"""After a longer silence their energy is unknown."""
ENOUGH_S = QUARTER.total_seconds() / 2


@dataclass(frozen=True, slots=True)
class Taken:
    """kW seconds up to `at`, in the `seen_s` that were watched. `some`: a neighbour was there."""

    at: datetime
    kw_s: float = 0.0
    seen_s: float = 0.0
    some: bool = False

    @property
    def quarter(self) -> datetime:
        return quarter_of(self.at)

    @property
    def mean_kw(self) -> float | None:
        """Of the whole quarter; None when too little of it was watched."""
        return self.kw_s / self.seen_s if self.seen_s >= ENOUGH_S else None


def taken(before: Taken | None, at: datetime, power_kw: float, *, some: bool) -> Taken:
    """After a telegram at `at`: a new one when it is of another quarter."""
    if before is None or quarter_of(at) != before.quarter:
        return Taken(at, some=some)
    step_s = (at - before.at).total_seconds()
    if not 0.0 <= step_s <= MOST_STEP_S:
        step_s = 0.0
    return Taken(at, before.kw_s + power_kw * step_s, before.seen_s + step_s, before.some or some)
