"""Who may take how much this second: the plan's intentions inside the quarter's remaining energy.

The quarter is judged by its energy: a kettle of ten seconds stops nothing. Each asset knows from
the plan what a kWh in it is worth; against the prices of now that says what it does with sun and
with grid. The battery answers each telegram; a car falls at once, rises calmly, and rests after a
stop. Nothing catches up above the target late in a quarter, and phase currents, the main fuse and
the meter's own limiter hold whatever the plan says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import expm1

import messages
from plan.course import Plan
from plan.need import Assets, Battery, Car, Consumer

QUARTER_S = 900.0
LEAST_LEFT_S = 15.0
HOUR_S = 3600.0
FAST_S, SLOW_S, DIES_S = 30.0, 150.0, 60.0
SAME_EUR = 2e-3
"""Prices nearer than this are the same: then the plan's own amount counts."""
VOLT = 230.0
NOT_A_LIMIT_A, NOT_A_LIMIT_KW = 200.0, 90.0
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """How calm, and under which limits of the house. `margin_kw` is kept below the target."""

    fuse_a: float | None = None
    margin_kw: float = 0.03
    grant_s: float = 10.0
    rise_s: float = 20.0
    rest_s: float = 300.0
    carry_kwh: float = 0.25


CALM = Rules()


@dataclass(frozen=True, slots=True)
class Shared:
    """What was granted last, and what must be remembered until the next telegram.

    `kw` is by (peer, name); `moved` when each car last rose or stopped. `fast_kw` and `slow_kw`
    follow the house without its assets.
    """

    grants: Mapping[str, messages.Grant] = field(default_factory=dict)
    kw: Mapping[Key, float] = field(default_factory=dict)
    moved: Mapping[Key, datetime] = field(default_factory=dict)
    at: datetime | None = None
    fast_kw: float = 0.0
    slow_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class _Scene:
    """This second, as far as sharing cares. kW; positive is offtake.

    `hold_kw` is what brings the quarter exactly to the target when held until its end, `rise_kw`
    what nothing may rise above. `rest_kw` is the house's expected mean until then.
    """

    now: datetime
    base_kw: float
    rest_kw: float
    hold_kw: float
    rise_kw: float
    left_h: float
    buy: float
    sell: float
    plan: Plan | None
    index: int
    rules: Rules
    fuse_kw: float
    phase_a: float | None

    def planned(self, key: Key) -> tuple[float, float] | None:
        """The plan's kW now and what a kWh in the asset is worth; None without a plan."""
        if self.plan is None or key not in self.plan.courses:
            return None
        course = self.plan.courses[key]
        return float(course.kw[self.index]), float(course.worth_eur_kwh[self.index])


def share(
    before: Shared,
    house: messages.House,
    assets: Assets,
    plan: Plan | None,
    now: datetime,
    rules: Rules = CALM,
) -> Shared:
    """The grants of this telegram. Without facts of the house there are none: each is on its own.

    `plan` None, or one that is over: cars charge under the target, batteries store the sun.
    """
    if house.offtake_kw is None or house.health.state != "fresh":
        return replace(before, grants={}, kw={}, at=None)
    followed = _followed(before, house, assets, now)
    scene = _scene(followed, house, assets, plan, now, rules)
    kw: dict[Key, float] = {}
    why: dict[str, list[str]] = {}
    moved = dict(before.moved)
    batteries_kw = sum(_spare_kw(each, scene) for each in assets.batteries)
    taken_kw = 0.0
    for consumer in assets.consumers:
        power, reason = _consumer(consumer, scene, taken_kw)
        taken_kw += power
        kw[consumer.peer, consumer.name] = power
        why.setdefault(consumer.peer, []).append(reason)
    for car in sorted(assets.cars, key=lambda each: _rank(each, scene)):
        key = car.peer, car.name
        power, reason = _car(car, scene, taken_kw, batteries_kw)
        power, reason = _calm(power, reason, car, key, before, moved, now, rules)
        batteries_kw -= max(0.0, scene.rest_kw + taken_kw + power - scene.hold_kw)
        batteries_kw = max(0.0, batteries_kw)
        taken_kw += power
        kw[key] = power
        why.setdefault(car.peer, []).append(f"{car.name}: {reason}")
    for battery in assets.batteries:
        power, reason = _battery(battery, scene, taken_kw)
        taken_kw += power
        kw[battery.peer, battery.name] = power
        why.setdefault(battery.peer, []).append(reason)
    until = now + timedelta(seconds=rules.grant_s)
    grants = {
        peer: messages.Grant(
            kw=round(sum(power for (owner, _), power in kw.items() if owner == peer), 3),
            until=until,
            why="; ".join(reasons),
        )
        for peer, reasons in why.items()
    }
    return replace(followed, grants=grants, kw=kw, moved=moved)


