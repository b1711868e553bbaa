"""The outdoor temperature: request, answer, and a service that fails."""

import asyncio
import json
from collections.abc import Mapping
from datetime import date

import pytest
from aiohttp import web as http
from aiohttp.test_utils import TestServer

from base.http_client import NonsenseError
from sun.air import parse, query
from sun.forecast import Roof
from sun.service import keep_air

ROOF = Roof(latitude=51.2, longitude=4.4, planes=())
DAY = date(2026, 1, 15)


def said(*air_c: float | None, unit: str = "°C") -> bytes:
    """An answer with these temperatures, one a day."""
    days = [f"2026-01-{15 + n}" for n in range(len(air_c))]
    return json.dumps(
        {
            "daily_units": {"time": "iso8601", "temperature_2m_mean": unit},
            "daily": {"time": days, "temperature_2m_mean": air_c},
        }
    ).encode()


def test_one_question_has_the_past_eight_weeks_and_the_week_to_come() -> None:
    url, asked = query(ROOF)
    assert url == "https://api.open-meteo.com/v1/forecast"
    assert asked["latitude"] == "51.2000"
    assert (asked["past_days"], asked["forecast_days"]) == ("56", "8")


def test_a_day_without_a_temperature_is_absent() -> None:
    assert parse(said(3.5, None, -2.0)) == {DAY: 3.5, date(2026, 1, 17): -2.0}


@pytest.mark.parametrize("body", [b"", b"{}", said(99.0), said(float("nan")), said(3.5, unit="°F")])
def test_nonsense_is_refused(body: bytes) -> None:
    with pytest.raises(NonsenseError):
        parse(body)


class FinishedError(Exception):
    """The simulated time is over."""


async def test_an_outage_is_logged_once_and_temperatures_stay() -> None:
    """There is a request every three hours, and an earlier one after a failure."""
    answers = iter((said(3.5), None, None, said(4.5)))
    published: list[Mapping[date, float]] = []
    told, pauses = list[str](), list[float]()

    async def answer(_: http.Request) -> http.Response:
        body = next(answers)
        return http.Response(status=500) if body is None else http.Response(body=body)

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:
            raise FinishedError
        await asyncio.sleep(0)

    app = http.Application()
    app.router.add_get("/v1/forecast", answer)
    async with TestServer(app) as server:
        base = str(server.make_url("")).rstrip("/")
        with pytest.raises(FinishedError):
            await keep_air(
                ROOF, published.append, told.append, base=base, sleep=sleep, chance=lambda: 0.0
            )
    assert published == [{DAY: 3.5}, {DAY: 4.5}]
    assert told == [
        "The house load is forecast without temperature: Open-Meteo is out of order (HTTP 500)."
    ]
    assert pauses == [10800.0, 300.0, 600.0, 10800.0]
