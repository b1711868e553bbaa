"""The edge to Google Calendar, through Google's own client, which only runs in threads.

Every reading loads the login from its file again, so that a new login needs no restart. The client
is imported at its first use: it takes 32 MB, which other houses do not need.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from base import http_client
from base.language import clause
from ev.calendars.expand import Expanded, instant
from ev.calendars.google_login import LOG_IN, Access, credentials_of, keep_login, trouble_of
from ev.facts import Event
from ev.title_parser import is_marked

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

TIMEOUT_S = 10.0
MOST_PAGES = 20


class Google:
    """One calendar of Google: "primary", or its address ("jan@gmail.com")."""

    def __init__(self, calendar: str, access: Access, zone: tzinfo) -> None:
        self._calendar = calendar
        self._access = access
        self._zone = zone

    async def read(self, since: datetime, until: datetime) -> Expanded:
        """The marked entries between two instants. http_client.WebError with the reason
        otherwise."""
        items = await asyncio.to_thread(_items, self._calendar, self._access, since, until)
        try:
            events = [event for item in items if (event := _event(item, self._zone))]
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise http_client.NonsenseError(
                clause("sent an entry that cannot be read ({text})", text=error)
            ) from None
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
        uid=str(item.get("iCalUID", item.get("id", ""))),
        title=str(item.get("summary", "")),
        description=str(item.get("description", "")),
        start=_when(start, zone),
        end=_when(end, zone),
        all_day="date" in start,
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
        credentials = credentials_of(access)
        token = credentials.token
        items = _pages(credentials, access.api, calendar, since, until)
        if credentials.token != token and access.service_account is None:
            keep_login(access, credentials)
    except GoogleAuthError as error:
        trouble = trouble_of(error)
    except HttpError as error:
        trouble = _http_trouble(int(error.resp.status), _reason(error.content), calendar)
    except (Error, ValueError):
        trouble = http_client.NonsenseError(clause("did not send a list of entries"))
    except (OSError, httplib2.HttpLib2Error) as error:
        trouble = http_client.UnreachableError(
            clause("cannot be reached") + http_client.cause(error)
        )
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


def _http_trouble(status: int, reason: str, calendar: str) -> http_client.WebError:
    """Meaning of an answer that is not a list, and who must act."""
    match status, reason:
        case (429, _) | (403, "rateLimitExceeded" | "userRateLimitExceeded" | "quotaExceeded"):
            return http_client.BusyError()
        case 403, "accessNotConfigured" | "SERVICE_DISABLED":
            return http_client.RefusedError(
                clause("reports that the Calendar API of your project is off: enable it")
            )
        case (401, _) | (403, _):
            return http_client.RefusedError(clause("does not accept our login") + f"; {LOG_IN}")
        case 404, _:
            return http_client.RefusedError(
                clause(
                    "has no calendar {calendar} that is shared with this login", calendar=calendar
                )
            )
        case _ if status >= 500:
            return http_client.UnreachableError(
                clause("is out of order (HTTP {status})", status=status)
            )
        case _:
            return http_client.NonsenseError(
                clause("does not accept our request (HTTP {status})", status=status)
            )


def _reason(body: bytes) -> str:
    """Google's word for a refusal, or none."""
    try:
        return str(json.loads(body)["error"]["errors"][0]["reason"])
    except (ValueError, KeyError, IndexError, TypeError):
        return ""
