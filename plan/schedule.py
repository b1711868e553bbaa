"""A plan: what each asset is to take in each quarter, and what a kWh in it is worth there.

Plain numbers: who only carries a plan out needs no NumPy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from base.time import QUARTER


@dataclass(frozen=True, slots=True)
class Schedule:
    """One asset's part: kW per quarter (positive is charging) and what a kWh in it is worth.

    `keep_kwh` is what stays in a battery at each quarter's end for surprises; empty: nothing does.
    `lacks_kwh` is the energy that a car will miss at its next departure.
    """

    kw: tuple[float, ...]
    worth_eur_kwh: tuple[float, ...]
    keep_kwh: tuple[float, ...] = ()
    lacks_kwh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Planned power from `start` on, by (peer, name). `grid_kw` is positive when importing.

    `target_kw` is the month peak it aims at; `missed_kwh` the energy that cars will miss at their
    departures. `solver` says who made it, `notes` what was odd, in sentences.
    """

    start: datetime
    schedules: Mapping[tuple[str, str], Schedule]
    grid_kw: tuple[float, ...]
    target_kw: float
    cost_eur: float
    missed_kwh: Mapping[str, float] = field(default_factory=dict)
    solver: str = "HiGHS"
    notes: tuple[str, ...] = ()

    def quarter(self, now: datetime) -> int | None:
        """Index of the quarter of the plan in which `now` is; None when it is past or before."""
        index = (now - self.start) // QUARTER
        return index if 0 <= index < len(self.grid_kw) else None
