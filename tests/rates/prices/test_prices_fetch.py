"""Any failure of a service gives an error sentence, never a wrong price."""

import traceback
from datetime import UTC, datetime

import pytest
from aiohttp import web as http
from hypothesis import example, given
from hypothesis import strategies as st

from base import http_client
from base.http_client import AbsentError, BusyError, NonsenseError, RefusedError, UnreachableError
from rates.prices.family import Source
from rates.prices.fetch import fetch
from rates.prices.registry import USUAL, sources
from tests.rates.prices.factories import (
    DAY,
    NEXT,
    acknowledgement,
    at,
    body,
    chart,
    document,
    elia_answer,
    serving,
)

NOW = at("13:30")
TOKEN = "0f0f-secret-token"
SECRETS = {"entsoe_token": TOKEN}
HTML = b"<!DOCTYPE html><html><body>Service unavailable</body></html>"


def all_at(base: str) -> tuple[Source, ...]:
    return sources([each.model_copy(update={"url": base}) for each in USUAL], SECRETS)


async def ask(base: str, place: int = 0, timeout_s: float = 2.0) -> list[object]:
    async with http_client.opened(timeout_s) as get:
        return list(await fetch(get, all_at(base)[place], [DAY, NEXT], NOW))


async def test_one_question_fetches_both_days() -> None:
    """One request returns today and tomorrow, with the source and time of each day."""
    async with serving(body(chart(DAY, NEXT))) as service, http_client.opened() as get:
        found = await fetch(get, all_at(service.base)[0], [DAY, NEXT], NOW)
    assert [(prices.day, prices.source, prices.fetched) for prices in found] == [
        (DAY, "Energy-Charts", NOW),
        (NEXT, "Energy-Charts", NOW),
    ]
    assert len(service.asked) == 1


async def test_today_is_taken_while_tomorrow_is_not_there() -> None:
    """This holds also when the service answers 404 for the two together."""

    def say(request: http.Request) -> http.Response:
        alone = request.query["end"] == str(DAY)
        return http.Response(body=chart(DAY)) if alone else http.Response(status=404)

    async with serving(say) as service, http_client.opened() as get:
        found = await fetch(get, all_at(service.base)[0], [DAY, NEXT], NOW)
    assert [prices.day for prices in found] == [DAY]


async def test_a_broken_tomorrow_does_not_hide_today() -> None:
    def say(request: http.Request) -> http.Response:
        alone = request.query["end"] == str(DAY)
        return http.Response(body=chart(DAY) if alone else chart(DAY, NEXT)[:-300])

    async with serving(say) as service, http_client.opened() as get:
        found = await fetch(get, all_at(service.base)[0], [DAY, NEXT], NOW)
    assert [prices.day for prices in found] == [DAY]


async def test_elia_is_asked_one_day_at_a_time() -> None:
    async with serving(body(elia_answer(DAY))) as service, http_client.opened() as get:
        found = await fetch(get, all_at(service.base)[2], [DAY, NEXT], NOW)
    assert [prices.day for prices in found] == [DAY]
    assert service.asked[0].path.endswith("/2026-01-15")


@pytest.mark.parametrize("place", [0, 1, 2], ids=["energy-charts", "entsoe", "elia"])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (204, AbsentError),
        (404, AbsentError),
        (401, RefusedError),
        (403, RefusedError),
        (429, BusyError),
        (500, UnreachableError),
        (503, UnreachableError),
        (400, UnreachableError),
        (302, UnreachableError),
    ],
)
async def test_each_status_is_distinguished(
    status: int, error: type[Exception], place: int
) -> None:
    """Unpublished, refused, rate-limited and unavailable have distinct errors."""
    headers = {"Location": "/elsewhere"} if status == 302 else {}
    async with serving(lambda _: http.Response(status=status, headers=headers)) as service:
        with pytest.raises(error) as caught:
            await ask(service.base, place)
    assert TOKEN not in str(caught.value)
    assert not any(request.path == "/elsewhere" for request in service.asked)


@pytest.mark.parametrize("place", [0, 1, 2], ids=["energy-charts", "entsoe", "elia"])
@pytest.mark.parametrize("said", [HTML, b"", b"{", b'{"unix_seconds": [17684', b"\xff\xfe\x00"])
async def test_nonsense_with_status_200_is_refused(said: bytes, place: int) -> None:
    async with serving(body(said)) as service:
        with pytest.raises(NonsenseError):
            await ask(service.base, place)


