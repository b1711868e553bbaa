"""A simulated garage: one NRGkick on loopback, one car that is away by day, and its calendar.

The charger answers real HTTP; the car says how full it is, and the calendar names each morning's
trip, as a cloud and a calendar would.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ev.calendars.expand import Expanded
from ev.facts import CarStatus, Event
from sim.car import SimCar, Stay
from sim.charger import SimNrgKick
from sim.charger_http import simulated_charger

BRUSSELS = ZoneInfo("Europe/Brussels")
CAR, CAPACITY_KWH = "q4", 77.0
LEAVES, COMES = time(7, 30), time(17, 30)
COMES_WITH_PCT, LEAVES_WITH_PCT = 62.0, 80.0
DAYS = 14
DAY = timedelta(days=1)


class SimAgenda:
    """The family's calendar: a Calendar."""

    async def read(self, since: datetime, until: datetime) -> Expanded:
        """The trips between two instants."""
        first = since.astimezone(BRUSSELS).date()
        count = (until - since) // DAY + 1
        return Expanded(tuple(_trip(first + day * DAY) for day in range(count)), ())


@dataclass
class SimCloud:
    """The simulated car's maker: a CarSource."""

    sim: SimCar
    poll_s: float
    car: str = CAR
    name: str = "simulated cloud"

    async def read(self, now: datetime) -> list[CarStatus]:
        """What the car says now."""
        plugged = self.sim.plugged(now) is not None
        return [CarStatus(CAR, self.name, now, soc_pct=self.sim.soc_pct, plugged=plugged)]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class SimGarage:
    """The charger's address, the device, the car behind it and the family's calendar."""

    host: str
    device: SimNrgKick
    car: SimCar
    agenda: SimAgenda = field(default_factory=SimAgenda)

    def cloud(self, poll_s: float) -> SimCloud:
        """What the car's maker knows, asked each `poll_s`."""
        return SimCloud(self.car, poll_s)


@asynccontextmanager
async def simulated_garage(now: Callable[[], datetime]) -> AsyncIterator[SimGarage]:
    """The garage is there while it lasts; `now` is the time in it (UTC), known from the start."""
    today = now().astimezone(BRUSSELS).date()
    stays = [_stay(today + day * DAY) for day in range(-1, DAYS)]
    car = SimCar(CAR, CAPACITY_KWH, COMES_WITH_PCT, stays=stays)
    device = SimNrgKick(car)
    async with simulated_charger(device, now=now) as address:
        yield SimGarage(address.removeprefix("http://"), device, car)


def _stay(day: date) -> Stay:
    """From the evening of that day until the next morning."""
    return Stay(_at(day, COMES), _at(day + DAY, LEAVES), COMES_WITH_PCT)


def _trip(day: date) -> Event:
    """The way to work of that day."""
    title = f"Antwerp @{CAR}@ {LEAVES_WITH_PCT:.0f}%"
    return Event(f"{day}", title, "", _at(day, LEAVES), _at(day, COMES))


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, BRUSSELS).astimezone(UTC)
