"""Random seconds of homes with any mix of cars, batteries and loads, and limits that grants exceed.

The house is made first, phase by phase, with each asset on phases that only this file knows; the
telegram is what a meter would then show. So a limit is checked against the wires, not against what
the program believes of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import inf, sqrt
from random import Random

from base import messages
from base.quarter import LEAST_LEFT_S
from base.time import QUARTER_S
from plan.allocation import ASLEEP_S, Shared, share
from plan.asset import SOME_KW
from plan.assets import Assets, assets
from plan.batteries import Battery
from plan.limits import BEARABLE
from plan.pulses import ENDS
from plan.schedule import Plan, Schedule
from plan.state import Base, Rules
from tests.plan.factories import NOW, battery, car, house

Key = tuple[str, str]
NEAR = 1e-6
NO_LIMITS = (99.999, 999.0)
"""What a meter sends as limits that are none: kW, A."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnySecond:
    """One random second: the known values, and the lines (0 to 2) to which each asset is
    connected.
    """

    house: messages.House
    held: Assets
    before: Shared
    plan: Plan | None
    rules: Rules
    lines: dict[Key, tuple[int, ...]]
    base_a: tuple[float, ...]
    delta: bool

    def granted(self) -> Shared:
        return share(
            self.before, self.house, self.held, self.plan, self.house.time or NOW, self.rules
        )


def any_second(random: Random) -> AnySecond:
    """A random second with assets of all kinds."""
    count = random.choice((1, 3, 3))
    delta = count == 3 and random.random() < 0.15
    needs = _needs(random)
    left_s = random.choice((random.uniform(1, 900), random.uniform(1, 60)))
    held = assets(needs, NOW + timedelta(seconds=900 - left_s))
    lines = {
        each.key: tuple(random.sample(range(count), min(each.phases, count))) for each in held.every
    }
    base_a = tuple(
        random.choice((-12.0, 0.5, 3.0, 9.0, 24.0)) * random.random() for _ in range(count)
    )
    amps, kw = list(base_a), sum(base_a) * 0.23
    for each in held.every:
        kw += each.power_kw
        for line in lines[each.key]:
            amps[line] += _amps(each.power_kw, lines[each.key], delta)
    telegram = house(
        kw,
        so_far_kw=random.uniform(0, 4) * random.random(),
        left_s=left_s,
        target_kw=random.choice((2.5, 4.0, 12.0, 40.0)),
        phases=tuple(_phase(each, delta) for each in amps),
        grid="3x230" if delta else "3x400" if count == 3 else "1x230",
        limit_kw=random.choice((None, NO_LIMITS[0], 3.0, 6.0, 10.0)),
        limit_a=random.choice((None, NO_LIMITS[1], 16.0, 32.0)),
        price_offtake_eur_kwh=random.choice((0.05, 0.2, 0.32, 0.9)),
        price_injection_eur_kwh=random.choice((-0.1, 0.05, 0.3)),
    )
    return AnySecond(
        house=telegram,
        held=held,
        before=_before(random, held, kw),
        plan=_plan(random, held) if random.random() < 0.7 else None,
        rules=Rules(
            fuse_a=random.choice((None, 16.0, 20.0, 25.0, 40.0)), at_once=random.random() < 0.3
        ),
        lines=lines,
        base_a=base_a,
        delta=delta,
    )


def broken(second: AnySecond, after: Shared) -> Iterator[str]:
    """One sentence for each limit that the grants exceed."""
    if second.held.every and not after.grants:
        yield "nobody is granted anything"
    for each in second.held.every:
        kw = after.kw.get(each.key, 0.0)
        most_kw = each.charge_kw if isinstance(each, Battery) else each.most_kw
        least_kw = -each.discharge_kw if isinstance(each, Battery) else 0.0
        if not least_kw - NEAR <= kw <= most_kw + NEAR:
            yield f"{each.key} is granted {kw:.2f} kW of {least_kw:.2f} to {most_kw:.2f}"
        if NEAR < kw < each.least_kw - NEAR:
            yield f"{each.key} is granted {kw:.2f} kW, less than its least of {each.least_kw:.2f}"
    yield from _above_fuse(second, after)
    yield from _above_limiter(second, after)
    yield from _above_quarter(second, after)


def _above_fuse(second: AnySecond, after: Shared) -> Iterator[str]:
    limit_a = second.house.limit_a
    limits = [a for a in (second.rules.fuse_a, limit_a) if a and a != NO_LIMITS[1]]
    for line, base_a in enumerate(second.base_a):
        there = {key: kw for key, kw in after.kw.items() if line in second.lines[key]}
        amps = [_amps(kw, second.lines[key], second.delta) for key, kw in there.items()]
        total_a = base_a + sum(max(0.0, each) if second.delta else each for each in amps)
        if total_a > min(limits, default=inf) + NEAR and any(kw > NEAR for kw in there.values()):
            yield f"L{line + 1} comes to {total_a:.2f} of {min(limits)} A"


