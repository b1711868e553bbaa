"""The secret iCal address is read over a real connection, parsed in another process, and
never shown."""

import logging
from datetime import timedelta

import pytest

from base import http_client
from base.time import BRUSSELS
from ev.calendars.ical import ICal
from sim.calendar import SECRET, SimCalendar, Trouble, serving
from sim.calendar_entries import Entry
from tests.ev.calendars.factories import NOW, UNTIL, file

TRIP = Entry(
    uid="a",
    title="Gent, @q4@; 80 %",
    start=NOW + timedelta(hours=20),
    end=NOW + timedelta(hours=28),
    description="two\nlines",
)


async def trouble(calendar: SimCalendar, longest_s: float = 30.0) -> http_client.WebError:
    """The error of a reading, checked not to contain the secret."""
    with pytest.raises(http_client.WebError) as caught:
        await ICal(calendar.address, BRUSSELS, longest_s).read(NOW, UNTIL)
    chain: BaseException | None = caught.value
    while chain:
        assert SECRET not in f"{chain!r} {chain}"
        chain = chain.__context__
    return caught.value


async def test_the_marked_entries_are_read(caplog: pytest.LogCaptureFixture) -> None:
    """Entries that can name a car are read unchanged; the address is in no log."""
    other = Entry(uid="b", title="dentist", start=TRIP.start, end=TRIP.end)
    with caplog.at_level(logging.DEBUG):
        async with serving([TRIP, other]) as calendar:
            found = await ICal(calendar.address, BRUSSELS).read(NOW, UNTIL)
    (event,) = found.events
    assert (event.title, event.description) == (TRIP.title, TRIP.description)
    assert (event.start, event.end) == (TRIP.start, TRIP.end)
    ours = [record for record in caplog.records if not record.name.startswith("aiohttp.access")]
    assert not any(SECRET in record.getMessage() for record in ours)
    assert SECRET not in repr(ICal(calendar.address, BRUSSELS))


@pytest.mark.parametrize(
    ("wrong", "kind", "sentence"),
    [
        (
            Trouble.HTML,
            http_client.NonsenseError,
            "did not send an iCal file; use the secret address",
        ),
        (Trouble.HALF, http_client.NonsenseError, "sent an incomplete calendar"),
        (Trouble.BROKEN, http_client.UnreachableError, "is out of order (HTTP 503)"),
        (
            Trouble.GONE,
            http_client.RefusedError,
            "copy its secret iCal address into secrets.json again",
        ),
        (
            Trouble.REFUSED,
            http_client.RefusedError,
            "copy its secret iCal address into secrets.json again",
        ),
    ],
)
async def test_what_is_wrong_says_who_must_act(
    wrong: Trouble, kind: type[http_client.WebError], sentence: str
) -> None:
    """Cases: an HTML page, half a file, a failing service, an address that was reset."""
    async with serving([TRIP]) as calendar:
        calendar.trouble = wrong
        error = await trouble(calendar)
    assert type(error) is kind
    assert sentence in str(error)


async def test_nobody_at_the_address_is_transient() -> None:
    """The error does not contain the secret address."""
    async with serving() as calendar:
        pass
    assert type(await trouble(calendar)) is http_client.UnreachableError


async def test_a_file_that_takes_too_long_is_ended() -> None:
    """The parsing process has ended when the error is raised."""
    bomb = "SUMMARY:@q4@\nDTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY"
    async with serving() as calendar:
        calendar.ics = file(bomb)
        error = await trouble(calendar, longest_s=0.5)
    assert str(error).startswith("takes more than 0 s to compute")


async def test_a_file_of_another_calendar_is_no_calendar() -> None:
    """A file that only begins and ends like iCal gives one error sentence."""
    async with serving() as calendar:
        calendar.ics = file("SUMMARY:@q4@\nDTSTART:20261124T083000Z", head="X-NO-END\n")
        found = await ICal(calendar.address, BRUSSELS).read(NOW, UNTIL)
    assert len(found.events) + len(found.unclear) == 1
