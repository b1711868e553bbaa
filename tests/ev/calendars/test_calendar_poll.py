"""The last good reading of each calendar is kept, and each change of state is logged."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from base import http_client
from base.time import BRUSSELS
from ev.calendars.expand import Expanded
from ev.calendars.ical import ICal
from ev.calendars.kept import Readings
from ev.calendars.poll import PACE, Agenda, Calendar, keep
from sim.calendar import Trouble, serving
from sim.calendar_entries import week
from store.kept import KeptFile
from tests.ev.calendars.factories import NOW, event

GOOD = Expanded((event("Gent @q4@"),), ())
OTHER = Expanded((event("Gent @q4@"), event("Brussel @q4@")), ("made",))
AWAY = http_client.UnreachableError("does not answer in time")
LOGIN = http_client.RefusedError("does not accept our login; log in again")


class FinishedError(Exception):
    """The scripted answers are used up."""


@dataclass
class Scripted:
    """A calendar that gives scripted answers and then ends the test."""

    answers: list[Expanded | http_client.WebError]

    async def read(self, since: datetime, until: datetime) -> Expanded:
        assert until - since == timedelta(days=14)
        if not self.answers:
            raise FinishedError
        answer = self.answers.pop(0)
        if isinstance(answer, http_client.WebError):
            raise answer
        return answer


@dataclass
class Ear:
    """Collects readings and notices instead of ev, on a clock that only sleep advances."""

    now: datetime = NOW
    heard: list[Agenda] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async def run(self, calendars: Mapping[str, Calendar], path: Path | None = None) -> None:
        file = None if path is None else KeptFile(path, Readings)
        try:
            await keep(
                calendars, self.heard.append, self.told.append,
                zone=BRUSSELS, file=file, clock=lambda: self.now, sleep=self.sleep,
            )  # fmt: skip
        except* FinishedError:
            pass

    async def hears(
        self, *answers: Expanded | http_client.WebError, file: Path | None = None
    ) -> None:
        await self.run({"home": Scripted(list(answers))}, file)


async def test_a_calendar_is_read_each_ten_minutes() -> None:
    """Each reading is passed on; an unchanged state is logged once."""
    ear = Ear()
    await ear.hears(GOOD, OTHER, OTHER)
    assert ear.slept == [600, 600, 600]
    assert [len(agenda.events) for agenda in ear.heard] == [0, 1, 2, 2]
    assert ear.heard[-1].unclear == ("made",)
    assert ear.heard[-1].oldest == NOW + timedelta(minutes=20)
    assert ear.told == ["The calendar home is read: 1 entry names a car in the next 14 days."]


async def test_the_last_good_reading_holds_through_trouble() -> None:
    """The reading keeps its age. Trouble is logged when it begins, changes its owner, and ends."""
    ear = Ear()
    await ear.hears(GOOD, AWAY, AWAY, AWAY, LOGIN, GOOD)
    assert ear.slept == [600, 60, 120, 240, 600, 600]
    assert all(agenda.events == GOOD.events for agenda in ear.heard[1:])
    assert ear.heard[-2].oldest == NOW
    assert ear.heard[-2].trouble == {"home": str(LOGIN)}
    assert ear.heard[-1].trouble == {}
    assert ear.told[1:] == [
        "The calendar home does not answer in time. The entries of 23 Nov 13:00 stay in use.",
        "The calendar home does not accept our login; log in again. The entries of 23 Nov 13:00"
        " stay in use.",
        "The calendar home is read: 1 entry names a car in the next 14 days.",
    ]


async def test_a_calendar_that_was_never_read_is_reported() -> None:
    ear = Ear()
    await ear.hears(AWAY, Expanded((), ()))
    assert ear.heard[1].oldest is None
    assert ear.told == [
        "The calendar home does not answer in time. Until it is read, its trips are not known.",
        "The calendar home is read: no entry names a car in the next 14 days.",
    ]


async def test_one_calendar_in_trouble_hides_no_other() -> None:
    """Each calendar has its own polling interval and its own last reading."""
    ear = Ear()
    await ear.run({"his": Scripted([AWAY] * 3), "hers": Scripted([GOOD, OTHER, OTHER])})
    assert ear.heard[-1].events == OTHER.events
    assert set(ear.heard[-1].trouble) == {"his"}


async def test_a_restart_remembers_what_was_read(tmp_path: Path) -> None:
    """The reading keeps its age, also while the calendar service is unreachable."""
    file = tmp_path / "calendars.json"
    await Ear().hears(OTHER, file=file)
    assert file.read_bytes().startswith(b'{"crc32":')
    ear = Ear(NOW + timedelta(hours=3))
    await ear.hears(AWAY, file=file)
    assert ear.heard[0].events == OTHER.events
    assert ear.heard[0].oldest == NOW
    assert ear.told == [
        "The calendar home does not answer in time. The entries of 23 Nov 13:00 stay in use."
    ]


async def test_the_file_is_written_on_change_and_once_an_hour(tmp_path: Path) -> None:
    """Frequent writes would wear out the SD card."""
    file, kept = tmp_path / "calendars.json", []

    @dataclass
    class Watched(Scripted):
        async def read(self, since: datetime, until: datetime) -> Expanded:
            if file.exists():
                kept.append(json.loads(file.read_bytes())["home"]["at"])
            return await super().read(since, until)

    await Ear().run({"home": Watched([*[GOOD] * 13, OTHER, OTHER])}, file)
    ages = [datetime.fromisoformat(at) - NOW for at in dict.fromkeys(kept)]
    assert [age.total_seconds() / 60 for age in ages] == [0, 60, 120, 130]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"home": {"at": "never"}}'])
async def test_a_broken_file_is_created_again(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The damage is logged once, and the calendar is read again."""
    file = tmp_path / "calendars.json"
    file.write_text(content, encoding="utf-8")
    await Ear().hears(GOOD, file=file)
    assert "calendars.json cannot be read" in caplog.text
    assert json.loads(file.read_bytes())["home"]["said"]["events"]