def _above_limiter(second: AnySecond, after: Shared) -> Iterator[str]:
    limit_kw = second.house.limit_kw
    total_kw = _net_kw(second) - _taken_kw(second) + sum(after.kw.values())
    if limit_kw is None or limit_kw == NO_LIMITS[0] or total_kw <= limit_kw + NEAR:
        return
    if any(kw > NEAR for kw in after.kw.values()):
        yield f"the house comes to {total_kw:.2f} of {limit_kw} kW"


def _above_quarter(second: AnySecond, after: Shared) -> Iterator[str]:
    """The grants, held until the end of the quarter, keep its target.

    Unless nothing is granted and the batteries give all they can, or a car or load that runs is
    held at its minimum power because the quarter nearly bears it, or because what it still takes is
    within the margin kept under the target. A car at its minimum power is stopped in time. A car
    that
    takes nothing for so long is asleep: its grant is no power yet.
    """
    now, quarter = second.house.time or NOW, second.house.quarter
    assert quarter is not None
    left_s = min(900.0, max(LEAST_LEFT_S, (quarter.end - now).total_seconds()))
    asleep = {key for key, at in after.idle.items() if (now - at).total_seconds() > ASLEEP_S}
    given = {key: 0.0 if key in asleep else kw for key, kw in after.kw.items()}
    stops = min(1.0, second.rules.fall_s / left_s)
    for each in second.held.cars:
        if abs(given[each.key] - each.least_kw) < NEAR:
            given[each.key] *= stops
    else_kw = after.base.rest_kw(left_s) + sum(given.values())
    over_kw = else_kw - _hold_kw(second, left_s)
    end_s = min(left_s, (quarter.end - now).total_seconds())
    over_kws = over_kw * left_s - else_kw * (left_s - end_s)
    running = [
        each.least_kw
        for each in second.held.takers
        if each.power_kw > SOME_KW and abs(after.kw[each.key] - each.least_kw) < NEAR
    ]
    if over_kw <= (1 - BEARABLE) * max(running, default=0.0) + NEAR:
        return
    if running and over_kws <= ENDS * second.rules.margin_kw * QUARTER_S + NEAR:
        return
    emptied = all(_gives_all(each, after, over_kw) for each in second.held.batteries)
    if not emptied or any(kw > NEAR for kw in given.values()):
        yield f"the quarter comes {over_kw:.2f} kW above its target"


def _gives_all(battery: Battery, after: Shared, over_kw: float) -> bool:
    inside_kwh = max(0.0, battery.stored_kwh - battery.reserve_kwh) * battery.efficiency
    able_kw = min(battery.discharge_kw, inside_kwh * 3600.0)
    return after.kw[battery.key] <= -able_kw + NEAR


def _hold_kw(second: AnySecond, left_s: float) -> float:
    paid_kw, plan = second.house.target_kw or 0.0, second.plan
    target_kw = max(paid_kw, min(plan.target_kw, plan.grid_kw[0])) if plan else paid_kw
    so_far_kw = second.house.quarter.so_far_kw if second.house.quarter else 0.0
    target_kw = max(0.1, target_kw - second.rules.margin_kw)
    return max(0.0, (target_kw - so_far_kw) * 900.0 / left_s)


def _net_kw(second: AnySecond) -> float:
    return (second.house.offtake_kw or 0.0) - (second.house.injection_kw or 0.0)


def _taken_kw(second: AnySecond) -> float:
    return sum(each.power_kw for each in second.held.every)


def _amps(kw: float, lines: tuple[int, ...], delta: bool) -> float:
    """The current of each asset on its lines."""
    if delta:
        return kw / 0.23 / (sqrt(3.0) if len(lines) == 3 else 1.0)
    return kw / 0.23 / len(lines)


def _phase(amps: float, delta: bool) -> messages.Phase:
    if delta:
        return messages.Phase(
            offtake_kw=0.0, injection_kw=0.0, voltage_v=230.0, current_a=abs(amps)
        )
    return messages.Phase(
        offtake_kw=max(0.0, amps) * 0.23, injection_kw=max(0.0, -amps) * 0.23, voltage_v=230.0,
        current_a=abs(amps),
    )  # fmt: skip


