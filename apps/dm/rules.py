"""The householder's settings in config.py as rules and roof of the house."""

from apps.dm.house import Rules
from apps.shared.settings import Settings, Solar
from rates.calendar import Hours
from sun.forecast import Plane, Roof


def rules(settings: Settings) -> Rules:
    """The rules of the house."""
    return Rules(
        settings.month_peak_floor_kw,
        settings.month_peak_ceiling_kw,
        own_hours(settings),
        settings.main_fuse_a,
    )


def own_hours(settings: Settings) -> Hours | None:
    """The householder's tariff hours; None for those of the grid area."""
    weekend, holidays = settings.weekend_is_night, settings.holidays_are_night
    if settings.day_hours is None and weekend is None and holidays is None:
        return None
    usual = Hours()
    start, end = settings.day_hours or (usual.start, usual.end)
    return Hours(start, end, weekend is not False, holidays is True)


SOUTH = (Plane(1.0, 35.0, 0.0),)


def roof(solar: Solar) -> Roof:
    """The panels of the house; of 1 kWp towards the south where config.py does not have them."""
    return Roof(
        latitude=solar.latitude,
        longitude=solar.longitude,
        planes=tuple(Plane(p.kwp, p.tilt_deg, p.azimuth_deg) for p in solar.planes) or SOUTH,
        inverter_kw=solar.inverter_kw if solar.planes else None,
    )


def roof_kw(solar: Solar | None) -> float | None:
    """The most that the panels give; None where config.py does not have them."""
    if solar is None or not solar.planes:
        return None
    peak_kw = sum(plane.kwp for plane in solar.planes)
    return min(peak_kw, solar.inverter_kw or peak_kw)
