"""An iCal file becomes the entries of the next days, in a process of its own.

What stands in the file decides how long its recurrences take: a rule may ask for each second
since 1970. A process can be ended, sleeps beside the charger's loop instead of slowing it, and
gives its memory back. `python -m ev.calendars.expand SINCE UNTIL ZONE` reads the file on stdin
and prints an Expanded as JSON.
"""

import os
import re
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import TypeAdapter

from base.time import DAY
from ev.facts import Event
from ev.titles import is_marked, plain

SERIES_S = 2.0
MOST_OCCURRENCES = 200
# All that the two iCal packages are seen to raise on files that are wrong.
_BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError)
_BLOCK = re.compile(r"^BEGIN:(VEVENT|VTODO|VJOURNAL)$.*?^END:\1$\n?", re.M | re.S)
_TITLE = re.compile(r"^SUMMARY(?:;[^:\n]*)?:(.*)$", re.M | re.I)
_UID = re.compile(r"^UID(?:;[^:\n]*)?:(.*)$", re.M | re.I)
_DAY = re.compile(r"^DT(?:START|END)[^:\n]*:(\d{8})", re.M | re.I)
_REPEATS = re.compile(r"^(RRULE|RDATE|RECURRENCE-ID|DURATION)[;:]", re.M | re.I)
_HOME = re.compile(r"^X-WR-TIMEZONE:(\S+)$", re.M | re.I)


@dataclass(frozen=True, slots=True)
class Expanded:
    """The entries that can name a car, and a sentence for each that cannot be read."""

    events: tuple[Event, ...]
    unclear: tuple[str, ...]


ANSWER = TypeAdapter(Expanded)


def expand(ics: str, since: datetime, until: datetime, zone: tzinfo) -> Expanded:
    """The marked entries between two instants. `zone` holds where the file names none.

    One entry or series at a time: what is wrong with one is said and hides no other.
    """
    text = re.sub(r"\r\n?", "\n", ics)
    text = re.sub(r"\n[ \t]", "", text)  # long lines are folded
    if home := _HOME.search(text):
        zone = _zone(home[1], zone)
    frame = _HOME.sub("", _BLOCK.sub("", text))
    events: list[Event] = []
    unclear: list[str] = []
    for title, blocks in _series(text, since, until):
        whole = frame.replace("END:VCALENDAR", f"{''.join(blocks)}END:VCALENDAR", 1)
        try:
            with _limited(SERIES_S):
                found = [_event(part, zone) for part in _occurrences(whole, since, until)]
        except TimeoutError:
            unclear.append(f'"{plain(title)}" repeats in a way that takes too long to work out.')
        except OSError:  # the packages open the zone's file, and "Europe" is a folder
            unclear.append(f'"{plain(title)}" cannot be read (it names no time zone).')
        except _BROKEN as error:
            unclear.append(f'"{plain(title)}" cannot be read ({plain(str(error))}).')
        else:
            events += [event for event in found if event and is_marked(event.title)]
    return Expanded(tuple(sorted(events, key=lambda event: event.start)), tuple(unclear))


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
    import icalendar
    import recurring_ical_events

    calendar = icalendar.Calendar.from_ical(ics)
    found: list[Any] = recurring_ical_events.of(calendar).between(since, until)
    if len(found) > MOST_OCCURRENCES:
        raise ValueError(f"it repeats {len(found)} times in {(until - since).days} days")
    return found


def _event(part: Any, zone: tzinfo) -> Event | None:
    """An occurrence as an Event; None when it is cancelled."""
    if str(part.get("STATUS", "")).upper() == "CANCELLED":
        return None
    start = part["DTSTART"].dt
    end = part["DTEND"].dt if "DTEND" in part else start
    return Event(
        str(part.get("UID", "")),
        str(part.get("SUMMARY", "")),
        str(part.get("DESCRIPTION", "")),
        instant(start, zone),
        instant(end, zone),
        not isinstance(start, datetime),
    )


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
    """TimeoutError inside once this process has worked so long, however busy the machine is.

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


def main(since: str, until: str, zone: str) -> None:
    os.nice(10)  # the charger goes first
    ics = sys.stdin.buffer.read().decode("utf-8-sig", errors="replace")
    span = datetime.fromisoformat(since), datetime.fromisoformat(until)
    sys.stdout.buffer.write(ANSWER.dump_json(expand(ics, *span, ZoneInfo(zone))))


if __name__ == "__main__":
    main(*sys.argv[1:])
