"""Commands that override the damping rules: the owner's, a near departure, the grant."""

from base.language import phrase
from bs import sentences
from bs.context import Choice, Context
from bs.facts import Mode
from bs.inputs import Grant, Scene
from bs.sentences import Act


def owned(context: Context) -> Choice | None:
    """The owner's command until it expires. Charging stays within the quarter's headroom."""
    scene = context.scene
    wish = scene.wish
    if wish.mode is Mode.AUTO or (wish.until and scene.now >= wish.until):
        return None
    why = sentences.owner(scene)
    kw = {Mode.CHARGE: wish.power_kw, Mode.DISCHARGE: -wish.power_kw}.get(wish.mode, 0.0)
    most_kw = context.within_kw
    if most_kw is not None and kw > most_kw:
        kw, why = most_kw, phrase("{reason}; more would raise the month peak", reason=why)
    return Choice(context.able_kw(kw), Act.OWNER, why, forced=True)


def ready(context: Context) -> Choice | None:
    """Charging that cannot wait, for a battery with a departure: a car that can discharge.

    It overrides the grant and the month peak.
    """
    pack = context.pack
    if pack.must_kw <= 0:
        return None
    granted_kw = context.grant.kw if context.grant else 0.0
    if granted_kw >= pack.must_kw:
        return None
    kw = min(pack.charge_kw, max(pack.must_kw, context.within_kw or 0.0))
    return Choice(kw, Act.READY, sentences.ready(pack), forced=True)


def granted(context: Context, now_kw: float) -> Choice | None:
    """The grant for all batteries together, while it holds; `now_kw` is their set-point.

    The meter program computes it from the last reported power. While the batteries move, that power
    is old and their movement counts as the house's: a grant that balances the meter is wrong by
    that amount, any other is right. The set-point stays as near as possible to its present value
    between these two, or it would oscillate; once the batteries have arrived both are equal.
    """
    if context.grant is None:
        return None
    grant_kw = context.grant.kw
    moved_kw = [context.battery_kw - kw for kw in context.scene.reported_kw]
    least_kw, most_kw = grant_kw + min(0.0, *moved_kw, 0.0), grant_kw + max(0.0, *moved_kw, 0.0)
    kw = context.able_kw(min(max(now_kw, least_kw), most_kw))
    return Choice(kw, _act(kw, context.rules.idle_kw), context.grant.why)


def in_force(scene: Scene, before: Grant | None) -> Grant | None:
    """The valid grant: that of the last house message, else the one before until it expires.

    It lasts for the duration that the meter gave, counted from its arrival by our clock.
    """
    grant = scene.house.grants.get(scene.peer) if scene.house else None
    if scene.house is not None and grant is not None and scene.heard is not None:
        lasts = grant.until - (scene.house.time or scene.heard)
        before = Grant(grant.kw, scene.heard + lasts, grant.why)
    return before if before is not None and scene.now < before.until else None


def _act(kw: float, idle_kw: float) -> Act:
    if abs(kw) < idle_kw:
        return Act.HOLDING
    return Act.CHARGING if kw > 0 else Act.DISCHARGING