async def test_an_acknowledgement_is_not_there_yet() -> None:
    async with serving(body(acknowledgement())) as service:
        with pytest.raises(AbsentError):
            await ask(service.base, 1)


async def test_an_endless_answer_is_cut_off() -> None:
    """An answer above 4 MB is dropped and not kept in memory."""
    async with serving(body(b" " * 5_000_000)) as service:
        with pytest.raises(NonsenseError, match="4 MB"):
            await ask(service.base)


async def test_a_service_that_hangs_is_left() -> None:
    async with serving(body(b""), hangs=True) as service:
        with pytest.raises(UnreachableError, match="in time") as caught:
            await ask(service.base, 1, timeout_s=0.1)
    assert caught.value.__context__ is None


async def test_a_connection_cut_in_the_middle_is_no_answer() -> None:
    """The answer is half a body with the length of a whole one."""

    class Cut(http.StreamResponse):
        async def prepare(self, request: http.BaseRequest) -> None:
            self.content_length = 10_000
            await super().prepare(request)
            await self.write(b'{"unix_seconds"')
            assert request.transport
            request.transport.abort()

    async with serving(lambda _: Cut()) as service:
        with pytest.raises(UnreachableError):
            await ask(service.base)


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_nobody_there(place: int) -> None:
    with pytest.raises(UnreachableError, match="cannot be reached: nothing listens there"):
        await ask("http://127.0.0.1:1", place)


@pytest.mark.parametrize("base", ["http://127.0.0.1:1", "no address", "http://[", "ftp://x"])
async def test_the_token_is_in_no_error(base: str) -> None:
    """It is not in the text, cause, context or traceback of an error."""
    with pytest.raises(UnreachableError) as caught:
        await ask(base, 1)
    told = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in told + repr(caught.value) + repr(all_at(base))
    assert caught.value.__context__ is None


async def test_the_token_goes_to_entsoe_only() -> None:
    async with serving(body(document())) as service:
        for place in range(3):
            with pytest.raises(http_client.WebError):
                await ask(service.base, place)
    asked = [
        ("securityToken" in request.query, TOKEN in str(request.url)) for request in service.asked
    ]
    assert asked.count((True, True)) == 2  # both days, then today alone
    assert asked.count((False, False)) == len(asked) - 2


def test_without_a_token_entsoe_is_not_asked() -> None:
    assert [source.name for source in sources(USUAL, {})] == ["Energy-Charts", "Elia"]
    assert [source.name for source in sources(USUAL, SECRETS)] == [
        "Energy-Charts",
        "ENTSO-E",
        "Elia",
    ]


@pytest.mark.parametrize(
    ("header", "rest_s"),
    [
        ("45", 45),
        (None, 600),
        ("soon", 600),
        ("Thu, 15 Jan 2026 12:31:00 GMT", 60),
        ("Thu, 15 Jan 2026 12:31:00 -0000", 60),
        ("Thu, 15 Jan 10000 12:31:00 GMT", 600),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, rest_s: float) -> None:
    assert http_client.rest_s(header, datetime(2026, 1, 15, 12, 30, tzinfo=UTC)) == rest_s


@given(st.one_of(st.text(), st.datetimes().map(lambda at: f"{at:%a, %d %b %Y %H:%M:%S} -2359")))
@example("Fri, 31 Dec 9999 23:59:59 -0500")
@example("9" * 5000)
def test_whatever_retry_after_says_the_rest_has_its_limits(header: str) -> None:
    rest = http_client.BusyError(http_client.rest_s(header, datetime.now(UTC))).rest_s
    assert http_client.LEAST_REST_S <= rest <= http_client.LONGEST_REST_S


@pytest.mark.parametrize(("header", "rest_s"), [("0", 30), ("9" * 40, 3600), ("45", 45)])
async def test_a_rest_has_limits(header: str, rest_s: float) -> None:
    """The requested rest is limited in both directions, whatever the service answers."""
    refusal = http.Response(status=429, headers={"Retry-After": header})
    async with serving(lambda _: refusal) as service:
        with pytest.raises(BusyError) as caught:
            await ask(service.base)
    assert caught.value.rest_s == rest_s
