"""Decides which notifications are sent now: each cause once. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from base import messages
from base.time import BRUSSELS
from notify.causes import AGAIN, Scene, causes

Quiet = tuple[time, time]
"""Quiet hours, in Belgium: only notifications that need an answer are sent."""
KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Memory:
    """By cause: its start, and the time at which it was sent."""

    since: Mapping[str, datetime] = field(default_factory=dict)
    told: Mapping[str, datetime] = field(default_factory=dict)


def decide(
    before: Memory, scene: Scene, quiet: Quiet | None
) -> tuple[Memory, tuple[messages.Notification, ...]]:
    """The memory after this moment, and the notifications to send."""
    now = scene.now
    held = {cause.key: cause for cause in causes(scene)}
    since = {key: min(before.since.get(key, now), now) for key in held}
    told = {key: at for key, at in before.told.items() if _still(key, at, held, now)}
    due = tuple(
        cause.notification
        for key, cause in held.items()
        if key not in told
        and now - since[key] >= cause.holds
        and (cause.notification.buttons or not is_quiet(now, quiet))
    )
    told |= {each.key: now for each in due}
    return Memory(since, told), due


def is_quiet(now: datetime, quiet: Quiet | None) -> bool:
    """True during quiet hours."""
    if quiet is None:
        return False
    begin, end = quiet
    clock = now.astimezone(BRUSSELS).time()
    return begin <= clock < end if begin <= end else clock >= begin or clock < end


def _still(key: str, at: datetime, held: Mapping[str, object], now: datetime) -> bool:
    """True if a cause still counts as sent."""
    return key in held if key in AGAIN else key in held or now - at < KEPT
