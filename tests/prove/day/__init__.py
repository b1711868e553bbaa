"""A day at 1 s by the real three programs, against what the back-test promises for that day.

dm, car charging and battery run on a simulated house whose clock is fast; the back-test replays
the same house by the minute with the same past, prices, car and battery. Bill: energy and month
peak, by the same prices; left: what is stored at the end, worth the same to both.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from backtest import plant
from backtest.jobs import quiet
from backtest.ours import Ours
from backtest.world import World
from tests.prove.day.daemons import Day, live
from tests.prove.day.home import HOMES, Home, Promise

HELP = "days at 1 s by the three programs against the back-test's promise"
SPEED = 120.0
MISSED_PCT = 1.0
HEAD = f"{'home, day':<24}{'':<10}" + "".join(
    f"{name:>9}" for name in ("energy", "peak EUR", "kW", "left", "cost", "missed")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """EUR of energy, of the month peak and of what is left more than at the start; kW; trips."""

    energy_eur: float
    peak_eur: float
    peak_kw: float
    left_eur: float
    missed: int

    @property
    def cost_eur(self) -> float:
        return self.energy_eur + self.peak_eur - self.left_eur


def promised(promise: Promise) -> Came:
    """What the back-test says."""
    world = promise.lived
    out = plant.live(world, Ours(promise.known), "", lambda _: None)
    return Came(
        energy_eur=out.energy_eur,
        peak_eur=out.peak_eur,
        peak_kw=max(out.peaks_kw),
        left_eur=out.leftover_eur,
        missed=out.missed_trips,
    )


def came(world: World, day: Day) -> Came:
    """What the programs did, by the same prices."""
    peak_kw = float(day.imported_kwh.max()) * 4
    left = day.after.battery_kwh * world.battery_worth + day.after.car_kwh * world.car_worths[0]
    need_pct = 100 * world.cars[0].limit_share
    return Came(
        energy_eur=float(day.imported_kwh @ world.buy - day.exported_kwh @ world.sell),
        peak_eur=max(world.floor_kw, peak_kw) * world.eur_kw,
        peak_kw=peak_kw,
        left_eur=left - world.started_eur,
        missed=sum(pct < need_pct - MISSED_PCT for pct in day.left_with_pct),
    )


async def compared(home: Home, quarters: int, speed: float) -> tuple[Came, Came]:
    """The promise and what came of it."""
    with tempfile.TemporaryDirectory(prefix="dm-day-") as name:
        folder = Path(name)
        await asyncio.to_thread(home.prepare, folder)
        day = await live(home, folder, quarters, speed)
        promise = Promise(
            home=home,
            folder=folder,
            quarters=quarters,
            battery_kwh=day.before.battery_kwh,
            car_kwh=day.before.car_kwh,
        )
        with ProcessPoolExecutor(1, initializer=quiet) as pool:
            told = await asyncio.wrap_future(pool.submit(promised, promise))
        return told, came(promise.lived, day)


def line(where: str, who: str, it: Came) -> str:
    """A line of the table."""
    money = (it.energy_eur, it.peak_eur, it.peak_kw, it.left_eur, it.cost_eur)
    return f"{where:<24}{who:<10}" + "".join(f"{each:9.2f}" for each in money) + f"{it.missed:9d}"


def main(argv: Sequence[str]) -> int:
    """0 when no trip is missed that the promise keeps."""
    parser = argparse.ArgumentParser(
        prog="./do_py.sh prove day", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("--hours", type=float, default=24.0, metavar="N", help="of each day, from midnight (24)")
    add("--homes", type=int, default=len(HOMES), metavar="N", help=f"how many ({len(HOMES)})")
    add("--first", type=int, default=0, metavar="N", help="number of the first (0)")
    add("--speed", type=float, default=SPEED, metavar="N", help=f"times as fast ({SPEED:.0f})")
    options = parser.parse_args(argv)
    bad, bills = 0, [0.0, 0.0]
    print(HEAD, flush=True)
    for home in HOMES[options.first : options.first + options.homes]:
        both = asyncio.run(compared(home, round(options.hours * 4), options.speed))
        where = f"{home.seed}, {home.solar_kwp:g} kWp, {home.day}"
        for n, (who, it) in enumerate(zip(("promised", "lived"), both, strict=True)):
            print(line(where if n == 0 else "", who, it), flush=True)
            bills[n] += it.cost_eur
        bad += max(0, both[1].missed - both[0].missed)
    promised_eur, lived_eur = bills
    share = (lived_eur - promised_eur) / promised_eur if promised_eur else 0.0
    print(f"together: lived {lived_eur:.2f} EUR, promised {promised_eur:.2f} EUR: {share:+.1%}")
    return 1 if bad else 0
