"""Entries of a simulated calendar, as Google lists them, as an iCal file, and a week of trips."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from base.time import BRUSSELS, DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A calendar entry. Of an all-day one the local days count, the last one not included."""

    uid: str
    title: str
    start: datetime
    end: datetime | None
    description: str = ""
    all_day: bool = False
    status: str = "confirmed"


def item(entry: Entry) -> dict[str, Any]:
    """An entry as Google's REST service lists it; of a cancelled one little is left."""
    if entry.status == "cancelled":
        return {"id": entry.uid, "status": "cancelled"}
    said = {
        "id": entry.uid,
        "iCalUID": f"{entry.uid}@google.com",
        "status": entry.status,
        "summary": entry.title,
        "start": _moment(entry.start, entry.all_day),
        "end": _moment(entry.end or entry.start, entry.all_day),
    }
    return said | ({"description": entry.description} if entry.description else {})


def _moment(when: datetime, all_day: bool) -> dict[str, str]:
    local = when.astimezone(BRUSSELS)
    if all_day:
        return {"date": local.date().isoformat()}
    return {"dateTime": local.isoformat(), "timeZone": BRUSSELS.key}


def ical(entries: Iterable[Entry]) -> str:
    """The entries as an iCal file."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//sim//", "X-WR-TIMEZONE:Europe/Brussels"]
    lines = head + [line for entry in entries for line in _vevent(entry)] + ["END:VCALENDAR"]
    return "".join(f"{line}\r\n" for line in lines)


def _vevent(entry: Entry) -> Sequence[str]:
    def moment(when: datetime) -> str:
        if entry.all_day:
            return f";VALUE=DATE:{when.astimezone(BRUSSELS):%Y%m%d}"
        return f":{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    return [
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        f"DTSTART{moment(entry.start)}",
        *([f"DTEND{moment(entry.end)}"] if entry.end else []),
        f"SUMMARY:{_escaped(entry.title)}",
        f"DESCRIPTION:{_escaped(entry.description)}",
        f"STATUS:{entry.status.upper()}",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    for plain, code in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, code)
    return text


def week(now: datetime, cars: Sequence[str]) -> list[Entry]:
    """Trips of a household in the seven days after the local day of `now`, by turns of its cars."""
    today = now.astimezone(BRUSSELS).replace(hour=0, minute=0, second=0, microsecond=0)
    plan = [
        (1, 7.5, 9.5, "Brussel @{}@ 2x55 km"), (2, 9, 3, "tandarts @{}@ 12 km"),
        (2, 18, 4, "concert Gent @{}@ 80 %"), (3, 6.75, 10, "Namen @{}@ 140 km"),
        (5, 10, 8, "zee @{}@ 210 km"), (6, 14, 4, "familie @{}@ 15 kWh"),
    ]  # fmt: skip
    entries = []
    for place, (day, hour, hours, title) in enumerate(plan):
        # Local hours: added to a zoned time, a timedelta moves the clock on the wall.
        start = today + day * DAY + timedelta(hours=hour)
        end = start + timedelta(hours=hours)
        named = title.format(cars[place % len(cars)])
        entries.append(
            Entry(
                uid=f"trip-{place}",
                title=named,
                start=start.astimezone(UTC),
                end=end.astimezone(UTC),
            )
        )
    return entries
