"""Set-points of all batteries for this second, with their reasons, as one pure step.

    no meter, no grant        the battery's own self-use
    the owner's command       as given; from the grid only within the quarter's headroom
    (overrides.py)
    a departure               charging that cannot wait any longer (overrides.py)
    a grant                   as granted by the meter program, which plans (overrides.py)

The result is damped (damping.py) and divided over the batteries (pack.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from base import messages
from bs import balance, damping, obedience, overrides
from bs.balance import Follow, Measured
from bs.context import STARTING, Choice, Context
from bs.damping import Motion
from bs.facts import SetPoint
from bs.grid_budget import most_import_kw
from bs.inputs import Grant, Rules, Scene
from bs.need_message import need
from bs.pack import Pack, packed, resting, shared, usable
from bs.sentences import LOST, NOTED_S, UNGRANTED, USUALLY_NOTED_S, Act, unwell


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """State from one decision to the next.

    `points` are the set-points in force by battery, `wrong_since` the time since which one does not
    obey, `wrong` the sentence about it.
    """

    follow: Follow = field(default_factory=Follow)
    motion: Motion = field(default_factory=Motion)
    rests: frozenset[str] = frozenset()
    grant: Grant | None = None
    points: Mapping[str, SetPoint] = field(default_factory=dict)
    wrong_since: Mapping[str, datetime] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    choice: Choice = STARTING
    since: datetime | None = None
    noted: Act = Act.STARTING


@dataclass(frozen=True, slots=True)
class Decision:
    """Set-point of each battery by name, the need to send, and new lines for the log."""

    set_points: Mapping[str, SetPoint]
    need: messages.Need
    memory: Memory
    diary: tuple[str, ...] = ()

    @property
    def wrong(self) -> Mapping[str, str]:
        """A sentence for each battery, by name, that does not obey."""
        return self.memory.wrong

    @property
    def act(self) -> Act:
        """Current activity of the batteries, in a word."""
        return self.memory.choice.act


def decide(scene: Scene, rules: Rules, memory: Memory) -> Decision:
    """The set-point of every battery at `scene.now`."""
    memory = _obeyed(scene, memory)
    rests = resting(scene.units, memory.rests, scene.now)
    pack = packed(scene.units, rests, scene.now)
    memory = replace(memory, rests=rests)
    house = scene.fresh
    if house is None:
        return _decided(scene, memory, Choice(None, Act.LOST, LOST, forced=True), rules)
    memory = _observed(scene, house, memory)
    if not any(map(usable, scene.units)):
        return _decided(scene, memory, Choice(0.0, Act.UNWELL, unwell(scene), forced=True), rules)
    return _decided(scene, memory, _chosen(scene, house, pack, rules, memory), rules)


def _obeyed(scene: Scene, memory: Memory) -> Memory:
    """Update the memory with batteries that do not obey their last set-point, and name those for
    which that lasts."""
    since: dict[str, datetime] = {}
    wrong: dict[str, str] = {}
    for unit in scene.units:
        name, point = unit.battery.name, memory.points.get(unit.battery.name)
        at = obedience.wrong_since(memory.wrong_since.get(name), unit, point, scene.now)
        if at is None or point is None:
            continue
        since[name] = at
        if said := obedience.disobeys(at, unit, point, scene.now):
            wrong[name] = said
    return replace(memory, wrong_since=since, wrong=wrong)


def _observed(scene: Scene, house: messages.House, memory: Memory) -> Memory:
    """Update the memory with this telegram: the house without its batteries, and the grant in
    force."""
    net_kw = (house.offtake_kw or 0.0) - (house.injection_kw or 0.0)
    follow = balance.seen(memory.follow, net_kw, _measured(scene), scene.now)
    return replace(memory, follow=follow, grant=overrides.in_force(scene, memory.grant))


def _measured(scene: Scene) -> Measured | None:
    """Power of all batteries together; None when one of them does not report it."""
    powers = [unit.state.power_kw for unit in scene.units]
    known = [power for power in powers if power is not None]
    if not known or len(known) != len(powers):
        return None
    return Measured(min(unit.state.at for unit in scene.units), sum(known))


def _chosen(
    scene: Scene, house: messages.House, pack: Pack, rules: Rules, memory: Memory
) -> Choice:
    """The first order that applies; without any, the battery's own self-use."""
    base_kw = memory.follow.base_kw
    assert base_kw is not None
    most_kw = most_import_kw(house, rules)
    context = Context(
        scene=scene,
        house=house,
        pack=pack,
        most_import_kw=most_kw,
        rules=rules,
        base_kw=base_kw,
        grant=memory.grant,
    )
    return (
        overrides.owned(context)
        or overrides.ready(context)
        or overrides.granted(context, memory.motion.kw)
        or Choice(None, Act.LOST, UNGRANTED, forced=True)
    )


def _decided(scene: Scene, memory: Memory, choice: Choice, rules: Rules) -> Decision:
    """The decision that follows from this choice, with new lines for the log."""
    now = scene.now
    if choice.kw is None:
        lost = SetPoint(rules.lost, 0.0, choice.why)
        points = {unit.battery.name: lost for unit in scene.units}
        follow = balance.left_alone(memory.follow)
        memory = replace(memory, motion=Motion(), follow=follow)
    else:
        moves = damping.forced if choice.forced else damping.moved
        motion = moves(memory.motion, choice.kw, now, rules)
        points = shared(motion.kw, choice.why, scene.units, memory.rests, now)
        told_kw = sum(point.signed_kw for point in points.values())
        follow = balance.told(memory.follow, told_kw, now)
        memory = replace(memory, motion=motion, follow=follow)
    diary, memory = _noted(replace(memory, points=points), choice, now)
    said = need(scene, choice.why, memory.rests, wrong=tuple(memory.wrong.values()))
    return Decision(points, said, memory, diary)


def _noted(memory: Memory, choice: Choice, now: datetime) -> tuple[tuple[str, ...], Memory]:
    """Log the reason once, after the batteries have done the same for a while."""
    since = now
    if choice.act is memory.choice.act and memory.since is not None:
        since = min(memory.since, now)  # a clock put back would delay the news
    memory = replace(memory, choice=choice, since=since)
    lasted_s = (now - since).total_seconds()
    if choice.act is memory.noted or lasted_s < NOTED_S.get(choice.act, USUALLY_NOTED_S):
        return (), memory
    return (choice.why,), replace(memory, noted=choice.act)
