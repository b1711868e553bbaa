"""Google's own client against an HTTP service on loopback: entries, pages, logins and refusals."""

import asyncio
import io
import json
import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from base import http_client
from base.time import BRUSSELS
from ev.calendars import google as edge
from ev.calendars.google import Google, _event
from ev.calendars.google_login import Access, login
from sim.calendar import SimCalendar, Trouble, serving
from sim.calendar_entries import Entry
from tests.ev.calendars.factories import NOW, UNTIL, local

TRIP = Entry(
    uid="a",
    title="Gent @q4@ 80 %",
    start=NOW + timedelta(hours=20),
    end=NOW + timedelta(hours=28),
    description="bring x",
)
VALID = datetime.now(UTC) + timedelta(hours=1)
OVER = datetime.now(UTC) - timedelta(hours=1)


def logged_in(calendar: SimCalendar, folder: Path, expiry: datetime = VALID) -> Google:
    """A calendar whose login is stored in `folder`."""
    token = folder / "token.json"
    token.write_text(json.dumps(calendar.login_file(expiry)), encoding="utf-8")
    return Google("primary", Access(token, api=calendar.api), BRUSSELS)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_the_marked_entries_of_all_pages_are_read(tmp_path: Path) -> None:
    """Only entries that can name a car are read, without cancelled ones and those of other
    people."""
    more = [
        Entry(uid=f"m{n}", title=f"@q4@ {n} km", start=TRIP.start, end=TRIP.end) for n in range(5)
    ]
    other = Entry(uid="o", title="dentist", start=TRIP.start, end=TRIP.end)
    gone = Entry(uid="g", title="@q4@", start=TRIP.start, end=TRIP.end, status="cancelled")
    async with serving([TRIP, *more, other, gone]) as calendar:
        calendar.page_size = 3
        found = await logged_in(calendar, tmp_path).read(NOW, UNTIL)
    assert len(found.events) == 6
    assert len(calendar.questions) == 3
    assert "singleEvents=true" in calendar.questions[0]
    event = next(event for event in found.events if event.title == TRIP.title)
    assert (event.start, event.end, event.all_day) == (TRIP.start, TRIP.end, False)
    assert event.description == "bring x"


async def test_an_all_day_entry_begins_at_midnight_in_the_house(tmp_path: Path) -> None:
    """Google sends dates; the end date is the first day after the entry."""
    start, end = local("2026-11-25"), local("2026-11-27")
    async with serving(
        [Entry(uid="d", title="Verlof @q4@", start=start, end=end, all_day=True)]
    ) as calendar:
        (event,) = (await logged_in(calendar, tmp_path).read(NOW, UNTIL)).events
    assert (event.start, event.end, event.all_day) == (start, end, True)


def test_a_declined_invitation_is_no_trip() -> None:
    """Only a refusal by the owner himself counts."""
    when = {"dateTime": "2026-11-24T08:30:00+01:00"}
    item = {"id": "a", "summary": "@q4@", "start": when, "end": when}
    guests = [{"email": "x", "responseStatus": "declined"}]
    assert _event(item | {"attendees": guests}, BRUSSELS)
    assert _event(item | {"attendees": [guests[0] | {"self": True}]}, BRUSSELS) is None


async def test_a_login_that_is_over_is_renewed_and_kept(tmp_path: Path) -> None:
    """The new token is saved, readable by its owner only; the next reading uses it."""
    async with serving([TRIP]) as calendar:
        google = logged_in(calendar, tmp_path, OVER)
        for _ in range(2):
            assert (await google.read(NOW, UNTIL)).events
    assert calendar.questions.count("token refresh_token") == 1
    token = tmp_path / "token.json"
    assert json.loads(token.read_bytes())["token"] == "access-1"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert names(tmp_path) == [token.name]


