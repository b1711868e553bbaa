"""A day at 1 s by the three real programs, compared with the back-test of the same day.

dm, car charging and battery run on a simulated house; its clock waits for them. The back-test
replays the same house by the minute with the same past, prices, peaks, car and battery. Both are
priced alike: energy and the month's peak, less the increase of stored energy.
"""

import argparse
import asyncio
import logging
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backtest import plant, trace
from backtest.jobs import quiet
from backtest.ours import Ours
from backtest.world import Charger, World
from base.time import BRUSSELS
from ev.electrical import STEP_A
from sim import garage
from tests.prove.day.daemons import Day, live
from tests.prove.day.home import HOMES, Home, Promise
from tests.virtual_time import VirtualLoop

HELP = "days at 1 s by the three programs against the back-test's promise"
MISSED_PCT = 1.0
CHARGER = Charger(latency_s=5.0, step_a=STEP_A)
"""In half amperes, on one phase up to 16 A, and some seconds after it is told."""
HEAD = f"{'home, day':<24}{'':<10}" + "".join(
    f"{name:>9}" for name in ("energy", "peak EUR", "kW", "left", "cost", "missed")
)
QUARTERS = f"{'':<6}{'EUR/kWh':>8}{'house':>7}" + "".join(
    f"{name:>15}" for name in ("car", "battery", "stored kWh", "meter")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """EUR of energy, of the month peak and of the increase of stored energy; kW; trips."""

    energy_eur: float
    peak_eur: float
    peak_kw: float
    left_eur: float
    missed: int

    @property
    def cost_eur(self) -> float:
        return self.energy_eur + self.peak_eur - self.left_eur


def promised(promise: Promise) -> tuple[Came, trace.Trace]:
    """The result of the back-test, and its quarters."""
    world = promise.lived
    out = plant.live(world, Ours(promise.known), "", lambda _: None, CHARGER)
    said = Came(
        energy_eur=out.energy_eur,
        peak_eur=out.peak_eur,
        peak_kw=max(out.peaks_kw),
        left_eur=out.leftover_eur,
        missed=out.missed_trips,
    )
    return said, trace.lived(world, Ours(promise.known), CHARGER)


def came(world: World, day: Day) -> Came:
    """The result of the programs, at the same prices."""
    peak_kw = max(world.peak_kw, float(day.imported_kwh.max()) * 4)
    left = day.after.battery_kwh * world.battery_worth + day.after.car_kwh * world.car_worths[0]
    return Came(
        energy_eur=float(day.imported_kwh @ world.buy - day.exported_kwh @ world.sell),
        peak_eur=max(world.floor_kw, peak_kw) * world.eur_kw,
        peak_kw=peak_kw,
        left_eur=left - world.started_eur,
        missed=sum(pct < garage.LEAVES_WITH_PCT - MISSED_PCT for pct in day.left_with_pct),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """The promise and the result, in money and by quarter."""

    world: World
    promised: Came
    lived: Came
    told: trace.Trace
    day: Day


async def compared(home: Home, quarters: int) -> Both:
    """The promise and the result, computed on the virtual clock."""
    with tempfile.TemporaryDirectory(prefix="dm-day-") as name:
        folder = Path(name)
        await asyncio.to_thread(home.prepare, folder)
        day = await live(home, folder, quarters)
        promise = Promise(home=home, folder=folder, quarters=quarters, start=day.before)
        with ProcessPoolExecutor(1, initializer=quiet) as pool:
            said, told = await asyncio.to_thread(pool.submit(promised, promise).result)
        world = promise.lived
        return Both(world=world, promised=said, lived=came(world, day), told=told, day=day)


def line(where: str, who: str, it: Came) -> str:
    """A line of the table."""
    money = (it.energy_eur, it.peak_eur, it.peak_kw, it.left_eur, it.cost_eur)
    return f"{where:<24}{who:<10}" + "".join(f"{each:9.2f}" for each in money) + f"{it.missed:9d}"


def by_quarter(both: Both) -> Iterator[str]:
    """A line for each quarter: kW promised and measured."""
    yield QUARTERS
    world, told, day = both.world, both.told, both.day
    capacity = world.battery.capacity_kwh
    grid_kw = (day.imported_kwh - day.exported_kwh) * 4
    for q in range(world.quarters):
        pairs = (
            (told.cars_kw[q], day.car_kw[q]),
            (told.battery_kw[q], day.battery_kw[q]),
            (told.soc_pct[q] * capacity / 100, day.stored_kwh[q]),
            (told.grid_kw[q], grid_kw[q]),
        )
        at = world.at(q).astimezone(BRUSSELS)
        shown = "".join(f"{promised:8.2f}{lived:7.2f}" for promised, lived in pairs)
        yield f"{at:%H:%M} {world.buy[q]:8.4f}{told.load_kw[q]:7.2f}{shown}"


def main(argv: Sequence[str]) -> int:
    """Return 0 when no trip is missed that the promise meets."""
    parser = argparse.ArgumentParser(
        prog="./do_py.sh prove day", description=__doc__,
    )  # fmt: skip
    add = parser.add_argument
    add("--hours", type=float, default=24.0, metavar="N", help="of each day, from noon (24)")
    add("--homes", type=int, default=len(HOMES), metavar="N", help=f"how many ({len(HOMES)})")
    add("--first", type=int, default=0, metavar="N", help="number of the first (0)")
    add("--quarters", action="store_true", help="also each quarter of both")
    options = parser.parse_args(argv)
    bad, bills = 0, [0.0, 0.0]
    logging.getLogger().setLevel(logging.WARNING)
    print(HEAD, flush=True)
    for home in HOMES[options.first : options.first + options.homes]:
        with asyncio.Runner(loop_factory=partial(VirtualLoop, grace_s=0.0)) as runner:
            both = runner.run(compared(home, round(options.hours * 4)))
        where = f"{home.seed}, {home.solar_kwp:g} kWp, {home.day}"
        print(line(where, "promised", both.promised))
        print(line("", "lived", both.lived), flush=True)
        if options.quarters:
            print(*by_quarter(both), sep="\n", flush=True)
        bills = [bills[0] + both.promised.cost_eur, bills[1] + both.lived.cost_eur]
        bad += max(0, both.lived.missed - both.promised.missed)
    promised_eur, lived_eur = bills
    share = (lived_eur - promised_eur) / promised_eur if promised_eur else 0.0
    print(f"together: lived {lived_eur:.2f} EUR, promised {promised_eur:.2f} EUR: {share:+.1%}")
    return 1 if bad else 0
