"""What the house takes apart from its cars: now, lately, and usually at this hour.

Negative when the roof gives more than the house takes. The meter shows house and cars together,
each second; a charger tells its power each ten. While a car follows a new set-point its power is
only known to lie between two values: the house is then taken to go on as it was, as far as that
explains what the meter shows.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from math import expm1

from base.time import BRUSSELS, HOUR_S

FAST_S, SLOW_S = 30.0, 150.0
USUAL_KW = 0.5
LEARNED_A_DAY = 0.3
TELLING_S = 600.0


@dataclass(frozen=True, slots=True)
class Load:
    """kW, followed with 30 s (`fast_kw`) and 150 s (`slow_kw`); None before the first telegram.

    `hours_kw` is what the house usually takes from the grid in each local hour; `hour_kws` and
    `hour_s` gather the running hour.
    """

    at: datetime | None = None
    last_kw: float = 0.0
    fast_kw: float | None = None
    slow_kw: float | None = None
    hours_kw: tuple[float, ...] = (USUAL_KW,) * 24
    hour: int | None = None
    hour_kws: float = 0.0
    hour_s: float = 0.0

    def rest_kw(self, left_s: float) -> float:
        """The mean of the next `left_s`: what came up just now mostly dies within a minute."""
        if self.fast_kw is None or self.slow_kw is None:
            return USUAL_KW
        lasting = -expm1(-left_s / 60.0) * 60.0 / left_s if left_s > 0 else 1.0
        return self.slow_kw + (self.fast_kw - self.slow_kw) * lasting


def followed(load: Load, at: datetime, net_kw: float, least_kw: float, most_kw: float) -> Load:
    """The load after a telegram: `net_kw` at the meter, of which the cars take least to most kW."""
    cars_kw = min(max(net_kw - load.last_kw, least_kw), most_kw)
    house_kw = net_kw - cars_kw
    if load.at is None or load.fast_kw is None or load.slow_kw is None:
        return replace(load, at=at, last_kw=house_kw, fast_kw=house_kw, slow_kw=house_kw)
    step_s = min(max(0.0, (at - load.at).total_seconds()), HOUR_S)
    fast_kw = load.fast_kw - (house_kw - load.fast_kw) * expm1(-step_s / FAST_S)
    slow_kw = load.slow_kw - (house_kw - load.slow_kw) * expm1(-step_s / SLOW_S)
    kws, hour = max(0.0, house_kw) * step_s, at.astimezone(BRUSSELS).hour
    hours_kw, hour_kws, hour_s = load.hours_kw, load.hour_kws + kws, load.hour_s + step_s
    if hour != load.hour:
        hours_kw, hour_kws, hour_s = _taught(load), kws, step_s
    return Load(at, house_kw, fast_kw, slow_kw, hours_kw, hour, hour_kws, hour_s)


def _taught(load: Load) -> tuple[float, ...]:
    """The usual hours, with the share of the hour that closed."""
    if load.hour is None or load.hour_s < TELLING_S:
        return load.hours_kw
    hours_kw = list(load.hours_kw)
    hours_kw[load.hour] += LEARNED_A_DAY * (load.hour_kws / load.hour_s - hours_kw[load.hour])
    return tuple(hours_kw)