async def test_a_service_account_reads_without_anyone_logged_in(tmp_path: Path) -> None:
    """Its key signs the token request; nothing is written."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path / "service_account.json"
    async with serving([TRIP]) as calendar:
        said = {
            "type": "service_account", "client_email": "pi@project.example", "private_key_id": "1",
            "private_key": pem.decode(), "token_uri": f"{calendar.base}/token",
        }  # fmt: skip
        path.write_text(json.dumps(said), encoding="utf-8")
        access = Access(tmp_path / "none", path, calendar.api)
        found = await Google("jan@example.com", access, BRUSSELS).read(NOW, UNTIL)
    assert len(found.events) == 1
    assert "/calendars/jan%40example.com/events" in calendar.questions[-1]
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize(
    ("wrong", "kind", "sentence"),
    [
        (Trouble.REFUSED, http_client.RefusedError, "log in again: ./do_py.sh ev_app.py --login"),
        (
            Trouble.API_OFF,
            http_client.RefusedError,
            "the Calendar API of your project is off: enable it",
        ),
        (Trouble.GONE, http_client.RefusedError, "has no calendar primary that is shared"),
        (Trouble.BUSY, http_client.BusyError, "asks us to wait 600 s"),
        (Trouble.BROKEN, http_client.UnreachableError, "is out of order (HTTP 503)"),
        (Trouble.HTML, http_client.NonsenseError, "did not send a list of entries"),
    ],
)
async def test_what_is_wrong_says_who_must_act(
    tmp_path: Path, wrong: Trouble, kind: type[http_client.WebError], sentence: str
) -> None:
    """The error names the owner, nobody or Google as the one who must act."""
    async with serving([TRIP]) as calendar:
        calendar.trouble = wrong
        with pytest.raises(kind) as caught:
            await logged_in(calendar, tmp_path).read(NOW, UNTIL)
    assert type(caught.value) is kind
    assert sentence in str(caught.value)


async def test_a_revoked_login_says_what_to_type_and_why(tmp_path: Path) -> None:
    """invalid_grant requires action by the owner; the error names its most common cause."""
    async with serving([TRIP]) as calendar:
        calendar.trouble = Trouble.REVOKED
        with pytest.raises(http_client.RefusedError) as caught:
            await logged_in(calendar, tmp_path, OVER).read(NOW, UNTIL)
    assert "log in again: ./do_py.sh ev_app.py --login" in str(caught.value)
    assert "7 days" in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", "nonsense"])
async def test_an_invalid_login_file_names_the_command(tmp_path: Path, content: str | None) -> None:
    """The login file is missing, empty or of another kind."""
    token = tmp_path / "token.json"
    if content is not None:
        token.write_text(content, encoding="utf-8")
    with pytest.raises(http_client.RefusedError, match=r"--login"):
        await Google("primary", Access(token), BRUSSELS).read(NOW, UNTIL)


async def test_nobody_there_is_transient(tmp_path: Path) -> None:
    """This holds both for the list of entries and for the renewal of the login."""
    async with serving() as calendar:
        fresh = logged_in(calendar, tmp_path)
    with pytest.raises(http_client.UnreachableError):
        await fresh.read(NOW, UNTIL)
    with pytest.raises(http_client.UnreachableError):
        await logged_in(calendar, tmp_path, OVER).read(NOW, UNTIL)


async def test_a_google_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop is not blocked, and the reading ends at its timeout."""
    monkeypatch.setattr(edge, "TIMEOUT_S", 0.2)
    turns = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        google = logged_in(SimCalendar(base=f"http://127.0.0.1:{port}"), tmp_path)
        reading = asyncio.create_task(google.read(NOW, UNTIL))
        while not reading.done():
            turns += 1
            await asyncio.wait({reading}, timeout=0.01)
        with pytest.raises(http_client.UnreachableError):
            reading.result()
    assert turns > 5


class Browser(io.StringIO):
    """A terminal whose owner opens each printed address in his browser."""

    def write(self, text: str) -> int:
        for line in text.splitlines():
            if line.startswith("http"):
                Thread(target=_visit, args=[line], name="browser").start()
        return super().write(text)


def _visit(address: str) -> None:
    with urlopen(address):
        pass


async def test_a_login_over_ssh_leaves_a_login_that_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No browser is opened on this machine; the address is printed with the ssh command that
    forwards it.
    """
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the service of this test has no TLS
    terminal = Browser()
    monkeypatch.setattr(sys, "stdout", terminal)
    client, token = tmp_path / "client.json", tmp_path / "deep" / "token.json"
    async with serving([TRIP]) as calendar:
        client.write_text(json.dumps(calendar.client_file()), encoding="utf-8")
        signing_in = Thread(target=login, args=(client, token), kwargs={"port": 0})
        signing_in.start()
        await asyncio.to_thread(signing_in.join)
        access = Access(token, api=calendar.api)
        assert (await Google("primary", access, BRUSSELS).read(NOW, UNTIL)).events
    assert "ssh -L" in terminal.getvalue()
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


def test_a_login_without_the_clients_file_says_so(tmp_path: Path) -> None:
    """The error names the missing file."""
    with pytest.raises(http_client.RefusedError, match=r"client\.json"):
        login(tmp_path / "client.json", tmp_path / "token.json")


def test_googles_client_is_not_imported_before_it_is_used() -> None:
    """A house without Google does not pay for its import."""
    code = "import sys, ev.calendars.google; print('googleapiclient' in sys.modules)"
    with os.popen(f"{sys.executable} -c {code!r}") as ran:
        assert ran.read().strip() == "False"
