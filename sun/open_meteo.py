"""Open-Meteo: bytes -> W per quarter. No key, non-commercial, one request per plane.

Source: https://open-meteo.com/en/docs. Each value is the mean of the 15 minutes BEFORE its stamp.
The power is that of the panels at their temperature:
P = kWp x GTI/1000 x (1 - 0.004 x (T + 0.0342 x GTI - 25)) x efficiency.
"""

from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from base.http_client import Answer, NonsenseError, Query, decoded
from base.language import clause
from base.time import QUARTER
from sun.forecast import Plane, Roof

NAME = "Open-Meteo"
BASE = "https://api.open-meteo.com"
PAST_DAYS, DAYS = 7, 3  # a week to scale it by, and 48 h from any moment
WARMED_C_PER_W_M2, LOST_PER_C, RATED_C = 0.0342, 0.004, 25.0
MOST_W_M2 = 1500.0
LEAST_C, MOST_C = -60.0, 60.0


class _Units(Answer):
    global_tilted_irradiance: Literal["W/m²"]
    temperature_2m: Literal["°C"]
    time: Literal["unixtime"]


class _Quarters(Answer):
    time: list[int] = Field(max_length=5000)
    global_tilted_irradiance: list[float | None]
    temperature_2m: list[float | None]


class _Weather(Answer):
    minutely_15_units: _Units
    minutely_15: _Quarters


def query(roof: Roof, plane: Plane, base: str = BASE) -> Query:
    """The request for one plane."""
    return f"{base}/v1/forecast", {
        "latitude": f"{roof.latitude:.4f}",
        "longitude": f"{roof.longitude:.4f}",
        "tilt": f"{plane.tilt_deg:g}",
        "azimuth": f"{plane.azimuth_deg:g}",
        "minutely_15": "global_tilted_irradiance,temperature_2m",
        "past_days": str(PAST_DAYS),
        "forecast_days": str(DAYS),
        "timezone": "GMT",
        "timeformat": "unixtime",
    }


def parse(body: bytes, plane: Plane, efficiency: float) -> dict[datetime, float]:
    """W of the plane by quarter start (UTC); a quarter with a null is absent. NonsenseError."""
    said = decoded(_Weather, body).minutely_15
    if not len(said.time) == len(said.global_tilted_irradiance) == len(said.temperature_2m):
        raise NonsenseError(clause("sent lists of different lengths"))
    rows = zip(said.time, said.global_tilted_irradiance, said.temperature_2m, strict=True)
    return {
        _quarter(at): watts(plane, sun, air, efficiency)
        for at, sun, air in rows
        if sun is not None and air is not None
    }


def watts(plane: Plane, sun_w_m2: float, air_c: float, efficiency: float) -> float:
    """W of a plane in this sun (W/m² on the plane) and this air."""
    if not (sun_w_m2 <= MOST_W_M2 and LEAST_C <= air_c <= MOST_C):
        raise NonsenseError(
            clause(
                "sent an impossible irradiance of {sun_w_m2:.0f} W/m² at {air_c:.0f} °C",
                sun_w_m2=sun_w_m2,
                air_c=air_c,
            )
        )
    sun = max(0.0, sun_w_m2)  # slightly negative around sunset: the service's own rounding
    panel_c = air_c + WARMED_C_PER_W_M2 * sun
    return plane.kwp * sun * (1 - LOST_PER_C * (panel_c - RATED_C)) * efficiency


def _quarter(stamp: int) -> datetime:
    """The start of the quarter that ends at `stamp`."""
    if stamp % 900 or not 0 < stamp < 1 << 33:
        raise NonsenseError(
            clause("sent a time that does not start a quarter ({stamp})", stamp=stamp)
        )
    return datetime.fromtimestamp(stamp, UTC) - QUARTER
