"""What the batteries do this second, and why: the whole of the tactics, as one pure step.

    no word from the meter        the battery's own self-use
    the owner's word              as he said; from the grid only what the quarter leaves
    a fresh grant from dm         as granted: dm has weighed all that follows
    a departure, the quarter      a car that is also a battery is ready; the import stays at the
    and a trip                    target, not at zero; the car gets the help it asks for
    sun, a cheap grid, the house  whatever a stored kWh is worth more, or less, than it costs now

The battery does not empty itself into a car: what the car takes is left to the grid, but to hold
the quarter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import messages
from bs import balance, damping, habits, outlook, sentences
from bs.balance import Follow, Measured
from bs.bank import Bank, banked, resting, shared, usable
from bs.damping import Motion
from bs.facts import Mode, SetPoint
from bs.habits import Able, Habits
from bs.inputs import HOUR_S, QUARTER_H, Rules, Scene, quarter_of
from bs.outlook import Worth
from bs.room import Room, room
from bs.sentences import NOTED_S, USUALLY_NOTED_S, Act
from bs.tell import OURS, need

CAR_KW = 0.5
LEAST_LOWERED_KW = 0.5
NOTHING_KWH = 0.05
SAME_EUR, GOING_EUR = 0.004, 0.008


@dataclass(frozen=True, slots=True)
class Choice:
    """What is wanted, kW (charging positive), as what, and why. None: the battery's own way."""

    kw: float | None
    act: Act
    why: str
    forced: bool = False


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
    choice: Choice = Choice(0.0, Act.STARTING, "starting")
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


@dataclass(frozen=True, slots=True)
class _Second:
    """What the tactics weigh. `base_kw` is the meter without the battery, cars included."""

    scene: Scene
    house: messages.House
    bank: Bank
    room: Room
    worth: Worth
    rules: Rules
    base_kw: float

    @property
    def car_kw(self) -> float:
        car_kw = self.scene.car_kw
        return car_kw if car_kw >= CAR_KW else 0.0

    @property
    def own_kw(self) -> float:
        """What the house takes besides its cars."""
        return self.base_kw - self.car_kw

    @property
    def buy_eur(self) -> float:
        told = self.house.price_offtake_eur_kwh
        return self.rules.buy_eur_kwh if told is None else told

    @property
    def sell_eur(self) -> float:
        told = self.house.price_injection_eur_kwh
        return self.rules.sell_eur_kwh if told is None else told

    @property
    def stored_eur(self) -> float:
        """What a kWh on the battery's AC side is worth when it is stored, wear paid."""
        bank = self.bank
        return self.worth.more_eur(bank.energy_kwh) * bank.efficiency - bank.wear_eur_kwh

    @property
    def spent_eur(self) -> float:
        """What a kWh on the AC side costs when it is taken out, wear included."""
        bank = self.bank
        return self.worth.last_eur(bank.energy_kwh) / bank.efficiency + bank.wear_eur_kwh

    @property
    def spare_kwh(self) -> float:
        """What is stored beyond the reserve for the peaks to come."""
        return self.bank.energy_kwh - self.worth.keep_kwh


