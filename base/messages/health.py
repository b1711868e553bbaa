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
    """The last bad telegram: its fault, and its bytes with every id masked."""

    at: Time
    reason: Line
    text: str


class Wire(Part):
    """Quality of the line to the meter. `error_pct` is of all telegrams since the start.

    `clock_ahead_s` is the offset of the meter's clock ahead of ours, at the last telegram.
    """

    good: int
    rejected: dict[Line, int] = {}
    error_pct: float | None = None
    garbage_bytes: int = 0
    last_bad: BadTelegram | None = None
    clock_ahead_s: float | None = None


class Vitals(Part):
    """Health of a daemon; also answered to GET /health, with 503 when not healthy.

    `heard_s` is the age of the last message from each source, null without one; `restarts` the
    number of restarts of each part; `connections` counts those open, refused and cut off;
    `settings_changed`: config.py differs from the one at the start. `sun` describes the panels that
    the meter program found, when it looks for them.
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
