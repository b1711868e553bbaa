"""Entries, cars and a clock for the calendar tests."""

from datetime import UTC, datetime, timedelta

from base.time import BRUSSELS
from ev.facts import Car, Event

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(days=14)
Q4 = Car(name="q4", capacity_kwh=77, consumption_kwh_100km=18, default_target_pct=80, least_pct=20)
ZOE = Car(name="car_zoe", capacity_kwh=40, consumption_kwh_100km=15)
CARS = (Q4, ZOE)


def local(text: str) -> datetime:
    """The UTC instant of a local date and time."""
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS).astimezone(UTC)


def event(
    title: str = "@q4@",
    start: str = "2026-11-24 08:30",
    end: str = "2026-11-24 17:00",
    description: str = "",
    all_day: bool = False,
) -> Event:
    return Event(
        uid=f"{title} {start}",
        title=title,
        description=description,
        start=local(start),
        end=local(end),
        all_day=all_day,
    )


def file(*blocks: str, head: str = "") -> str:
    """An iCal file; a block is the contents of a VEVENT except its UID."""
    events = "".join(
        f"BEGIN:VEVENT\nUID:made-{place}\n{block}\nEND:VEVENT\n"
        for place, block in enumerate(blocks)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//made//\n{head}{events}END:VCALENDAR\n"
