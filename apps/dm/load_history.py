"""History of the house by quarter, as a plan needs it: its own load without cars
and batteries, the solar forecast, and the price of a kWh.

Pure. Everything is per quarter (UTC start), oldest first; unknown values are None.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import nan

from base.time import QUARTER
from store.quarters import Beside, Flow
from sun.hidden import Hidden, fitted

LOAD_BACK = timedelta(days=56)
PRICE_BACK = timedelta(days=28)
SOLAR_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Lived:
    """kW of each quarter of the last eight weeks: the house alone, without solar production."""

    load_kw: Mapping[datetime, float] = field(default_factory=dict)
    solar_kw: Mapping[datetime, float] = field(default_factory=dict)

    def until(self, end: datetime) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
        """The load, and the last week's sun, of the quarters before `end`."""
        loads = [self.load_kw.get(at) for at in before(end, LOAD_BACK)]
        return _trimmed(loads), _trimmed([self.solar_kw.get(at) for at in before(end, SOLAR_BACK)])

    def fitted(self, end: datetime) -> Hidden | None:
        """Estimate of the panels from the quarters before `end`, with the sun of 1 kWp."""
        quarters = before(end, LOAD_BACK)
        return fitted(
            [self.load_kw.get(at, nan) for at in quarters],
            [self.solar_kw.get(at, nan) for at in quarters],
        )

    def with_panels(self, kwp: float | None) -> "Lived":
        """The load without the sun of this many kWp; None: there are no panels."""
        if kwp is None:
            return Lived(self.load_kw)
        loads = {
            at: max(0.0, kw + kwp * self.solar_kw[at])
            for at, kw in self.load_kw.items()
            if at in self.solar_kw
        }
        return Lived(loads, {at: kwp * kw for at, kw in self.solar_kw.items()})

    def grown(self, more: "Lived", oldest: datetime) -> "Lived":
        """Add more of the past, and drop what is older than `oldest`."""
        loads = {**self.load_kw, **more.load_kw}
        suns = {**self.solar_kw, **more.solar_kw}
        return Lived(
            {at: kw for at, kw in loads.items() if at >= oldest},
            {at: kw for at, kw in suns.items() if at >= oldest},
        )


def lived(
    flows: Iterable[Flow],
    beside: Mapping[datetime, Beside],
    told_kw: Callable[[datetime], float | None],
    *,
    sunny: bool,
) -> Lived:
    """The past, from the bookings and the energy of cars and batteries beside them.

    `told_kw` forecasts the sun of a quarter whose own forecast was not stored. In a `sunny` house a
    quarter with unknown sun is left out; at night it is 0.
    """
    loads: dict[datetime, float] = {}
    suns: dict[datetime, float] = {}
    for flow in flows:
        there = beside.get(flow.quarter, Beside(flow.quarter, 0.0, None))
        solar_kw = told_kw(flow.quarter) if there.solar_kw is None else there.solar_kw
        if solar_kw is not None:
            suns[flow.quarter] = solar_kw
        if flow.offtake_kw is None or there.taken_kw is None or (sunny and solar_kw is None):
            continue
        net_kw = float(flow.offtake_kw - (flow.injection_kw or 0))
        load_kw = net_kw - there.taken_kw + (solar_kw or 0.0 if sunny else 0.0)
        loads[flow.quarter] = max(0.0, load_kw) if sunny else load_kw
    return Lived(loads, suns)


def before(end: datetime, span: timedelta) -> list[datetime]:
    """The quarters of this time before `end`, oldest first."""
    count = span // QUARTER
    return [end - (count - place) * QUARTER for place in range(count)]


def _trimmed(values: list[float | None]) -> tuple[float | None, ...]:
    """From the first that is known on."""
    first = next((place for place, value in enumerate(values) if value is not None), len(values))
    return tuple(values[first:])
