"""A day of clouds at 1 s: how often the set-point moves, changes its sign, and how fast it swings.

The simulated house with 5 kWp of panels, a showery day in May, of which the plan has seen the days
before; the battery of 10 kWh is read each 2 s and has ramps and losses. A swing is a movement that
reverses; it is fast when it reverses again within 5 s by less than three times as much: a period
under 10 s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from statistics import fmean

from base import messages
from base.time import quarter_of
from bench.battery_month import (
    FLOOR_KW,
    PEAK_EUR_KW,
    cost_eur,
    prices_from,
    read_as,
    reported_kw,
    told_house,
)
from bench.planner import Planner
from bench.result import Result
from bs.facts import Battery
from bs.inputs import Rules, Scene, Unit
from bs.strategy import Memory, decide
from sim.battery import Pack, PackState, step
from sim.day import House, seconds

START = datetime(2026, 5, 12, 0, 0, tzinfo=UTC)
DAY_S, READ_S = 86_400, 2
LEARNING_DAYS, LEARNING_STEP_S, QUARTER_S = 7, 10, 900
TURN_S, NEWS = 5, 3
PACK = Pack(capacity_kwh=10.0)
BATTERY = Battery(name="battery", capacity_kwh=PACK.capacity_kwh, reserve_pct=5.0)


@dataclass(slots=True, kw_only=True)
class Day:
    """Set-points of each second, and the meter's counts with the battery and without."""

    told_kw: list[float] = field(default_factory=list)
    offtake_kwh: float = 0.0
    injection_kwh: float = 0.0
    bare_offtake_kwh: float = 0.0
    bare_injection_kwh: float = 0.0
    energy_eur: float = 0.0
    bare_energy_eur: float = 0.0
    stored_kwh: float = 0.0
    peak_kw: float = 0.0
    bare_peak_kw: float = 0.0


def run() -> list[Result]:
    """Counts, kWh, kW."""
    day = lived(House(seed=7, solar_kwp=5.0), START, DAY_S)
    told = day.told_kw
    return [
        Result(name="set-points that differ from the one before", value=moves(told), unit="a day"),
        Result(name="changes of sign", value=signs(told), unit="a day"),
        Result(name="swings faster than 0.1 Hz", value=fast_swings(told), unit="a day", target="0"),
        Result(name="offtake without the battery", value=day.bare_offtake_kwh, unit="kWh"),
        Result(name="offtake", value=day.offtake_kwh, unit="kWh"),
        Result(name="injection without the battery", value=day.bare_injection_kwh, unit="kWh"),
        Result(name="injection", value=day.injection_kwh, unit="kWh"),
        Result(name="energy without the battery", value=day.bare_energy_eur, unit="EUR"),
        Result(name="energy", value=day.energy_eur, unit="EUR"),
        Result(name="stored at the end more than at the start", value=day.stored_kwh, unit="kWh"),
        Result(name="highest quarter without the battery", value=day.bare_peak_kw, unit="kW"),
        Result(name="highest quarter", value=day.peak_kw, unit="kW", target="not above"),
    ]


def lived(house: House, start: datetime, count: int) -> Day:
    """The house second by second, with its battery steered as planned."""
    day, memory, rules = Day(), Memory(), Rules()
    planner, needs = learned(house, start), dict[str, messages.Need]()
    state = PackState(stored_kwh=0.3 * PACK.capacity_kwh)
    read = read_as(start, PACK, state)
    used_wh, bare_wh, quarter = 0.0, 0.0, start
    prices: messages.Outlook | None = None
    loads_kw: list[float] = []
    for second, power in zip(range(count), seconds(house, start), strict=False):
        at = start + timedelta(seconds=second)
        if prices is None or quarter_of(at) != quarter:
            if loads_kw:
                planner.closed(fmean(loads_kw))
            quarter, used_wh, bare_wh, loads_kw = quarter_of(at), 0.0, 0.0, []
            prices = planner.plan(prices_from(quarter), needs, day.peak_kw)
        if second % READ_S == 0:
            read = read_as(at, PACK, state)
        bare_kw = sum(power.line_w) / 1000
        loads_kw.append(bare_kw)
        net_kw = bare_kw + state.power_kw
        told = told_house(at, quarter, net_kw, used_wh, max(FLOOR_KW, day.peak_kw))
        told = planner.granted(told, needs)
        unit, reported = Unit(BATTERY, read), reported_kw(needs)
        scene = Scene(
            now=at, house=told, heard=at, units=(unit,), outlook=prices, reported_kw=reported
        )
        decision = decide(scene, rules, memory)
        memory, needs = decision.memory, {"bs": decision.need}
        kw = sum(point.signed_kw for point in decision.set_points.values())
        day.told_kw.append(kw)
        state = step(PACK, state, kw, 1.0)
        used_wh, bare_wh = used_wh + max(0.0, net_kw) / 3.6, bare_wh + max(0.0, bare_kw) / 3.6
        day.peak_kw = max(day.peak_kw, used_wh / 250)
        day.bare_peak_kw = max(day.bare_peak_kw, bare_wh / 250)
        day.offtake_kwh += max(0.0, net_kw) / 3600
        day.injection_kwh += max(0.0, -net_kw) / 3600
        day.bare_offtake_kwh += max(0.0, bare_kw) / 3600
        day.bare_injection_kwh += max(0.0, -bare_kw) / 3600
        day.energy_eur += cost_eur(at, net_kw) / 3600
        day.bare_energy_eur += cost_eur(at, bare_kw) / 3600
    day.stored_kwh = state.stored_kwh - 0.3 * PACK.capacity_kwh
    return day


def learned(house: House, start: datetime) -> Planner:
    """The planner after the days before."""
    planner, since = Planner(PEAK_EUR_KW, FLOOR_KW), start - timedelta(days=LEARNING_DAYS)
    powers = islice(seconds(house, since), 0, LEARNING_DAYS * DAY_S, LEARNING_STEP_S)
    while quarter := list(islice(powers, QUARTER_S // LEARNING_STEP_S)):
        planner.closed(fmean(sum(power.line_w) / 1000 for power in quarter))
    return planner


def moves(told_kw: Sequence[float]) -> int:
    """Number of changed set-points."""
    return sum(before != after for before, after in pairwise(told_kw))


def signs(told_kw: Sequence[float]) -> int:
    """Number of changes between charging and discharging."""
    powers = [kw for kw in told_kw if kw]
    return sum(before * after < 0 for before, after in pairwise(powers))


def fast_swings(told_kw: Sequence[float]) -> int:
    """Number of reversals within 5 s by less than three times the swing before, from rest on.

    A swing is over before its last little movements, each at most a third of it.
    """
    found, last_s, way, swing = 0, -TURN_S, 0.0, 0.0
    for second, (before, after) in enumerate(pairwise((0.0, *told_kw))):
        move = after - before
        if not move:
            continue
        if move * way < 0:
            found += second - last_s < TURN_S and abs(move) < NEWS * swing - 1e-9
            swing = 0.0
        last_s = second if NEWS * abs(move) > swing + 1e-9 else last_s
        way, swing = move, swing + abs(move)
    return found


if __name__ == "__main__":
    for result in run():
        print(f"{result.name:<45} {result.value:8.2f} {result.unit}")
