"""Outdoor temperature from Open-Meteo: bytes -> mean °C by local day.

Source: https://open-meteo.com/en/docs. No key, non-commercial; one request covers
the past for the load forecast and the coming week.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from base.http_client import Answer, NonsenseError, Query, decoded
from base.language import clause
from sun.forecast import Roof
from sun.open_meteo import BASE, LEAST_C, MOST_C

PAST_DAYS, DAYS = 56, 8


class _Units(Answer):
    temperature_2m_mean: Literal["°C"]
    time: Literal["iso8601"]


class _Days(Answer):
    time: list[date] = Field(max_length=200)
    temperature_2m_mean: list[float | None]


class _Weather(Answer):
    daily_units: _Units
    daily: _Days


def query(roof: Roof, base: str = BASE) -> Query:
    """The request for the place of a roof."""
    return f"{base}/v1/forecast", {
        "latitude": f"{roof.latitude:.4f}",
        "longitude": f"{roof.longitude:.4f}",
        "daily": "temperature_2m_mean",
        "past_days": str(PAST_DAYS),
        "forecast_days": str(DAYS),
        "timezone": "Europe/Brussels",
    }


def parse(body: bytes) -> dict[date, float]:
    """Mean temperature of each local day, °C; a day with a null is absent. NonsenseError."""
    said = decoded(_Weather, body).daily
    if len(said.time) != len(said.temperature_2m_mean):
        raise NonsenseError(clause("sent lists of different lengths"))
    rows = zip(said.time, said.temperature_2m_mean, strict=True)
    found = {day: air_c for day, air_c in rows if air_c is not None}
    for air_c in found.values():
        if not LEAST_C <= air_c <= MOST_C:
            raise NonsenseError(clause("sent a day temperature of {air_c:.0f} °C", air_c=air_c))
    return found
