"""A source is polled forever: in time, with back-off, and with one sentence for each change."""

import asyncio
from collections.abc import Callable

import pytest

from base.http_client import (
    AbsentError,
    BusyError,
    NonsenseError,
    RefusedError,
    UnreachableError,
    WebError,
)
from ev.cars.follow import OWNER_S, Follower, pace
from ev.facts import CarStatus
from tests.ev.cars.factories import NOW, says

Answer = list[CarStatus] | WebError


class Script:
    """A source that gives scripted answers in order and repeats the last one."""

    car, name = "q4", "the cloud"

    def __init__(self, *answers: Answer, poll_s: float = 0.001) -> None:
        self.poll_s = poll_s
        self.asked = 0
        self.closed = False
        self._answers = list(answers)

    async def read(self, now: object) -> list[CarStatus]:
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, WebError):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed = True


class Heard:
    """Collects the states and sentences of a follower."""

    def __init__(self, source: Script) -> None:
        self.taken: list[CarStatus] = []
        self.told: list[str] = []
        self.source = source
        self.follower = Follower(
            source, self.taken.append, self.told.append, clock=lambda: NOW, chance=lambda: 0.0
        )

    async def until(self, done: Callable[[], bool]) -> None:
        """Run until `done` holds, then cancel."""
        async with asyncio.timeout(5):
            task = asyncio.create_task(self.follower.run())
            while not done():  # noqa: ASYNC110 - the source counts, it does not signal
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


GOOD = says("q4", -10, soc_pct=57.0)


async def test_what_is_read_is_taken_and_the_source_is_closed() -> None:
    heard = Heard(Script([GOOD]))
    await heard.until(lambda: heard.source.asked >= 3)
    assert heard.taken[0] == GOOD
    assert heard.source.closed
    assert heard.told == []
    assert heard.follower.counts["read"] >= 3


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (
            says("q4", 0, soc_pct=255.0),
            "reports a state of charge of 255 %, which is impossible (1 to 100 %): not used",
        ),
        (
            says("q4", 0, soc_pct=0.0),
            "reports a state of charge of 0 %, which is impossible (1 to 100 %): not used",
        ),
        (says("q4", -60 * 72, soc_pct=57.0), "sends data that is 3 days old: not used"),
    ],
)
async def test_impossible_values_are_counted_and_logged_once(status: CarStatus, why: str) -> None:
    """The valid part of the answer is used."""
    heard = Heard(Script([status, GOOD]))
    await heard.until(lambda: heard.source.asked >= 4)
    assert set(heard.taken) == {GOOD}
    assert heard.told == [f"q4: the cloud {why}."]
    assert heard.follower.counts["dropped"] >= 4


async def test_the_end_of_a_fault_is_logged() -> None:
    """The test steps the follower, so the back-off takes no time."""
    heard = Heard(Script(NonsenseError("sent half a JSON"), [GOOD]))
    assert isinstance(await heard.follower.ask(), NonsenseError)
    assert await heard.follower.ask() is None
    assert heard.told == ["q4: the cloud sent half a JSON.", "q4: the cloud answers again."]
    assert heard.follower.counts == {"dropped": 1, "read": 1}
    assert heard.follower.trouble == ""


async def test_a_hurry_asks_at_once() -> None:
    heard = Heard(Script([GOOD], poll_s=3600))
    task = asyncio.create_task(heard.follower.run())
    async with asyncio.timeout(5):
        while heard.source.asked < 3:
            heard.follower.hurry()
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert heard.source.closed


async def test_no_hurry_disturbs_a_source_that_must_be_left_alone() -> None:
    """Plugging in a car does not retry a refused password."""
    heard = Heard(Script(RefusedError("refuses the password")))
    task = asyncio.create_task(heard.follower.run())
    for _ in range(20):
        heard.follower.hurry()
        await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert heard.source.asked == 1
    assert heard.told == ["q4: the cloud refuses the password."]


def test_trouble_is_met_with_patience() -> None:
    """Double each time up to an hour; the time that the source requests; hours when the owner must
    act.
    """
    away = UnreachableError("does not answer in time")
    rest_s = pace(600.0).pause_s
    rests = [rest_s(failures, away, 0.0) for failures in (1, 2, 3, 7, 5000)]
    assert rests == [60, 120, 240, 3600, 3600]
    assert rest_s(1, AbsentError(""), 1.0) == 72
    assert rest_s(1, BusyError(1800), 0.5) == 1800
    assert rest_s(1, RefusedError(""), 0.5) == OWNER_S
