"""Generated answers of price services, a service on loopback, and a simulated clock."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import web as http

from base.time import BRUSSELS
from rates.calendar import quarters_of_day
from rates.prices.series import DayPrices

DAY = date(2026, 1, 15)
NEXT = date(2026, 1, 16)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def at(clock: str, day: date = DAY) -> datetime:
    """A local time of day as an instant."""
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=BRUSSELS).astimezone(UTC)


def wave(count: int) -> list[Decimal]:
    """Prices that all differ, in EUR/MWh."""
    return [Decimal(4000 + 37 * place).scaleb(-2) for place in range(count)]


def day_prices(day: date) -> DayPrices:
    prices = tuple(wave(len(quarters_of_day(day))))
    return DayPrices(
        day=day, source="made", fetched=at("13:00"), step=timedelta(minutes=15), eur_mwh=prices
    )


def chart(*days: date, each: int = 1, **other: object) -> bytes:
    """An Energy-Charts answer of whole days; `each` quarters per price."""
    starts = [quarter for day in days for quarter in quarters_of_day(day)[::each]]
    said = {
        "license_info": "made for a test",
        "unix_seconds": [int(start.timestamp()) for start in starts],
        "price": [float(price) for price in wave(len(starts))],
        "unit": "EUR / MWh",
        "deprecated": False,
    }
    return json.dumps(said | other).encode()


def elia_answer(day: date) -> bytes:
    """An answer of Elia for a whole day."""
    quarters = quarters_of_day(day)
    rows = [
        {"dateTime": f"{quarter:%Y-%m-%dT%H:%M:%SZ}", "price": float(price), "isVisible": True}
        for quarter, price in zip(quarters, wave(len(quarters)), strict=True)
    ]
    return json.dumps(rows).encode()


def period(
    points: dict[int, object],
    start: str = "2026-01-14T23:00Z",
    end: str = "2026-01-15T23:00Z",
    resolution: str = "PT15M",
) -> str:
    said = "".join(
        f"<Point><position>{place}</position><price.amount>{price}</price.amount></Point>"
        for place, price in points.items()
    )
    return (
        f"<Period><timeInterval><start>{start}</start><end>{end}</end></timeInterval>"
        f"<resolution>{resolution}</resolution>{said}</Period>"
    )


def series(
    *periods: str,
    curve: str = "A03",
    sequence: str = "",
    zone: str = "10YBE----------2",
    currency: str = "EUR",
    unit: str = "MWH",
    agreement: str = "A01",
) -> str:
    position = "classificationSequence_AttributeInstanceComponent.position"
    return (
        f"<TimeSeries><in_Domain.mRID>{zone}</in_Domain.mRID>"
        f"<contract_MarketAgreement.type>{agreement}</contract_MarketAgreement.type>"
        f"<currency_Unit.name>{currency}</currency_Unit.name>"
        f"<price_Measure_Unit.name>{unit}</price_Measure_Unit.name>"
        + (f"<{position}>{sequence}</{position}>" if sequence else "")
        + f"<curveType>{curve}</curveType>{''.join(periods)}</TimeSeries>"
    )


def document(*inside: str, kind: str = "Publication_MarketDocument", before: str = "") -> bytes:
    space = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"
    head = f'<?xml version="1.0" encoding="utf-8"?>{before}'
    return f'{head}<{kind} xmlns="{space}">{"".join(inside)}</{kind}>'.encode()


def acknowledgement() -> bytes:
    return document("<Reason><code>999</code></Reason>", kind="Acknowledgement_MarketDocument")


@dataclass
class Service:
    """A web service on loopback: answers with `say`, and records each request."""

    say: Callable[[http.Request], http.StreamResponse]
    asked: list[http.Request] = field(default_factory=list)
    hangs: bool = False
    base: str = ""

    async def answer(self, request: http.Request) -> http.StreamResponse:
        self.asked.append(request)
        if self.hangs:
            await asyncio.Event().wait()
        return self.say(request)


@contextlib.asynccontextmanager
async def serving(
    say: Callable[[http.Request], http.StreamResponse], hangs: bool = False
) -> AsyncIterator[Service]:
    """Run the Service inside the context."""
    service = Service(say, hangs=hangs)
    app = http.Application()
    app.router.add_get("/{path:.*}", service.answer)
    runner = http.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = http.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()


def body(content: bytes, status: int = 200) -> Callable[[http.Request], http.StreamResponse]:
    return lambda _: http.Response(body=content, status=status)


class FinishedError(Exception):
    """The simulated time is over."""


@dataclass
class Clock:
    """A clock that only sleeping advances, and that ends the test at `end`."""

    now: datetime
    end: datetime
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        if self.now >= self.end:
            raise FinishedError


def shared(folder: str) -> Path:
    """A shared folder of real answers; the test is skipped without it."""
    root = Path(os.environ.get("DM_SHARED", Path(__file__).parents[3].parent / "shared"))
    if not (root / folder).is_dir():
        pytest.skip(f"{root / folder} is not here: set DM_SHARED to the real answers")
    return root / folder


def values(prices: Sequence[Decimal]) -> list[str]:
    return [str(price) for price in prices]
