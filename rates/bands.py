"""Prices that depend on the hour: which band of the week and the season holds at a local time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from rates.errors import Strict

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GROUPS = {"all": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}
DAY_MINUTES = 24 * 60
MonthDay = tuple[int, int]


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


def band_at(bands: Sequence[Band], local: datetime) -> int | None:
    """The place of the first band that holds at a local time; None when none does."""
    weekday, minute = local.weekday(), local.hour * 60 + local.minute
    day = (local.month, local.day)
    return _first(bands, weekday, minute, day)


def uncovered(bands: Sequence[Band]) -> str | None:
    """The first quarter of the week that no band covers, in words; None when all are covered."""
    for day in _season_edges(bands):
        for weekday in range(7):
            for minute in range(0, DAY_MINUTES, 15):
                if _first(bands, weekday, minute, day) is None:
                    clock = f"{minute // 60:02}:{minute % 60:02}"
                    return f"{DAYS[weekday]} {clock} on {day[0]:02}-{day[1]:02}"
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


def _season_edges(bands: Sequence[Band]) -> list[MonthDay]:
    """Days between which nothing changes: 1 January, each season's start, the day after its end."""
    edges = {(1, 1)}
    for band in bands:
        if band.season:
            first, last = band.season
            after = date(2024, *last) + timedelta(days=1)
            edges |= {first, (after.month, after.day)}
    return sorted(edges)


def _clock(text: str) -> int:
    hour, _, minute = text.strip().partition(":")
    if not (len(hour) == 2 and len(minute) == 2 and hour.isdecimal() and minute.isdecimal()):
        raise ValueError('must read like "07:00-22:00"')
    at = int(hour) * 60 + int(minute)
    if int(minute) % 15 or at > DAY_MINUTES:
        raise ValueError("must be clock quarters from 00:00 to 24:00")
    return at


def _span(text: str) -> str:
    first, _, last = text.partition("-")
    if _clock(first) == _clock(last):
        raise ValueError("must not be empty; the whole day is 00:00-24:00")
    return text


def _month_day(text: str) -> str:
    try:
        date.fromisoformat(f"2024-{text}")
    except ValueError:
        raise ValueError('must be a month and day such as "03-21"') from None
    return text


Span = Annotated[str, AfterValidator(_span)]
Day = Annotated[str, AfterValidator(_month_day)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class When(Strict):
    """Days, hours and season of a file: `{"days": "weekdays", "hours": ["07:00-11:00"]}`.

    A span may run over midnight; both halves then belong to the weekday on which they fall.
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
