"""The householder's settings in config.py as rules of the house."""

from apps.dm.house import Rules
from apps.shared.settings import Settings
from rates.calendar import Hours


def rules(settings: Settings) -> Rules:
    """The rules of the house."""
    return Rules(
        settings.month_peak_floor_kw,
        settings.month_peak_ceiling_kw,
        own_hours(settings),
        settings.main_fuse_a,
    )


def own_hours(settings: Settings) -> Hours | None:
    """The householder's tariff hours; None when he leaves them to his grid area."""
    weekend, holidays = settings.weekend_is_night, settings.holidays_are_night
    if settings.day_hours is None and weekend is None and holidays is None:
        return None
    usual = Hours()
    start, end = settings.day_hours or (usual.start, usual.end)
    return Hours(start, end, weekend is not False, holidays is True)
