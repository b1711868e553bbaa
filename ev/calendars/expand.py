"""Entries of the next days from an iCal file, in a separate process.

The content of the file decides how long its recurrences take: a rule may ask for each second
since 1970. A process can be ended, does not slow the charger's loop, and returns its memory.
`python -m ev.calendars.expand SINCE UNTIL ZONE [OWN ADDRESS ...]` reads the
file on stdin and prints an Expanded as JSON.
"""

import os
import re
import signal
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import TypeAdapter

from base.language import phrase
from base.time import DAY
from ev.facts import Event
from ev.title_parser import is_marked, plain

SERIES_S = 2.0
QUICK_S = 0.2
"""What a series may take at first: those that take longer come last, and hide no other."""
ALL_S = 20.0
"""What the slow ones may take together."""
MOST_OCCURRENCES = 200
# All that the two iCal packages are seen to raise on files that are wrong.
_BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError)
_BLOCK = re.compile(r"^BEGIN:(VEVENT|VTODO|VJOURNAL)$.*?^END:\1$\n?", re.M | re.S)
_TITLE = re.compile(r"^SUMMARY(?:;[^:\n]*)?:(.*)$", re.M | re.I)
_UID = re.compile(r"^UID(?:;[^:\n]*)?:(.*)$", re.M | re.I)
_DAY = re.compile(r"^DT(?:START|END)[^:\n]*:(\d{8})", re.M | re.I)
_REPEATS = re.compile(r"^(RRULE|RDATE|RECURRENCE-ID|DURATION)[;:]", re.M | re.I)
_HOME = re.compile(r"^X-WR-TIMEZONE:(\S+)$", re.M | re.I)
_NAMED = re.compile(r"^X-WR-CALNAME:(.*)$", re.M | re.I)
_WHOLE_DAY = re.compile(r"^DTSTART;(?:[^:\n]*;)?VALUE=DATE[;:]", re.M | re.I)
_LAST = re.compile(r"(?<=UNTIL=)\d{8}T\d{6}Z", re.I)
# A property with its zone, quoted or not: Microsoft's names are addresses, with colons in them.
_ZONED = re.compile(
    r'^((?:DTSTART|DTEND|EXDATE|RDATE|RECURRENCE-ID)[^:\n]*?);TZID=(?:"([^"\n]*)"|([^"\n]*?))'
    r"((?:;[^:;\n]*)*:)(\d{8}[^\n]*)$",
    re.M | re.I,
)
_VTIMEZONE = re.compile(r"^BEGIN:VTIMEZONE$.*?^TZID:([^\n]*)$", re.M | re.S)
_AT_HOME = ("tzone://microsoft/custom", "customized time zone")
_IN_UTC = ("tzone://microsoft/utc", "utc", "etc/utc")


@dataclass(frozen=True, slots=True)
class Expanded:
    """The entries that can name a car, and a sentence for each that cannot be read."""

    events: tuple[Event, ...]
    unclear: tuple[str, ...]


ANSWER = TypeAdapter(Expanded)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calendar:
    """A calendar file in the one form that is read: unfolded, its zones named as the packages know
    them. `frame` is the file without entries; `known` are the zones that it defines itself."""

    text: str
    frame: str
    zone: tzinfo
    known: frozenset[str]
    owners: tuple[str, ...]


def expand(
    ics: str, since: datetime, until: datetime, zone: tzinfo, owners: Sequence[str] = ()
) -> Expanded:
    """The marked entries between two instants. `zone` applies if the file has none.

    An invitation that one of `owners` declined is left out; the calendar's own name is one of them
    where it is an address. One entry or series at a time: a fault in one is reported and affects no
    other. Each has its own time; what takes long waits until the others are done.
    """
    calendar = _calendar(ics, zone, owners)
    done: list[Expanded] = []
    slow = []
    _packages()  # their import is on nobody's time
    for title, blocks in _series(calendar.text, since, until):
        try:
            done.append(_worked(calendar, title, blocks, since, until, QUICK_S))
        except TimeoutError:
            slow.append((title, blocks))
    left_s = ALL_S
    for title, blocks in slow:
        began_s = process_time()
        try:
            if left_s <= 0:
                raise TimeoutError
            limit_s = min(SERIES_S, left_s)
            done.append(_worked(calendar, title, blocks, since, until, limit_s))
        except TimeoutError:
            done.append(
                _unclear(
                    phrase(
                        '"{text}" repeats in a way that takes too long to compute.',
                        text=plain(title),
                    )
                )
            )
        left_s -= process_time() - began_s
    events = sorted((event for one in done for event in one.events), key=lambda each: each.start)
    return Expanded(tuple(events), tuple(text for one in done for text in one.unclear))