def _followed(before: Shared, house: messages.House, assets: Assets, now: datetime) -> Shared:
    """The house without its assets, after this telegram."""
    base_kw = _base_kw(house, assets)
    if before.at is None:
        return replace(before, at=now, fast_kw=base_kw, slow_kw=base_kw)
    step_s = max(0.0, (now - before.at).total_seconds())
    return replace(
        before,
        at=now,
        fast_kw=before.fast_kw - (base_kw - before.fast_kw) * expm1(-step_s / FAST_S),
        slow_kw=before.slow_kw - (base_kw - before.slow_kw) * expm1(-step_s / SLOW_S),
    )


def _base_kw(house: messages.House, assets: Assets) -> float:
    """The house without its assets, kW; negative when the roof gives more."""
    own_kw = sum(car.power_kw for car in assets.cars)
    own_kw += sum(battery.power_kw for battery in assets.batteries)
    own_kw += sum(consumer.power_kw for consumer in assets.consumers)
    return (house.offtake_kw or 0.0) - (house.injection_kw or 0.0) - own_kw


def _scene(
    shared: Shared, house: messages.House, assets: Assets, plan: Plan | None, now: datetime,
    rules: Rules,
) -> _Scene:  # fmt: skip
    quarter = house.quarter
    time = house.time or now
    index = plan.quarter(now) if plan else None
    if index is None:
        plan = None
    target_kw = max(0.1, _target_kw(house, plan, index or 0) - rules.margin_kw)
    left_s, so_far_kw = QUARTER_S, 0.0
    if quarter is not None:
        left_s = max(LEAST_LEFT_S, min(QUARTER_S, (quarter.end - time).total_seconds()))
        so_far_kw = quarter.so_far_kw
    hold_kw = max(0.0, (target_kw - so_far_kw) * QUARTER_S / left_s)
    lasting = -expm1(-left_s / DIES_S) * DIES_S / left_s
    base_kw = _base_kw(house, assets)
    return _Scene(
        now, base_kw, shared.slow_kw + (base_kw - shared.slow_kw) * lasting,
        hold_kw, min(hold_kw, target_kw), left_s / HOUR_S,
        house.price_offtake_eur_kwh if house.price_offtake_eur_kwh is not None else 0.3,
        house.price_injection_eur_kwh or 0.0,
        plan, index or 0, rules, _fuse_kw(house), _phase_a(house, assets, rules),
    )  # fmt: skip


def _target_kw(house: messages.House, plan: Plan | None, index: int) -> float:
    """What is paid already, or what the plan knowingly pays for in this very quarter."""
    paid_kw = house.target_kw or 0.0
    if plan is None:
        return paid_kw
    return max(paid_kw, min(plan.target_kw, float(plan.grid_kw[index])))


def _fuse_kw(house: messages.House) -> float:
    """What the meter's limiter lets through, kW."""
    limit = house.limit_kw
    return limit if limit and limit < NOT_A_LIMIT_KW else float("inf")


def _phase_a(house: messages.House, assets: Assets, rules: Rules) -> float | None:
    """A left on the fullest phase for everything that can be told, None when no limit is known."""
    limits = [a for a in (rules.fuse_a, house.limit_a) if a and a < NOT_A_LIMIT_A]
    drawn = [
        (phase.offtake_kw - (phase.injection_kw or 0.0)) * 1000.0 / (phase.voltage_v or VOLT)
        for phase in house.phases
        if phase.offtake_kw is not None
    ]
    if not limits or not drawn:
        return None
    own = sum(_a(car.power_kw, car.phases) for car in assets.cars)
    own += sum(_a(each.power_kw, 1) for each in assets.batteries)
    return min(limits) - max(drawn) + own


def _a(kw: float, phases: int) -> float:
    return kw * 1000.0 / VOLT / phases


