"""A plan: the power of each asset in each quarter, and the value of a kWh in it.

Plain numbers, so that the execution of a plan needs no NumPy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from base.time import QUARTER


@dataclass(frozen=True, slots=True)
class Schedule:
    """One asset's part: kW per quarter (positive is charging) and the value of a kWh in it.
    `keep_kwh` is the reserve in a battery at each quarter's end; empty: none. `lacks_kwh` is the
    energy that a car will miss at its next departure.
    """

    kw: tuple[float, ...]
    worth_eur_kwh: tuple[float, ...]
    keep_kwh: tuple[float, ...] = ()
    lacks_kwh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Planned power from `start` on, by (peer, name). `grid_kw` is positive when importing.

    `target_kw` is the month peak it aims at; `missed_kwh` the energy that cars will miss at their
    departures. `solver` names its solver, `notes` are sentences on odd values.
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
