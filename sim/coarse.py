"""The simulated house a quarter at a time: quick, for the months before a simulation."""

from collections.abc import Iterable
from dataclasses import dataclass

from sim import sky
from sim.day import House, heating, lit
from sim.habits import Run
from sim.sky import QUARTER_S

_ALWAYS_W, _LIGHTS_W = 190, 190  # stand-by and fridge; lamps


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean net power of a quarter, W (negative: injection), and the volume in it, litres."""

    watts: float
    gas_l: float
    water_l: float


def quarter(house: House, runs: Iterable[Run], start: int) -> Mean:
    """The quarter from `start` (Unix seconds); `runs` are of its local day and the day before."""
    watts = _ALWAYS_W + _LIGHTS_W * lit(start) - _solar_w(house, start + QUARTER_S // 2)
    gas_ml, water_ml = float(sum(heating(house.seed, start))), 0.0
    for run in runs:
        seconds = min(run.end, start + QUARTER_S) - max(run.start, start)
        if seconds > 0:
            on_s = seconds * run.step.on_s / run.step.cycle_s
            watts += run.step.watts * on_s / QUARTER_S
            gas_ml += run.step.gas_ml_s * on_s
            water_ml += run.step.water_ml_s * on_s
    return Mean(watts, gas_ml / 1000, water_ml / 1000)


def _solar_w(house: House, at: int) -> float:
    """The roof's power under the clouds of `sky`, without passing clouds."""
    beam, diffuse = sky.clear_sky(at)
    if not diffuse:
        return 0.0
    cover = 1.6 * sky.noise(f"{house.seed}/cover", at, 4 * 3600) - 0.3
    shade = min(1.0, max(0.0, 2 * (cover - 0.5) + 0.5))
    light = beam * (1 - 0.97 * shade) + diffuse * (1 - 0.5 * shade)
    return 1000 * min(house.solar_kwp, 0.88 * house.solar_kwp * light)
