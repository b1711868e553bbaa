"""Shared parts of the screens beside the meter's: the age of the house, the first row."""

from dataclasses import dataclass
from datetime import datetime

from base import messages
from base.limits import STALE_S
from screen.meter.panels import headed, stamp
from screen.primitives import ALARM, ATTENTION, DIM, Block, Glyphs, restyled


@dataclass(frozen=True, slots=True, kw_only=True)
class SatelliteView:
    """A view with the messages from the meter. `heard` is the arrival of the last house message; it
    and `now` are of the same clock."""

    now: datetime
    heard: datetime | None = None
    house: messages.House | None = None
    events: messages.Events | None = None
    title: str

    @property
    def age_s(self) -> float | None:
        """Seconds since the last house message."""
        return None if self.heard is None else max(0.0, (self.now - self.heard).total_seconds())

    @property
    def stale(self) -> bool:
        """True if the power of the house is unknown."""
        fresh = self.house is not None and self.house.health.state == "fresh"
        return not fresh or self.age_s is None or self.age_s > STALE_S


def dimmed(shown: Block, view: SatelliteView) -> Block:
    """A panel of facts about the house, dim when they are old."""
    return restyled(shown, DIM) if view.stale else shown


def header(view: SatelliteView, columns: int, glyphs: Glyphs) -> Block:
    """The title, the time, and the age of the facts of the house."""
    age = heard_ago(view.age_s, glyphs, stale=view.stale)
    style = ATTENTION if view.age_s is None else ALARM if view.stale else DIM
    right = stamp(view.now, glyphs), age, style
    return headed(glyphs.read(view.title), right, columns, glyphs)


def heard_ago(age_s: float | None, glyphs: Glyphs, *, stale: bool) -> str:
    """Age of the meter's last message, in words."""
    if age_s is None:
        return glyphs.say("waiting for the meter")
    if stale and age_s <= STALE_S:
        return glyphs.say("no data from the meter")
    age = glyphs.span(age_s)
    if stale:
        return glyphs.say("no data for {age}", age=age)
    return glyphs.say("meter {age} ago", age=age)
