"""Prices are updated automatically: real services on loopback, simulated days."""

import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from aiohttp import web as http

from rates.prices.known import Known
from rates.prices.registry import USUAL, sources
from rates.prices.series import DayPrices
from rates.prices.service import keep
from tests.rates.prices.factories import (
    DAY,
    NEXT,
    Clock,
    FinishedError,
    Service,
    acknowledgement,
    at,
    body,
    chart,
    day_prices,
    elia_answer,
    serving,
)

Say = Callable[[http.Request], http.StreamResponse]
TOKEN = "0f0f-secret-token"
DOWN = body(b"down", 500)


@dataclass(kw_only=True)
class Run:
    """The requests and sentences of a period of simulated time."""

    known: Known
    saved: list[DayPrices] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    asked: list[tuple[datetime, str]] = field(default_factory=list)
    clock: Clock | None = None

    @property
    def days(self) -> list[date]:
        return [prices.day for prices in self.saved]


def published(clock: Clock, moment: datetime) -> Say:
    """Energy-Charts with today always, and tomorrow from `moment` on."""

    def say(request: http.Request) -> http.Response:
        if clock() >= moment:
            return http.Response(body=chart(DAY, NEXT))
        return http.Response(body=chart(DAY)) if request.query["start"] == str(DAY) else NOT_YET()

    return say


def NOT_YET() -> http.Response:  # noqa: N802 (reads as a constant, and each answer is a new one)
    return http.Response(body=b"end must be >= start")


async def run(
    clock: Clock,
    charts: Say = DOWN,
    entsoe: Say = DOWN,
    elia: Say = DOWN,
    known: Known | None = None,
    back: int = 0,
) -> Run:
    """Run to the end of the simulated time; the requests are recorded with their time."""
    done = Run(known=known or Known(), clock=clock)

    def noting(name: str, say: Say) -> Say:
        def noted(request: http.Request) -> http.StreamResponse:
            done.asked.append((clock(), name))
            return say(request)

        return noted

    async with AsyncExitStack() as stack:
        services: list[Service] = [
            await stack.enter_async_context(serving(noting(name, say)))
            for name, say in (("charts", charts), ("entsoe", entsoe), ("elia", elia))
        ]
        bases = [service.base for service in services]
        asked_of = [
            each.model_copy(update={"url": base}) for each, base in zip(USUAL, bases, strict=True)
        ]
        asked = sources(asked_of, {"entsoe_token": TOKEN})
        with pytest.raises(FinishedError):
            await keep(
                done.known,
                done.saved.append,
                done.told.append,
                asked,
                clock=clock,
                sleep=clock.sleep,
                chance=lambda: 0.0,
                back=back,
            )
    return done


async def test_a_normal_day() -> None:
    """Today comes at the start, tomorrow minutes after its publication, with one sentence each."""
    clock = Clock(at("08:00"), at("20:00"))
    done = await run(clock, published(clock, at("13:01")), body(acknowledgement()), body(b"[]"))
    assert done.days == [DAY, NEXT]
    assert done.told == [
        "Market prices for today are known: 4.0 to 7.5 c€/kWh, lowest at 00:00 (Energy-Charts).",
        "Market prices for tomorrow are known: 7.6 to 11.1 c€/kWh, lowest at 00:00"
        " (Energy-Charts).",
    ]
    times = [moment for moment, name in done.asked if name == "charts"]
    assert times[0] == at("08:00")
    assert times[1] == at("12:55")
    assert at("13:01") <= times[-1] < at("13:05")
    assert done.known.spot(at("00:00", NEXT)) == done.saved[1].eur_mwh[0]


async def test_past_days_that_are_missing_are_asked_for_after_today() -> None:
    """Month indices need them: they come in one request, and missing ones stop nothing."""
    past = [DAY - timedelta(days=count) for count in (3, 2, 1)]

    def told(request: http.Request) -> http.Response:
        if request.query["start"] == str(DAY):
            return http.Response(body=chart(DAY))
        return http.Response(body=chart(*past))

    done = await run(Clock(at("08:00"), at("09:00")), told, back=3)
    assert done.days == [DAY, *past]
    assert [name for _, name in done.asked] == ["charts", "charts"]
    again = await run(Clock(at("08:00"), at("09:00")), known=Known([day_prices(DAY)]), back=3)
    assert again.days == []
    assert len(again.told) == 1


async def test_what_is_known_is_not_asked_again() -> None:
    """After a restart with both days known there is no request until the next noon."""
    known = Known([day_prices(DAY), day_prices(NEXT)])
    done = await run(Clock(at("15:00"), at("12:54", NEXT)), known=known)
    assert done.asked == []
    assert len(done.told) == 1


async def test_the_day_after_is_asked_for_at_noon() -> None:
    """No request is made at night: the known tomorrow becomes today."""
    known = Known([day_prices(DAY), day_prices(NEXT)])
    done = await run(Clock(at("15:00"), at("13:00", NEXT)), known=known)
    assert done.asked[0][0] == at("12:55", NEXT)
    assert len(done.told) == 1


async def test_just_after_midnight_it_sleeps_until_noon() -> None:
    """The longest wait, from midnight to noon of the next day, is one sleep."""
    clock = Clock(at("00:00"), at("12:54", NEXT))
    done = await run(clock, known=Known([day_prices(DAY), day_prices(NEXT)]))
    assert done.asked == []
    assert max(clock.slept) <= 60
    assert len(clock.slept) < 37 * 60


