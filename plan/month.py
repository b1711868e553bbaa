"""The month peak: the part that is paid already, and the price of more."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPeak:
    """Month peak paid so far, and the price of more. kW, EUR per kW of one month.

    `typical_kw` is the usual peak of this home in such a month; up to it the cost of a kW is mostly
    unavoidable. `end` is when the month ends, UTC.
    """

    end: datetime
    peak_kw: float = 0.0
    floor_kw: float = 2.5
    eur_kw: float = 0.0
    typical_kw: float = 0.0
    ceiling_kw: float | None = None

    @property
    def paid_kw(self) -> float:
        """Up to here a quarter costs nothing extra."""
        return max(self.floor_kw, self.peak_kw)
