"""Panels without a readable inverter, found from the meter's readings: peak power fitted to a
sunlight.

Two days a week apart differ at the same hour in their clouds; the lower net power on the brighter
of them is due to the roof. Seasons, habits and a base load cancel in such differences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

WEEK = 672
BRIGHT = 0.02
"""kW of a kWp: darker quarters are ignored."""
LEAST_PAIRS = 192
LEAST_KWP, SURE = 0.3, 4.0


@dataclass(frozen=True, slots=True)
class Hidden:
    """The fitted peak power and its standard error, kW."""

    kwp: float
    error_kwp: float

    @property
    def sure(self) -> bool:
        """True if the estimate is reliable enough to count on."""
        return self.kwp >= max(LEAST_KWP, SURE * self.error_kwp)


def fitted(net_kw: Sequence[float], sun: Sequence[float]) -> Hidden | None:
    """The panels behind a meter; None where too few quarters are known.

    `net_kw` is offtake less injection without cars and batteries, `sun` the power of panels of 1
    kWp in the same quarters, kW; NaN is unknown. Plain Python: a daemon needs no NumPy for it.
    """
    if len(net_kw) != len(sun):
        return None
    pairs = [
        (after - before, bright - dim)
        for before, after, dim, bright in zip(net_kw, net_kw[WEEK:], sun, sun[WEEK:], strict=False)
        if max(dim, bright) > BRIGHT and isfinite(after - before) and isfinite(bright - dim)
    ]
    squares = sum(brighter * brighter for _, brighter in pairs)
    if len(pairs) < LEAST_PAIRS or squares <= 0:
        return None
    kwp = -sum(more_kw * brighter for more_kw, brighter in pairs) / squares
    left = sum((more_kw + kwp * brighter) ** 2 for more_kw, brighter in pairs)
    # What a home does lasts for hours: four quarters are about one measurement.
    return Hidden(kwp, 2.0 * sqrt(left / len(pairs) / squares))
