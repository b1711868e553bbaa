"""One follower polls every kind of source."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from base.follower import Follower, Pace, Resting, until
from base.http_client import BusyError, RefusedError, UnreachableError, WebError

PACE = Pace(every_s=600.0, first_s=60.0, longest_s=3600.0, refused_s=7200.0, busy_s=90.0)
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


class EndError(Exception):
    """Raised at the end of the scripted answers."""


class Clock:
    """A clock that advances only by sleeping."""

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


async def test_the_last_answer_stays_known_with_its_age() -> None:
    """Failures keep the last answer and back off; a refusal causes a longer pause."""
    script: list[str | WebError] = [
        "first", UnreachableError("away"), UnreachableError("away"), RefusedError("no"), "second",
    ]  # fmt: skip
    clock = Clock()
    heard: list[str] = []
    failed: list[str] = []

    async def read() -> str:
        if not script:
            raise EndError
        answer = script.pop(0)
        if isinstance(answer, WebError):
            raise answer
        return answer

    follower = Follower(
        read, heard.append, lambda e: failed.append(str(e)), PACE, clock=clock, sleep=clock.sleep
    )
    with suppress(EndError):
        await follower.run()
    assert (heard, failed) == (["first", "second"], ["away", "away", "no"])
    assert clock.slept == [600.0, 60.0, 120.0, 7200.0, 600.0]
    assert (follower.last, follower.read_at) == ("second", NOON + timedelta(seconds=7980))


async def test_a_source_that_asks_for_a_rest_is_left_alone() -> None:
    """The source is not asked during its rest; its fault is reported until it answers."""
    clock = Clock()
    resting = Resting(PACE, clock)
    asked: list[str] = []

    async def busy() -> str:
        asked.append("busy")
        raise BusyError(300.0)

    assert isinstance(await resting.ask("slow", busy), BusyError)
    assert await resting.ask("slow", busy) is None
    assert resting.why == "slow asks us to wait 300 s"
    clock.now += timedelta(seconds=300)
    await resting.ask("slow", busy)
    assert asked == ["busy", "busy"]


async def test_a_wait_ends_when_the_clock_is_set_back() -> None:
    """A Pi may get the correct time after its start; the wait is limited."""
    clock = Clock()
    await until(NOON + timedelta(minutes=2), clock, clock.sleep, timedelta(hours=2))
    assert clock.slept == [60.0, 60.0]
    await until(NOON + timedelta(days=900), clock, clock.sleep, timedelta(hours=2))
    assert clock.slept == [60.0, 60.0]
