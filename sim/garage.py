"""A simulated garage: one NRGkick on loopback, one car that is away by day, and its calendar.

The charger answers real HTTP; the car reports its state of charge, and the calendar has each
morning's trip, as a cloud and a calendar would.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from base.time import BRUSSELS, DAY
from ev.calendars.expand import Expanded
from ev.facts import CarStatus, Event
from sim.car import SimCar, Stay
from sim.chargers import SIMULATED

CAR, CAPACITY_KWH = "q4", 77.0
LEAVES, COMES = time(7, 30), time(17, 30)
STARTS_WITH_PCT, COMES_WITH_PCT, LEAVES_WITH_PCT = 70.0, 62.0, 80.0
FIRST, ERRAND = timedelta(hours=5), timedelta(hours=2)
DAYS = 14
WORK = timedelta(hours=10)


@dataclass(frozen=True, slots=True)
class Diary:
    """Trips of the car: one five hours after `start` (UTC), then each day's work."""

    start: datetime

    @property
    def errand(self) -> datetime:
        """First departure, on a half hour."""
        at = self.start + FIRST
        return at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)

    @property
    def trips(self) -> tuple[tuple[str, datetime, datetime], ...]:
        """Purpose, departure and return of each trip."""
        back = self.errand + ERRAND
        mornings = [_at(self._day(n), LEAVES) for n in range(DAYS)]
        work = [("Antwerp", at, at + WORK) for at in mornings if at > back]
        return (("the shops", self.errand, back), *work)

    @property
    def stays(self) -> tuple[Stay, ...]:
        """Stays on the charger, and the state of charge on arrival."""
        back = self.errand + ERRAND
        stays = [Stay(self.start - DAY, self.errand, STARTS_WITH_PCT)]
        for n in range(-1, DAYS):
            start, end = _at(self._day(n), COMES), _at(self._day(n + 1), LEAVES)
            if end > back:
                stays.append(Stay(max(start, back), end, COMES_WITH_PCT))
        return tuple(stays)

    def _day(self, later: int) -> date:
        return self.start.astimezone(BRUSSELS).date() + later * DAY


class SimAgenda:
    """The family's calendar: a Calendar."""

    def __init__(self, diary: Diary) -> None:
        self._diary = diary

    async def read(self, since: datetime, until: datetime) -> Expanded:
        """The trips between two instants."""
        title = f"@{CAR}@ {LEAVES_WITH_PCT:.0f}%"
        found = (
            Event(uid=f"{leaves}", title=f"{what} {title}", description="", start=leaves, end=back)
            for what, leaves, back in self._diary.trips
            if since < back and leaves < until
        )
        return Expanded(tuple(found), ())


@dataclass
class SimCloud:
    """The simulated car's maker: a CarSource."""

    sim: SimCar
    poll_s: float
    car: str = CAR
    name: str = "simulated cloud"

    async def read(self, now: datetime) -> list[CarStatus]:
        """Status of the car now."""
        plugged = self.sim.plugged(now) is not None
        return [
            CarStatus(car=CAR, source=self.name, at=now, soc_pct=self.sim.soc_pct, plugged=plugged)
        ]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class SimGarage:
    """The charger as config.py and secrets.json name it, the car behind it, the calendar."""

    charger: Mapping[str, object]
    login: Mapping[str, str]
    car: SimCar
    agenda: SimAgenda

    def cloud(self, poll_s: float) -> SimCloud:
        """Cloud of the car's maker, read each `poll_s`."""
        return SimCloud(self.car, poll_s)


@asynccontextmanager
async def simulated_garage(
    now: Callable[[], datetime], kind: str = "nrgkick", speed: float = 1.0
) -> AsyncIterator[SimGarage]:
    """Serve the garage inside the context; `now` is the time in it (UTC), known from the start.

    `kind` is the family of its charger, `speed` how fast the time in it passes.
    """
    diary = Diary(now())
    car = SimCar(name=CAR, capacity_kwh=CAPACITY_KWH, soc_pct=STARTS_WITH_PCT, stays=diary.stays)
    row = SIMULATED[kind]
    async with row.served(row.made(car), speed, now) as settings:
        yield SimGarage({"kind": kind, **settings}, row.login, car, SimAgenda(diary))


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, BRUSSELS).astimezone(UTC)
