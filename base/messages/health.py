"""Health of a program and of the line to the meter, and its last events."""

from typing import Literal

from base.messages.fields import Line, Name, Part, Time


class Event(Part):
    at: Time
    level: Literal["info", "warning", "error"]
    text: Line


class Events(Part):
    """The last things that happened, oldest first."""

    type: Literal["events"] = "events"
    events: tuple[Event, ...]


class BadTelegram(Part):
    """The last telegram that was no good: why, and its bytes with every id masked."""

    at: Time
    reason: Line
    text: str


class Wire(Part):
    """Quality of the line to the meter. `error_pct` is of all telegrams since the start.

    `clock_ahead_s` is how far the meter's clock is ahead of ours, with the last telegram.
    """

    good: int
    rejected: dict[Line, int] = {}
    error_pct: float | None = None
    garbage_bytes: int = 0
    last_bad: BadTelegram | None = None
    clock_ahead_s: float | None = None


class Vitals(Part):
    """Health of a daemon; also answered to GET /health, with 503 when not healthy.

    `heard_s` is how long ago each it depends on was heard, null when never; `restarts` how often
    each part of it failed and began again; `connections` who is here, was refused or cut off;
    `settings_changed` that config.py differs from the one it started with. `sun` says which panels
    the meter program found, where it looks for them.
    """

    type: Literal["health"] = "health"
    name: Name
    version: Line
    uptime_s: float
    healthy: bool
    why: Line = ""
    heard_s: dict[Line, float | None] = {}
    restarts: dict[Line, int] = {}
    connections: dict[Line, int] = {}
    disk_free_mb: int | None = None
    wire: Wire | None = None
    settings_changed: bool = False
    sun: Line = ""
