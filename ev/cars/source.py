"""Interface and plausibility checks of all sources of a car's state."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, AwareDatetime

from base.language import clause
from ev.facts import CarStatus

OLDEST, AHEAD = timedelta(days=2), timedelta(minutes=5)
LEAST_PCT, MOST_PCT, MOST_KM = 1.0, 100.0, 2000.0


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("no time on our calendar") from None


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A time that somebody sends us, in UTC."""


class CarSource(Protocol):
    """A source of one car's state, polled each `poll_s`.

    `read` is given the time, and raises a WebError whose text follows `name`: "does not
    answer in time". `close` ends its connections.
    """

    @property
    def car(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def poll_s(self) -> float: ...
    async def read(self, now: datetime) -> list[CarStatus]: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of a CarStatus, and when it was so."""

    field: str
    value: float | bool
    at: datetime


def statuses(car: str, source: str, facts: Iterable[Fact]) -> list[CarStatus]:
    """The facts as one status for each moment, oldest first: each keeps its own age."""
    by_time: dict[datetime, dict[str, Any]] = defaultdict(dict)
    for fact in facts:
        by_time[fact.at][fact.field] = fact.value
    return [CarStatus(car=car, source=source, at=at, **by_time[at]) for at in sorted(by_time)]


def checked(status: CarStatus, now: datetime) -> CarStatus:
    """The status, when it can be true. ValueError with a sentence's end when it cannot."""
    if wrong := _wrong(status, now):
        raise ValueError(wrong)
    return status


def sound(status: CarStatus, now: datetime) -> tuple[CarStatus, str]:
    """The status without its implausible optional field, and the fault.

    ValueError where it is the state of charge or the time, or nothing else was said.
    """
    for without in (replace(status, range_km=None), replace(status, target_pct=None)):
        wrong = _wrong(status, now)
        if wrong and without.soc_pct is not None and not _wrong(without, now):
            return without, wrong
    return checked(status, now), ""


def _wrong(status: CarStatus, now: datetime) -> str:
    """An implausible value, as the end of a sentence; "" without. Clouds send 0 % for unknown."""
    soc, target, km = status.soc_pct, status.target_pct, status.range_km
    if soc is not None and not _within(soc, LEAST_PCT, MOST_PCT):
        return clause(
            "reports a state of charge of {soc:g} %, which is impossible (1 to 100 %)", soc=soc
        )
    if target is not None and not _within(target, LEAST_PCT, MOST_PCT):
        return clause(
            "reports a charging target of {target:g} %, which is impossible (1 to 100 %)",
            target=target,
        )
    if km is not None and not _within(km, 0.0, MOST_KM):
        return clause(
            "reports a range of {km:g} km, which is impossible (0 to {most:g} km)",
            km=km,
            most=MOST_KM,
        )
    if status.at > now + AHEAD:
        return clause("reports a time in the future")
    if now - status.at > OLDEST:
        return clause(
            "sends data that is {days:.0f} days old", days=(now - status.at) / timedelta(days=1)
        )
    if (soc, target, km, status.plugged, status.charging, status.home) == (None,) * 6:
        return clause("does not report the battery, the plug or the charging")
    return ""


def _within(value: float, least: float, most: float) -> bool:
    return not isinstance(value, bool) and math.isfinite(value) and least <= value <= most
