"""A Belgian house, second by second: the same seed and time always give the same watts.

Whole watts and millilitres per second, so that a day adds up to the last watt-second.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from base.time import BRUSSELS
from sim import sky
from sim.habits import Run, runs_of
from sim.sky import QUARTER_S

SECOND = timedelta(seconds=1)
LONGEST_RUN = timedelta(hours=4)
_BASE_W = (60, 45, 55)
_GAS_ML_S_PER_KW = 26.5  # 10.5 kWh per m3
_BURNER_LEAST_KW = 6.0

ExtraKw = Callable[[datetime], Sequence[float]]
"""kW that a car or battery takes (negative: gives) on L1, L2, L3 in the second from that time."""


@dataclass(frozen=True, slots=True)
class House:
    """A house: its seed, and the solar power on its roof."""

    seed: int = 7
    solar_kwp: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HousePower:
    """Power of the house in the second that starts at `at` (UTC).

    `line_w` is the net power of each line, positive into the house, after `solar_w` produced on
    the roof. `gas_ml` and `water_ml` flow in that second.
    """

    at: datetime
    line_w: tuple[int, int, int]
    solar_w: int
    gas_ml: int
    water_ml: int

    def plus(self, extra_kw: Sequence[float]) -> "HousePower":
        """The same second with `extra_kw` more taken on L1, L2, L3."""
        l1, l2, l3 = (
            watts + round(1000 * kw) for watts, kw in zip(self.line_w, extra_kw, strict=True)
        )
        return replace(self, line_w=(l1, l2, l3))


def house_at(house: House, at: datetime) -> HousePower:
    """Power of the house in the second from `at` (aware). For many seconds: `seconds`."""
    start, second = divmod(int(at.timestamp()), QUARTER_S)
    return quarter(house, start * QUARTER_S)[second]


def seconds(house: House, start: datetime) -> Iterator[HousePower]:
    """Every second from `start` (aware) on, without end."""
    quarter_start, skip = divmod(int(start.timestamp()), QUARTER_S)
    while True:
        yield from quarter(house, quarter_start * QUARTER_S)[skip:]
        quarter_start, skip = quarter_start + 1, 0


def quarter(house: House, start: int) -> list[HousePower]:
    """The 900 seconds of the clock quarter from `start` (Unix seconds)."""
    lines, water, gas = _base(house.seed, start), [0] * QUARTER_S, heating(house.seed, start)
    for run in _running(house.seed, start):
        _add(run, start, lines[run.line], water, gas)
    solar = sky.solar_w(house.seed, house.solar_kwp, start)
    _produce(lines, solar, one_phase=house.solar_kwp <= 5)
    first = datetime.fromtimestamp(start, UTC)
    return [
        HousePower(
            at=first + timedelta(seconds=second),
            line_w=net,
            solar_w=sun,
            gas_ml=burnt,
            water_ml=drawn,
        )
        for second, (net, sun, burnt, drawn) in enumerate(
            zip(zip(*lines, strict=True), solar, gas, water, strict=True)
        )
    ]


def _base(seed: int, start: int) -> list[list[int]]:
    """Stand-by, fridge and lights on L1, L2, L3, W."""
    slow = sky.noises(f"{seed}/base", start, 600)
    flicker = Random(f"{seed}/flicker/{start}").choices(range(-5, 6), k=QUARTER_S)
    lines = [
        [watts + int(50 * wander) + jitter for wander, jitter in zip(slow, flicker, strict=True)]
        for watts in _BASE_W
    ]
    fridge_phase = seed * 977
    for second in range(QUARTER_S):
        if (start + second + fridge_phase) % 2820 < 900:
            lines[0][second] += 95
    if lit(start):
        lines[2] = [watts + 190 for watts in lines[2]]
    return lines


def lit(start: int) -> bool:
    """True if the lights are on: it is dark and people are up."""
    local = datetime.fromtimestamp(start, BRUSSELS)
    hour = local.hour + local.minute / 60
    return (6.75 <= hour < 9 or 15 <= hour < 23.25) and sky.elevation_deg(start) < 1


def heating(seed: int, start: int) -> list[int]:
    """Gas of the boiler, ml each second, decided every five minutes."""
    gas: list[int] = []
    for step in range(start, start + QUARTER_S, 300):
        up = 6 <= datetime.fromtimestamp(step, BRUSSELS).hour < 22
        needed_kw = max(0.0, 0.24 * (17 - sky.outside_c(seed, step))) * (1.25 if up else 0.4)
        burn_kw = max(needed_kw, _BURNER_LEAST_KW)
        fires = Random(f"{seed}/burner/{step}").random() < needed_kw / burn_kw
        gas += [int(burn_kw * _GAS_ML_S_PER_KW) if fires else 0] * 300
    return gas


def _running(seed: int, start: int) -> Iterator[Run]:
    """The runs that touch the quarter: of its local day, and of the day before past midnight."""
    local = datetime.fromtimestamp(start, BRUSSELS)
    for day in sorted({(local - LONGEST_RUN).date(), local.date()}):
        for run in runs_of(seed, day):
            if run.start < start + QUARTER_S and start < run.end:
                yield run


def _add(run: Run, start: int, line: list[int], water: list[int], gas: list[int]) -> None:
    """Adds a run to the seconds of its quarter."""
    step = run.step
    for at in range(max(run.start, start), min(run.end, start + QUARTER_S)):
        second = at - start
        water[second] += step.water_ml_s
        gas[second] += step.gas_ml_s
        if (at - run.start) % step.cycle_s < step.on_s:
            line[second] += step.watts


def _produce(lines: list[list[int]], solar: list[int], one_phase: bool) -> None:
    """Takes the solar power off the lines: one-phase inverters to 5 kW on L1, others on all."""
    for second, watts in enumerate(solar):
        if not watts:
            continue
        third = 0 if one_phase else watts // 3
        lines[0][second] -= watts - 2 * third
        lines[1][second] -= third
        lines[2][second] -= third
