"""A solar forecast and the panels it is for; scaled to what the house itself measures.

Powers in W, mean of the quarter that starts at the key (UTC). Azimuth in degrees: 0 is south, -90
east, 90 west. Tilt: 0 is flat, 90 is vertical.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

Watts = Mapping[datetime, float]

DARK_W = 50.0  # below it a ratio says nothing
ENOUGH_WH = 3000.0
LEAST_RATIO, MOST_RATIO = 0.4, 1.6
EFFICIENCY = 0.9  # inverter, cables and dirt; heat is computed separately


@dataclass(frozen=True, slots=True)
class Plane:
    """Panels with one orientation. `kwp` is their peak power, kW."""

    kwp: float
    tilt_deg: float
    azimuth_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """A house's panels. `inverter_kw` is the limit of the inverter, None: no limit."""

    latitude: float
    longitude: float
    planes: tuple[Plane, ...]
    inverter_kw: float | None = None
    efficiency: float = EFFICIENCY

    def capped(self, w: float) -> float:
        """Power of `w` that passes the inverter."""
        return max(0.0, w) if self.inverter_kw is None else min(max(0.0, w), self.inverter_kw * 1e3)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Watts per quarter, with their source and time. `ratio` is the scaling factor."""

    source: str
    made: datetime
    watts: Watts
    ratio: float = 1.0

    def of(self, share: float) -> "Forecast":
        """The forecast of panels `share` times as large."""
        if share == 1.0:
            return self
        return replace(self, watts={quarter: w * share for quarter, w in self.watts.items()})


def together(planes: Iterable[Watts], roof: Roof) -> dict[datetime, float]:
    """The sum of the planes behind the inverter, for the quarters known of every plane."""
    first, *others = planes
    return {
        quarter: roof.capped(w + sum(other[quarter] for other in others))
        for quarter, w in first.items()
        if all(quarter in other for other in others)
    }


def scaled(forecast: Forecast, measured: Watts, *, injection_only: bool = False) -> Forecast:
    """The forecast scaled by the measured share so far, in the quarters known of both.

    `measured` is production, W. A house with only its digital meter sees the injection: production
    less what was used inside, unknown at that moment. With `injection_only` a shortfall is taken
    for own use, and only an injection above the forecast, which own use cannot explain, scales it
    (up). Under 3 kWh of forecast nothing is scaled; the ratio stays within 0.4 to 1.6.
    """
    both = [(w, measured[q]) for q, w in forecast.watts.items() if w >= DARK_W and q in measured]
    expected = sum(w for w, _ in both)
    if expected / 4 < ENOUGH_WH:
        return forecast
    least = 1.0 if injection_only else LEAST_RATIO
    ratio = min(max(sum(w for _, w in both) / expected, least), MOST_RATIO)
    watts = {quarter: w * ratio for quarter, w in forecast.watts.items()}
    return replace(forecast, watts=watts, ratio=forecast.ratio * ratio)
