"""Neighbours that exceed their grant: reported after ten seconds, to allow for messages in transit.

Pure; times are seconds of a steady clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from base import messages
from base.language import phrase
from base.text import spoken

LONG_S = 10.0
RECENT_S = 15.0
"""A device follows a grant that fell within this time."""
SLACK_KW, SLACK_SHARE = 0.3, 0.1


@dataclass(frozen=True, slots=True)
class Watch:
    """Recent grants, neighbours that exceed them since when, and those that were named."""

    recent: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    since: Mapping[str, float] = field(default_factory=dict)
    named: tuple[str, ...] = ()


def watched(
    before: Watch,
    needs: Mapping[str, messages.Need],
    grants: Mapping[str, messages.Grant],
    now_s: float,
) -> Watch:
    """The watch after this telegram's grants. A peer without a grant is left alone."""
    recent: dict[str, tuple[tuple[float, float], ...]] = {}
    since: dict[str, float] = {}
    for peer, grant in grants.items():
        told = (*before.recent.get(peer, ()), (now_s, grant.kw))
        recent[peer] = tuple(each for each in told if now_s - each[0] <= RECENT_S)
        allowed_kw = max(kw for _, kw in recent[peer])
        taken_kw = needs[peer].power_kw if peer in needs else None
        if taken_kw is not None and taken_kw > allowed_kw + _slack_kw(allowed_kw):
            since[peer] = before.since.get(peer, now_s)
    named = tuple(peer for peer, began_s in sorted(since.items()) if now_s - began_s >= LONG_S)
    return Watch(recent, since, named)


def news(
    before: Watch,
    after: Watch,
    needs: Mapping[str, messages.Need],
    grants: Mapping[str, messages.Grant],
) -> list[str]:
    """New sentences about neighbours that exceed their grants."""
    begun = [peer for peer in after.named if peer not in before.named]
    over = [peer for peer in before.named if peer not in after.named]
    return [
        *(
            phrase(
                "{peer} takes {kw:.2f} kW; {allowed:.2f} kW is allowed.",
                peer=spoken(peer),
                kw=needs[peer].power_kw or 0.0,
                allowed=grants[peer].kw,
            )
            for peer in begun
        ),
        *(phrase("{peer} is within its allowed power again.", peer=spoken(peer)) for peer in over),
    ]


def _slack_kw(allowed_kw: float) -> float:
    return max(SLACK_KW, SLACK_SHARE * abs(allowed_kw))
