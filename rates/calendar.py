"""Calendar of tariffs: day, night, holiday, week; all that local time decides.

Instants are UTC; a day, week, month or tariff hour is that of Europe/Brussels, whatever the zone
of the machine. Quarters need no zone: every offset of Brussels is a whole number of hours.
"""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Protocol

from base.holidays import holidays
from base.time import BRUSSELS, DAY, QUARTER, local_day
from p1.reading import Tariff

_SEARCH_DAYS = 10  # longer than any run of night days, weekend and holidays together


class TariffClock(Protocol):
    """Separates day from night by the clock. The meter's own tariff has priority."""

    def tariff_at(self, at: datetime) -> Tariff:
        """The tariff at an instant."""

    def edges(self, day: date) -> Collection[time]:
        """The local times at which it may change on a day; midnight need not be among them."""

    def words(self) -> str:
        """Name of the criterion, for a sentence."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of the day tariff, from `start` until `end`, local: a `TariffClock`.

    Flanders: a public holiday on a weekday is day. Brussels: it is night. Some towns: 06-21.
    """

    start: time = time(7)
    end: time = time(22)
    weekend_is_night: bool = True
    holidays_are_night: bool = False

    def tariff_at(self, at: datetime) -> Tariff:
        """The tariff at an instant."""
        local = at.astimezone(BRUSSELS)
        day, now = local.date(), local.time()
        if self.weekend_is_night and day.weekday() >= 5:
            return Tariff.NIGHT
        if self.holidays_are_night and day in holidays(day.year):
            return Tariff.NIGHT
        if self.start < self.end:
            in_day = self.start <= now < self.end
        else:  # until midnight, or past it
            in_day = now >= self.start or now < self.end
        return Tariff.DAY if in_day else Tariff.NIGHT

    def edges(self, day: date) -> Collection[time]:
        """The local times at which it may change: the same on each day."""
        return self.start, self.end

    def words(self) -> str:
        """Name of the criterion, for a sentence."""
        days = "weekdays " if self.weekend_is_night else ""
        return f"{days}{self.start:%H:%M} to {self.end:%H:%M} is day"


def day_start(day: date) -> datetime:
    """The instant (UTC) at which `day` starts in Brussels."""
    return _instant(day, time())


def quarters_of_day(day: date) -> tuple[datetime, ...]:
    """The starts (UTC) of the day's quarters: 96, or 92 and 100 when the clock changes."""
    start, count = day_start(day), (day_start(day + DAY) - day_start(day)) // QUARTER
    return tuple(start + i * QUARTER for i in range(count))


def week_start(day: date) -> date:
    """The Monday of the week of `day`."""
    return day - day.weekday() * DAY


def month_start(day: date) -> date:
    """The first of the month of `day`."""
    return day.replace(day=1)


def month_before(month: date, months: int = 1) -> date:
    """The first day of the month this many months earlier; later when negative."""
    count = month.year * 12 + month.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def months_after(day: date, months: int) -> date:
    """The same day this many months later; the last of a month that has no such day."""
    month = month_before(day, -months)
    return month.replace(day=min(day.day, monthrange(month.year, month.month)[1]))


def year_start(day: date) -> date:
    """The first of January of the year of `day`."""
    return day.replace(month=1, day=1)


def next_change(at: datetime, clock: TariffClock) -> datetime | None:
    """The first instant (UTC) after `at` with another tariff; None when there is never one."""
    now, today = clock.tariff_at(at), local_day(at)
    for day in (today + days * DAY for days in range(_SEARCH_DAYS)):
        for edge in sorted({time(), *clock.edges(day)}):
            moment = _instant(day, edge)
            if moment > at and clock.tariff_at(moment) is not now:
                return moment
    return None


def _instant(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, BRUSSELS).astimezone(UTC)