def _rank(car: Car, scene: _Scene) -> tuple[float, float, str]:
    """The car whose kWh is worth most first, then the one the plan gives most now."""
    kw, worth = scene.planned((car.peer, car.name)) or (0.0, 0.0)
    return (-round(worth, 3), -kw, car.name)


def _consumer(consumer: Consumer, scene: _Scene, taken_kw: float) -> tuple[float, str]:
    """All it asks under the target, or its least."""
    room_kw = min(scene.rise_kw - scene.rest_kw, scene.fuse_kw - scene.base_kw) - taken_kw
    if room_kw >= consumer.most_kw:
        return consumer.most_kw, "there is room for all of it"
    return max(consumer.least_kw, room_kw), f"{room_kw:.1f} kW is left under the target"


def _car(car: Car, scene: _Scene, taken_kw: float, helped_kw: float) -> tuple[float, str]:
    """kW for this car and why. `helped_kw` is what the batteries can hold for all of it."""
    if not car.plugged(scene.now):
        return 0.0, "not here"
    wanted_kw, reason = _wanted(car, scene, taken_kw)
    room_kw = scene.rise_kw - scene.rest_kw - taken_kw
    planned = scene.planned((car.peer, car.name))
    if planned and planned[0] > 0.05:
        # What the plan let the battery carry, it still carries.
        room_kw = max(room_kw, min(planned[0], room_kw + helped_kw))
    limit_kw = min(car.most_kw, scene.fuse_kw - scene.base_kw - taken_kw)
    if scene.phase_a is not None:
        limit_kw = min(limit_kw, scene.phase_a * VOLT * car.phases / 1000.0)
    power_kw = min(wanted_kw, room_kw)
    if power_kw < wanted_kw - 0.01:
        reason = f"{max(0.0, power_kw):.1f} kW is left under the target of this quarter"
    if 0.0 < power_kw < car.least_kw or room_kw < car.least_kw <= wanted_kw:
        power_kw, reason = _at_least(car, scene, wanted_kw, room_kw, helped_kw, reason)
    if limit_kw < power_kw:
        power_kw, reason = limit_kw, f"{max(0.0, limit_kw):.1f} kW is left under the main fuse"
    return (power_kw, reason) if power_kw >= max(0.01, car.least_kw) else (0.0, reason)


def _wanted(car: Car, scene: _Scene, taken_kw: float) -> tuple[float, str]:
    """What its worth against the prices of now says, before any limit."""
    planned = scene.planned((car.peer, car.name))
    if planned is None:
        urgent = car.stays[0].need_kwh > 0
        sun_kw = max(0.0, -scene.base_kw - taken_kw)
        return (car.most_kw, "no plan: it charges") if urgent else (sun_kw, "no plan: from the sun")
    kw, worth = planned
    sun_kw = max(0.0, -scene.base_kw - taken_kw)
    if worth > scene.buy + SAME_EUR:
        return car.most_kw, f"a kWh in it is worth {worth:.3f} EUR, above {scene.buy:.3f} now"
    if worth > scene.buy - SAME_EUR:
        return max(kw, sun_kw), f"{kw:.1f} kW is planned for now"
    if worth > scene.sell + SAME_EUR:
        if kw > 0.05:
            return max(kw, sun_kw), f"{kw:.1f} kW is planned for now"
        return sun_kw, "from the sun" if sun_kw else "it waits for a better hour"
    if worth > scene.sell - SAME_EUR:
        return min(kw, max(sun_kw, 0.0)) if kw else 0.0, "as planned, from the sun"
    return 0.0, "injecting earns more than it would be worth in the car"


def _at_least(
    car: Car, scene: _Scene, wanted_kw: float, room_kw: float, helped_kw: float, reason: str
) -> tuple[float, str]:
    """Less than its least power is left: that, when a battery holds the difference, or nothing."""
    lacking_kw = car.least_kw - room_kw
    if wanted_kw >= car.least_kw / 2 and lacking_kw <= 0:
        return car.least_kw, reason
    affordable = lacking_kw <= helped_kw and lacking_kw * scene.left_h <= scene.rules.carry_kwh
    if car.power_kw > 0.1 and wanted_kw >= car.least_kw / 2 and affordable:
        return car.least_kw, f"at its least power; the battery gives {lacking_kw:.1f} kW of it"
    return 0.0, reason if wanted_kw < car.least_kw / 2 else "there is less room than it can use"