def decide(scene: Scene, rules: Rules, memory: Memory) -> Decision:
    """The set-point of every battery at `scene.now`."""
    rests = resting(scene.units, memory.rests)
    bank = banked(scene.units, rests, scene.now)
    memory = replace(memory, rests=rests, energy_kwh=bank.energy_kwh)
    house = scene.fresh
    if house is None:
        why = "the meter is not heard: the battery looks after the house by itself"
        return _decided(scene, memory, Choice(None, Act.LOST, why, forced=True), rules)
    memory = _looked(scene, house, memory)
    if not any(map(usable, scene.units)):
        return _decided(scene, memory, Choice(0.0, Act.UNWELL, _unwell(scene), forced=True), rules)
    memory = _weighed(scene, house, bank, rules, memory)
    assert memory.worth is not None
    assert memory.follow.base_kw is not None
    second = _Second(
        scene, house, bank, room(house, rules), memory.worth, rules, memory.follow.base_kw
    )
    return _decided(scene, memory, _chosen(second, memory), rules)


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
    told = (ahead.start, len(ahead.buy_eur_kwh), ahead.buy_eur_kwh[:1]) if ahead else ()
    key = (quarter_of(now), *told, round(house.target_kw or 0.0, 1), round(bank.usable_kwh, 1))
    if memory.worth is not None and memory.made_for == key:
        return memory
    usual = bank.usual_charge_kw, bank.usual_discharge_kw
    able = Able(*usual, bank.usable_kwh, bank.efficiency)
    lives = outlook.slots(ahead, memory.habits, able, house.target_kw, now, rules)
    peak_eur = ahead.peak_eur_kw if ahead else None
    peak_eur = rules.peak_eur_kw if peak_eur is None else peak_eur
    worth = outlook.worth(lives, bank, house.target_kw, peak_eur, now)
    return replace(memory, worth=worth, made_for=key)


def _chosen(second: _Second, memory: Memory) -> Choice:
    """The first that has something to say: owner, dm, then the tactics alone."""
    scene = second.scene
    if scene.wish.mode is not Mode.AUTO and (not scene.wish.until or scene.now < scene.wish.until):
        return _as_told(second)
    grant = second.house.grants.get(OURS)
    if grant is not None and scene.now < grant.until:
        return Choice(grant.kw, Act.GRANTED, f"granted by dm: {grant.why}")
    charging = _charging(second, memory)
    discharging = _discharging(second)
    best = max(charging, discharging, key=lambda choice: abs(choice.kw or 0.0))
    return best if abs(best.kw or 0.0) >= second.rules.idle_kw else _idle(second)


def _as_told(second: _Second) -> Choice:
    """The owner's word. What comes from the grid stays within the quarter."""
    wish, why = second.scene.wish, sentences.owner(second.scene)
    kw = {Mode.CHARGE: wish.power_kw, Mode.DISCHARGE: -wish.power_kw}.get(wish.mode, 0.0)
    most_kw = _within_kw(second)
    if most_kw is not None and kw > most_kw:
        kw, why = most_kw, f"{why}; more would raise the month peak"
    return Choice(kw, Act.OWNER, why, forced=True)


def _charging(second: _Second, memory: Memory) -> Choice:
    """The most that charging is worth: from sun, from a cheap grid, for a departure."""
    bank = second.bank
    choices = [_IDLE]
    if second.base_kw < 0 and second.stored_eur > second.sell_eur:
        kw = min(bank.charge_kw, -second.base_kw)
        why = sentences.sun(-second.base_kw, second.stored_eur, second.sell_eur)
        choices.append(Choice(kw, Act.SUN, why))
    most_kw = _within_kw(second)
    if most_kw is not None and _cheap(second, going=memory.choice.act is Act.GRID):
        short = second.spare_kwh < 0
        why = (
            sentences.reserve(second.worth.keep_kwh)
            if short
            else sentences.grid(second.buy_eur, second.worth, second.stored_eur)
        )
        choices.append(Choice(most_kw, Act.GRID, why))
    if bank.must_kw > 0:
        kw = min(bank.charge_kw, max(bank.must_kw, most_kw or 0.0))
        choices.append(Choice(kw, Act.READY, sentences.ready(bank), forced=True))
    return max(choices, key=lambda choice: choice.kw or 0.0)


def _within_kw(second: _Second) -> float | None:
    """What may be charged so that the import stays under the target; None: no target is known."""
    if second.room.charge_kw is None:
        return None
    return max(0.0, min(second.bank.charge_kw, second.room.charge_kw - second.base_kw))


def _cheap(second: _Second, *, going: bool) -> bool:
    """Whether a kWh from the grid is worth as much stored as it costs.

    As much: when it could as well be charged later in the same cheap night, now is better, slowly.
    """
    same_eur = GOING_EUR if going else SAME_EUR
    return second.stored_eur > second.buy_eur - same_eur


