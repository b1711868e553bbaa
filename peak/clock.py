"""The clock quarter, as a value: the demand it has so far, and the closing demand of the last one.

The demand of a quarter is its offtake x 4, kW. Quarters start where Unix time is a multiple of
900, in meter time: UTC offsets are whole hours, so they are the local clock's quarters too.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from base.language import phrase
from base.time import QUARTER, QUARTER_S

DISAGREE_KW = 0.05
"""Rounding explains 0.01 kW, a second at 23 kW explains 0.03: a larger difference is reported."""


class Source(StrEnum):
    """Origin of a count. ESTIMATE is derived from registers around missing telegrams."""

    METER = "meter"
    OWN = "own"
    ESTIMATE = "estimate"


class Meaning(StrEnum):
    """Meaning of this meter's 1.4.0: offtake so far x 4, or the average power so far."""

    ENERGY = "energy"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True)
class ClosedQuarter:
    """A quarter that has ended, with its closing demand, kW."""

    start: datetime
    kw: float
    source: Source

    @property
    def end(self) -> datetime:
        return self.start + QUARTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """The quarter that holds `time`, the meter's clock in UTC. kW are offtake so far x 4.

    `so_far_kw` comes from `source`; `own_kw` from the registers alone, None unless its start was
    seen. `closed` is the last quarter observed to its end, and stays until the next one closes.
    `total_kwh` is day + night register now, `opened_kwh` at `start`.
    """

    start: datetime
    time: datetime
    so_far_kw: float | None
    source: Source | None
    own_kw: float | None
    closed: ClosedQuarter | None
    total_kwh: Decimal | None
    opened_kwh: Decimal | None
    meter_id: str | None
    meaning: Meaning

    @property
    def end(self) -> datetime:
        return self.start + QUARTER

    @property
    def left_s(self) -> float:
        """Seconds until the quarter ends, more than 0 and at most 900."""
        return QUARTER_S - (self.time - self.start).total_seconds()

    @property
    def disagreement(self) -> str | None:
        """A sentence when the meter's demand and its registers differ by more than DISAGREE_KW."""
        meter, own = self.so_far_kw, self.own_kw
        if self.source is not Source.METER or meter is None or own is None:
            return None
        if abs(meter - own) <= DISAGREE_KW:
            return None
        return phrase(
            "The meter counts {meter:.2f} kW in this quarter, its registers say {own:.2f} kW.",
            meter=meter,
            own=own,
        )
