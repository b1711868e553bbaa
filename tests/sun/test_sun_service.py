"""The solar forecast is updated automatically: real services on loopback, simulated days."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web as http
from aiohttp.test_utils import TestServer

from base import http_client
from base.http_client import AbsentError
from sun.forecast import Forecast, Plane, Roof
from sun.service import PACE, fetch, keep, sources

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
ROOF = Roof(
    latitude=51.2, longitude=4.4, planes=(Plane(4.0, 35, -90), Plane(2.0, 35, 90)), inverter_kw=5.0
)
Say = Callable[[http.Request], http.StreamResponse]


class FinishedError(Exception):
    """The simulated time is over."""


@dataclass
class Clock:
    now: datetime = NOON
    end: datetime = NOON + timedelta(hours=12)

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        if self.now >= self.end:
            raise FinishedError
        await asyncio.sleep(0)


@dataclass
class Run:
    published: list[Forecast] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def weather(_: http.Request) -> http.Response:
    """Constant sun for two days from noon."""
    count = 192
    said = {
        "minutely_15_units": {
            "global_tilted_irradiance": "W/m²", "temperature_2m": "°C", "time": "unixtime",
        },
        "minutely_15": {
            "time": [int(NOON.timestamp()) + 900 * place for place in range(count)],
            "global_tilted_irradiance": [500.0] * count,
            "temperature_2m": [7.9] * count,
        },
    }  # fmt: skip
    return http.Response(body=json.dumps(said).encode())


def estimate(_: http.Request) -> http.Response:
    said = {"2026-06-15T06:00:00Z": 0, "2026-06-15T18:00:00Z": 600, "2026-06-16T23:00:00Z": 0}
    return http.Response(body=json.dumps({"result": {"watts": said}}).encode())


def down(_: http.Request) -> http.Response:
    return http.Response(status=500)


async def run(clock: Clock, meteo: Say, solar: Say) -> Run:
    done = Run()

    async def server(name: str, say: Say) -> str:
        async def answer(request: http.Request) -> http.StreamResponse:
            done.asked.append(name)
            return say(request)

        app = http.Application()
        app.router.add_get("/{path:.*}", answer)
        started = await stack.enter_async_context(TestServer(app))
        return str(started.make_url("")).rstrip("/")

    async with AsyncExitStack() as stack:
        asked = sources(await server("meteo", meteo), await server("solar", solar))
        with pytest.raises(FinishedError):
            await keep(
                ROOF,
                done.published.append,
                done.told.append,
                asked,
                clock=clock,
                sleep=clock.sleep,
                chance=lambda: 0.0,
            )
    return done


async def test_each_hour_a_forecast_of_all_planes() -> None:
    """There is one request per plane an hour; the sum is limited by the inverter."""
    done = await run(Clock(), weather, down)
    assert len(done.published) == 12
    assert done.asked == ["meteo"] * 24
    assert done.published[0].watts[NOON] == pytest.approx(3000 * 0.9)
    assert done.told == []


async def test_the_second_service_takes_over() -> None:
    done = await run(Clock(), down, estimate)
    assert {forecast.source for forecast in done.published} == {"forecast.solar"}
    assert len(done.published) == 12


async def test_an_outage_and_its_end_are_logged_once() -> None:
    """It is reported after six hours; the last forecast applies meanwhile."""
    clock = Clock(end=NOON + timedelta(hours=20))
    good = {"meteo": True}

    def sometimes(request: http.Request) -> http.Response:
        hours = (clock() - NOON) / timedelta(hours=1)
        return down(request) if good and 2 < hours < 12 else weather(request)

    done = await run(clock, sometimes, down)
    assert [sentence.split(":")[0] for sentence in done.told] == [
        "No solar forecast for 6 h",
        "The solar forecast is back (Open-Meteo).",
    ]
    assert "Open-Meteo is out of order (HTTP 500); forecast.solar is out" in done.told[0]


async def test_a_service_that_asks_for_rest_gets_it() -> None:
    """The body of forecast.solar's answer has the time of the next allowed request."""

    def busy(_: http.Request) -> http.Response:
        limit = {"ratelimit": {"retry-at": (clock() + timedelta(minutes=50)).isoformat()}}
        return http.Response(status=429, body=json.dumps({"message": limit}).encode())

    clock = Clock(end=NOON + timedelta(minutes=45))
    done = await run(clock, down, busy)
    assert done.asked.count("solar") == 1
    assert done.asked.count("meteo") > 3


async def test_yesterdays_forecast_is_none() -> None:
    """An answer without future hours is ignored."""

    async def get(url: str, params: object) -> bytes:
        return bytes(weather(None).body or b"")  # type: ignore[arg-type]

    with pytest.raises(AbsentError):
        await fetch(get, sources()[0], ROOF, NOON + timedelta(days=5))


def test_the_pause_grows_to_an_hour() -> None:
    minutes = [PACE.backoff_s(failures) / 60 for failures in (1, 2, 3, 20)]
    assert (PACE.every_s / 60, minutes) == (60, [2, 4, 8, 60])


async def test_nothing_is_imported_before_it_is_needed() -> None:
    """The HTTP client is created where it is used, and closed again."""
    async with http_client.opened() as get:
        with pytest.raises(http_client.UnreachableError):
            await get("http://127.0.0.1:1", {})
