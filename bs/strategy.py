"""What the batteries do this second, and why: the whole of the decision, as one pure step.

    no word from the meter    the battery's own self-use
    the owner's word          as he said; from the grid only what the quarter leaves (obey.py)
    a grant from dm           as granted: dm has weighed all that follows (obey.py)
    else                      whatever is worth most: bs stands alone (tactics.py)

However it was chosen, it is followed calmly (damping.py) and shared among the batteries (bank.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from base import messages
from base.time import quarter_of
from bs import balance, damping, habits, obey, outlook, tactics
from bs.balance import Follow, Measured
from bs.bank import Bank, banked, resting, shared, usable
from bs.damping import Motion
from bs.facts import SetPoint
from bs.habits import Habits
from bs.inputs import Rules, Scene
from bs.moment import STARTING, Choice, Moment
from bs.room import room
from bs.sentences import LOST, NOTED_S, USUALLY_NOTED_S, Act, unwell
from bs.tell import need
from bs.worth import Worth, worth


@dataclass(frozen=True, slots=True)
class Memory:
    """What must be remembered from one decision to the next; `habits` also over a restart."""

    habits: Habits = field(default_factory=Habits)
    follow: Follow = field(default_factory=Follow)
    motion: Motion = field(default_factory=Motion)
    worth: Worth | None = None
    made_for: tuple[object, ...] = ()
    rests: frozenset[str] = frozenset()
    energy_kwh: float = 0.0
    choice: Choice = STARTING
    since: datetime | None = None
    noted: Act = Act.STARTING


@dataclass(frozen=True, slots=True)
class Decision:
    """What each battery (by name) is to do, what dm is told, and what the diary says of it."""

    set_points: Mapping[str, SetPoint]
    need: messages.Need
    memory: Memory
    diary: tuple[str, ...] = ()

    @property
    def act(self) -> Act:
        """What the batteries are doing, in a word."""
        return self.memory.choice.act


def decide(scene: Scene, rules: Rules, memory: Memory) -> Decision:
    """The set-point of every battery at `scene.now`."""
    rests = resting(scene.units, memory.rests, scene.now)
    bank = banked(scene.units, rests, scene.now)
    memory = replace(memory, rests=rests, energy_kwh=bank.energy_kwh)
    house = scene.fresh
    if house is None:
        return _decided(scene, memory, Choice(None, Act.LOST, LOST, forced=True), rules)
    memory = _looked(scene, house, memory)
    if not any(map(usable, scene.units)):
        return _decided(scene, memory, Choice(0.0, Act.UNWELL, unwell(scene), forced=True), rules)
    memory = _weighed(scene, house, bank, rules, memory)
    return _decided(scene, memory, _chosen(scene, house, bank, rules, memory), rules)


def _looked(scene: Scene, house: messages.House, memory: Memory) -> Memory:
    """The house without battery and cars is known, and learned."""
    net_kw = (house.offtake_kw or 0.0) - (house.injection_kw or 0.0)
    follow = balance.seen(memory.follow, net_kw, _measured(scene), scene.now)
    assert follow.base_kw is not None
    own_kw = follow.base_kw - scene.car_kw
    learned = habits.gathered(memory.habits, house.time or scene.now, own_kw)
    return replace(memory, follow=follow, habits=learned)


def _measured(scene: Scene) -> Measured | None:
    """What all batteries take together; None when one of them does not say."""
    powers = [unit.state.power_kw for unit in scene.units]
    known = [power for power in powers if power is not None]
    if not known or len(known) != len(powers):
        return None
    return Measured(min(unit.state.at for unit in scene.units), sum(known))


def _weighed(
    scene: Scene, house: messages.House, bank: Bank, rules: Rules, memory: Memory
) -> Memory:
    """What a stored kWh is worth is known: reckoned each quarter, and when prices change."""
    ahead, now = scene.outlook, house.time or scene.now
    told = (ahead.start, ahead.buy_eur_kwh, ahead.sell_eur_kwh, ahead.peak_eur_kw) if ahead else ()
    bounds = round(house.target_kw or 0.0, 1), round(bank.usable_kwh, 1), bank.departs
    key = (quarter_of(now), *told, *bounds)
    if memory.worth is not None and memory.made_for == key:
        return memory
    lives = outlook.slots(ahead, memory.habits, bank, house.target_kw, now, rules)
    peak_eur = ahead.peak_eur_kw if ahead else None
    peak_eur = rules.peak_eur_kw if peak_eur is None else peak_eur
    weighed = worth(lives, bank, house.target_kw, peak_eur, now)
    return replace(memory, worth=weighed, made_for=key)


def _chosen(
    scene: Scene, house: messages.House, bank: Bank, rules: Rules, memory: Memory
) -> Choice:
    """The first that has something to say: the owner, dm, the battery's own tactics."""
    base_kw = memory.follow.base_kw
    assert memory.worth is not None
    assert base_kw is not None
    moment = Moment(scene, house, bank, room(house, rules), memory.worth, rules, base_kw)
    return (
        obey.owned(moment)
        or obey.granted(moment, memory.motion.kw)
        or tactics.chosen(moment, going=memory.choice.act is Act.GRID)
    )


def _decided(scene: Scene, memory: Memory, choice: Choice, rules: Rules) -> Decision:
    """The decision that this choice makes, with the news for the diary."""
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
    diary, memory = _noted(memory, choice, now)
    return Decision(points, need(scene, choice.why, memory.rests), memory, diary)


def _noted(memory: Memory, choice: Choice, now: datetime) -> tuple[tuple[str, ...], Memory]:
    """What the battery has been doing for a while is news, once."""
    since = now
    if choice.act is memory.choice.act and memory.since is not None:
        since = min(memory.since, now)  # a clock put back would delay the news
    memory = replace(memory, choice=choice, since=since)
    lasted_s = (now - since).total_seconds()
    if choice.act is memory.noted or lasted_s < NOTED_S.get(choice.act, USUALLY_NOTED_S):
        return (), memory
    return (choice.why,), replace(memory, noted=choice.act)