def _calendar(ics: str, zone: tzinfo, owners: Sequence[str]) -> _Calendar:
    """The file in the form that is read; it may name its own zone and owner."""
    text = re.sub(r"\r\n?", "\n", ics)
    text = re.sub(r"\n[ \t]", "", text)  # long lines are folded
    if home := _HOME.search(text):
        zone = _zone(home[1], zone)
    if name := _NAMED.search(text):
        owners = [*owners, name[1].strip()]
    known = frozenset(found.strip() for found in _VTIMEZONE.findall(text))
    text = _ZONED.sub(lambda found: _with_zone(found, known), text)
    text = _BLOCK.sub(lambda found: _whole_days(found[0], zone), text)
    frame = _HOME.sub("", _BLOCK.sub("", text))
    return _Calendar(text=text, frame=frame, zone=zone, known=known, owners=tuple(owners))


def _worked(
    calendar: _Calendar,
    title: str,
    blocks: Sequence[str],
    since: datetime,
    until: datetime,
    limit_s: float,
) -> Expanded:
    """The occurrences of one series, or the reason without any; TimeoutError when that takes
    longer."""
    whole = calendar.frame.replace("END:VCALENDAR", f"{''.join(blocks)}END:VCALENDAR", 1)
    try:
        with _limited(limit_s):
            _known_zones(blocks, calendar.known)
            parts = _occurrences(whole, since, until)
            kept = [part for part in parts if not _declined(part, calendar.owners)]
            found = [_event(part, calendar.zone) for part in kept]
    except TimeoutError:
        raise
    except OSError:  # the packages open the zone's file, and "Europe" is a folder
        return _unclear(phrase('"{text}" cannot be read (it has no time zone).', text=plain(title)))
    except _BROKEN as error:
        return _unclear(
            phrase(
                '"{text}" cannot be read ({reason}).',
                text=plain(title),
                reason=plain(str(error)),
            )
        )
    return Expanded(tuple(event for event in found if event and is_marked(event.title)), ())


def _unclear(sentence: str) -> Expanded:
    return Expanded((), (sentence,))


def _packages() -> tuple[Any, Any]:
    """icalendar and recurring_ical_events: imported where there is something to work out."""
    import icalendar
    import recurring_ical_events

    return icalendar, recurring_ical_events


def _series(text: str, since: datetime, until: datetime) -> Iterator[tuple[str, list[str]]]:
    """A title and the blocks of one UID, where a title is marked and the days can fit."""
    groups: dict[str, list[str]] = defaultdict(list)
    for place, match in enumerate(_BLOCK.finditer(text)):
        if match[1] == "VEVENT":
            uid = _UID.search(match[0])
            groups[uid[1] if uid else f"no UID {place}"].append(match[0])
    for blocks in groups.values():
        titles = [title for block in blocks for title in _TITLE.findall(block)]
        marked = next(filter(is_marked, titles), None)
        if marked is not None and _may_fit(blocks, since, until):
            yield marked, blocks


def _may_fit(blocks: Sequence[str], since: datetime, until: datetime) -> bool:
    """False only for single entries that surely are over or far off: most of an old calendar."""
    if len(blocks) > 1 or _REPEATS.search(blocks[0]):
        return True
    days = _DAY.findall(blocks[0])
    first, last = f"{since - 2 * DAY:%Y%m%d}", f"{until + 2 * DAY:%Y%m%d}"
    return not days or (max(days) >= first and min(days) <= last)


def _occurrences(ics: str, since: datetime, until: datetime) -> list[Any]:
    icalendar, recurring_ical_events = _packages()
    calendar = icalendar.Calendar.from_ical(ics)
    found: list[Any] = recurring_ical_events.of(calendar).between(since, until)
    if len(found) > MOST_OCCURRENCES:
        raise ValueError(
            phrase(
                "it repeats {count} times in {days} days",
                count=len(found),
                days=(until - since).days,
            )
        )
    return found


