"""The public holidays and workdays of Belgium."""

from datetime import date
from functools import lru_cache

from base.time import DAY


def easter(year: int) -> date:
    """Easter Sunday. Source: the anonymous Gregorian computus (Meeus, Jones, Butcher)."""
    century, rest = divmod(year, 100)
    moon = (8 * century + 13) // 25
    golden = year % 19
    epact = (19 * golden + century - century // 4 - moon + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def workday(day: date) -> bool:
    """True from Monday to Friday, except on a public holiday."""
    return day.weekday() < 5 and day not in holidays(day.year)


@lru_cache(maxsize=8)
def holidays(year: int) -> frozenset[date]:
    """The ten public holidays of Belgium."""
    fixed = ((1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25))
    after_easter = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday
    sunday = easter(year)
    return frozenset(date(year, month, day) for month, day in fixed) | frozenset(
        sunday + days * DAY for days in after_easter
    )
