"""The edge to Google Calendar, through Google's own client, which only runs in threads.

Every reading takes the login from its file again, so that after a new login nothing needs a
restart. The client is imported when it is first used: 32 MB that other houses do not pay.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import web
from ev.calendars.expand import Expanded, instant
from ev.calendars.kept import write_private
from ev.facts import Event
from ev.titles import is_marked

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SCOPES = ["https://www.googleapis.com/auth/calendar.events.readonly"]
LOGIN_PORT = 8765
LOGIN_S = 600
TIMEOUT_S = 10.0
MOST_PAGES = 20
LOG_IN = "log in again: ./do_py.sh ev_app.py --login"
TESTING = 'a consent screen that is still in "Testing" ends each login after 7 days: publish it'


@dataclass(frozen=True, slots=True)
class Access:
    """The files that open Google: what the login left, or a service account's key.

    `api` is another address than Google's own.
    """

    token: Path
    service_account: Path | None = None
    api: str = ""


class Google:
    """One calendar of Google: "primary", or its address ("jan@gmail.com")."""

    def __init__(self, calendar: str, access: Access, zone: tzinfo) -> None:
        self._calendar = calendar
        self._access = access
        self._zone = zone

    async def read(self, since: datetime, until: datetime) -> Expanded:
        """The marked entries between two instants. web.WebError says why there are none."""
        items = await asyncio.to_thread(_items, self._calendar, self._access, since, until)
        try:
            events = [event for item in items if (event := _event(item, self._zone))]
        except (KeyError, TypeError, ValueError) as error:
            raise web.NonsenseError(f"sent an entry that cannot be read ({error})") from None
        return Expanded(tuple(event for event in events if is_marked(event.title)), ())


def _event(item: Mapping[str, Any], zone: tzinfo) -> Event | None:
    """An item as an Event; None when it is cancelled or its owner declined it."""
    declined = any(
        guest.get("self") and guest.get("responseStatus") == "declined"
        for guest in item.get("attendees", ())
    )
    if item.get("status") == "cancelled" or declined:
        return None
    start, end = item["start"], item.get("end", item["start"])
    return Event(
        str(item.get("iCalUID", item.get("id", ""))),
        str(item.get("summary", "")),
        str(item.get("description", "")),
        _when(start, zone),
        _when(end, zone),
        "date" in start,
    )


def _when(said: Mapping[str, str], zone: tzinfo) -> datetime:
    if "date" in said:
        return instant(date.fromisoformat(said["date"]), zone)
    return instant(datetime.fromisoformat(said["dateTime"]), zone)


def _items(
    calendar: str, access: Access, since: datetime, until: datetime
) -> list[Mapping[str, Any]]:
    """The items of all pages, recurring ones expanded by Google. Blocks; for a thread."""
    import httplib2
    from google.auth.exceptions import GoogleAuthError
    from googleapiclient.errors import Error, HttpError

    try:
        credentials = _credentials(access)
        token = credentials.token
        items = _pages(credentials, access.api, calendar, since, until)
        if credentials.token != token and access.service_account is None:
            write_private(access.token, credentials.to_json().encode())  # type: ignore[attr-defined]
    except GoogleAuthError as error:
        trouble = _auth_trouble(error)
    except HttpError as error:
        trouble = _http_trouble(int(error.resp.status), _reason(error.content), calendar)
    except (Error, ValueError):
        trouble = web.NonsenseError("sent something that is no list of entries")
    except (OSError, httplib2.HttpLib2Error) as error:
        trouble = web.UnreachableError(f"cannot be reached ({type(error).__name__})")
    else:
        return items
    raise trouble


def _pages(
    credentials: "Credentials", api: str, calendar: str, since: datetime, until: datetime
) -> list[Mapping[str, Any]]:
    import httplib2
    from google_auth_httplib2 import AuthorizedHttp
    from googleapiclient.discovery import build

    http = AuthorizedHttp(credentials, http=httplib2.Http(timeout=TIMEOUT_S))
    # The description of the API that came with the package: no question to Google for it.
    with build(
        "calendar", "v3", http=http, static_discovery=True,
        client_options={"api_endpoint": api} if api else None,
    ) as service:  # fmt: skip
        items: list[Mapping[str, Any]] = []
        request = service.events().list(
            calendarId=calendar,
            timeMin=since.isoformat(),
            timeMax=until.isoformat(),
            singleEvents=True,
            orderBy="startTime",
            maxResults=2500,
        )
        for _ in range(MOST_PAGES):
            page = request.execute()
            if not isinstance(page, dict):
                raise ValueError("a page of text")
            items += page.get("items", ())
            request = service.events().list_next(request, page)
            if request is None:
                break
        return items


def _credentials(access: Access) -> "Credentials":
    """The login in its file. web.RefusedError, with what to type, when there is none."""
    from google.oauth2 import credentials, service_account

    path = access.service_account or access.token
    try:
        said = json.loads(path.read_bytes())
        if access.service_account:
            return service_account.Credentials.from_service_account_info(said, scopes=SCOPES)  # type: ignore[no-any-return, no-untyped-call]
        kept = credentials.Credentials.from_authorized_user_info(said, SCOPES)  # type: ignore[no-untyped-call]
        # Renewed where it was given; without this, at Google's own address whatever the file says.
        ours: Credentials = kept.with_token_uri(said.get("token_uri", kept.token_uri))
        ours.expiry = kept.expiry
        return ours
    except FileNotFoundError:
        why = f"needs {path}, which is missing"
    except OSError as error:
        why = f"needs {path}, which cannot be read ({error.strerror})"
    except (ValueError, TypeError, KeyError, AttributeError):
        why = f"needs {path}, which is no such file of Google"
    raise web.RefusedError(f"{why}; {LOG_IN}" if access.service_account is None else why)


def _auth_trouble(error: Exception) -> web.WebError:
    """What became of a token that Google would not renew."""
    from google.auth.exceptions import TransportError

    if isinstance(error, TransportError) or getattr(error, "retryable", False):
        return web.UnreachableError("cannot be reached to renew the login")
    text = str(error)
    if "invalid_grant" in text and "JWT" in text:
        return web.RefusedError("refuses the service account's key; check this machine's clock")
    if "invalid_grant" in text:
        return web.RefusedError(f"does not accept our login any more; {LOG_IN} ({TESTING})")
    return web.RefusedError(f"does not accept our login; {LOG_IN}")


def _http_trouble(status: int, reason: str, calendar: str) -> web.WebError:
    """What an answer that is no list means, and who must act."""
    match status, reason:
        case (429, _) | (403, "rateLimitExceeded" | "userRateLimitExceeded" | "quotaExceeded"):
            return web.BusyError()
        case 403, "accessNotConfigured" | "SERVICE_DISABLED":
            return web.RefusedError("says that the Calendar API of your project is off: enable it")
        case (401, _) | (403, _):
            return web.RefusedError(f"does not accept our login; {LOG_IN}")
        case 404, _:
            return web.RefusedError(f"knows no calendar {calendar} that is shared with this login")
        case _ if status >= 500:
            return web.UnreachableError(f"is out of order (HTTP {status})")
        case _:
            return web.NonsenseError(f"does not take our question (HTTP {status})")


def _reason(body: bytes) -> str:
    """Google's word for a refusal, or none."""
    try:
        return str(json.loads(body)["error"]["errors"][0]["reason"])
    except (ValueError, KeyError, IndexError, TypeError):
        return ""


