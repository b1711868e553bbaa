"""Last messages of the programs of the house with their times: all that is published."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from base import messages
from base.limits import STALE_S

GONE_S = 30.0
"""A program that was silent for this time is away."""
WATCHED: Mapping[str, tuple[str, ...]] = {
    "dm": ("house", "peak", "rates", "bill", "registers", "events"),
    "ev": ("charging",),
    "bs": ("batteries",),
}
"""Subscribed topics by kind of program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The last message of each kind; `heard_s` is the time of each program's last message, by a
    steady clock.

    `charging` and `batteries` are by program: there may be an ev2 beside ev.
    `events` are those that came since the start and are not published yet.
    """

    house: messages.House | None = None
    house_s: float = 0.0
    peak: messages.PeakState | None = None
    rates: messages.Rates | None = None
    bill: messages.Bill | None = None
    registers: messages.Registers | None = None
    charging: Mapping[str, messages.Charging] = field(default_factory=dict)
    batteries: Mapping[str, messages.Batteries] = field(default_factory=dict)
    events: tuple[messages.Event, ...] = ()
    told: messages.Event | None = None
    notified: messages.Notification | None = None
    heard_s: Mapping[str, float] = field(default_factory=dict)

    def fresh_house(self, now_s: float) -> messages.House | None:
        """The house; None from 10 s after the last telegram of its meter."""
        house = self.house
        if house is None or house.health.state != "fresh" or house.offtake_kw is None:
            return None
        age_s = now_s - self.house_s + (house.health.age_s or 0.0)
        return house if age_s < STALE_S else None

    def here(self, program: str, now_s: float) -> bool:
        """True if this program sends messages."""
        return now_s - self.heard_s.get(program, -GONE_S) < GONE_S


def hear(seen: Seen, program: str, message: messages.Message, now_s: float) -> Seen:
    """The state after one more message of this program."""
    seen = replace(seen, heard_s={**seen.heard_s, program: now_s})
    match message:
        case messages.House():
            return replace(seen, house=message, house_s=now_s)
        case messages.PeakState():
            return replace(seen, peak=message)
        case messages.Rates():
            return replace(seen, rates=message)
        case messages.Bill():
            return replace(seen, bill=message)
        case messages.Registers():
            return replace(seen, registers=message)
        case messages.Charging():
            return replace(seen, charging={**seen.charging, program: message})
        case messages.Batteries():
            return replace(seen, batteries={**seen.batteries, program: message})
        case messages.Events():
            return _with_events(seen, message)
        case messages.Notification():
            return replace(seen, notified=message)
    return seen


def _with_events(seen: Seen, message: messages.Events) -> Seen:
    """The new events; those before the start are left out."""
    last = message.events[-1] if message.events else None
    if seen.told is None:
        return replace(seen, told=last)
    there = [number for number, event in enumerate(message.events) if event == seen.told]
    news = message.events[there[-1] + 1 :] if there else message.events
    return replace(seen, events=(*seen.events, *news), told=last or seen.told)
