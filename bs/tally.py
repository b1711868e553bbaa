"""Energy through the batteries: today, and by quarter hour for two days."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from base.time import BRUSSELS, HOUR_S, quarter_of

KEPT = 192
LONGEST_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """kWh on the AC side of `day` (local). `quarters` are mean kW by start, oldest first,
    charging positive; `kws` and `seconds` add up the running one. `kw` holds since `at`."""

    day: date | None = None
    charged_kwh: float = 0.0
    discharged_kwh: float = 0.0
    at: datetime | None = None
    kw: float = 0.0
    quarters: tuple[tuple[datetime, float], ...] = ()
    start: datetime | None = None
    kws: float = 0.0
    seconds: float = 0.0


def counted(tally: Tally, at: datetime, kw: float | None) -> Tally:
    """The tally at `at`, when the batteries take `kw`; a gap over a minute is not energy."""
    step_s = (at - tally.at).total_seconds() if tally.at else 0.0
    day = at.astimezone(BRUSSELS).date()
    if day != tally.day:
        tally = replace(tally, day=day, charged_kwh=0.0, discharged_kwh=0.0)
    if quarter_of(at) != tally.start:
        tally = replace(_closed(tally), start=quarter_of(at), kws=0.0, seconds=0.0)
    if 0.0 < step_s <= LONGEST_S:
        kwh = tally.kw * step_s / HOUR_S
        tally = replace(
            tally,
            charged_kwh=tally.charged_kwh + max(0.0, kwh),
            discharged_kwh=tally.discharged_kwh + max(0.0, -kwh),
            kws=tally.kws + tally.kw * step_s,
            seconds=tally.seconds + step_s,
        )
    return replace(tally, at=at, kw=0.0 if kw is None else kw)


def _closed(tally: Tally) -> Tally:
    """Close the running quarter; a clock that was set back starts again there."""
    if tally.start is None or not tally.seconds:
        return tally
    last = (tally.start, round(tally.kws / tally.seconds, 3))
    before = tuple(quarter for quarter in tally.quarters if quarter[0] < tally.start)
    return replace(tally, quarters=(*before, last)[-KEPT:])