async def test_the_next_service_is_asked_when_one_fails() -> None:
    """Energy-Charts is down and ENTSO-E has no data: Elia provides them, one day per request."""

    def elia(request: http.Request) -> http.Response:
        return http.Response(body=elia_answer(date.fromisoformat(request.path[-10:])))

    done = await run(Clock(at("15:00"), at("15:10")), DOWN, body(acknowledgement()), elia)
    assert done.days == [DAY, NEXT]
    assert {prices.source for prices in done.saved} == {"Elia"}


async def test_nothing_wrong_is_ever_known() -> None:
    """A web page, half a JSON and an impossible price give no prices."""
    for nonsense in (b"<html>", chart(DAY)[:-200], chart(DAY, price=[9999.0] * 96)):
        say = body(nonsense)
        done = await run(Clock(at("08:00"), at("09:00")), say, say, say)
        assert done.saved == []
        assert done.known.spot(at("08:00")) is None


async def test_an_outage_is_logged_once_with_the_fallback() -> None:
    """One sentence for a day without prices has the reason, the age of the last ones and the
    fallback.
    """
    known = Known([day_prices(DAY - timedelta(days=1))])
    done = await run(Clock(at("08:00"), at("23:00")), known=known)
    assert done.told == [
        "No market prices for today: Energy-Charts is out of order (HTTP 500); ENTSO-E is out of"
        " order (HTTP 500); Elia is out of order (HTTP 500). The last known are of 14 Jan 2026."
        " The contract's fallback price is used until they come."
    ]


async def test_a_late_auction_is_reported_once() -> None:
    clock = Clock(at("12:00"), at("20:00"))
    done = await run(clock, published(clock, at("17:00")), body(acknowledgement()), body(b"[]"))
    assert [sentence.split(":")[0] for sentence in done.told] == [
        "Market prices for today are known",
        "Market prices for tomorrow are late and will be requested again",
        "Market prices for tomorrow are known",
    ]
    assert "Energy-Charts does not have the prices yet" in done.told[1]


async def test_a_missed_evening_is_made_up_at_midnight() -> None:
    """There is no request until the evening, then one for the new day."""
    clock = Clock(at("12:00"), at("01:00", NEXT))

    def say(request: http.Request) -> http.Response:
        late = clock() >= at("00:00", NEXT)
        return http.Response(body=chart(NEXT)) if late else http.Response(status=404)

    done = await run(clock, say, known=Known([day_prices(DAY)]))
    charts = [moment for moment, name in done.asked if name == "charts"]
    assert not [moment for moment in charts if at("22:00") <= moment < at("00:00", NEXT)]
    assert done.days == [NEXT]


async def test_a_service_that_asks_for_rest_gets_it() -> None:
    """After 429 with Retry-After it is not asked earlier, while the others are."""
    refusal = {"Retry-After": "1800"}
    done = await run(
        Clock(at("08:00"), at("10:00")), lambda _: http.Response(status=429, headers=refusal)
    )
    charts = [moment for moment, name in done.asked if name == "charts"]
    assert all(later - earlier >= timedelta(minutes=30) for earlier, later in pairwise(charts))
    assert len([1 for _, name in done.asked if name == "elia"]) > len(charts)


async def test_never_more_than_two_questions_a_minute() -> None:
    """The limit is per service, in any minute of a day without an answer."""
    done = await run(Clock(at("12:00"), at("12:00", NEXT)), lambda _: NOT_YET())
    for name in ("charts", "entsoe", "elia"):
        times = [moment for moment, who in done.asked if who == name]
        assert all(
            times[place + 2] - times[place] >= timedelta(minutes=1)
            for place in range(len(times) - 2)
        )
        assert len(times) < 250


async def test_a_refused_token_is_logged_once_a_day_and_never_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The householder must act; no sentence and no log contains the token."""
    caplog.set_level(logging.DEBUG)
    done = await run(Clock(at("08:00"), at("20:00")), entsoe=body(b"", 401))
    refused = [sentence for sentence in done.told if "secrets.json" in sentence]
    assert refused == ["ENTSO-E refuses our key (HTTP 401): check it in secrets.json."]
    assert len([1 for _, name in done.asked if name == "entsoe"]) == 1
    assert TOKEN not in "".join(done.told)
    assert TOKEN not in caplog.text


async def test_a_clock_that_is_set_forward_is_noticed() -> None:
    """A Pi starts in the past and gets the network time: today is requested at once."""
    clock = Clock(at("08:00", date(2025, 11, 1)), at("09:00"))
    inner = clock.sleep

    async def sleep(seconds: float) -> None:
        await inner(seconds)
        if clock.now < at("08:00"):
            clock.now = at("08:00")

    clock.sleep = sleep  # type: ignore[method-assign]

    def say(request: http.Request) -> http.Response:
        today = request.query["start"] == str(DAY)
        return http.Response(body=chart(DAY)) if today else http.Response(status=404)

    done = await run(clock, say)
    assert done.days == [DAY]
    assert min(moment for moment, _ in done.asked if moment >= at("08:00")) < at("08:02")


async def test_days_of_which_prices_were_lost_are_fetched_again() -> None:
    """They are fetched once at the start, and nothing else is requested."""
    clock = Clock(at("08:00"), at("09:00"))
    before = DAY - timedelta(days=3)
    known = Known([day_prices(DAY)], cut=[before])
    done = await run(clock, body(chart(before)), known=known)
    assert done.days == [before]
    assert [name for _, name in done.asked] == ["charts"]