def _discharging(second: _Second) -> Choice:
    """The most that discharging is worth: for the quarter, for a trip, for the house."""
    bank, scene = second.bank, second.scene
    most_kw = min(bank.discharge_kw, bank.energy_kwh * bank.efficiency * HOUR_S / 10)
    choices = [_IDLE]
    if (kw := min(most_kw, _shaved_kw(second))) > 0:
        why = sentences.shaving(second.room, second.base_kw)
        choices.append(Choice(-kw, Act.SHAVING, why))
    if (kw := min(most_kw, scene.help_kw, second.car_kw)) > 0:
        choices.append(Choice(-kw, Act.HELPING, sentences.helping(scene.help_kw)))
    kw = min(most_kw, second.own_kw, max(0.0, second.base_kw))
    spare = second.spare_kwh > bank.waver_kwh
    if kw > 0 and spare and second.buy_eur > second.spent_eur:
        why = sentences.covering(second.own_kw, second.buy_eur, second.car_kw)
        choices.append(Choice(-kw, Act.COVERING, why))
    return min(choices, key=lambda choice: choice.kw or 0.0)


def _shaved_kw(second: _Second) -> float:
    """What must be taken off the import for the quarter to end at its target.

    When that cannot be: all there is for the house, but for a car only what lasts until it is
    done. Half an hour of help in four hours of charging leaves the peak where it was.
    """
    bank, hold_kw = second.bank, second.room.hold_kw
    if hold_kw is None or second.base_kw <= hold_kw:
        return 0.0
    over_kw = second.base_kw - hold_kw
    needed_kwh = over_kw * second.room.left_s / HOUR_S / bank.efficiency
    if over_kw <= bank.discharge_kw and needed_kwh <= bank.energy_kwh:
        return over_kw
    return over_kw if not second.car_kw else _lowered_kw(second)


def _lowered_kw(second: _Second) -> float:
    """By how much the import can be lowered until the cars are done; 0 when nobody knows."""
    energy_kwh = sum(car.energy_kwh for need in second.scene.needs for car in need.cars)
    if energy_kwh <= 0:
        return 0.0
    hours = max(energy_kwh / second.car_kw, QUARTER_H)
    kw = min(second.bank.discharge_kw, second.bank.energy_kwh * second.bank.efficiency / hours)
    return kw if kw >= LEAST_LOWERED_KW else 0.0


def _idle(second: _Second) -> Choice:
    """Nothing is to be done: because there is nothing, or because later is better."""
    bank = second.bank
    if second.base_kw < -second.rules.idle_kw:
        if not bank.charge_kw:
            return Choice(0.0, Act.FULL, "holding: the battery is as full as it may be")
        why = f"holding: injection earns {second.sell_eur:.2f} EUR/kWh, more than a stored kWh"
        return Choice(0.0, Act.KEEPING, why)
    if second.base_kw <= second.rules.idle_kw:
        return Choice(0.0, Act.BALANCED, "holding: house and roof are in balance")
    if bank.energy_kwh < NOTHING_KWH or not bank.discharge_kw:
        return Choice(0.0, Act.EMPTY, "holding: the battery is at its reserve")
    why = sentences.keeping(second.worth, second.spare_kwh, second.buy_eur, second.car_kw)
    return Choice(0.0, Act.KEEPING, why)


_IDLE = Choice(0.0, Act.BALANCED, "")


def _unwell(scene: Scene) -> str:
    """Why no battery can be used."""
    notices = [unit.state.notice for unit in scene.units if unit.state.notice]
    return f"holding: {notices[0]}" if notices else "holding: its state of charge is not known"


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
        since = memory.since
    memory = replace(memory, choice=choice, since=since)
    lasted_s = (now - since).total_seconds()
    if choice.act is memory.noted or lasted_s < NOTED_S.get(choice.act, USUALLY_NOTED_S):
        return (), memory
    return (choice.why,), replace(memory, noted=choice.act)