def login(client: Path, token: Path, port: int = LOGIN_PORT, longest_s: int = LOGIN_S) -> None:
    """The owner has let us read his calendar and `token` holds that. Blocks; for the terminal.

    `client` is the file of the desktop client made at console.cloud.google.com. Works over ssh:
    the page that Google sends his browser to is brought here by `ssh -L`.
    web.RefusedError says what is missing.
    """
    from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError
    from oauthlib.oauth2 import OAuth2Error

    try:
        flow = InstalledAppFlow.from_client_secrets_file(str(client), scopes=SCOPES)
    except (OSError, ValueError) as error:
        raise web.RefusedError(f"needs {client}, the file of a desktop client ({error})") from None
    prompt = (
        f"From another computer, first type there:  ssh -L {port}:localhost:{port} <this machine>\n"
        "Then open this address in its browser and allow the calendar to be read:\n{url}"
    )
    try:
        credentials = flow.run_local_server(
            port=port, open_browser=False, access_type="offline", prompt="consent",
            timeout_seconds=longest_s, authorization_prompt_message=prompt,
            success_message="The calendar can be read now. You may close this page.",
        )  # fmt: skip
    except WSGITimeoutError:
        raise web.RefusedError(f"saw no login within {longest_s // 60} minutes") from None
    except (OAuth2Error, OSError) as error:
        raise web.RefusedError(f"did not log in ({error})") from None
    write_private(token, credentials.to_json().encode())