def _needs(random: Random) -> dict[str, messages.Need]:
    """Up to two programs with cars, two with batteries, two heat pumps and deferrable loads;
    some are absent.
    """
    found: dict[str, messages.Need] = {}
    for peer in ("ev", "ev2"):
        cars = tuple(_car(random, f"{peer} car {n}") for n in range(random.randrange(3)))
        if cars:
            found[peer] = messages.Need(name=peer, power_kw=None, cars=cars)
    for peer in ("bs", "bs2"):
        batteries = tuple(_battery(random, f"{peer} {n}") for n in range(random.randrange(3)))
        if batteries:
            found[peer] = messages.Need(name=peer, power_kw=None, batteries=batteries)
    for peer in ("heat pump", "boiler"):
        if random.random() < 0.4:
            most_kw = random.choice((0.5, 2.0, 6.0, 50.0))
            found[peer] = messages.Need(
                name=peer,
                power_kw=random.choice((0.0, min(most_kw, 6.0) * random.random())),
                least_kw=random.choice((0.0, most_kw / 3, most_kw, 2 * most_kw)),
                most_kw=most_kw,
            )
    if random.random() < 0.4:
        loads = tuple(_load(random, f"load {number}") for number in range(random.randint(1, 3)))
        found["loads"] = messages.Need(name="loads", power_kw=0.0, loads=loads)
    return found


def _load(random: Random, name: str) -> messages.LoadNeed:
    most_kw = random.choice((0.3, 2.0, 6.0))
    return messages.LoadNeed(
        name=name,
        power_kw=random.choice((0.0, most_kw * random.random(), most_kw)),
        least_kw=random.choice((0.0, most_kw / 3, most_kw)),
        most_kw=most_kw,
        phases=random.choice((1, 1, 3)),
        energy_kwh=random.choice((0.0, random.uniform(0, 20))),
        deadline=NOW + timedelta(hours=random.uniform(-1, 40)) if random.random() < 0.5 else None,
        least_on_s=random.choice((0.0, 1800.0)),
        priority=random.randint(0, 9),
    )


def _car(random: Random, name: str) -> messages.CarNeed:
    phases, most_a = random.choice((1, 1, 2, 3, 3)), random.choice((10.0, 16.0, 32.0))
    most_kw = most_a * 0.23 * phases
    urgency = random.choice(("now", "trip", "sun"))
    return car(
        name=name,
        phases=phases,
        power_kw=random.choice((0.0, most_kw * random.random(), most_kw)),
        least_kw=1.38 * phases,
        most_kw=most_kw,
        energy_kwh=random.uniform(0, 40),
        urgency=urgency,
        deadline=NOW + timedelta(hours=random.uniform(0.1, 20)) if urgency == "trip" else None,
        plugged=random.random() < 0.9,
    )


def _battery(random: Random, name: str) -> messages.BatteryNeed:
    most_kw = random.choice((0.8, 2.5, 5.0, 10.0))
    return battery(
        name=name,
        power_kw=random.choice((0.0, most_kw * random.uniform(-1, 1))),
        soc_pct=random.choice((0.0, 100.0, random.uniform(0, 100))),
        reserve_pct=random.choice((0.0, 10.0, 60.0)),
        charge_kw=most_kw,
        discharge_kw=most_kw,
    )


def _plan(random: Random, held: Assets) -> Plan:
    """A plan of random numbers: it may be old, or of another day."""
    schedules = {}
    for each in held.every:
        if random.random() < 0.8:
            most_kw = each.charge_kw if isinstance(each, Battery) else each.most_kw
            kw = random.choice((0.0, most_kw * random.random(), most_kw))
            worth = random.choice((0.0, 0.05, 0.2, 0.32, random.uniform(-0.2, 1.0)))
            sign = random.choice((1, -1)) if isinstance(each, Battery) else 1
            schedules[each.key] = Schedule((sign * kw,), (worth,), (random.random(),))
    return Plan(
        start=NOW,
        schedules=schedules,
        grid_kw=(random.uniform(-3, 9),),
        target_kw=random.choice((2.5, 4.0, 9.0)),
        cost_eur=0.0,
    )


def _before(random: Random, held: Assets, kw: float) -> Shared:
    """The grants of one second ago, and since when each asset moved, sleeps or draws too much."""
    at = NOW + timedelta(seconds=random.uniform(0, 900))
    keys = [each.key for each in held.takers]
    on, moved, idle, above = ({key: at for key in keys if random.random() < 0.5} for _ in range(4))
    kws = {
        each.key: random.choice((0.0, each.least_kw, each.most_kw * random.random()))
        for each in held.takers
        if random.random() < 0.5
    }
    rest_kw = kw - sum(each.power_kw for each in held.every)
    base = Base(NOW, rest_kw, rest_kw + random.uniform(-2, 2))
    return Shared(kw=kws, on=on, moved=moved, idle=idle, above=above, base=base)
