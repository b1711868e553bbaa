"""Whose word goes before the battery's own tactics: the owner's, then dm's grant."""

from bs import sentences
from bs.facts import Mode
from bs.moment import Choice, Moment
from bs.sentences import Act
from bs.tell import OURS


def owned(moment: Moment) -> Choice | None:
    """The owner's word, while it holds. What comes from the grid stays within the quarter."""
    scene = moment.scene
    wish = scene.wish
    if wish.mode is Mode.AUTO or (wish.until and scene.now >= wish.until):
        return None
    why = sentences.owner(scene)
    kw = {Mode.CHARGE: wish.power_kw, Mode.DISCHARGE: -wish.power_kw}.get(wish.mode, 0.0)
    most_kw = moment.within_kw
    if most_kw is not None and kw > most_kw:
        kw, why = most_kw, f"{why}; more would raise the month peak"
    return Choice(moment.able_kw(kw), Act.OWNER, why, forced=True)


def granted(moment: Moment, now_kw: float) -> Choice | None:
    """What dm grants the batteries together, while its word holds; `now_kw` is their set-point.

    dm reckons with what it was told they take. While they move that is old, and dm takes their
    movement for the house's: a grant that balances the meter is off by just so much, one that does
    not is right. Between these two the set-point stays as near as may be to where it is, or it
    would chase itself; once they have arrived, both are one.
    """
    grant_kw = _valid_kw(moment)
    if grant_kw is None:
        return None
    moved_kw = [moment.battery_kw - kw for kw in moment.scene.reported_kw]
    least_kw, most_kw = grant_kw + min(0.0, *moved_kw, 0.0), grant_kw + max(0.0, *moved_kw, 0.0)
    kw = moment.able_kw(min(max(now_kw, least_kw), most_kw))
    why = sentences.granted(moment.house.grants[OURS].why)
    return Choice(kw, _act(kw, moment.rules.idle_kw), why)


def _valid_kw(moment: Moment) -> float | None:
    """The grant of this house message, by the clock that dm gave it with and how old it is now."""
    grant, scene = moment.house.grants.get(OURS), moment.scene
    if grant is None or scene.heard is None:
        return None
    lasts = grant.until - (moment.house.time or scene.heard)
    return grant.kw if scene.now - scene.heard < lasts else None


def _act(kw: float, idle_kw: float) -> Act:
    if abs(kw) < idle_kw:
        return Act.WAITING
    return Act.TAKING if kw > 0 else Act.GIVING
