"""Prices that depend on the hour: the band of the week and the season that applies at a local
time."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from base.language import setting
from rates.errors import Strict

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GROUPS = {"all": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}
DAY_MINUTES = 24 * 60
MonthDay = tuple[int, int]
DASHES = str.maketrans("\u2013\u2212", "--")


@dataclass(frozen=True, slots=True)
class Band:
    """Some hours of some weekdays, in a season or all year. Local clock time.

    `minutes` are half-open spans of the day; `season` is a first and last day, both inside.
    """

    weekdays: frozenset[int]
    minutes: tuple[tuple[int, int], ...]
    season: tuple[MonthDay, MonthDay] | None = None

    def holds(self, weekday: int, minute: int, day: MonthDay) -> bool:
        return (
            weekday in self.weekdays
            and any(first <= minute < last for first, last in self.minutes)
            and (self.season is None or _in_season(day, *self.season))
        )


@dataclass(frozen=True, slots=True)
class Week:
    """Every clock quarter of a week, in each season, with the place of the first band that holds.

    `edges` are the days on which something changes; `places` the 672 quarters from each edge on.
    """

    edges: tuple[MonthDay, ...]
    places: tuple[tuple[int | None, ...], ...]

    def at(self, local: datetime) -> int | None:
        """The place of the first band that holds at a local time; None when none does."""
        season = bisect_right(self.edges, (local.month, local.day)) - 1
        quarter = local.weekday() * 96 + local.hour * 4 + local.minute // 15
        return self.places[season][quarter]


@lru_cache(maxsize=64)
def week_of(bands: tuple[Band, ...]) -> Week:
    """The bands laid out quarter by quarter once, for a look-up."""
    edges = _season_edges(bands)
    quarters = [(weekday, minute) for weekday in range(7) for minute in range(0, DAY_MINUTES, 15)]
    return Week(edges, tuple(tuple(_first(bands, *q, edge) for q in quarters) for edge in edges))


def uncovered(bands: tuple[Band, ...]) -> str | None:
    """The first quarter of the week that no band covers, in words; None when all are covered."""
    week = week_of(bands)
    for edge, places in zip(week.edges, week.places, strict=True):
        if None in places:
            weekday, quarter = divmod(places.index(None), 96)
            clock = f"{quarter // 4:02}:{quarter % 4 * 15:02}"
            return f"{DAYS[weekday]} {clock} from {edge[0]:02}-{edge[1]:02}"
    return None


def _first(bands: Sequence[Band], weekday: int, minute: int, day: MonthDay) -> int | None:
    for place, band in enumerate(bands):
        if band.holds(weekday, minute, day):
            return place
    return None


def _in_season(day: MonthDay, first: MonthDay, last: MonthDay) -> bool:
    if first <= last:
        return first <= day <= last
    return day >= first or day <= last


def _season_edges(bands: Sequence[Band]) -> tuple[MonthDay, ...]:
    """The days on which something changes: 1 January, each season's start, the day after it."""
    edges = {(1, 1)}
    for band in bands:
        if band.season:
            first, last = band.season
            after = date(2024, *last) + timedelta(days=1)
            edges |= {first, (after.month, after.day)}
    return tuple(sorted(edges))


def _clock(text: str) -> int:
    hour, _, minute = text.strip().partition(":")
    hour, minute = hour.zfill(2), minute or "00"
    if not (len(hour) == 2 and len(minute) == 2 and hour.isdecimal() and minute.isdecimal()):
        raise ValueError(setting('must look like "07:00-22:00"'))
    at = int(hour) * 60 + int(minute)
    if int(minute) % 15 or at > DAY_MINUTES:
        raise ValueError(setting("must be times on a quarter hour, from 00:00 to 24:00"))
    return at


def _span(text: str) -> str:
    text = text.translate(DASHES)
    first, _, last = text.partition("-")
    if _clock(first) == _clock(last):
        raise ValueError(setting("must not be empty; the whole day is 00:00-24:00"))
    return text


def _month_day(text: str) -> str:
    try:
        date.fromisoformat(f"2024-{text}")
    except ValueError:
        raise ValueError(setting('must be a month and day such as "03-21"')) from None
    return text


Span = Annotated[str, AfterValidator(_span)]
Day = Annotated[str, AfterValidator(_month_day)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class When(Strict):
    """Days, hours and season of a file: `{"days": "weekdays", "hours": ["07:00-11:00"]}`.

    A span may include midnight; both halves then belong to the weekday on which they fall.
    """

    days: Literal["all", "weekdays", "weekend"] | tuple[Weekday, ...] = "all"
    hours: tuple[Span, ...] = Field(default=("00:00-24:00",), min_length=1)
    season: tuple[Day, Day] | None = None

    def band(self) -> Band:
        days = GROUPS[self.days] if isinstance(self.days, str) else self.days
        return Band(
            frozenset(DAYS.index(day) for day in days),
            tuple(piece for span in self.hours for piece in _pieces(span)),
            _season(self.season) if self.season else None,
        )


def _pieces(span: str) -> list[tuple[int, int]]:
    first, last = (_clock(end) for end in span.split("-"))
    return [(first, last)] if first < last else [(first, DAY_MINUTES), (0, last)]


def _season(ends: tuple[str, str]) -> tuple[MonthDay, MonthDay]:
    first, last = (date.fromisoformat(f"2024-{end}") for end in ends)
    return (first.month, first.day), (last.month, last.day)