def _calm(
    power_kw: float, reason: str, car: Car, key: Key, before: Shared, moved: dict[Key, datetime],
    now: datetime, rules: Rules,
) -> tuple[float, str]:  # fmt: skip
    """Falls at once; rises only so long after the last move, longer after a stop."""
    was_kw = before.kw.get(key, car.power_kw)
    since_s = (now - moved[key]).total_seconds() if key in moved else float("inf")
    if power_kw > was_kw + 0.01:
        wait_s = rules.rise_s if was_kw > 0 else rules.rest_s
        if since_s < wait_s:
            return was_kw, f"{reason}; it rises in {wait_s - since_s:.0f} s"
        moved[key] = now
    elif power_kw <= 0 < was_kw:
        moved[key] = now
    return power_kw, reason


def _spare_kw(battery: Battery, scene: _Scene) -> float:
    """What it can give until the quarter ends."""
    inside_kwh = max(0.0, battery.stored_kwh - battery.reserve_kwh) * battery.efficiency
    return min(battery.discharge_kw, inside_kwh / scene.left_h)


def _battery(battery: Battery, scene: _Scene, taken_kw: float) -> tuple[float, str]:
    """kW of this battery (positive is charging) and why."""
    net_kw = scene.base_kw + taken_kw
    worth = scene.planned((battery.peer, battery.name))
    power_kw, reason = _wished(battery, scene, net_kw, worth)
    room_kw = scene.rise_kw - scene.rest_kw - taken_kw
    hold_kw = min(scene.hold_kw - scene.rest_kw - taken_kw, scene.fuse_kw - net_kw)
    if power_kw > 0 and power_kw > room_kw:
        power_kw, reason = max(0.0, room_kw), "charging as far as this quarter's target leaves room"
    if power_kw > hold_kw and hold_kw < 0:
        power_kw, reason = hold_kw, "discharging to keep the quarter under its target"
    inside_kwh = max(0.0, battery.stored_kwh - battery.reserve_kwh) * battery.efficiency
    space_kwh = max(0.0, battery.capacity_kwh - battery.stored_kwh) / battery.efficiency
    least_kw = -min(battery.discharge_kw, inside_kwh * HOUR_S / 1.0)
    most_kw = min(battery.charge_kw, space_kwh * HOUR_S / 1.0)
    return min(max(power_kw, least_kw), most_kw), reason


def _wished(
    battery: Battery, scene: _Scene, net_kw: float, planned: tuple[float, float] | None
) -> tuple[float, str]:
    """What its worth against the prices of now says, before any limit."""
    if planned is None:
        return -net_kw, "no plan: it stores the sun and gives it back"
    kw, worth = planned
    gives, takes = (
        worth / battery.efficiency + battery.wear_eur_kwh,
        (worth * battery.efficiency - battery.wear_eur_kwh),
    )
    if scene.sell > gives + SAME_EUR:
        return -battery.discharge_kw, f"injecting earns {scene.sell:.3f} EUR/kWh now"
    if scene.buy < takes - SAME_EUR:
        return battery.charge_kw, f"a kWh costs {scene.buy:.3f} EUR now, worth {takes:.3f} later"
    if net_kw > 0:
        if scene.buy > gives + SAME_EUR:
            return -net_kw, f"a kWh costs {scene.buy:.3f} EUR now, in the battery {gives:.3f}"
        if scene.buy > gives - SAME_EUR and kw < 0:
            grid_kw = float(scene.plan.grid_kw[scene.index]) if scene.plan else 0.0
            return (-net_kw if grid_kw < 0.05 else max(kw, -net_kw)), "discharging as planned"
        if abs(scene.buy - takes) <= SAME_EUR and kw > 0:
            return kw, "charging as planned"
        return 0.0, f"waiting: a kWh in it is worth {worth:.3f} EUR later"
    if scene.sell < takes - SAME_EUR:
        return -net_kw, "storing the sun"
    if scene.sell < takes + SAME_EUR:
        return min(-net_kw, max(kw, 0.0)), "storing the sun as planned"
    return 0.0, f"injecting earns {scene.sell:.3f} EUR/kWh now"
