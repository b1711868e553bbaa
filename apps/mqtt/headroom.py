"""Allowances in W for slow consumers: they decrease at once, increase slowly, and are never 0.

Elsewhere 0 W means "no limit" (evcc), so zero is published as 1 W. A charger stops below its
minimum power: a lower allowance becomes zero, and stays zero for a while.
"""

from dataclasses import dataclass, replace

from base import messages

NOTHING_W = 1
STEP_W = 50
CALM_S = 60.0
REST_S = messages.LEAST_IDLE_S


@dataclass(frozen=True, slots=True)
class Calm:
    """The last published allowance, W; the least offered since `since_s`; the last stop."""

    watts: int = NOTHING_W
    offered_w: int = NOTHING_W
    since_s: float | None = None
    stopped_s: float | None = None


BEGUN = Calm()


def calmed(before: Calm, room_w: float, now_s: float, least_w: float = 0.0) -> Calm:
    """The allowance after another second with `room_w` to spare.

    `least_w` is the minimum power of the consumer.
    """
    room = int(max(0.0, room_w) // STEP_W) * STEP_W
    if room < max(least_w, STEP_W):
        room = NOTHING_W
    if room < before.watts:
        stopped_s = now_s if room == NOTHING_W else before.stopped_s
        return Calm(room, room, None, stopped_s)
    if room == before.watts:
        return replace(before, offered_w=room, since_s=None)
    offered = room if before.since_s is None else min(room, before.offered_w)
    since_s = now_s if before.since_s is None else before.since_s
    rising = replace(before, offered_w=offered, since_s=since_s)
    rests = before.watts == NOTHING_W and least_w > 0 and _rests(before, now_s)
    if now_s - since_s < CALM_S or rests:
        return rising
    return Calm(offered, offered, None, before.stopped_s)


def _rests(before: Calm, now_s: float) -> bool:
    return before.stopped_s is not None and now_s - before.stopped_s < REST_S