def _event(part: Any, zone: tzinfo) -> Event | None:
    """An occurrence as an Event; None when it is cancelled."""
    if str(part.get("STATUS", "")).upper() == "CANCELLED":
        return None
    start = part["DTSTART"].dt
    end = part["DTEND"].dt if "DTEND" in part else start
    if str(part.get("X-MICROSOFT-CDO-ALLDAYEVENT", "")).upper() == "TRUE":
        start, end = _days(start, end, zone)
    return Event(
        uid=str(part.get("UID", "")),
        title=str(part.get("SUMMARY", "")),
        description=str(part.get("DESCRIPTION", "")),
        start=instant(start, zone),
        end=instant(end, zone),
        all_day=not isinstance(start, datetime),
    )


def _days(start: date, end: date, zone: tzinfo) -> tuple[date, date]:
    """The days of a whole-day entry that is written as two midnights, of its zone or of home."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return start, end
    at_home = instant(start, zone).astimezone(zone), instant(end, zone).astimezone(zone)
    for first, last in ((start, end), at_home):
        if first.time() == last.time() == time(0):
            return first.date(), last.date()
    return start, end


def _declined(part: Any, owners: Sequence[str]) -> bool:
    """True if the owner said no to an invitation."""
    guests = part.get("ATTENDEE", [])
    wanted = {owner.strip().casefold() for owner in owners if "@" in owner}
    for guest in guests if isinstance(guests, list) else [guests]:
        mail = str(guest).casefold().removeprefix("mailto:").strip()
        if mail in wanted and str(guest.params.get("PARTSTAT", "")).upper() == "DECLINED":
            return True
    return False


def _whole_days(block: str, zone: tzinfo) -> str:
    """The entry; where it lasts whole days, the instant that ends its series is a day of `zone`."""
    if not _WHOLE_DAY.search(block):
        return block
    return _LAST.sub(lambda found: f"{_instant_of(found[0]).astimezone(zone):%Y%m%d}", block)


def _instant_of(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _with_zone(found: re.Match[str], known: Collection[str]) -> str:
    """The property with a zone that the packages know, or none where it is home's."""
    head, quoted, bare, rest, value = found.groups()
    name = (quoted if quoted is not None else bare).strip()
    word = name.casefold()
    if name in known or word in _AT_HOME:
        zoned = f";TZID={name}" if name in known else ""
        return f"{head}{zoned}{rest}{value}"
    if word in _IN_UTC:
        return f"{head}{rest}" + ",".join(f"{one.rstrip('Zz')}Z" for one in value.split(","))
    return f'{head};TZID="{_olson(name) or name}"{rest}{value}'


def _olson(name: str) -> str:
    """The zone's name in the common data base, or ""."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    plainly = re.sub(r" \d+$", "", name)
    if plainly in WINDOWS_TO_OLSON:
        return WINDOWS_TO_OLSON[plainly]
    parts = name.strip("/").split("/")
    ends = ("/".join(parts[-count:]) for count in range(min(3, len(parts)), 0, -1))
    return next((end for end in ends if _zone(end, UTC) is not UTC), "")


def _known_zones(blocks: Sequence[str], known: Collection[str]) -> None:
    """ValueError where an entry names an unknown zone: it would be hours wrong."""
    for found in _ZONED.finditer("".join(blocks)):
        name = found[2] if found[2] is not None else found[3]
        if name not in known and not _olson(name):
            raise ValueError(phrase("its time zone {name} is not known", name=name))


def instant(when: date, zone: tzinfo) -> datetime:
    """UTC; of a day its first moment in `zone`, and of a time without zone the time there."""
    if not isinstance(when, datetime):
        when = datetime.combine(when, datetime.min.time())
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone)
    return when.astimezone(UTC)


def _zone(name: str, otherwise: tzinfo) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return otherwise


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """TimeoutError after this CPU time of the process, however busy the machine is.

    Main thread only.
    """

    def expire(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, expire)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def main(since: str, until: str, zone: str, *owners: str) -> None:
    os.nice(10)  # the charger goes first
    ics = sys.stdin.buffer.read().decode("utf-8-sig", errors="replace")
    span = datetime.fromisoformat(since), datetime.fromisoformat(until)
    sys.stdout.buffer.write(ANSWER.dump_json(expand(ics, *span, ZoneInfo(zone), owners)))


if __name__ == "__main__":
    main(*sys.argv[1:])
