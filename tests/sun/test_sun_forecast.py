"""Solar watts per quarter: each service's convention, the roof, the house's own scale."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.http_client import NonsenseError
from base.time import QUARTER
from sun import forecast_solar, open_meteo
from sun.forecast import Forecast, Plane, Roof, scaled, together

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
SOUTH = Plane(4.0, 35, 0)
ROOF = Roof(latitude=51.2, longitude=4.4, planes=(SOUTH, Plane(2.0, 35, 90)))


def weather(sun: list[float | None], air: list[float | None] | None = None, **units: str) -> bytes:
    said = {"global_tilted_irradiance": "W/m²", "temperature_2m": "°C", "time": "unixtime"}
    start = int(NOON.timestamp())
    return json.dumps(
        {
            "minutely_15_units": said | units,
            "minutely_15": {
                "time": [start + 900 * place for place in range(len(sun))],
                "global_tilted_irradiance": sun,
                "temperature_2m": air or [20.0] * len(sun),
            },
        }
    ).encode()


def test_a_value_is_the_mean_of_the_quarter_before_it() -> None:
    """A value stamped 12:00 is for 11:45 to 12:00."""
    found = open_meteo.parse(weather([100.0, 200.0]), SOUTH, 1.0)
    assert list(found) == [NOON - QUARTER, NOON]


def test_the_panels_lose_power_when_they_are_hot() -> None:
    """4 kWp at 1000 W/m² and 25 °C: the panel is at 59.2 °C and gives 3453 W."""
    assert open_meteo.watts(SOUTH, 1000, 25, 1.0) == pytest.approx(4000 * (1 - 0.004 * 34.2))
    assert open_meteo.watts(SOUTH, 1000, -9.2, 0.9) == pytest.approx(3600)


def test_night_is_zero_and_a_null_is_unknown() -> None:
    """The service sends slightly negative irradiance around sunset, which counts as night."""
    found = open_meteo.parse(weather([0.0, None, -1.6], [20.0, 20.0, 20.0]), SOUTH, 1.0)
    assert list(found.values()) == [0.0, 0.0]
    assert NOON not in found


@pytest.mark.parametrize(
    "said",
    [
        b"<html>",
        weather([100.0])[:-1],
        weather([100.0], temperature_2m="°F"),
        weather([100.0], time="iso8601"),
        weather([5000.0]),
        weather([100.0], [100.0]),
        weather([100.0, 1.0], [1.0]),
        weather([100.0]).replace(str(int(NOON.timestamp())).encode(), b"1700000001"),
    ],
)
def test_open_meteo_nonsense_is_refused(said: bytes) -> None:
    with pytest.raises(NonsenseError):
        open_meteo.parse(said, SOUTH, 1.0)


def test_the_question_for_a_plane() -> None:
    url, params = open_meteo.query(ROOF, ROOF.planes[1])
    assert url == "https://api.open-meteo.com/v1/forecast"
    assert (params["tilt"], params["azimuth"], params["past_days"]) == ("35", "90", "7")


def estimate(watts: Mapping[str, float]) -> bytes:
    return json.dumps({"result": {"watts": watts}, "message": {"code": 0}}).encode()


def test_between_the_hours_is_a_straight_line() -> None:
    """A quarter has the mean of the line, and sunrise and sunset are inside a quarter."""
    said = {
        "2026-06-15T06:07:30+00:00": 0,
        "2026-06-15T07:00:00+00:00": 700,
        "2026-06-15T08:00:00+00:00": 1100,
        "2026-06-15T08:05:00+00:00": 0,
    }
    found = forecast_solar.parse(estimate(said), SOUTH)
    hour = datetime(2026, 6, 15, 7, tzinfo=UTC)
    assert next(iter(found)) == datetime(2026, 6, 15, 6, tzinfo=UTC)
    assert [found[hour + place * QUARTER] for place in range(4)] == pytest.approx(
        [750, 850, 950, 1050]
    )
    assert found[hour - 4 * QUARTER] == pytest.approx(100 * 7.5 / 2 / 15)
    assert found[hour + 4 * QUARTER] == pytest.approx(1100 * 5 / 2 / 15)


@given(
    st.lists(st.tuples(st.integers(1, 7200), st.floats(0, 4000)), min_size=2, max_size=30),
    st.integers(0, 7200),
)
def test_no_energy_is_lost_in_quarters(steps: list[tuple[int, float]], first: int) -> None:
    """The quarters have the energy of the line, with any timestamps."""
    at, points = NOON + timedelta(seconds=first), []
    for seconds, w in steps:
        at += timedelta(seconds=seconds)
        points.append((at, w))
    found = forecast_solar.parse(estimate({at.isoformat(): w for at, w in points}), SOUTH)
    line = sum((b - a).total_seconds() * (wa + wb) / 2 for (a, wa), (b, wb) in pairwise(points))
    edges = 900 * (points[0][1] + points[-1][1])  # a line that does not start or end at zero
    assert sum(found.values()) * 900 == pytest.approx(line, abs=edges + 1e-3)


@pytest.mark.parametrize(
    "said",
    [
        b"<html>",
        b"{}",
        estimate({}),
        estimate({"2026-06-15T07:00:00": 1, "2026-06-15T08:00:00": 1}),
        estimate({"2026-06-15T08:00:00Z": 1, "2026-06-15T07:00:00Z": 1}),
        estimate({"2026-06-15T07:00:00Z": 1, "2036-06-15T08:00:00Z": 1}),
        estimate({"2026-06-15T07:00:00Z": 1, "2026-06-15T08:00:00Z": 40_000}),
        estimate({"2026-06-15T07:00:00Z": -1, "2026-06-15T08:00:00Z": 1}),
        json.dumps({"result": "Rate limit for API calls reached."}).encode(),
    ],
)
def test_forecast_solar_nonsense_is_refused(said: bytes) -> None:
    with pytest.raises(NonsenseError):
        forecast_solar.parse(said, SOUTH)


def test_forecast_solar_question_and_refusal() -> None:
    url, params = forecast_solar.query(ROOF, ROOF.planes[1])
    assert url == "https://api.forecast.solar/estimate/51.2000/4.4000/35/90/2"
    assert params == {"time": "utc"}
    said = {"message": {"ratelimit": {"retry-at": "2026-06-15T14:48:53+02:00"}}}
    assert forecast_solar.retry_at(json.dumps(said).encode()) == NOON + timedelta(
        minutes=48, seconds=53
    )
    assert forecast_solar.retry_at(b"slow down") is None


def test_planes_add_up_behind_the_inverter() -> None:
    """The sum has the quarters known for every plane, limited by the inverter."""
    planes = [{NOON: 3000.0, NOON + QUARTER: 10.0}, {NOON: 1500.0}]
    assert together(planes, ROOF) == {NOON: 4500.0}
    assert together(
        planes, Roof(latitude=51, longitude=4, planes=ROOF.planes, inverter_kw=3.6)
    ) == {NOON: 3600.0}


def forecast(w: float, count: int = 96) -> Forecast:
    return Forecast("made", NOON, {NOON + place * QUARTER: w for place in range(count)})


def measured(w: float, count: int = 48) -> dict[datetime, float]:
    return {NOON + place * QUARTER: w for place in range(count)}


def test_production_scales_the_forecast() -> None:
    """A roof that gave 80 % of its forecast is expected to give 80 % of the next one."""
    result = scaled(forecast(1000.0), measured(800.0))
    assert result.ratio == pytest.approx(0.8)
    assert set(result.watts.values()) == {800.0}


def test_injection_alone_scales_only_up() -> None:
    """Injection below the forecast is own use; above it, the forecast was too low."""
    assert scaled(forecast(1000.0), measured(300.0), injection_only=True).ratio == 1.0
    assert scaled(forecast(1000.0), measured(1200.0), injection_only=True).ratio == 1.2


def test_one_odd_day_does_not_rule() -> None:
    """The ratio is limited, and little sun proves nothing."""
    assert scaled(forecast(1000.0), measured(9000.0)).ratio == 1.6
    assert scaled(forecast(1000.0), measured(0.0)).ratio == 0.4
    assert scaled(forecast(1000.0), measured(0.0, count=11)).ratio == 1.0
    assert scaled(forecast(40.0), measured(400.0)).ratio == 1.0
