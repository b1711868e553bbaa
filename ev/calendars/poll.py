"""Reads the calendars: the last good reading of each, with its age."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from base import http_client
from base.follower import Clock, Follower, Pace, Sleep, utc_now
from base.language import phrase
from ev.calendars.expand import Expanded
from ev.calendars.kept import Keeper, Read
from ev.facts import Event

PACE = Pace(every_s=600.0, first_s=60.0, longest_s=1800.0, refused_s=600.0, busy_s=600.0)
"""What only the owner can mend is asked at the usual pace, so that it works soon after he did."""
AHEAD = timedelta(days=14)
KEEP_AGAIN = timedelta(hours=1)

log = logging.getLogger(__name__)


class Calendar(Protocol):
    """A source of entries."""

    async def read(self, since: datetime, until: datetime) -> Expanded:
        """The entries between two instants that can name a car; WebError when none came."""
        ...


@dataclass(frozen=True, slots=True)
class Agenda:
    """State of all calendars: the last good reading of each, and its fault now."""

    readings: Mapping[str, Read] = field(default_factory=dict)
    trouble: Mapping[str, str] = field(default_factory=dict)

    @property
    def events(self) -> tuple[Event, ...]:
        """The entries of all calendars."""
        return tuple(event for read in self.readings.values() for event in read.said.events)

    @property
    def unclear(self) -> tuple[str, ...]:
        """A sentence for each entry that cannot be read."""
        return tuple(text for read in self.readings.values() for text in read.said.unclear)

    @property
    def oldest(self) -> datetime | None:
        """Last reading of the calendar that is unreadable longest; None: none was ever read."""
        return min((read.at for read in self.readings.values()), default=None)


async def keep(
    calendars: Mapping[str, Calendar],
    hear: Callable[[Agenda], None],
    tell: Callable[[str], None],
    *,
    zone: tzinfo,
    file: Keeper | None = None,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Never returns. `hear` is given the agenda when something changed, at first what `file` has.

    `tell` gets one sentence when a calendar's state changes, with times in `zone`.
    """
    keeper = _Keeper(calendars, hear, tell, zone, file, clock)
    async with asyncio.TaskGroup() as group:
        for name in calendars:
            group.create_task(keeper.follow(name, sleep))


class _Keeper:
    """State of the calendars between two readings."""

    def __init__(
        self,
        calendars: Mapping[str, Calendar],
        hear: Callable[[Agenda], None],
        tell: Callable[[str], None],
        zone: tzinfo,
        file: Keeper | None,
        clock: Clock,
    ) -> None:
        self._calendars = calendars
        self._hear = hear
        self._tell = tell
        self._zone = zone
        self._file = file
        self._clock = clock
        kept = (file.load() if file else None) or {}
        self._readings = {name: read for name, read in kept.items() if name in calendars}
        self._kept_at = {name: read.at for name, read in self._readings.items()}
        self._trouble: dict[str, str] = {}
        self._told: dict[str, type[http_client.WebError] | None] = {}
        self._publish()

    async def follow(self, name: str, sleep: Sleep) -> None:
        """Read one calendar at its interval, without end."""
        follower = Follower(
            lambda: self._read(name),
            lambda said: self._heard(name, said),
            lambda error: self._failed(name, error),
            PACE,
            clock=self._clock,
            sleep=sleep,
        )
        await follower.run()

    async def _read(self, name: str) -> Expanded:
        now = self._clock()
        return await self._calendars[name].read(now, now + AHEAD)

    def _heard(self, name: str, said: Expanded) -> None:
        now = self._clock()
        changed = name not in self._readings or self._readings[name].said != said
        self._readings[name] = Read(now, said)
        self._trouble.pop(name, None)
        self._keep(name, changed, now)
        self._speak(name, None)
        self._publish()

    def _failed(self, name: str, error: http_client.WebError) -> None:
        self._trouble[name] = str(error)
        self._speak(name, type(error))
        self._publish()

    def _keep(self, name: str, changed: bool, now: datetime) -> None:
        """Save on a change, else once an hour for its age: an SD card wears."""
        if self._file and (changed or now - self._kept_at[name] >= KEEP_AGAIN):
            self._kept_at[name] = now
            self._file.save(self._readings)

    def _publish(self) -> None:
        self._hear(Agenda(dict(self._readings), dict(self._trouble)))

    def _speak(self, name: str, state: type[http_client.WebError] | None) -> None:
        """Log the state when it has changed."""
        if name in self._told and self._told[name] is state:
            return
        self._told[name] = state
        read = self._readings.get(name)
        if state is None and read:
            self._tell(
                phrase("The calendar {name} is read: {text}.", name=name, text=_entries(read.said))
            )
        elif read:
            age = f"{read.at.astimezone(self._zone):%-d %b %H:%M}"
            self._tell(
                phrase(
                    "The calendar {name} {reason}. The entries of {age} stay in use.",
                    name=name,
                    reason=self._trouble[name],
                    age=age,
                )
            )
        else:
            why = self._trouble[name]
            self._tell(
                phrase(
                    "The calendar {name} {reason}. Until it is read, its trips are not known.",
                    name=name,
                    reason=why,
                )
            )


def _entries(said: Expanded) -> str:
    match len(said.events):
        case 0:
            return phrase("no entry names a car in the next {days} days", days=AHEAD.days)
        case 1:
            return phrase("1 entry names a car in the next {days} days", days=AHEAD.days)
        case count:
            return phrase(
                "{count:d} entries name a car in the next {days} days", count=count, days=AHEAD.days
            )
