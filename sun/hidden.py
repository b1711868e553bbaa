"""Panels that no inverter tells of, found in what the meter sees: peak power fitted to a sunlight.

Two days a week apart differ at the same hour in their clouds; what the meter shows less on the
brighter of them is the roof. Seasons, habits and a base load drop out of such differences.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WEEK = 672
BRIGHT = 0.02
"""kW of a kWp: darker quarters say nothing."""
LEAST_PAIRS = 192
LEAST_KWP, SURE = 0.3, 4.0


@dataclass(frozen=True, slots=True)
class Hidden:
    """The fitted peak power and its standard error, kW."""

    kwp: float
    error_kwp: float

    @property
    def sure(self) -> bool:
        """Whether there are panels, and under such a sun."""
        return self.kwp >= max(LEAST_KWP, SURE * self.error_kwp)


def fitted(net_kw: Floats, sun: Floats) -> Hidden | None:
    """The panels behind a meter; None where too few quarters are known.

    `net_kw` is offtake less injection without cars and batteries, `sun` what panels of 1 kWp gave
    in the same quarters, kW; NaN is not known.
    """
    if len(net_kw) != len(sun) or len(sun) <= WEEK:
        return None
    more_kw, brighter = net_kw[WEEK:] - net_kw[:-WEEK], sun[WEEK:] - sun[:-WEEK]
    bright = np.maximum(sun[WEEK:], sun[:-WEEK]) > BRIGHT
    known = np.isfinite(more_kw) & np.isfinite(brighter) & bright
    more_kw, brighter = more_kw[known], brighter[known]
    squares = float(brighter @ brighter)
    if len(brighter) < LEAST_PAIRS or squares <= 0:
        return None
    kwp = -float(more_kw @ brighter) / squares
    left_kw = more_kw + kwp * brighter
    # What a home does lasts for hours: four quarters are about one measurement.
    error = 2.0 * float(np.sqrt(left_kw @ left_kw / len(left_kw) / squares))
    return Hidden(kwp, error)
