"""Real answers of the solar services are read or refused correctly."""

import json
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from base.http_client import NonsenseError
from sun import forecast_solar, open_meteo
from sun.forecast import Plane

PLANE = Plane(5.0, 20, 10)


def read(name: str) -> bytes:
    root = Path(os.environ.get("DM_SHARED", Path(__file__).parents[2].parent / "shared"))
    if not (root / "facts/price_api").is_dir():
        pytest.skip(f"{root}/facts/price_api is not here: set DM_SHARED to the real answers")
    return (root / "facts/price_api" / name).read_bytes()


@pytest.mark.parametrize("name", ["forecast_solar_forecast", "forecast_solar_forecast_personal"])
def test_forecast_solar_days_add_up(name: str) -> None:
    """Our quarters hold the daily energy of the service, within 1 %."""
    body = read(f"{name}.json")
    found = forecast_solar.parse(body, PLANE)
    for day, wh in json.loads(body)["result"]["watt_hours_day"].items():
        ours = sum(
            w
            for at, w in found.items()
            if (at + timedelta(hours=2)).date() == date.fromisoformat(day)
        )
        assert ours / 4 == pytest.approx(wh, rel=0.01)


def test_forecast_solar_says_when_to_ask_again() -> None:
    at = forecast_solar.retry_at(read("forecast_solar_ratelimit.json"))
    assert at is not None
    assert at.isoformat() == "2024-04-27T00:48:53+00:00"


@pytest.mark.parametrize("name", ["ratelimit", "validate_key", "validate_plane"])
def test_other_answers_of_forecast_solar_are_refused(name: str) -> None:
    with pytest.raises(NonsenseError):
        forecast_solar.parse(read(f"forecast_solar_{name}.json"), PLANE)


def test_open_meteo_without_tilted_sun_is_refused() -> None:
    """It has instant values in local time, without the irradiance on the plane."""
    with pytest.raises(NonsenseError, match="global_tilted_irradiance"):
        open_meteo.parse(read("open_meteo_minutely15_response.json"), PLANE, 0.9)


def test_prices_are_no_sun() -> None:
    for name in ("energy_charts_BE_2026-01-15.json", "nordpool_delivery_period.json"):
        with pytest.raises(NonsenseError):
            forecast_solar.parse(read(name), PLANE)
        with pytest.raises(NonsenseError):
            open_meteo.parse(read(name), PLANE, 0.9)