async def test_a_full_disk_does_not_stop_the_reading(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure to store is logged; the trips are still known."""
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    ear = Ear()
    await ear.hears(GOOD, file=in_the_way / "calendars.json")
    assert ear.heard[-1].events == GOOD.events
    assert "calendars.json cannot be written now" in caplog.text


@pytest.mark.parametrize(
    ("failures", "trouble", "seconds"),
    [
        (0, None, 600),
        (1, AWAY, 60),
        (5, AWAY, 960),
        (6, AWAY, 1800),
        (10**6, AWAY, 1800),
        (10**6, LOGIN, 600),
        (1, http_client.BusyError(3000), 3000),
        (1, http_client.BusyError(1), 600),
    ],
)
def test_the_pause_is_a_policy(
    failures: int, trouble: http_client.WebError | None, seconds: float
) -> None:
    """A retry follows soon after a failure, then less often, and never before the service allows
    it.
    """
    assert PACE.pause_s(failures, trouble) == seconds


async def test_a_served_calendar_breaks_and_comes_back() -> None:
    """Over real sockets: a good reading, an hour of invalid answers, a good reading again."""
    async with serving(week(NOW, ["q4", "zoe"])) as calendar:
        ear, script = Ear(), [Trouble.NONE, Trouble.HTML, Trouble.BROKEN, Trouble.NONE]

        @dataclass
        class Breaking:
            source: ICal

            async def read(self, since: datetime, until: datetime) -> Expanded:
                if not script:
                    raise FinishedError
                calendar.trouble = script.pop(0)
                return await self.source.read(since, until)

        await ear.run({"home": Breaking(ICal(calendar.address, BRUSSELS))})
    assert [len(agenda.events) for agenda in ear.heard] == [0, 6, 6, 6, 6]
    assert [sentence.split(".")[0].strip() for sentence in ear.told] == [
        "The calendar home is read: 6 entries name a car in the next 14 days",
        "The calendar home did not send an iCal file; use the secret address, which ends in",
        "The calendar home is out of order (HTTP 503)",
        "The calendar home is read: 6 entries name a car in the next 14 days",
    ]
